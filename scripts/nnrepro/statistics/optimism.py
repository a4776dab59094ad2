"""Selection optimism: what choosing a variant on the test set adds to its score.

The test set is cut in halves by its folds, in every way there is. The variant is selected by one
half, and its score there is compared with its score on the other half, which took no part in the
choice. The mean difference over all splits is the optimism of selecting on so many examples; on the
whole test set, twice as large, it is smaller. This is the split-sample estimate of a selection's
bias (B. Efron and R. Tibshirani, An Introduction to the Bootstrap, 1993, chapter 17; G. C. Cawley
and N. L. C. Talbot, Journal of Machine Learning Research 11, 2010, 2079-2107).
"""

import functools
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnrepro.measures.folds import FoldHistory
from nnrepro.measures.history import FloatArray

LAST_WINDOW = "last_window_mean_test_accuracy"
MAXIMUM = "max_test_accuracy"
MEAN = "mean_test_accuracy"
FINAL = "final_test_accuracy"

RULES = (LAST_WINDOW, MAXIMUM, MEAN, FINAL)
"""Metrics by which a variant can be selected and whose optimism is measured."""

_SPREAD = (2.5, 97.5)


@dataclass(frozen=True, eq=False)
class HalfScores:
    """A metric on both halves of the test set, for every split.

    Attributes:
        selecting: on the half that selects, shape [splits].
        scoring: on the other half, shape [splits].
        at_epoch: accuracy on the other half at the epoch that the selecting half would choose; the
            same as `scoring` for metrics that choose no epoch.
    """

    selecting: FloatArray
    scoring: FloatArray
    at_epoch: FloatArray


@dataclass(frozen=True)
class Optimism:
    """What selecting by one metric adds.

    Attributes:
        splits: ways to halve the test set.
        selected_score: of the selected variant on the half that selected it, mean over splits.
        honest_score: its score on the other half.
        optimism: their difference.
        optimism_sd: standard deviation of the difference over the splits, which share examples.
        optimism_low: the difference that 2.5 % of the splits stay below.
        optimism_high: the difference that 2.5 % of the splits exceed.
        epoch_optimism: what choosing the epoch too adds: score on the other half by the same
            metric, minus its accuracy there at the epoch that the selecting half chose; 0 where
            none is chosen.
        chosen: in which share of the splits each variant is chosen, equals sharing; those never
            chosen are left out.
    """

    splits: int
    selected_score: float
    honest_score: float
    optimism: float
    optimism_sd: float
    optimism_low: float
    optimism_high: float
    epoch_optimism: float
    chosen: Mapping[str, float]


@functools.cache
def halves(folds: int) -> NDArray[np.bool_]:
    """Every way to take half of the folds, bool [splits, folds]; the others are the other half.

    Raises:
        ValueError: the number of folds is odd or less than 2.
    """
    if folds < 2 or folds % 2:
        raise ValueError(f"only an even number of folds has halves, not {folds}")
    taken = np.array(list(itertools.combinations(range(folds), folds // 2)))
    splits = np.zeros((len(taken), folds), dtype=bool)
    np.put_along_axis(splits, taken, True, axis=1)
    splits.flags.writeable = False
    return splits


def half_scores(run: FoldHistory, window: int) -> dict[str, HalfScores]:
    """Every metric of `RULES` on both halves of the test set."""
    mine = halves(run.folds).astype(np.int64)
    right, other = run.correct @ mine.T, run.correct @ (1 - mine).T
    examples, others = mine @ run.examples, (1 - mine) @ run.examples
    closing = min(window, run.epochs)

    def mean(epochs: int) -> HalfScores:
        # Whole numbers are summed, so that no order of epochs or folds shows in the last digit.
        scores = (
            right[-epochs:].sum(axis=0) / (epochs * examples),
            other[-epochs:].sum(axis=0) / (epochs * others),
        )
        return HalfScores(*scores, scores[1])

    best = right.argmax(axis=0)
    kept = other[best, np.arange(len(mine))] / others
    return {
        LAST_WINDOW: mean(closing),
        MAXIMUM: HalfScores(right.max(axis=0) / examples, other.max(axis=0) / others, kept),
        MEAN: mean(run.epochs),
        FINAL: mean(1),
    }


def selection_optimism(variants: Mapping[str, Sequence[HalfScores]]) -> Optimism:
    """The optimism of selecting the variant with the highest mean over its seeds.

    Args:
        variants: scores by one metric, one entry per seed, by variant; all of equal splits. Neither
            the order of variants nor that of seeds matters. Two variants or more, each with a seed.
    """
    names = sorted(variants)
    # Sorted, so that the mean over the seeds does not depend on their order.
    selecting, scoring, at_epoch = (
        np.array(
            [np.sort([getattr(s, p) for s in variants[n]], axis=0).mean(axis=0) for n in names]
        )
        for p in ("selecting", "scoring", "at_epoch")
    )
    top = selecting.max(axis=0)
    share = (selecting == top).astype(np.float64)
    share /= share.sum(axis=0)
    honest = (share * scoring).sum(axis=0)
    difference = top - honest
    low, high = np.percentile(difference, _SPREAD)
    chosen = dict(zip(names, share.mean(axis=1).tolist(), strict=True))
    return Optimism(
        splits=len(difference),
        selected_score=float(top.mean()),
        honest_score=float(honest.mean()),
        optimism=float(difference.mean()),
        optimism_sd=float(difference.std()),
        optimism_low=float(low),
        optimism_high=float(high),
        epoch_optimism=float((honest - (share * at_epoch).sum(axis=0)).mean()),
        chosen={name: part for name, part in chosen.items() if part > 0},
    )
