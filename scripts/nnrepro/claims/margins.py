"""Margins with their intervals: by how much the conditions of a part are met, and how surely.

A part holds where its smallest margin is positive. With several seeds each condition's margin has a
Student t interval over the seeds, paired by seed. For the smallest of the margins of k numbers, the
smallest of the lower ends is a lower bound as it stands (intersection-union: R. L. Berger,
Technometrics 24, 1982, 295-300), and the smallest of the upper ends is an upper bound if each is
taken at a k-th of the error (Bonferroni). With k = 1 this is the usual interval. Two bounds of one
number count once: it cannot truly be beyond both, so that only one of them can fail wrongly.

Each margin keeps the deviation of its own seeds. One pooled over variants would have more degrees
of freedom, but variants differ too much in steadiness for it (`docs/statistics.md`, with numbers).
A margin that is the same at every seed has an interval without width: a network that never learns
answers the same at every seed, and counts of epochs or collapses often agree. Where the test set's
sampling error is known, that is taken instead (`nnrepro.claims.judge`): a few seeds may agree by
chance on how many examples they answer right.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from nnrepro.measures.spans import Span, mean
from nnrepro.statistics.intervals import CONFIDENCE, SEEDS, TEST_SET, agree

_ERROR = (1 - CONFIDENCE) / 2


@dataclass(frozen=True)
class Margin:
    """The smallest margin of several conditions.

    Attributes:
        effect: the margin itself, averaged over seeds; a bound of it where it is censored.
        low: lower end of its 95 % interval; NaN where nothing is known of its error.
        high: upper end.
        kind: what the interval is by, `seeds`, `test set` or `grid residuals`; empty for none.
        p: two-sided p value of the margin being 0; NaN without an interval.
        weakest: place of the condition with that margin.
        censored: whether some seed gives a bound only.
    """

    effect: float
    low: float
    high: float
    kind: str
    p: float
    weakest: int
    censored: bool = False


@dataclass(frozen=True)
class _Estimate:
    """A condition's margin: its mean, its standard error and the degrees of freedom."""

    effect: float
    error: float
    freedom: float
    least: bool = False
    most: bool = False

    def end(self, sign: int, error: float) -> float:
        """An end of the interval with this probability beyond it."""
        if (sign > 0 and self.least) or (sign < 0 and self.most):
            return sign * math.inf
        if self.error == 0:
            return self.effect
        quantile = stdtrit(self.freedom, 1 - error) if self.freedom < math.inf else ndtri(1 - error)
        return self.effect + sign * float(quantile) * self.error

    def tail_probability(self, sign: int) -> float:
        """Probability of so large (sign 1) or so small (-1) a margin were the true one 0."""
        if self.error == 0:
            return 0.0 if sign * self.effect > 0 else 1.0
        score = -sign * self.effect / self.error
        return float(stdtr(self.freedom, score) if self.freedom < math.inf else ndtr(score))


def over_seeds(margins: Sequence[Sequence[Span]], numbers: int | None = None) -> Margin:
    """The smallest margin, with its interval over the seeds.

    Args:
        margins: for each condition, its margin at each of at least two seeds.
        numbers: how many different numbers the conditions are about; None for one each.

    Returns:
        The margin. One that is bounded from one side only at some seed has an interval that is
        open to that side; one that is bounded on no side, or from both, has none.
    """
    estimates = [_estimate(spans) for spans in margins]
    if any(estimate is None for estimate in estimates):
        return _without_interval([mean(spans) for spans in margins])
    return _smallest([e for e in estimates if e is not None], SEEDS, numbers)


def of_one_seed(
    margins: Sequence[Span],
    errors: Sequence[float | None],
    numbers: int | None = None,
    *,
    kind: str = TEST_SET,
    freedom: float = math.inf,
) -> Margin:
    """The smallest margin of a single seed, with its interval if its error is known.

    Args:
        margins: each condition's margin.
        errors: standard error of each; None where one seed tells nothing of it.
        numbers: see `over_seeds`.
        kind: what the errors are of, the test set's sampling or a grid's residuals.
        freedom: the degrees of freedom that they are known with.
    """
    if any(error is None for error in errors) or not all(span.known for span in margins):
        return _without_interval(margins)
    estimates = [
        _Estimate(span.low, error, freedom)
        for span, error in zip(margins, errors, strict=True)
        if error is not None
    ]
    return _smallest(estimates, kind, numbers)


def propagated(
    combine: Callable[[Sequence[Span]], Span], values: Sequence[float], variances: Sequence[float]
) -> float:
    """Standard error of a combination of independent values, to first order.

    Args:
        combine: the combination.
        values: the values, shape [n].
        variances: their variances, shape [n].
    """
    total = []
    for place, variance in enumerate(variances):
        step = 1e-6 * max(1.0, abs(values[place]))
        ends = [
            combine([Span.point(v + sign * step * (i == place)) for i, v in enumerate(values)]).low
            for sign in (1, -1)
        ]
        total.append(((ends[0] - ends[1]) / (2 * step)) ** 2 * variance)
    return math.sqrt(sum(sorted(total)))


def _estimate(spans: Sequence[Span]) -> _Estimate | None:
    """The mean over seeds; None where seeds are bounded from different sides."""
    least = any(span.high == math.inf for span in spans)
    most = any(span.low == -math.inf for span in spans)
    if least and most:
        return None
    values = np.sort([span.high if most else span.low for span in spans])
    deviation = 0.0 if agree(values) else float(np.std(values, ddof=1))
    error = deviation / math.sqrt(len(values))
    return _Estimate(float(np.mean(values)), error, len(values) - 1, least, most)


def _smallest(estimates: Sequence[_Estimate], kind: str, numbers: int | None) -> Margin:
    count = len(estimates) if numbers is None else numbers
    weakest = min(range(len(estimates)), key=lambda place: estimates[place].effect)
    low = min(estimate.end(-1, _ERROR) for estimate in estimates)
    high = min(estimate.end(1, _ERROR / count) for estimate in estimates)
    effect = estimates[weakest].effect
    if all(estimate.error == 0 for estimate in estimates):
        # A few seeds that agree to the last digit are no proof.
        p = 1.0 if effect == 0 else math.nan
    elif effect > 0:
        p = 2 * max(estimate.tail_probability(1) for estimate in estimates)
    else:
        p = 2 * count * min(estimate.tail_probability(-1) for estimate in estimates)
    censored = any(estimate.least or estimate.most for estimate in estimates)
    return Margin(effect, low, high, kind, min(p, 1.0), weakest, censored)


def _without_interval(spans: Sequence[Span]) -> Margin:
    ends = [span.low if math.isfinite(span.low) else span.high for span in spans]
    weakest = min(range(len(ends)), key=ends.__getitem__)
    censored = not all(span.known for span in spans)
    nan = math.nan
    effect = ends[weakest] if math.isfinite(ends[weakest]) else nan
    return Margin(effect, nan, nan, "", nan, weakest, censored)
