"""Where a single further run would lie: the interval that a published number is judged by.

A report prints what one run gave. One run scatters about the mean over seeds much more than that
mean is uncertain, so that the interval of the mean would be the wrong measure.

With several seeds it is the 95 % prediction interval of one new run: mean +- t sd sqrt(1 + 1/n),
with Student's t for n - 1 degrees of freedom (G. J. Hahn and W. Q. Meeker, Statistical Intervals,
1991, section 4.7). With one seed, or with several that agree to the last digit, no seeds tell the
spread. Where the run stands in a grid of single runs, or its settings were chosen from one, that
grid's residuals do (`nnrepro.statistics.grid`): value +- t sqrt(2) sd. For an accuracy on a test
set there remains else the sampling error of two runs, each judged on a test set of that size:
value +- z sqrt(2) sd. The standard deviation is taken after adding one right and one wrong answer
(A. Agresti and B. Caffo, The American Statistician 54, 2000, 280-288), so that it does not vanish
at 0 and 1. It leaves out the spread over seeds and is therefore, if anything, too narrow. For any
other quantity one seed gives no interval.
"""

import math

import numpy as np
from scipy.special import ndtri, stdtrit

from nnrepro.measures.history import FloatArray
from nnrepro.statistics.grid import Spread
from nnrepro.statistics.intervals import CONFIDENCE, SEEDS, TEST_SET, Interval, agree

EXACT = "exact"
"""Kind of the interval of a quantity that is the same in every run, such as a number of weights."""


def sampling_deviation(accuracy: float, examples: int) -> float:
    """Standard deviation of an accuracy on a test set, from its sampling alone."""
    share = (min(max(accuracy, 0.0), 1.0) * examples + 1) / (examples + 2)
    return math.sqrt(share * (1 - share) / (examples + 2))


def prediction_interval(
    values: FloatArray,
    deviation: float | None = None,
    *,
    spread: Spread | None = None,
    exact: bool = False,
) -> Interval | None:
    """The 95 % interval of one new run.

    Args:
        values: one value per seed, shape [seeds], without gaps; their order does not matter.
        deviation: sampling error of one run on its test set, used with one seed and where all
            agree; None where the quantity has none.
        spread: of one run by a grid of single runs, used in place of it where it is known.
        exact: whether every run gives the same value.

    Returns:
        The interval, of kind `seeds`, `grid residuals`, `test set` or `exact`; None where nothing
        is known.
    """
    count = len(values)
    if count == 0:
        return None
    present = np.sort(np.asarray(values, dtype=np.float64))
    mean = float(np.mean(present))
    if exact:
        return Interval(float(present[0]), float(present[-1]), EXACT)
    kind, scale = TEST_SET, float(ndtri((1 + CONFIDENCE) / 2)) * math.sqrt(2)
    if not agree(present):
        spread = Spread(float(np.std(present, ddof=1)), count - 1, SEEDS)
    if spread is not None:
        scale = float(stdtrit(spread.degrees, (1 + CONFIDENCE) / 2))
        # Of a grid each run is one.
        scale *= math.sqrt(1 + 1 / count) if spread.kind == SEEDS else math.sqrt(2)
        kind, deviation = spread.kind, spread.deviation
    if deviation is None:
        return None
    return Interval(mean - scale * deviation, mean + scale * deviation, kind)
