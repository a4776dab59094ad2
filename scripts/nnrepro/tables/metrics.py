"""What the report calls a metric, and how its values are written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

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


@dataclass(frozen=True)
class Metric:
    """A metric as the report shows it.

    Attributes:
        name: its column name.
        header: short name for a table's heading, without the unit.
        phrase: its name within a sentence.
        quantity: its unit, `fraction`, `loss` or `seconds`; `own` for a metric without a unit, and
            empty for any other number.
        number: writes a value in a table's cell, below a heading with the unit.
        text: writes a value in prose, with its unit.
        change: writes a difference, with its sign.
        unit: of a value, in a heading.
        change_unit: of a difference, in prose, with a space before it.
    """

    name: str
    header: str
    phrase: str
    quantity: str
    number: Written
    text: Written
    change: Written
    unit: str = ""
    change_unit: str = ""

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
    def heading(self) -> str:
        """The header with its unit."""
        return f"{self.header} ({self.unit})" if self.unit else self.header

    @property
    def difference_heading(self) -> str:
        """Heading of a column of differences."""
        unit = self.change_unit.split()[-1:]
        return f"Change ({unit[0]})" if unit else "Change"


def _plain(value: float | None) -> str:
    return wording.plain(None if value is None else float(value))


_WRITTEN: Mapping[str, tuple[Any, ...]] = {
    ACCURACY: (wording.percent_number, wording.percent, wording.points, "%", " percentage points"),
    LOSS: (wording.loss, wording.loss, wording.signed(wording.loss)),
    SECONDS: (
        wording.seconds_number,
        wording.duration,
        wording.signed(wording.seconds_number),
        "s",
        " s",
    ),
    OWN: (wording.measured, wording.measured, wording.signed(wording.measured)),
    NUMBER: (_plain, _plain, _plain),
}
"""How values of each quantity are written, and their units."""


def metric(name: str) -> Metric:
    """The metric of this column name; `last<N>_mean_...` is read as the closing mean."""
    words, unit = words_named(name), unit_named(name)
    quantity = unit if unit in _WRITTEN else NUMBER
    reading = reading_named(name)
    if quantity == NUMBER and reading is not None and reading.level:
        quantity = OWN
    return Metric(
        without_window(name)[0], words.heading, words.phrase, quantity, *_WRITTEN[quantity]
    )
