"""Uncertainty: spread over seeds, the sampling error of a test set, and noise between epochs.

Each interval covers what its kind names, and nothing else:

`seeds`: Student's t interval of the mean over seeds, for training anew on the same data and judging
on the same test set. It does not cover another test set. Seeds that agree to the last digit tell
nothing of their spread; with them stands what one of them would have.

`test set`: with one seed nothing is known of the spread over seeds; what can be given is the
sampling error of the test set, by Wilson's score interval (E. B. Wilson, Journal of the American
Statistical Association 22, 1927, 209-212), which keeps its coverage near 0 and 1 and for small sets
(Brown, Cai and DasGupta, Statistical Science 16, 2001, 101-133). It is for this one trained
network, judged on other examples.

`test set and epochs`: for one seed's mean over a window of epochs, Wilson's interval widened by the
noise between epochs (`nnrepro.measures.autocorrelation`), for the level about which this one run
moves. Both sides are joined by their squares (G. Y. Zou and A. Donner, Statistics in Medicine 27,
2008, 1693-1702). It is cautious, as one test set's sampling error partly averages out over epochs.

`epochs`: the noise between epochs alone, for a mean loss of one seed.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtri, stdtrit

from nnrepro.measures.autocorrelation import UNKNOWN_NOISE, WindowNoise
from nnrepro.measures.history import FloatArray

CONFIDENCE = 0.95
QUANTILE = float(ndtri((1 + CONFIDENCE) / 2))
"""How many standard errors of a normal distribution lie on each side of its mean."""

SEEDS = "seeds"
TEST_SET = "test set"
TEST_SET_AND_EPOCHS = "test set and epochs"
EPOCHS = "epochs"

_ROUNDING = 1e-12
"""Share of a value by which values that should be the same may differ."""


@dataclass(frozen=True)
class Interval:
    """A 95 % interval.

    Attributes:
        low: lower end.
        high: upper end.
        kind: what it covers: `seeds`, `test set`, `test set and epochs` or `epochs`.
    """

    low: float
    high: float
    kind: str


def t_interval(mean: float, deviation: float, count: int) -> Interval:
    """Student's t interval of a mean.

    Args:
        mean: sample mean.
        deviation: sample standard deviation (n - 1 in the denominator).
        count: number of values, at least two.
    """
    quantile = float(stdtrit(count - 1, (1 + CONFIDENCE) / 2))
    half = quantile * deviation / float(np.sqrt(count))
    return Interval(mean - half, mean + half, SEEDS)


def wilson_interval(accuracy: float, examples: int) -> Interval:
    """Wilson's interval of an accuracy on a test set, of one example at least.

    A mean of accuracies over epochs is no count of right answers; the nearest whole number stands
    for it, as all epochs are judged on the same examples.
    """
    right = min(max(round(accuracy * examples), 0), examples)
    share, scale = right / examples, QUANTILE**2 / examples
    centre = (share + scale / 2) / (1 + scale)
    half = QUANTILE * np.sqrt(share * (1 - share) / examples + scale / (4 * examples)) / (1 + scale)
    low = 0.0 if right == 0 else float(centre - half)
    high = 1.0 if right == examples else float(centre + half)
    return Interval(low, high, TEST_SET)


def epochs_half_width(noise: WindowNoise) -> float:
    """Half of the 95 % interval of a window's mean, for the noise between its epochs; NaN unknown.

    Student's t with one degree of freedom less than there are effective epochs, at least one.
    """
    degrees = max(noise.effective - 1, 1.0)
    return float(stdtrit(degrees, (1 + CONFIDENCE) / 2)) * noise.error


def single_interval(
    value: float, examples: int | None, noise: WindowNoise = UNKNOWN_NOISE
) -> Interval | None:
    """The interval of one seed's metric, from what is known of it.

    Args:
        value: the metric.
        examples: size of the test set, for accuracies on it.
        noise: of the epochs, for means over a window.

    Returns:
        None where neither is known.
    """
    epochs = epochs_half_width(noise)
    if not examples:
        return None if np.isnan(epochs) else Interval(value - epochs, value + epochs, EPOCHS)
    sampling = wilson_interval(value, examples)
    if np.isnan(epochs):
        return sampling
    below, above = max(value - sampling.low, 0.0), max(sampling.high - value, 0.0)
    return Interval(
        max(value - float(np.hypot(below, epochs)), 0.0),
        min(value + float(np.hypot(above, epochs)), 1.0),
        TEST_SET_AND_EPOCHS,
    )


def single_error(value: float, examples: int | None, noise: WindowNoise = UNKNOWN_NOISE) -> float:
    """The standard error of one seed's metric, arguments as for `single_interval`; NaN unknown."""
    if not examples:
        return noise.error
    sampling = wilson_interval(value, examples)
    error = (sampling.high - sampling.low) / (2 * QUANTILE)
    return error if np.isnan(noise.error) else float(np.hypot(error, noise.error))


def agree(values: FloatArray) -> bool:
    """Whether all values are the same but for rounding; shape [n], n at least 1.

    Accuracies are counts of right answers, and epochs are counted: a few seeds often have the same
    one, and a deviation of 0 would take that for certainty.
    """
    return float(np.ptp(values)) <= _ROUNDING * max(1.0, float(np.max(np.abs(values))))


@dataclass(frozen=True)
class Summary:
    """A metric over the seeds of a variant.

    Attributes:
        count: seeds that have the metric.
        mean: their mean; NaN without any.
        deviation: their sample standard deviation; NaN with fewer than two.
        error: standard error of the mean over seeds, or of the one value; NaN where not known.
        interval: 95 % interval of the mean, or of the one value, also where several seeds have the
            same; None where nothing is known.
    """

    count: int
    mean: float
    deviation: float
    error: float
    interval: Interval | None


def summarise(
    values: FloatArray,
    examples: int | None = None,
    noise: WindowNoise = UNKNOWN_NOISE,
    *,
    bounds: tuple[float, float] = (-np.inf, np.inf),
) -> Summary:
    """Summarise one metric over seeds.

    Args:
        values: one value per seed, shape [seeds]; NaN where a seed lacks the metric.
        examples: size of the test set, for accuracies on it; for the interval of one value.
        noise: of the epochs, for means over a window; for the interval of one value.
        bounds: the smallest and the largest value that the metric can have, which its interval
            keeps. Student's t knows of none, and with two or three seeds it often passes them.
    """
    # Sorted, so that the sum and with it the last bit do not depend on the order of the seeds.
    present = np.sort(values[~np.isnan(values)])
    count = len(present)
    nothing = float("nan")
    if count == 0:
        return Summary(0, nothing, nothing, nothing, None)
    mean = float(np.mean(present))
    if count == 1:
        deviation, error = nothing, single_error(mean, examples, noise)
        interval = single_interval(mean, examples, noise)
    elif agree(present):
        deviation, error = 0.0, 0.0
        interval = single_interval(mean, examples, noise)
    else:
        deviation = float(np.std(present, ddof=1))
        error = deviation / float(np.sqrt(count))
        interval = t_interval(mean, deviation, count)
    if interval is not None:
        low, high = bounds
        interval = replace(interval, low=max(interval.low, low), high=min(interval.high, high))
    return Summary(count, mean, deviation, error, interval)
