"""Differences between two variants, tested by seed, in pairs where they can be, or by test example.

With several seeds in common, the differences seed by seed give Student's paired t test. It is about
training anew on the same data; it does not cover another test set. Several seeds of which not two
are in common are compared by Welch's t test (B. L. Welch, Biometrika 34, 1947, 28-35), which pairs
nothing.

With one seed, what can be tested is whether these two trained networks differ on other examples. If
it is known which examples each answered right in its last epoch, the exact McNemar test
(Q. McNemar, Psychometrika 12, 1947, 153-157) compares those that only one of them got right.
Otherwise the sampling errors of both are taken as independent, which is cautious, because
networks err on the same examples. How another seed would turn out is not covered by either.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, ndtr

from nnrepro.measures.history import FloatArray
from nnrepro.statistics.intervals import CONFIDENCE, QUANTILE, agree

PAIRED_T = "paired t over seeds"
WELCH_T = "Welch\u2019s t over seeds"
MCNEMAR = "exact McNemar"
PAIRED_SAMPLING = "paired sampling error"
SAMPLING = "sampling error"

_RESAMPLES = 10_000
_BOOTSTRAP_SEED = 0


@dataclass(frozen=True)
class Comparison:
    """A difference with its 95 % interval.

    Attributes:
        difference: changed minus base.
        low: lower end of the interval; NaN where nothing is known.
        high: upper end.
        test: how it was tested; None where it could not be.
        p: probability of a difference at least as large if there were none; NaN where not known.
    """

    difference: float
    low: float = float("nan")
    high: float = float("nan")
    test: str | None = None
    p: float = float("nan")


def compare_seeds(differences: FloatArray) -> Comparison:
    """Student's t test of differences seed by seed.

    Args:
        differences: changed minus base, one per common seed, shape [seeds]; at least two.

    Returns:
        Without any spread p is 1 for differences of 0, and nothing is told of others: a few seeds
        that agree to the last digit are no proof.
    """
    differences = np.sort(differences)
    mean = float(np.mean(differences))
    if not differences.any():
        return Comparison(0.0, 0.0, 0.0, PAIRED_T, 1.0)
    if agree(differences):
        return Comparison(mean)
    from scipy import stats  # noqa: PLC0415 - slow to import, and most jobs do without

    found = stats.ttest_1samp(differences, 0.0)
    interval = found.confidence_interval(CONFIDENCE)
    return Comparison(
        mean, float(interval.low), float(interval.high), PAIRED_T, float(found.pvalue)
    )


def compare_unpaired_seeds(base: FloatArray, changed: FloatArray) -> Comparison:
    """Welch's t test of two variants that have different seeds.

    Args:
        base: one value per seed, shape [seeds]; at least two.
        changed: the same of the changed variant.

    Returns:
        As `compare_seeds`, where neither has any spread.
    """
    base, changed = np.sort(base), np.sort(changed)
    difference = float(np.mean(changed) - np.mean(base))
    if agree(base) and agree(changed):
        same = agree(np.array([base[0], changed[0]]))
        return Comparison(0.0, 0.0, 0.0, WELCH_T, 1.0) if same else Comparison(difference)
    from scipy import stats  # noqa: PLC0415 - slow to import, and most jobs do without

    found = stats.ttest_ind(changed, base, equal_var=False)
    interval = found.confidence_interval(CONFIDENCE)
    return Comparison(
        difference, float(interval.low), float(interval.high), WELCH_T, float(found.pvalue)
    )


def compare_answers(
    base: NDArray[np.bool_], changed: NDArray[np.bool_], difference: float
) -> Comparison:
    """Exact McNemar test of the last epoch's answers, with a paired bootstrap interval.

    Args:
        base: which examples the base variant answered right, shape [examples].
        changed: the same of the changed variant.
        difference: between the accuracies, as the histories tell it.
    """
    gained, lost = discordant(base, changed)
    low, high = bootstrap_interval(gained, lost, len(base))
    return Comparison(difference, low, high, MCNEMAR, mcnemar_p(gained, lost))


def compare_errors(difference: float, error: float, test: str) -> Comparison:
    """A normal test of a difference with a known standard error.

    Args:
        difference: changed minus base.
        error: its standard error; NaN where not known.
        test: `PAIRED_SAMPLING` or `SAMPLING`, by how the error was found.
    """
    if np.isnan(difference) or np.isnan(error) or error <= 0:
        return Comparison(difference)
    half = QUANTILE * error
    p = float(2 * ndtr(-abs(difference) / error))
    return Comparison(difference, difference - half, difference + half, test, p)


def discordant(base: NDArray[np.bool_], changed: NDArray[np.bool_]) -> tuple[int, int]:
    """How many examples only the changed variant answered right, and how many only the base."""
    return int(np.count_nonzero(changed & ~base)), int(np.count_nonzero(base & ~changed))


def mcnemar_p(gained: int, lost: int) -> float:
    """Two-sided p of the exact McNemar test; 1 when no example tells the two apart."""
    return min(1.0, 2 * float(bdtr(min(gained, lost), gained + lost, 0.5)))


def bootstrap_interval(gained: int, lost: int, examples: int) -> tuple[float, float]:
    """95 % percentile interval of a difference of accuracies, test examples drawn again in pairs.

    Of drawing examples with replacement only the numbers gained and lost matter, which are
    multinomial. The generator's seed is fixed: the same answers give the same interval, and
    swapping the two variants gives the mirrored one.
    """
    more, fewer = max(gained, lost), min(gained, lost)
    shares = np.array([more, fewer, examples - more - fewer]) / examples
    draws = np.random.default_rng(_BOOTSTRAP_SEED).multinomial(examples, shares, size=_RESAMPLES)
    differences = (draws[:, 0] - draws[:, 1]) / examples
    tail = (1 - CONFIDENCE) / 2
    low, high = (float(end) for end in np.quantile(differences, [tail, 1 - tail]))
    return (low, high) if gained >= lost else (-high, -low)


def paired_error(gained: int, lost: int, examples: int) -> float:
    """Standard error of a difference of accuracies on the same examples.

    Half an example is added to each of the four cells, so that the error is never 0 (A. Agresti and
    Y. Min, Statistics in Medicine 24, 2005, 729-740).
    """
    size = examples + 2
    share = (gained + lost + 1) / size
    return float(np.sqrt((share - ((gained - lost) / size) ** 2) / size))


def holm(probabilities: Iterable[float]) -> FloatArray:
    """Probabilities corrected for their number; unknown ones stay NaN and do not count.

    By the step-down method of S. Holm (Scandinavian Journal of Statistics 6, 1979, 65-70), which
    holds however the tests depend on one another.
    """
    values = np.asarray(list(probabilities), dtype=np.float64)
    rising = np.argsort(values)[: np.count_nonzero(~np.isnan(values))]  # NaN comes last
    stepped = values[rising] * np.arange(len(rising), 0, -1)
    values[rising] = np.minimum(np.maximum.accumulate(stepped), 1)
    return values
