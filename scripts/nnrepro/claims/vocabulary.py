"""The vocabulary of measures: curves, functions of them, and quantities of a run."""

import re
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
        spoken: words before the curve's name in a sentence.
        growth: 1 where further epochs can only raise it, -1 where they can only lower it.
    """

    unit: str
    needed: int
    allowed: int
    level: bool
    meaning: str
    spoken: str
    growth: int = 0


FUNCTIONS: Mapping[str, Function] = {
    "tail": Function(_FROM_CURVE, 0, 0, True, "mean over the closing window", "closing mean of"),
    "overall": Function(_FROM_CURVE, 0, 0, True, "mean over all epochs", "overall mean of"),
    "best": Function(_FROM_CURVE, 0, 0, True, "largest value of any epoch", "peak of", 1),
    "final": Function(_FROM_CURVE, 0, 0, True, "value of the last epoch", "last value of"),
    "mean": Function(_FROM_CURVE, 1, 2, True, "mean from epoch to epoch", "mean of"),
    "min": Function(_FROM_CURVE, 0, 2, True, "smallest value from epoch to epoch", "lowest", -1),
    "max": Function(_FROM_CURVE, 0, 2, True, "largest value from epoch to epoch", "highest", 1),
    "change": Function(
        _FROM_CURVE,
        0,
        0,
        False,
        "last value minus first of the closing window",
        "change at the end of",
    ),
    "range": Function(
        _FROM_CURVE,
        0,
        0,
        False,
        "largest minus smallest of the closing window",
        "range at the end of",
    ),
    "jitter": Function(
        _FROM_CURVE,
        0,
        0,
        False,
        "standard deviation about the moving mean, closing window",
        "jitter of",
    ),
    "drift": Function(
        _FROM_CURVE,
        0,
        0,
        False,
        "size of the slope of the last 20 %, times 0.2 T",
        "drift at the end of",
    ),
    "conv_epoch": Function(
        "epochs", 0, 1, False, "epoch from which it stays near its tail", "convergence epoch of"
    ),
    "best_epoch": Function(
        "epochs", 0, 0, False, "first epoch of its largest value", "epoch of the peak of"
    ),
    "lowest_epoch": Function(
        "epochs", 0, 0, False, "first epoch of its smallest value", "epoch of the lowest"
    ),
    "slope": Function(
        "per epoch", 0, 2, False, "least-squares slope from epoch to epoch", "slope of"
    ),
    "r_squared": Function(
        RATIO, 0, 2, False, "share of variance that a straight line explains", "straightness of"
    ),
    "collapses": Function(
        "count",
        3,
        3,
        False,
        "times it falls below the first number after having been above the "
        "second, and is back above the second within the third number of epochs",
        "collapses of",
        1,
    ),
    "collapse_peak": Function(
        _FROM_CURVE,
        3,
        3,
        False,
        "its largest value while the test accuracy collapses",
        "peak in collapses of",
    ),
}
"""Functions of a curve by name."""

_MEASURE = re.compile(rf"(\w+)\((?:{SMOOTH}\((\w+)\)|(\w+))(?:, [^()]*)?\)")
_NAMES = {name: name.replace("_", " ") for name in CURVES} | {"train_seconds": "training time"}


def in_words(text: str) -> str:
    """A text with the measures in it as a reader would say them.

    `conv_epoch(test_accuracy) about 35` gives "convergence epoch of test accuracy about 35".
    """

    def said(match: re.Match[str]) -> str:
        known, curve = FUNCTIONS.get(match[1]), match[2] or match[3]
        return f"{known.spoken} {curve}" if known and curve in CURVES else match[0]

    text = _MEASURE.sub(said, text)
    for name, words in _NAMES.items():
        text = re.sub(rf"\b{name}\b", words, text)
    return text
