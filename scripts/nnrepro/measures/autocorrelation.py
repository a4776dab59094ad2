"""How much a mean over correlated epochs tells: its standard error, and the epochs it is worth.

Accuracies of neighbouring epochs resemble one another, so that 200 epochs tell less of a run's
level than 200 independent measurements would. The variance of their mean is the integrated
autocorrelation time times what it would be without correlation. That time is estimated by the
initial monotone sequence of C. J. Geyer (Practical Markov chain Monte Carlo, Statistical Science
7, 1992, 473-483): sums of pairs of neighbouring autocorrelations, taken for as long as they are
positive and made never to rise. It needs no width to be chosen, as batch means do.
"""

from dataclasses import dataclass

import numpy as np

from nnrepro.measures.history import FloatArray

_FEWEST_EPOCHS = 4
"""Below this many epochs nothing is said of their correlation."""


@dataclass(frozen=True)
class WindowNoise:
    """What the epochs of a window tell of their mean.

    Attributes:
        error: standard error of the mean over the window's epochs; NaN where it is not known.
        effective: how many independent epochs would tell as much, between 1 and the number of
            epochs; NaN where it is not known.
    """

    error: float
    effective: float


UNKNOWN_NOISE = WindowNoise(float("nan"), float("nan"))


def window_noise(values: FloatArray) -> WindowNoise:
    """Standard error and effective number of epochs of a window's mean.

    A drift within the window counts as correlation, which makes the error larger. Correlation that
    is longer than the window cannot be seen in it; of windows below some 20 epochs the error tends
    to be too small.

    Args:
        values: one value per epoch of the window, shape [epochs].

    Returns:
        The error in the unit of `values`. Unknown below four epochs or with one that is not
        finite; 0 for a constant curve, whose every epoch counts.
    """
    values = np.asarray(values, dtype=np.float64)
    count = len(values)
    if count < _FEWEST_EPOCHS or not np.isfinite(values).all():
        return UNKNOWN_NOISE
    spread = float(np.ptp(values))
    if spread == 0:
        return WindowNoise(0.0, float(count))
    # In units of the spread, so that the squares of a huge loss do not overflow.
    covariances = _autocovariances(values / spread)
    time = correlation_time(covariances / covariances[0])
    # Deviations are from the window's own mean, which makes their variance too small by time/count.
    variance = covariances[0] / (1 - time / count)
    return WindowNoise(spread * float(np.sqrt(variance * time / count)), count / time)


def correlation_time(correlations: FloatArray) -> float:
    """Integrated autocorrelation time in epochs, by Geyer's initial monotone sequence.

    Args:
        correlations: autocorrelations at lags 0, 1, 2, ..., of which the first is 1; shape [lags].

    Returns:
        At least 1 (epochs that alternate are not counted as more than they are) and at most half
        the number of lags.
    """
    pairs = correlations[: len(correlations) // 2 * 2].reshape(-1, 2).sum(axis=1)
    falling = np.flatnonzero(pairs <= 0)
    kept = pairs[: falling[0]] if falling.size else pairs
    time = 2 * float(np.minimum.accumulate(kept).sum()) - 1 if kept.size else 1.0
    return min(max(time, 1.0), len(correlations) / 2)


def _autocovariances(values: FloatArray) -> FloatArray:
    """Autocovariances at all lags, each sum divided by the number of epochs; shape [epochs]."""
    centred = values - np.mean(values)
    padded = 2 ** int(np.ceil(np.log2(2 * len(values))))
    spectrum = np.fft.rfft(centred, padded)
    sums = np.fft.irfft(spectrum * np.conj(spectrum), padded)[: len(values)]
    return sums / len(values)
