"""What a grid of single runs tells of the spread that another seed would bring.

Where every pair of two settings was trained once, each value is taken as the sum of an effect of
its row, one of its column and a residual (the two-way additive model without replication; H.
Scheffe, The Analysis of Variance, 1959, section 4.2). The residuals of r rows and c columns have
(r - 1)(c - 1) degrees of freedom. They hold the spread over seeds and whatever of the two settings
does not add up, so that they are, if anything, too large for it.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nnrepro.measures.history import FloatArray

GRID = "grid residuals"
"""Kind of an interval by them."""


@dataclass(frozen=True)
class Spread:
    """How much single runs differ.

    Attributes:
        deviation: standard deviation of one run.
        degrees: degrees of freedom that it is known with.
        kind: what it is from, a kind of interval.
    """

    deviation: float
    degrees: int
    kind: str


def residual_spread(table: FloatArray) -> Spread | None:
    """The spread of the residuals of a table.

    Args:
        table: a value for each pair of settings, shape [rows, columns].

    Returns:
        None for a single row or column, where a value is not finite, and where nothing is left.
    """
    table = np.asarray(table, dtype=np.float64)
    degrees = (table.shape[0] - 1) * (table.shape[1] - 1)
    if degrees < 1 or not np.isfinite(table).all():
        return None
    residuals = table - table.mean(axis=1, keepdims=True) - table.mean(axis=0) + table.mean()
    deviation = float(np.sqrt(np.sum(residuals**2) / degrees))
    return Spread(deviation, degrees, GRID) if deviation > 1e-12 * np.abs(table).max() else None


def as_grid(settings: Sequence[Mapping[str, Hashable]]) -> list[list[int]] | None:
    """Places of variants in a table of the two settings in which they differ.

    Returns:
        The variants' places by row and column, in the order in which values first occur; None
        where they do not differ in exactly two settings, or not every pair occurs exactly once.
    """
    names = {name for each in settings for name in each}
    values = {name: [each.get(name) for each in settings] for name in sorted(names)}
    varied = [own for own in values.values() if len(set(own)) > 1]
    if len(varied) != 2:
        return None
    place = {pair: index for index, pair in enumerate(zip(*varied, strict=True))}
    rows, columns = (list(dict.fromkeys(own)) for own in varied)
    if len(place) != len(settings) or len(place) != len(rows) * len(columns):
        return None
    return [[place[row, column] for column in columns] for row in rows]
