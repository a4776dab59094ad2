"""Which variants may be the best one: the set that cannot be told from it, and probabilities.

The set is that of multiple comparisons with the best (J. C. Hsu, Constrained simultaneous
confidence intervals for multiple comparisons with the best, Annals of Statistics 12, 1984,
1136-1144; the subset selection of S. S. Gupta, Technometrics 7, 1965, 225-245): a variant is left
out when some other one is better by more than a critical multiple of their difference's standard
error. The multiple is the one-sided t quantile at 5 % divided by the number of other variants
(Bonferroni in place of Dunnett, so that the errors may differ). The truly best variant is thus left
out in at most 5 % of studies, however many variants are compared; no step is taken from the
observed winner, which would forget that it was picked for being first.

The probability of being the best is that of the variant's level being the highest when each level
lies about its observed value as its error says (Student's t for means over seeds), independently.
It is computed as an integral, the limit of a parametric bootstrap with ever more draws: no draws,
no seed, and nothing that depends on the order of rows.

Both take variants' errors as independent. Variants that share a test set tend to err together,
which makes both cautious. Where every variant has one run and its right answers are counted by the
same folds of the test set, what they share is taken out: a fold's score is an effect of its
variant, one of the fold and a residual (the randomised block design; H. Scheffe, The Analysis of
Variance, 1959, section 4.2), and a variant's error is that of the residuals.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from nnrepro.measures.history import FloatArray
from nnrepro.statistics.intervals import CONFIDENCE

_NODES = 512
"""Points of the probability integral, equally far apart in the variant's own distribution."""

_ROUNDING = 1e-9
"""Share by which a deviation may exceed a pooled one of equal deviations."""


