"""Whether the values of a map have an order in space."""

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray


def morans_i(values: NDArray[np.floating]) -> float:
    """Moran's I of a map: how strongly values correlate with those above, below and beside them.

    1 is a smooth map, -1 a chessboard; noise is about 0 (P. A. P. Moran, Biometrika 37, 1950,
    17-23). NaN where the map does not vary, or holds what is not finite.

    Args:
        values: shape [height, width].
    """
    centred = values.astype(np.float64) - np.mean(values, dtype=np.float64)
    square = float(np.sum(centred**2))
    pairs = float(np.sum(_neighbours(*values.shape))) / 2
    if not (math.isfinite(square) and square > 0 and pairs):
        return math.nan
    products = np.sum(centred[1:] * centred[:-1]) + np.sum(centred[:, 1:] * centred[:, :-1])
    return float(products) / pairs / (square / values.size)


def noise_below(height: int, width: int) -> float:
    """What Moran's I of 95 % of noise stays below, on a map of that size."""
    expected, deviation = noise_of_morans_i(height, width)
    return expected + deviation * NormalDist().inv_cdf(0.95)


def noise_of_morans_i(height: int, width: int) -> tuple[float, float]:
    """Mean and standard deviation of Moran's I of independent normal values on a map of that size.

    A. D. Cliff, J. K. Ord, Spatial Processes, London 1981, page 21, for neighbours that weigh the
    same. A map has two values at least.
    """
    neighbours = _neighbours(height, width)
    n, weights = height * width, float(np.sum(neighbours))
    expected = -1 / (n - 1)
    sums = n**2 * 2 * weights - n * 4 * float(np.sum(neighbours**2)) + 3 * weights**2
    variance = sums / ((n**2 - 1) * weights**2) - expected**2
    return expected, math.sqrt(max(variance, 0.0))  # two values always have -1


def _neighbours(height: int, width: int) -> NDArray[np.float64]:
    """How many neighbours each place of a map has."""
    beside = ((np.arange(n) > 0) * 1.0 + (np.arange(n) < n - 1) for n in (height, width))
    return np.add.outer(*beside)
