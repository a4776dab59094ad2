"""Published levels of learning curves: the numbers that can be drawn into a run's own figure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from nnrepro.published.numbers import PRIMARY, PublishedNumber
from nnrepro.published.variants import Decisions, Variant, declared_variants
from nnrepro.study import Study

_LEVEL = re.compile(r"(?:(max|min|mean|final)|last(\d+)_mean)_((?:train|test)_(?:accuracy|loss))")
_LAST_EPOCH = "final"


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

    Args:
        numbers: the published numbers.
        study: whose variants they are about.
        protocol: whose report prints them.
        decisions: what each protocol selected, by (protocol, experiment).
    """
    found: dict[Variant, dict[CurveLevel, None]] = {}
    for number in numbers:
        level = _level(number) if number.protocol == protocol else None
        if level is None:
            continue
        variants = declared_variants(study, protocol, number.runs, decisions)
        if not isinstance(variants, str) and len(variants) == 1:
            found.setdefault(variants[0], {})[level] = None
    return {variant: tuple(levels) for variant, levels in found.items()}


def prints_levels(numbers: Iterable[PublishedNumber], protocol: str) -> bool:
    """Whether a protocol's report prints any level of a curve."""
    return any(number.protocol == protocol and _level(number) for number in numbers)


def _level(number: PublishedNumber) -> CurveLevel | None:
    match = _LEVEL.fullmatch(number.metric)
    other = number.baseline or number.test_set != PRIMARY or number.is_bound or number.is_repeat
    if match is None or other:
        return None
    kind, closing, curve = match.groups()
    if kind == _LAST_EPOCH:
        return CurveLevel(curve, "mean", number.value, 1)
    return CurveLevel(curve, kind or "mean", number.value, int(closing) if closing else None)
