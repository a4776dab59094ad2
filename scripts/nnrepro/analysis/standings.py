"""Ranking variants by a metric, with the set that cannot be told apart from the best.

Apart means that the two 95 % intervals do not overlap. That is cautious: variants whose intervals
overlap may still differ by a test that pairs their seeds or their test examples.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnrepro.analysis.history import FloatArray


@dataclass(frozen=True, eq=False)
class Standings:
    """How variants stand by one metric.

    Attributes:
        best: index of the best variant, the first among equals; None when no variant has a value.
        order: indices from best to worst; equals in their given order, those without value last.
        rank: rank of each variant, counted from 1, equals sharing the smaller one; None without
            value.
        difference: value minus the best value; NaN without value.
        tied: whether the variant's interval overlaps the best one's; True for the best itself, None
            where an interval is missing.
    """

    best: int | None
    order: NDArray[np.intp]
    rank: list[int | None]
    difference: FloatArray
    tied: list[bool | None]


def standings(
    values: FloatArray, low: FloatArray, high: FloatArray, *, smaller_is_better: bool = False
) -> Standings:
    """Rank variants.

    Args:
        values: the metric per variant; NaN without value.
        low: lower ends of the variants' intervals; NaN without interval.
        high: upper ends of the variants' intervals.
        smaller_is_better: for losses and times.
    """
    cost = values if smaller_is_better else -values
    order = np.argsort(cost, kind="stable")
    present = ~np.isnan(values)
    if not present.any():
        nothing = [None] * len(values)
        return Standings(None, order, list(nothing), np.full(len(values), np.nan), list(nothing))
    best = int(order[0])
    ordered = np.sort(cost[present])
    rank = [
        int(np.searchsorted(ordered, c)) + 1 if ok else None
        for c, ok in zip(cost, present, strict=True)
    ]
    overlap = (low <= high[best]) & (low[best] <= high)
    known = ~np.isnan(low) & ~np.isnan(low[best]) & present
    tied = [bool(o) if k else None for o, k in zip(overlap, known, strict=True)]
    tied[best] = True
    return Standings(best, order, rank, values - values[best], tied)
