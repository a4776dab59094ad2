"""What the report calls a metric, and how its values are written."""

from collections.abc import Callable
from dataclasses import dataclass

from nnrepro.document import wording
from nnrepro.measures.names import (
    LAST_WINDOW,
    lower_is_better,
    unit_named,
    without_window,
    words_named,
)

ACCURACY = "fraction"
LOSS = "loss"
SECONDS = "seconds"
NUMBER = ""

_NUMBERS: dict[str, Callable[[float | None], str]] = {
    ACCURACY: wording.percent_number,
    LOSS: wording.loss,
    SECONDS: wording.seconds_number,
    NUMBER: wording.plain,
}
_PROSE: dict[str, Callable[[float | None], str]] = {
    ACCURACY: wording.percent,
    LOSS: wording.loss,
    SECONDS: wording.duration,
    NUMBER: wording.plain,
}
_DIFFERENCES: dict[str, Callable[[float | None], str]] = {
    ACCURACY: wording.points,
    LOSS: wording.signed_loss,
    SECONDS: wording.signed_seconds,
    NUMBER: wording.plain,
}
_UNITS = {ACCURACY: "%", LOSS: "", SECONDS: "s", NUMBER: ""}
_DIFFERENCE_UNITS = {ACCURACY: "points", LOSS: "", SECONDS: "s", NUMBER: ""}
_CHANGE_UNITS = {**_DIFFERENCE_UNITS, ACCURACY: "percentage points"}


@dataclass(frozen=True)
class Metric:
    """A metric as the report shows it.

    Attributes:
        name: its column name.
        header: short name for a table's heading, without the unit.
        phrase: its name within a sentence.
        quantity: its unit, `fraction`, `loss` or `seconds`; empty for any other number.
    """

    name: str
    header: str
    phrase: str
    quantity: str

    @property
    def closing(self) -> bool:
        """Whether it is a mean over the closing window."""
        return self.name.startswith(LAST_WINDOW)

    @property
    def higher_is_better(self) -> bool:
        """Whether more of it is better."""
        return not lower_is_better(self.name)

    @property
    def heading(self) -> str:
        """The header with its unit."""
        unit = _UNITS[self.quantity]
        return f"{self.header} ({unit})" if unit else self.header

    @property
    def difference_heading(self) -> str:
        """Heading of a column of differences."""
        unit = _DIFFERENCE_UNITS[self.quantity]
        return f"Change ({unit})" if unit else "Change"

    @property
    def change_unit(self) -> str:
        """The unit of a difference in prose, with a space before it; empty without one."""
        unit = _CHANGE_UNITS[self.quantity]
        return f" {unit}" if unit else ""

    def number(self, value: float | None) -> str:
        """A value for a table cell under a heading with the unit."""
        return _NUMBERS[self.quantity](value)

    def text(self, value: float | None) -> str:
        """A value for prose, with its unit."""
        return _PROSE[self.quantity](value)

    def change(self, difference: float | None) -> str:
        """A signed difference for a table cell."""
        return _DIFFERENCES[self.quantity](difference)

    def margin(self, difference: float | None) -> str:
        """The size of a difference for prose, with its unit."""
        if difference is None or wording.is_missing(difference):
            return wording.UNKNOWN
        unit = _CHANGE_UNITS[self.quantity]
        text = self.number(abs(difference))
        if difference and not text.strip("0."):
            text = f"less than {text[:-1]}1"
        return f"{text} {unit}" if unit else text


def metric(name: str) -> Metric:
    """The metric of this column name; `last<N>_mean_...` is read as the closing mean."""
    words, unit = words_named(name), unit_named(name)
    quantity = unit if unit in _NUMBERS else NUMBER
    return Metric(without_window(name)[0], words.heading, words.phrase, quantity)
