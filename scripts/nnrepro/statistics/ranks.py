"""Spearman's rank correlation, in plain Python.

`scipy.stats` has it, too, and takes longer to import than all checks of published numbers and
claims together.
"""

import math
from collections.abc import Sequence


def rank_correlation(first: Sequence[float], second: Sequence[float]) -> float:
    """Spearman's correlation of two rows of as many values; NaN where one does not vary."""
    one, other = _centred_ranks(first), _centred_ranks(second)
    scale = sum(x * x for x in one) * sum(x * x for x in other)
    together = sum(x * y for x, y in zip(one, other, strict=True))
    return together / math.sqrt(scale) if scale else math.nan


def _centred_ranks(values: Sequence[float]) -> list[float]:
    """Ranks less their mean, equal values sharing the mean of theirs."""
    lower = [sum(v < value for v in values) for value in values]
    return [n + (values.count(v) - len(values)) / 2 for n, v in zip(lower, values, strict=True)]
