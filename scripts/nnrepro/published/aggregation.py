"""How the values of several runs become the one number that a report prints.

A number that belongs to several runs is the mean over them. Three endings of a metric's name say
more: `_average` is the mean of the metric by which the protocol selects, `_ratio` the metric before
it divided by the baseline's, `accuracy_gain_percent` a difference of mean test accuracies from the
baseline, in percentage points. Of several such pairs the mean is taken, or the extreme where a
remark says `lower end of a range` or `upper end of a range`.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from nnrepro.published.numbers import PublishedNumber
from nnrepro.published.run_values import Measured

AVERAGE = "_average"
RATIO = "_ratio"
GAIN = "accuracy_gain_percent"

_EXTREMES: Mapping[str, Callable[[Sequence[float]], float]] = {
    "lower end of a range": min,
    "upper end of a range": max,
}

Combine = Callable[[Sequence[Measured], Sequence[Measured]], tuple[float, float | None]]
"""From the values of runs and of their baselines to one value and its sampling error."""


def rule_of(number: PublishedNumber, selection_metric: str) -> tuple[str, Combine] | str:
    """The metric of one run and how runs are put together.

    Args:
        number: the published number.
        selection_metric: the metric by which its protocol selects.

    Returns:
        The metric's name and the function; a text where there is no rule.
    """
    metric = number.metric
    if metric.endswith(AVERAGE):
        return selection_metric, _mean
    if metric != GAIN and not metric.endswith(RATIO):
        return metric, _mean
    if not number.baseline:
        return "its row names no baseline to compare with"
    if metric == GAIN:
        return "mean_test_accuracy", _pairs(number, _gain)
    return metric.removesuffix(RATIO), _pairs(number, _ratio)


def _mean(values: Sequence[Measured], _: Sequence[Measured]) -> tuple[float, float | None]:
    return _average([_known(item) for item in values]), common([v.deviation for v in values])


def _pairs(
    number: PublishedNumber,
    compare: Callable[[Measured, Measured], tuple[float, float | None]],
) -> Combine:
    """Each run against its baseline, in the order of the selectors; one baseline serves all."""
    extreme = next((_EXTREMES[r] for r in number.remarks if r in _EXTREMES), _average)

    def combine(
        values: Sequence[Measured], baseline: Sequence[Measured]
    ) -> tuple[float, float | None]:
        partners = list(baseline) * len(values) if len(baseline) == 1 else baseline
        found = [compare(a, b) for a, b in zip(values, partners, strict=True)]
        return extreme([value for value, _ in found]), common([spread for _, spread in found])

    return combine


def _gain(changed: Measured, base: Measured) -> tuple[float, float | None]:
    spread = None
    if changed.deviation is not None and base.deviation is not None:
        spread = 100 * float(np.hypot(changed.deviation, base.deviation))
    return 100 * (_known(changed) - _known(base)), spread


def _ratio(changed: Measured, base: Measured) -> tuple[float, float | None]:
    below = _known(base)
    return (_known(changed) / below if below else float("nan")), None


def _known(item: Measured) -> float:
    assert item.value is not None
    return item.value


def _average(values: Sequence[float]) -> float:
    return float(np.mean(np.asarray(values, dtype=np.float64)))


def common(deviations: Sequence[float | None]) -> float | None:
    """One sampling error for several accuracies on the same examples: their mean, at most.

    Errors on the same examples go together, so that averaging does not make them smaller.
    """
    known = [item for item in deviations if item is not None]
    return _average(known) if known and len(known) == len(deviations) else None
