"""Ranking variants by a metric, with the set that cannot be told apart from the best."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnrepro.analysis.best import levels_of, may_be_best, probability_best
from nnrepro.analysis.columns import PRIMARY, floats, metric_values
from nnrepro.measures.history import FloatArray
from nnrepro.measures.names import lower_is_better


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
            (`nnrepro.analysis.best`); True for the best itself, None where its error is not known.
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
) -> Standings:
    """Rank variants.

    Args:
        values: the metric per variant; NaN without value.
        errors: its standard errors; NaN where not known.
        counts: how many seeds each value is a mean over.
        smaller_is_better: for losses and times.
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
    levels = levels_of(-cost, errors, counts)
    tied = may_be_best(levels)
    tied[best] = True
    probability = [None if np.isnan(p) else float(p) for p in probability_best(levels)]
    return Standings(best, order, rank, values - values[best], tied, probability)


def standings_by(
    variants: pd.DataFrame,
    metric: str,
    *,
    test_set: str = PRIMARY,
    eligible: NDArray[np.bool_] | None = None,
) -> Standings:
    """Rank rows of the variants table.

    Args:
        variants: the rows.
        metric: a metric column, or a name with `last_window_` for each row's own closing window.
        test_set: `comparison` takes the larger test set for the variants that have one.
        eligible: which rows may be ranked, shape [variants]; all that have a value without it.

    Raises:
        TableError: the table has no such metric.
    """
    values, errors, counts = (
        floats(metric_values(variants, metric, test_set=test_set, suffix=suffix))
        for suffix in ("", "_se", "_n")
    )
    if eligible is not None:
        values = np.where(eligible, values, np.nan)
    return standings(values, errors, counts, smaller_is_better=lower_is_better(metric))
