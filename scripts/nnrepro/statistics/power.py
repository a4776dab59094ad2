"""How many seeds a paired t test over seeds needs."""

import math

from scipy.special import nctdtr, stdtrit

from nnrepro.statistics.intervals import CONFIDENCE

POWER = 0.8
MOST_SEEDS = 1000


def power(effect: float, deviation: float, seeds: int) -> float:
    """Probability that the 95 % interval over seeds lies on the effect's side of 0.

    Differences of single seeds are taken as normal about the `effect`, with a standard deviation;
    their mean over its standard error then has a noncentral t distribution (J. Cohen, Statistical
    Power Analysis for the Behavioral Sciences, 1988, chapter 2). At least two seeds.
    """
    critical = stdtrit(seeds - 1, (1 + CONFIDENCE) / 2)
    return 1 - float(nctdtr(seeds - 1, abs(effect) / deviation * math.sqrt(seeds), critical))


def seeds_needed(effect: float, deviation: float) -> int | None:
    """Fewest seeds with a power of 80 %; None where `MOST_SEEDS` are too few.

    The effect and the positive deviation are those of `power`.
    """
    if power(effect, deviation, MOST_SEEDS) < POWER:
        return None
    enough, too_few = MOST_SEEDS, 1
    while enough - too_few > 1:
        middle = (enough + too_few) // 2
        if power(effect, deviation, middle) >= POWER:
            enough = middle
        else:
            too_few = middle
    return enough
