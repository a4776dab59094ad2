"""What a change does to a metric, seed by seed, and how sure that is.

Two runs of one seed share their order of examples, so what a seed brings cancels in the difference;
the interval is Student's t interval of the mean over seeds. With one seed it is the sampling error
of the test sets: for two runs Newcombe's hybrid score interval (R. G. Newcombe, Statistics in
Medicine 17, 1998, 873-890, method 10), which is cautious where both answered the same examples, as
their errors go together; for one run on a test set and on a larger one that holds it, the error of
the part that they do not share.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from nnrepro.statistics.intervals import (
    QUANTILE,
    TEST_SET,
    Interval,
    summarise,
    t_interval,
    wilson_interval,
)

_ROUNDING = 1e-12


class Score(NamedTuple):
    """One run of one seed, read by one metric on one test set.

    Attributes:
        value: the metric; NaN where the run has none.
        examples: size of the test set; None where it is not known.
    """

    value: float
    examples: int | None


@dataclass(frozen=True)
class Effect:
    """A difference, over the seeds that have it.

    Attributes:
        by_seed: the difference of each seed.
        difference: their mean; NaN without any.
        interval: its 95 % interval, of seeds or of the test set; None where nothing is known.
    """

    by_seed: Mapping[int, float]
    difference: float
    interval: Interval | None = None

    @property
    def apart(self) -> bool | None:
        """Whether the interval leaves out 0; None without one."""
        return None if self.interval is None else not self.interval.low <= 0 <= self.interval.high

    def columns(self, gap: "Effect") -> dict[str, Any]:
        """What a table shows of it, with its share of a gap that is itself apart from 0."""
        return {
            "difference": self.difference,
            "seeds": len(self.by_seed),
            "ci95_low": self.interval and self.interval.low,
            "ci95_high": self.interval and self.interval.high,
            "interval": self.interval and self.interval.kind,
            "apart": self.apart,
            "share": self.difference / gap.difference if gap.apart else float("nan"),
        }


def effect_of(before: Mapping[int, Score], after: Mapping[int, Score], *, same_run: bool) -> Effect:
    """What changes from one score of each seed to the other.

    Scores are by seed; `same_run` tells whether both are of the same runs.
    """
    by_seed = {
        seed: after[seed].value - before[seed].value
        for seed in before
        if seed in after and not np.isnan(after[seed].value - before[seed].value)
    }
    if len(by_seed) != 1:
        return effect_over_seeds(by_seed)
    seed = next(iter(by_seed))
    interval = _sampling_interval(before[seed], after[seed], same_run=same_run)
    return Effect(by_seed, by_seed[seed], interval)


def effect_over_seeds(by_seed: Mapping[int, float]) -> Effect:
    """The mean over seeds with its t interval; none where seeds do not differ or are too few."""
    summary = summarise(np.array(list(by_seed.values()), dtype=np.float64))
    interval = None
    # Seeds that agree exactly in a change tell nothing of its spread; in no change, that there is
    # none.
    told = summary.deviation > 0 or abs(summary.mean) <= _ROUNDING
    if summary.count > 1 and told:
        interval = t_interval(summary.mean, summary.deviation, summary.count)
    return Effect(by_seed, summary.mean, interval)


def _sampling_interval(before: Score, after: Score, *, same_run: bool) -> Interval | None:
    """Sampling error of the difference of two accuracies of one seed; None where it is not known.

    Two metrics of one run on one test set have none: they are two scores of the same answers.
    """
    if before.examples is None or after.examples is None:
        return None
    change = after.value - before.value
    if same_run:
        small, large = sorted((before, after), key=lambda score: score.examples or 0)
        if small.examples == large.examples:
            return None
        share = 1 / small.examples - 1 / large.examples  # type: ignore[operator]
        half = QUANTILE * np.sqrt(large.value * (1 - large.value) * share)
        return Interval(change - half, change + half, TEST_SET)
    one = wilson_interval(before.value, before.examples)
    two = wilson_interval(after.value, after.examples)
    low = np.hypot(after.value - two.low, one.high - before.value)
    high = np.hypot(two.high - after.value, before.value - one.low)
    return Interval(float(change - low), float(change + high), TEST_SET)
