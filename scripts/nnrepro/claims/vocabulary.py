"""The vocabulary of measures: curves, functions of them, and quantities of a run."""

from collections.abc import Mapping
from dataclasses import dataclass

CURVES = {
    "test_accuracy": "fraction",
    "test_loss": "loss",
    "train_accuracy": "fraction",
    "train_loss": "loss",
}
"""Curves of a run and their units."""

SMOOTH = "smooth"
"""The function that turns a curve into another, its centred moving mean."""

QUANTITIES = {"train_seconds": "seconds", "epochs": "epochs"}
"""What is known of a run beside its curves, and the units."""

ALIASES = {"gap": "tail(train_accuracy) - tail(test_accuracy)"}
"""Measures that have a name of their own."""

RATIO = "ratio"
_FROM_CURVE = ""


@dataclass(frozen=True)
class Function:
    """A function of a curve.

    Attributes:
        unit: unit of its values; empty for the curve's own.
        needed: numbers that it needs beside the curve.
        allowed: numbers that it takes at most.
        level: whether it is a level of the curve: for an accuracy, a share of right answers.
        meaning: what it is, for the documentation.
    """

    unit: str
    needed: int
    allowed: int
    level: bool
    meaning: str


FUNCTIONS: Mapping[str, Function] = {
    "tail": Function(_FROM_CURVE, 0, 0, True, "mean over the closing window"),
    "overall": Function(_FROM_CURVE, 0, 0, True, "mean over all epochs"),
    "best": Function(_FROM_CURVE, 0, 0, True, "largest value of any epoch"),
    "final": Function(_FROM_CURVE, 0, 0, True, "value of the last epoch"),
    "mean": Function(_FROM_CURVE, 1, 2, True, "mean from epoch to epoch"),
    "min": Function(_FROM_CURVE, 0, 2, True, "smallest value from epoch to epoch"),
    "max": Function(_FROM_CURVE, 0, 2, True, "largest value from epoch to epoch"),
    "change": Function(_FROM_CURVE, 0, 0, False, "last value minus first of the closing window"),
    "range": Function(_FROM_CURVE, 0, 0, False, "largest minus smallest of the closing window"),
    "jitter": Function(
        _FROM_CURVE, 0, 0, False, "standard deviation about the moving mean, closing window"
    ),
    "drift": Function(_FROM_CURVE, 0, 0, False, "size of the slope of the last 20 %, times 0.2 T"),
    "conv_epoch": Function("epochs", 0, 1, False, "epoch from which it stays near its tail"),
    "best_epoch": Function("epochs", 0, 0, False, "first epoch of its largest value"),
    "lowest_epoch": Function("epochs", 0, 0, False, "first epoch of its smallest value"),
    "slope": Function("per epoch", 0, 2, False, "least-squares slope from epoch to epoch"),
    "r_squared": Function(RATIO, 0, 2, False, "share of variance that a straight line explains"),
    "collapses": Function(
        "count",
        3,
        3,
        False,
        "times it falls below the first number after having been above the "
        "second, and is back above the second within the third number of epochs",
    ),
    "collapse_peak": Function(
        _FROM_CURVE, 3, 3, False, "its largest value while the test accuracy collapses"
    ),
}
"""Functions of a curve by name."""