@dataclass(frozen=True, eq=False)
class Levels:
    """What is known of variants' levels by one metric, higher being better; shapes [variants].

    Attributes:
        values: the observed values; NaN without one.
        errors: their standard errors; NaN where not known.
        degrees: degrees of freedom of the errors; infinite for sampling errors of a test set.
    """

    values: FloatArray
    errors: FloatArray
    degrees: FloatArray

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which variants have both a value and an error."""
        return ~np.isnan(self.values) & ~np.isnan(self.errors)


def levels_of(values: FloatArray, errors: FloatArray, counts: FloatArray) -> Levels:
    """Levels from values, standard errors and numbers of seeds, each of shape [variants].

    The deviation between a few seeds is itself little known: three may agree by chance. A variant's
    own deviation is therefore raised to that pooled over all variants with several seeds, whose
    degrees of freedom it then has. A larger one is kept with the degrees of its own seeds, as a
    variant may be less steady than the others, which tell nothing of it.
    """
    several = (counts >= 2) & ~np.isnan(values) & ~np.isnan(errors)
    degrees = np.full(len(values), np.inf)
    errors = errors.copy()
    if several.any():
        free = counts[several] - 1
        variances = errors[several] ** 2 * counts[several]
        order = np.lexsort((free, variances))
        pooled = float(np.sum((free * variances)[order]) / np.sum(free))
        errors[several] = np.sqrt(np.maximum(variances, pooled) / counts[several])
        degrees[several] = np.where(variances > pooled * (1 + _ROUNDING), free, np.sum(free))
    return Levels(values, errors, degrees)


def levels_by_folds(values: FloatArray, scores: FloatArray, noise: FloatArray) -> Levels:
    """Levels of single runs whose errors are told by folds of a test set that they share.

    The residuals are pooled: ten folds alone tell little of one variant's deviation. They are of
    other examples; the noise between epochs is added, and another seed is not covered.

    Args:
        values: the observed values, shape [variants]; NaN without one.
        scores: what each is the mean of, by fold, shape [variants, folds].
        noise: standard error of each by the noise between epochs, shape [variants].
    """
    known = ~np.isnan(values)
    here = scores[known]
    residuals = here - here.mean(axis=1, keepdims=True) - here.mean(axis=0) + here.mean()
    free = (len(here) - 1) * (here.shape[1] - 1)
    variance = float(np.sum(np.sort(residuals**2, axis=None))) / free / here.shape[1]
    errors = np.where(known, np.sqrt(variance + noise**2), np.nan)
    return Levels(values, errors, np.full(len(values), float(free)))


def may_be_best(levels: Levels) -> list[bool | None]:
    """Which variants belong to the 95 % set of those that may be the best.

    Returns:
        Per variant whether it does; None where value or error is not known. The variant with the
        highest value always does.
    """
    known = np.flatnonzero(levels.known)
    answer: list[bool | None] = [None] * len(levels.values)
    if not known.size:
        return answer
    values, variances = levels.values[known], levels.errors[known] ** 2
    ahead = values[None, :] - values[:, None]
    total = variances[None, :] + variances[:, None]
    critical = _upper_quantile(
        (1 - CONFIDENCE) / max(len(known) - 1, 1), _joint_degrees(variances, levels.degrees[known])
    )
    beaten = np.any((ahead > 0) & (ahead > critical * np.sqrt(total)), axis=1)
    for index, lost in zip(known.tolist(), beaten.tolist(), strict=True):
        answer[index] = not lost
    return answer


def probability_best(levels: Levels) -> FloatArray:
    """The probability that each variant's level is the highest, shape [variants].

    The probabilities add up to 1. All are NaN when the error of any variant with a value is not
    known, as nothing can then be said of it, nor of the others against it.
    """
    answer = np.full(len(levels.values), np.nan)
    known = np.flatnonzero(levels.known)
    if not known.size or np.isnan(levels.errors[~np.isnan(levels.values)]).any():
        return answer
    # In an order of their own, so that products do not depend on that of the rows.
    order = known[np.lexsort((levels.degrees[known], levels.errors[known], levels.values[known]))]
    values, errors, degrees = (
        each[order] for each in (levels.values, levels.errors, levels.degrees)
    )
    nodes = (np.arange(_NODES) + 0.5) / _NODES
    mass = np.empty(len(order))
    for index in range(len(order)):
        own = values[index] + errors[index] * _quantile(nodes, degrees[index])
        others = np.delete(np.arange(len(order)), index)
        mass[index] = np.mean(
            np.prod(_below(own, values[others], errors[others], degrees[others]), axis=0)
        )
    answer[order] = mass / mass.sum()
    return answer


@dataclass(frozen=True, eq=False)
class Standings:
    """How variants stand by one metric.

    Attributes:
        best: index of the best variant, the first among equals; None when no variant has a value.
        order: indices from best to worst; equals in their given order, those without value last.
        rank: rank of each variant, counted from 1, equals sharing the smaller one; None without
            value.
        difference: value minus the best value; NaN without value.
        tied: whether the variant is in the 95 % set of those that may be the best
            (`may_be_best`); True for the best itself, None where its error is not known.
        probability: the probability of each variant being the best; None without value, or where
            an error is not known.
    """

    best: int | None
    order: NDArray[np.intp]
    rank: list[int | None]
    difference: FloatArray
    tied: list[bool | None]
    probability: list[float | None]


def standings(
    values: FloatArray,
    errors: FloatArray,
    counts: FloatArray,
    *,
    smaller_is_better: bool = False,
    levels: Levels | None = None,
) -> Standings:
    """Rank variants.

    Args:
        values: the metric per variant; NaN without value.
        errors: its standard errors; NaN where not known.
        counts: how many seeds each value is a mean over.
        smaller_is_better: for losses and times.
        levels: what is known of them, where that is more than `errors` and `counts` say.
    """
    cost = values if smaller_is_better else -values
    order = np.argsort(cost, kind="stable")
    present = ~np.isnan(values)
    if not present.any():
        nothing = [None] * len(values)
        unknown = np.full(len(values), np.nan)
        return Standings(None, order, [*nothing], unknown, [*nothing], [*nothing])
    best = int(order[0])
    ordered = np.sort(cost[present])
    rank = [
        int(np.searchsorted(ordered, c)) + 1 if ok else None
        for c, ok in zip(cost, present, strict=True)
    ]
    levels = levels or levels_of(-cost, errors, counts)
    tied = may_be_best(levels)
    tied[best] = True
    probability = [None if np.isnan(p) else float(p) for p in probability_best(levels)]
    return Standings(best, order, rank, values - values[best], tied, probability)


def _below(
    points: FloatArray, values: FloatArray, errors: FloatArray, degrees: FloatArray
) -> FloatArray:
    """The probability of each level lying below each point, shape [variants, points]."""
    distance = points[None, :] - values[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = distance / errors[:, None]
    # Of two levels that are known exactly and equal, either is as good as the other.
    steps = np.where(distance == 0, 0.0, steps)
    below = ndtr(steps)
    finite = np.isfinite(degrees)
    below[finite] = stdtr(degrees[finite, None], steps[finite])
    return below


def _joint_degrees(variances: FloatArray, degrees: FloatArray) -> FloatArray:
    """Welch's and Satterthwaite's degrees of freedom of every difference, [variants, variants]."""
    shares = np.where(np.isfinite(degrees), variances**2 / degrees, 0.0)
    total = (variances[None, :] + variances[:, None]) ** 2
    parts = shares[None, :] + shares[:, None]
    return np.divide(total, parts, out=np.full(total.shape, np.inf), where=parts > 0)


def _upper_quantile(share: float, degrees: FloatArray) -> FloatArray:
    """The point above which `share` of Student's t lies, for each number of degrees."""
    finite = np.isfinite(degrees)
    answer = np.full(degrees.shape, -ndtri(share))
    answer[finite] = -stdtrit(degrees[finite], share)
    return answer


def _quantile(shares: FloatArray, degrees: float) -> FloatArray:
    return ndtri(shares) if np.isinf(degrees) else stdtrit(degrees, shares)
