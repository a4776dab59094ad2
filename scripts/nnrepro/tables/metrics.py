"""What the report calls a metric, and how its values are written."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from nnrepro.document import wording
from nnrepro.measures.names import (
    LAST_WINDOW,
    lower_is_better,
    picked,
    reading_named,
    unit_named,
    without_window,
    words_named,
)

ACCURACY = "fraction"
LOSS = "loss"
SECONDS = "seconds"
OWN = "own"
NUMBER = ""

Written = Callable[[float | None], str]


class _Writing(NamedTuple):
    """How values of a quantity are written.

    Attributes:
        number: in a table's cell.
        text: in prose, with their unit.
        change: a difference, with its sign.
        unit: of a value, in a heading.
        change_unit: of a difference, in prose.
    """

    number: Written
    text: Written
    change: Written
    unit: str = ""
    change_unit: str = ""


def _plain(value: float | None) -> str:
    return wording.plain(None if value is None else float(value))


_WRITINGS = {
    ACCURACY: _Writing(
        wording.percent_number, wording.percent, wording.points, "%", "percentage points"
    ),
    LOSS: _Writing(wording.loss, wording.loss, wording.signed_loss),
    SECONDS: _Writing(wording.seconds_number, wording.duration, wording.signed_seconds, "s", "s"),
    OWN: _Writing(wording.measured, wording.measured, wording.signed_measured),
    NUMBER: _Writing(_plain, _plain, _plain),
}


@dataclass(frozen=True)
class Metric:
    """A metric as the report shows it.

    Attributes:
        name: its column name.
        header: short name for a table's heading, without the unit.
        phrase: its name within a sentence.
        quantity: its unit, `fraction`, `loss` or `seconds`; `own` for a metric without a unit, and
            empty for any other number.
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
    def picked(self) -> bool:
        """Whether it is the best value of many epochs, for which no interval is shown."""
        return picked(self.name)

    @property
    def higher_is_better(self) -> bool:
        """Whether more of it is better."""
        return not lower_is_better(self.name)

    @property
    def _writing(self) -> _Writing:
        return _WRITINGS[self.quantity]

    @property
    def heading(self) -> str:
        """The header with its unit."""
        return f"{self.header} ({self._writing.unit})" if self._writing.unit else self.header

    @property
    def difference_heading(self) -> str:
        """Heading of a column of differences."""
        unit = self._writing.change_unit.removeprefix("percentage ")
        return f"Change ({unit})" if unit else "Change"

    @property
    def change_unit(self) -> str:
        """The unit of a difference in prose, with a space before it; empty without one."""
        unit = self._writing.change_unit
        return f" {unit}" if unit else ""

    def number(self, value: float | None) -> str:
        """A value for a table cell under a heading with the unit."""
        return self._writing.number(value)

    def text(self, value: float | None) -> str:
        """A value for prose, with its unit."""
        return self._writing.text(value)

    def change(self, difference: float | None) -> str:
        """A signed difference for a table cell."""
        return self._writing.change(difference)


def metric(name: str) -> Metric:
    """The metric of this column name; `last<N>_mean_...` is read as the closing mean."""
    words, unit = words_named(name), unit_named(name)
    quantity = unit if unit in _WRITINGS else NUMBER
    reading = reading_named(name)
    if quantity == NUMBER and reading is not None and reading.level:
        quantity = OWN
    return Metric(without_window(name)[0], words.heading, words.phrase, quantity)
