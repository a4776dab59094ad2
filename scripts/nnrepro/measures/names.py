"""Names of metrics in tables and printed numbers: `max_test_accuracy` is `best(test_accuracy)`.

In names, `last_window_` stands for the closing window of the run at hand; tables put its number
there (`last200_mean_test_accuracy`). `comparison_` before a name says that it is about a larger
test set.
"""

import math
import re
from dataclasses import dataclass

from nnrepro.measures.curves import SETS, RunCurves, recorded
from nnrepro.measures.expressions import ALIASES, QUANTITIES, Reading, parse_measure
from nnrepro.measures.functions import EPOCHS, FUNCTIONS, RATIO, SMOOTH, TRUTH
from nnrepro.metrics.registry import LOSS, catalogue, find, known

LAST_WINDOW = "last_window_"
LARGER = "comparison_"

_WINDOW = re.compile(r"last(\d+)_(?=mean_)")
_CURVE = rf"((?:{'|'.join(SETS)})_\w+?)"
_COLUMNS = sorted(
    (
        (re.compile(function.column.format(_CURVE)), name)
        for name, function in FUNCTIONS.items()
        if function.column
    ),
    key=lambda item: -len(item[0].pattern),
)
_ENDINGS = {"seconds": "seconds", "epoch": EPOCHS, "_ratio": RATIO, "_percent": "percent"}
_ENDINGS |= {"_count": "count", "_average": "fraction"}


def with_window(name: str, window: int) -> str:
    """The name of a metric with the number of epochs that `last_window_` stands for."""
    return name.replace(LAST_WINDOW, f"last{window}_", 1)


def without_window(name: str) -> tuple[str, int | None]:
    """The name with `last_window_` for a number of epochs, and that number; None without one."""
    match = _WINDOW.search(name)
    return (_WINDOW.sub(LAST_WINDOW, name), int(match[1])) if match else (name, None)


def set_words(name: str) -> str:
    """The set of examples that a metric is about: `validation set` or `test set`."""
    reading = reading_named(name)
    held_out = reading is not None and reading.curve.startswith("validation_")
    return "validation set" if held_out else "test set"


def reading_named(name: str) -> Reading | None:
    """What a metric's name says to be read off a run; None for a name of anything else."""
    generic = without_window(name.removeprefix(LARGER))[0]
    if generic in QUANTITIES:
        return Reading(generic)
    for pattern, function in _COLUMNS:
        match = pattern.fullmatch(generic)
        if match is not None:
            return Reading(function, match[1])
    return None


def metric_value(name: str, run: RunCurves) -> float | int | bool | None:
    """The value of a metric that is a measure of curves; None for an epoch beyond the end.

    In its name `last_window_` stands for the closing window.
    """
    reading = reading_named(name)
    if reading is None:
        measure = parse_measure(name)
        found = {item: item.span(run) for item in measure.readings}
        known = {item: span for item, span in found.items() if span is not None}
        return measure.value(known.__getitem__).low if len(known) == len(found) else None
    value = reading.value(run)
    if reading.unit == TRUTH:
        return bool(value)
    if reading.unit == EPOCHS:
        return int(value) if math.isfinite(value) else None
    return value


def unit_named(name: str) -> str:
    """The unit of a metric's values; empty for none of its own."""
    reading = reading_named(name)
    if reading is not None:
        return reading.unit
    if name in ALIASES:
        return parse_measure(name).unit
    ending = next((unit for ending, unit in _ENDINGS.items() if name.endswith(ending)), "")
    if ending:
        return ending
    found = [one for one in (known(LOSS), *catalogue().values()) if one.name in name]
    return max(found, key=lambda one: len(one.name)).unit if found else ""


def lower_is_better(name: str) -> bool:
    """Whether a smaller value of the metric is the better one.

    So it is of losses and other errors, and of all that is no level of a curve: times, epochs,
    spreads.
    """
    reading = reading_named(name)
    if reading is None or not reading.level:
        return True
    return recorded(reading.curve).lower_is_better


def bounds_named(name: str) -> tuple[float, float]:
    """The smallest and the largest value that a metric can have; infinite without a bound.

    A level has the bounds of what was recorded; of all else, what spreads, lasts or is counted is
    never below 0.
    """
    reading = reading_named(name)
    if reading is not None and reading.level:
        one = recorded(reading.curve)
        return (
            -math.inf if one.low is None else one.low,
            math.inf if one.high is None else one.high,
        )
    spreads = reading is not None and (not reading.curve or reading.function in _SPREADS)
    return (0.0 if spreads else -math.inf), math.inf


_SPREADS = ("range", "jitter")


def picked(name: str) -> bool:
    """Whether the metric is the best value of many epochs on the same examples.

    Intervals are for one epoch or a mean, and do not cover what picking the best one adds.
    """
    return name.removeprefix(LARGER).startswith(("max_", "min_"))


@dataclass(frozen=True)
class Words:
    """What readers see in place of a metric's name.

    Attributes:
        heading: short name for a table's heading, without the unit.
        phrase: its name within a sentence.
        axis: its name on an axis, with `{window}` for the epochs of the closing window.
    """

    heading: str
    phrase: str
    axis: str


_QUANTITIES = {"train_seconds": Words("Time", "training time", "seconds of training")}


def words_named(name: str) -> Words:
    """The words for a metric; a name that is none of a measure has its underscores as spaces."""
    reading = reading_named(name)
    if name in _QUANTITIES:
        return _QUANTITIES[name]
    if reading is None or not reading.curve:
        words = name.replace("_", " ")
        return Words(words[:1].upper() + words[1:], words, words)
    function = FUNCTIONS[reading.function]
    of, _, recorded_name = reading.curve.partition("_")
    metric = known(recorded_name).words
    held_out = of == "validation"
    phrase = function.phrase.format(f"held-out {metric}" if held_out else f"{SETS[of]} {metric}")
    heading = function.heading.format("" if metric == "accuracy" else f" {metric}")
    if held_out:
        heading = f"{heading.partition(',')[0]}, held out"
    axis = one_mean((function.axis or function.phrase).replace("{}", f"{of} {metric}"))
    return Words(heading or phrase[:1].upper() + phrase[1:], phrase, axis)


def one_mean(text: str) -> str:
    """A text without "mean" before a metric that is called one: "mean test mean absolute error"."""
    return re.sub(r"\b(mean )((?:(?!of )\w+ )?)mean ", r"\2\1", text, flags=re.IGNORECASE)


_MEASURE = re.compile(rf"(\w+)\((?:{SMOOTH}\((\w+)\)|(\w+))(?:, [^()]*)?\)")
_CURVE_NAME = re.compile(rf"\b({'|'.join(SETS)})_([a-z0-9_]+)\b")


def _curve_said(match: re.Match[str]) -> str:
    one = find(match[2])
    return match[0] if one is None else f"{match[1]} {one.words}"


def in_words(text: str) -> str:
    """A text with the measures in it as a reader would say them.

    `conv_epoch(test_accuracy) about 35` gives "convergence epoch of test accuracy about 35".
    """

    def said(match: re.Match[str]) -> str:
        function, curve = FUNCTIONS.get(match[1]), match[2] or match[3]
        named = _CURVE_NAME.fullmatch(curve)
        if function is None or named is None or find(named[2]) is None:
            return match[0]
        return function.phrase.format(curve)

    text = _CURVE_NAME.sub(_curve_said, _MEASURE.sub(said, text))
    return re.sub(r"\btrain_seconds\b", "training time", text)
