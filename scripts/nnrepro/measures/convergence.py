"""When a curve settles: the definitions by which claims about convergence are decided.

The definitions are those of `published/claims.yaml`, because the two reports read convergence off
plots by eye and give no rule. They depend on two widths: the closing window of the tail mean, and
the width of the centred moving mean.
"""

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from nnrepro.measures.curves import ROUNDING, recorded
from nnrepro.measures.history import FloatArray

ACCURACY_TOLERANCE = 0.01
LOSS_TOLERANCE = 0.05

CLOSING_SHARE = 0.2
"""The share of a run's epochs over which its end has to be level."""

_LATEST_SHARE = 0.9


@dataclass(frozen=True)
class Convergence:
    """Whether and when a curve settles.

    Attributes:
        epoch: the earliest epoch, counted from 1, from which the smoothed curve stays within the
            tolerance of the tail mean; None when it does not even end there.
        converged: whether that epoch lies in the first 90 % and the curve is level at the end.
    """

    epoch: int | None
    converged: bool


def settling(epochs: Iterable[float | None]) -> float | None:
    """The epoch by which half of the seeds have settled: their median.

    The mean of those that settle would leave out what tells most against it, so those that do not
    count as later than all others.

    Args:
        epochs: when each seed settles; None where it does not.

    Returns:
        The median; None where it is not known, as half of the seeds or more do not settle.
    """
    found = [math.inf if epoch is None else float(epoch) for epoch in epochs]
    middle = statistics.median(found) if found else math.inf
    return None if math.isinf(middle) else middle


def tolerance(curve: str) -> float:
    """How near to its tail a curve has to stay, by its name."""
    return ACCURACY_TOLERANCE if recorded(curve).bounded else LOSS_TOLERANCE


def smooth(values: FloatArray, width: int) -> FloatArray:
    """Centred moving mean, its window shortened at both ends.

    Args:
        values: one value per epoch, shape [epochs].
        width: odd number of epochs, at least 1.

    Returns:
        Means, shape [epochs]. NaN wherever a window holds a NaN.
    """
    values = np.asarray(values, dtype=np.float64)
    if width == 1:
        return values.copy()
    half = width // 2
    # A convolution, not differences of a running sum: one huge loss would spoil all that follow.
    sums = np.convolve(values, np.ones(width))[half : half + len(values)]
    index = np.arange(len(values))
    counts = np.minimum(index, half) + np.minimum(len(values) - 1 - index, half) + 1
    # No mean leaves the range of its values; without this, rounding makes a constant curve move.
    return np.clip(sums / counts, np.fmin.reduce(values), np.fmax.reduce(values))


def tail(values: FloatArray, window: int) -> float:
    """Mean of the last `window` epochs (of all when there are fewer)."""
    return float(np.mean(values[-window:]))


def conv_epoch(values: FloatArray, window: int, width: int, tolerance: float) -> int | None:
    """Earliest epoch from which the smoothed curve stays within `tolerance` of the tail mean.

    Args:
        values: one value per epoch, shape [epochs].
        window: epochs of the tail mean.
        width: width of the moving mean.
        tolerance: 0.01 for accuracies and 0.05 for losses in the definitions.

    Returns:
        The epoch, counted from 1; None when the last smoothed value is outside, or not finite.
    """
    within = np.abs(smooth(values, width) - tail(values, window)) <= tolerance + ROUNDING
    outside = np.flatnonzero(~within)
    if outside.size == 0:
        return 1
    last = int(outside[-1])
    return None if last == len(values) - 1 else last + 2


def closing_slope(values: FloatArray) -> float:
    """Least-squares slope per epoch over the last 20 percent of epochs (at least two epochs).

    0 for a curve of one epoch, which has no slope.
    """
    count = min(len(values), max(2, round(CLOSING_SHARE * len(values))))
    if count < 2:
        return 0.0
    epochs = np.arange(count) - (count - 1) / 2
    closing = values[-count:]
    return float(epochs @ (closing - closing[0]) / (epochs @ epochs))


def convergence(values: FloatArray, window: int, width: int, tolerance: float) -> Convergence:
    """Decide whether and when a curve settles.

    Converged means that `conv_epoch` is at most 0.9 T, and that `closing_slope` times 0.2 T is at
    most `tolerance` in size, T being the number of epochs. Arguments as for `conv_epoch`.
    """
    epochs = len(values)
    epoch = conv_epoch(values, window, width, tolerance)
    drift = abs(closing_slope(values)) * CLOSING_SHARE * epochs
    level = drift <= tolerance + ROUNDING
    return Convergence(epoch, epoch is not None and epoch <= _LATEST_SHARE * epochs and level)


def jitter(values: FloatArray, window: int, width: int) -> float:
    """Standard deviation (of the population) of curve minus smoothed curve in the closing window.

    The curve is smoothed as a whole, so that the window's first epochs see those before it.
    """
    return float(np.std((values - smooth(values, width))[-window:]))
