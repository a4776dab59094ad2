"""Published levels of learning curves: the numbers that can be drawn into a run's own figure."""

from collections.abc import Iterable
from dataclasses import dataclass

from nnrepro.measures.names import reading_named, without_window
from nnrepro.published.numbers import PRIMARY, PublishedNumber
from nnrepro.published.variants import (
    NotSelected,
    Variant,
    declared_variants,
    selected_by,
)
from nnrepro.study.decisions import Decisions
from nnrepro.study.study import Study

_KINDS = {"best": "max", "min": "min", "overall": "mean", "tail": "mean", "final": "mean"}
"""Functions whose values can be drawn into a curve, and what they are of the epochs."""


@dataclass(frozen=True)
class CurveLevel:
    """A level that was printed of one curve of a run.

    Attributes:
        curve: `train_loss`, `train_accuracy`, `test_loss` or `test_accuracy`.
        kind: `max`, `min` or `mean` of all epochs or of the closing ones.
        value: the printed number.
        closing: how many closing epochs it is over; None for all.
    """

    curve: str
    kind: str
    value: float
    closing: int | None = None


def curve_levels(
    numbers: Iterable[PublishedNumber], study: Study, protocol: str, decisions: Decisions
) -> dict[Variant, tuple[CurveLevel, ...]]:
    """The levels that a protocol's report prints of single variants, each once, as printed.

    Means over several variants, differences from a baseline, bounds and numbers on a second test
    set are no levels of a curve, and left out.
    """
    found: dict[Variant, dict[CurveLevel, None]] = {}
    chosen = selected_by(protocol, decisions)
    for number in numbers:
        level = _level(number) if number.protocol == protocol else None
        if level is None:
            continue
        try:
            variants = declared_variants(study, number.runs, chosen)
        except NotSelected:
            continue
        if len(variants) == 1:
            found.setdefault(variants[0], {})[level] = None
    return {variant: tuple(levels) for variant, levels in found.items()}


def prints_levels(numbers: Iterable[PublishedNumber], protocol: str) -> bool:
    """Whether a protocol's report prints any level of a curve."""
    return any(number.protocol == protocol and _level(number) for number in numbers)


def _level(number: PublishedNumber) -> CurveLevel | None:
    reading = reading_named(number.metric)
    other = number.baseline or number.test_set != PRIMARY or number.is_bound or number.is_repeat
    if other or reading is None or reading.function not in _KINDS:
        return None
    closing = 1 if reading.function == "final" else without_window(number.metric)[1]
    return CurveLevel(reading.curve, _KINDS[reading.function], number.value, closing)
