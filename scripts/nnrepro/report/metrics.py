"""What the report calls a metric, and how its values are written."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from nnrepro.document import wording

ACCURACY = "accuracy"
LOSS = "loss"
SECONDS = "seconds"
NUMBER = "number"

_CLOSING = re.compile(r"last\d+_mean_")
CLOSING_PREFIX = "last_window_mean_"
COMPARISON_PREFIX = "comparison_"

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
        quantity: `accuracy`, `loss`, `seconds` or `number`.
    """

    name: str
    header: str
    phrase: str
    quantity: str

    @property
    def closing(self) -> bool:
        """Whether it is a mean over the closing window."""
        return self.name.startswith(CLOSING_PREFIX)

    @property
    def higher_is_better(self) -> bool:
        """Whether more of it is better; losses and times are better when lower."""
        return self.quantity in (ACCURACY, NUMBER)

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


_KNOWN = {
    "last_window_mean_test_accuracy": ("Closing mean", "closing mean test accuracy", ACCURACY),
    "max_test_accuracy": ("Highest", "highest test accuracy", ACCURACY),
    "mean_test_accuracy": ("Mean, all epochs", "mean test accuracy over all epochs", ACCURACY),
    "final_test_accuracy": ("Final", "final test accuracy", ACCURACY),
    "last_window_mean_validation_accuracy": (
        "Closing mean, held out",
        "closing mean accuracy on held-out examples",
        ACCURACY,
    ),
    "max_validation_accuracy": (
        "Highest, held out",
        "highest accuracy on held-out examples",
        ACCURACY,
    ),
    "mean_validation_accuracy": (
        "Mean, held out",
        "mean accuracy on held-out examples over all epochs",
        ACCURACY,
    ),
    "final_validation_accuracy": (
        "Final, held out",
        "final accuracy on held-out examples",
        ACCURACY,
    ),
    "last_window_mean_test_loss": ("Closing mean loss", "closing mean test loss", LOSS),
    "min_test_loss": ("Lowest loss", "lowest test loss", LOSS),
    "mean_test_loss": ("Mean loss, all epochs", "mean test loss over all epochs", LOSS),
    "final_test_loss": ("Final loss", "final test loss", LOSS),
    "train_seconds": ("Time", "training time", SECONDS),
}


def metric(name: str) -> Metric:
    """The metric of this column name; `last<N>_mean_...` is read as the closing mean.

    A name that the report does not know is shown as it is, with its underscores as spaces.
    """
    canonical = _CLOSING.sub(CLOSING_PREFIX, name)
    if canonical in _KNOWN:
        return Metric(canonical, *_KNOWN[canonical])
    words = canonical.replace("_", " ")
    quantity = next((q for q in (ACCURACY, LOSS, SECONDS) if canonical.endswith(q)), NUMBER)
    return Metric(canonical, words[:1].upper() + words[1:], words, quantity)
