"""Numbers that were measured on one test sample that is not ours: what they share, and what not.

A report that tested on examples of its own draw has all of its accuracies off by what its sample
is easier or harder than ours: one offset that they share. What is left of each is its residual,
which is due to the report's seed and to ours. That is a mixed model, with the sample as a random
effect that is drawn once (S. R. Searle, G. Casella, C. E. McCulloch, Variance Components, 1992,
chapter 3): reproduced_i - published_i = offset + residual_i.

The offset is the mean of the differences of single runs made with the report's own settings. Two
questions are asked apart. Is it one that another sample gives? Its variance is then that of two
accuracies by the sampling of their examples, and of the mean of the residuals. Is a residual one
that another seed gives? Its deviation is that of one run about another, by seeds or, with one, by
the residuals of a grid (`nnrepro.statistics.grid`), after the shared offset was taken off.

Numbers of one metric share an offset: early and late in training other examples are right, and a
maximum over epochs gains by a sample's noise.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from nnrepro.published.prediction import sampling_deviation
from nnrepro.statistics.grid import Spread
from nnrepro.statistics.intervals import CONFIDENCE, QUANTILE, Interval

LEAST = 3
"""Numbers that an offset is estimated from, at least."""


@dataclass(frozen=True)
class Pair:
    """A published number of a report's own test sample, and its reproduction.

    Attributes:
        difference: reproduced minus published.
        reproduced: mean over seeds.
        spread: of one run.
        seeds: how many seeds the reproduced value is a mean over.
        estimates: whether it is of a single run with the report's own settings, not printed before.
        examples: size of the report's test sample.
        own_examples: size of ours.
    """

    difference: float
    reproduced: float
    spread: Spread
    seeds: int
    estimates: bool
    examples: int
    own_examples: int

    @property
    def variance(self) -> float:
        """Of the difference by both seeds."""
        return self.spread.deviation**2 * (1 + 1 / self.seeds)


@dataclass(frozen=True)
class Offset:
    """What the numbers of one test sample and metric share.

    Attributes:
        value: mean of reproduced minus published.
        count: numbers that it is the mean of.
        error: its standard error by the residuals.
        sampling: its standard deviation over samples of these sizes, by the examples alone.
        deviation: standard deviation of the differences about it.
        expected: the one that seeds give.
    """

    value: float
    count: int
    error: float
    sampling: float
    deviation: float
    expected: float

    @classmethod
    def of(cls, pairs: Sequence[Pair]) -> "Offset | None":
        """That of pairs of one test sample and metric; None with fewer than `LEAST` to go by."""
        told = [pair for pair in pairs if pair.estimates]
        if len(told) < LEAST:
            return None
        differences = np.sort([pair.difference for pair in told])
        level = float(np.mean(np.sort([pair.reproduced for pair in told])))
        variance = math.fsum(pair.variance for pair in told) / len(told)
        sizes = (min(pair.examples for pair in told), min(pair.own_examples for pair in told))
        return cls(
            float(np.mean(differences)),
            len(told),
            math.sqrt(variance / len(told)),
            math.hypot(*(sampling_deviation(level, size) for size in sizes)),
            float(np.std(differences, ddof=1)),
            math.sqrt(variance),
        )

    @property
    def reach(self) -> float:
        """How large an offset another sample gives, at 95 %."""
        return QUANTILE * math.hypot(self.error, self.sampling)

    @property
    def fits(self) -> bool:
        """Whether it is one that another sample gives."""
        return abs(self.value) <= self.reach

    def interval(self, pair: Pair) -> Interval:
        """Where one further run would lie on the report's sample, by 95 % of seeds."""
        own = pair.variance * (1 - 1 / self.count) if pair.estimates else pair.variance
        variance = own if pair.estimates else own + self.error**2
        quantile = float(stdtrit(pair.spread.degrees, (1 + CONFIDENCE) / 2))
        centre, half = pair.reproduced - self.value, quantile * math.sqrt(variance)
        return Interval(centre - half, centre + half, pair.spread.kind)


Sample = tuple[str, str, int]
"""Protocol, metric and size of a report's test sample: what an offset belongs to."""


def offsets(pairs: Mapping[int, tuple[Sample, Pair]]) -> dict[Sample, Offset]:
    """The offset of each sample that has one.

    Pairs are given by the places of their numbers.
    """
    by_sample: dict[Sample, list[Pair]] = {}
    for sample, pair in pairs.values():
        by_sample.setdefault(sample, []).append(pair)
    found = {sample: Offset.of(own) for sample, own in by_sample.items()}
    return {sample: offset for sample, offset in found.items() if offset is not None}
