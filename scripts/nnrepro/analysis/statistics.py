"""Uncertainty: spread over seeds, and the sampling error of a test set.

With several seeds, the interval is Student's t interval of their mean. With one seed nothing is
known of the spread over seeds; what can be given is the sampling error of the test set, by Wilson's
score interval (E. B. Wilson, Journal of the American Statistical Association 22, 1927, 209-212),
which keeps its coverage near 0 and 1 and for small sets (Brown, Cai and DasGupta, Statistical
Science 16, 2001, 101-133).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtrit

from nnrepro.analysis.history import FloatArray

CONFIDENCE = 0.95

SEEDS = "seeds"
TEST_SET = "test set"


@dataclass(frozen=True)
class Interval:
    """A 95 % interval.

    Attributes:
        low: lower end.
        high: upper end.
        kind: `seeds` for the t interval of a mean over seeds, `test set` for the Wilson interval of
            one seed's accuracy.
    """

    low: float
    high: float
    kind: str


def t_interval(mean: float, deviation: float, count: int) -> Interval:
    """Student's t interval of a mean.

    Args:
        mean: sample mean.
        deviation: sample standard deviation (n - 1 in the denominator).
        count: number of values.

    Raises:
        ValueError: `count` is less than 2.
    """
    if count < 2:
        raise ValueError(f"a t interval needs at least two values, got {count}")
    quantile = float(stdtrit(count - 1, (1 + CONFIDENCE) / 2))
    half = quantile * deviation / float(np.sqrt(count))
    return Interval(mean - half, mean + half, SEEDS)


def wilson_interval(accuracy: float, examples: int) -> Interval:
    """Wilson's interval of an accuracy on a test set.

    A mean of accuracies over epochs is no count of right answers; the nearest whole number stands
    for it, as all epochs are judged on the same examples.

    Args:
        accuracy: fraction of right answers.
        examples: size of the test set.

    Raises:
        ValueError: `examples` is less than 1.
    """
    if examples < 1:
        raise ValueError(f"a test set has at least one example, got {examples}")
    right = min(max(round(accuracy * examples), 0), examples)
    quantile = float(ndtri((1 + CONFIDENCE) / 2))
    share, scale = right / examples, quantile**2 / examples
    centre = (share + scale / 2) / (1 + scale)
    half = quantile * np.sqrt(share * (1 - share) / examples + scale / (4 * examples)) / (1 + scale)
    low = 0.0 if right == 0 else float(centre - half)
    high = 1.0 if right == examples else float(centre + half)
    return Interval(low, high, TEST_SET)


@dataclass(frozen=True)
class Summary:
    """A metric over the seeds of a variant.

    Attributes:
        count: seeds that have the metric.
        mean: their mean; NaN without any.
        deviation: their sample standard deviation; NaN with fewer than two.
        interval: 95 % interval of the mean, or of the one value; None where nothing is known.
    """

    count: int
    mean: float
    deviation: float
    interval: Interval | None


def summarise(values: FloatArray, examples: int | None = None) -> Summary:
    """Summarise one metric over seeds.

    Args:
        values: one value per seed, shape [seeds]; NaN where a seed lacks the metric.
        examples: size of the test set, for accuracies on it; gives the interval of one seed.
    """
    # Sorted, so that the sum and with it the last bit do not depend on the order of the seeds.
    present = np.sort(values[~np.isnan(values)])
    count = len(present)
    if count == 0:
        return Summary(0, float("nan"), float("nan"), None)
    mean = float(np.mean(present))
    if count == 1:
        interval = wilson_interval(mean, examples) if examples else None
        return Summary(1, mean, float("nan"), interval)
    deviation = float(np.std(present, ddof=1))
    return Summary(count, mean, deviation, t_interval(mean, deviation, count))
