"""The noise of a window's mean: against processes whose answer is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnrepro.measures.autocorrelation import correlation_time, window_noise
from nnrepro.statistics.intervals import epochs_half_width, single_error, single_interval

curves = arrays(
    np.float64, st.integers(4, 80), elements=st.integers(0, 2000).map(lambda right: right / 2000)
)


def _autoregressive(generator, correlation, epochs, runs):
    """Curves whose neighbouring epochs have this correlation and whose deviation is 1."""
    steps = generator.normal(0, np.sqrt(1 - correlation**2), (runs, epochs))
    values = np.empty((runs, epochs))
    values[:, 0] = generator.normal(0, 1, runs)
    for epoch in range(1, epochs):
        values[:, epoch] = correlation * values[:, epoch - 1] + steps[:, epoch]
    return values


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.8])
def test_the_correlation_time_of_an_autoregression_is_the_known_one(correlation):
    lags = correlation ** np.arange(400)
    assert correlation_time(lags) == pytest.approx((1 + correlation) / (1 - correlation), rel=1e-6)


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.8, 0.9])
def test_effective_epochs_and_error_of_an_autoregression_are_found(correlation):
    curves = _autoregressive(np.random.default_rng(1), correlation, 1000, 60)
    noises = [window_noise(curve) for curve in curves]
    expected = 1000 * (1 - correlation) / (1 + correlation)
    assert np.median([noise.effective for noise in noises]) == pytest.approx(expected, rel=0.15)
    error = np.median([noise.error for noise in noises])
    assert error == pytest.approx(1 / np.sqrt(expected), rel=0.1)


@pytest.mark.parametrize(("correlation", "least"), [(0.0, 0.93), (0.5, 0.92), (0.8, 0.89)])
def test_the_interval_of_a_window_of_200_epochs_covers_the_level(correlation, least):
    curves = _autoregressive(np.random.default_rng(2), correlation, 200, 600)
    inside = [abs(curve.mean()) <= epochs_half_width(window_noise(curve)) for curve in curves]
    naive = [abs(c.mean()) <= 1.96 * c.std() / np.sqrt(200) for c in curves]
    assert least <= np.mean(inside) <= 0.98
    if correlation >= 0.5:  # what taking epochs as independent would have covered
        assert np.mean(naive) < 0.8


def test_a_drift_makes_the_error_larger_than_its_epochs_alone_would():
    drift = np.linspace(0.5, 0.6, 200)
    noise = window_noise(drift)
    assert noise.effective < 10
    assert noise.error > 3 * drift.std() / np.sqrt(200)


@given(curves, st.floats(0.01, 1e6), st.floats(-100, 100))
def test_the_error_scales_with_the_curve_and_ignores_its_level(values, scale, level):
    noise, scaled = window_noise(values), window_noise(values * scale)
    assert scaled.error == pytest.approx(noise.error * scale, rel=1e-6)
    moved = window_noise(values + level)
    assert moved.error == pytest.approx(noise.error, rel=1e-6, abs=1e-12)
    assert 1 <= noise.effective <= len(values)


@given(curves)
def test_reading_the_window_backwards_changes_nothing(values):
    there, back = window_noise(values), window_noise(values[::-1])
    assert back.error == pytest.approx(there.error, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("values", [[], [0.5], [0.5, 0.6, 0.7], [0.5, np.nan, 0.5, 0.5, 0.5]])
def test_too_few_or_unsound_epochs_tell_nothing(values):
    noise = window_noise(np.array(values))
    assert np.isnan(noise.error) and np.isnan(noise.effective)


def test_a_constant_curve_has_no_noise_and_counts_in_full():
    noise = window_noise(np.full(50, 0.1))
    assert (noise.error, noise.effective) == (0.0, 50.0)
    sampling = single_interval(0.1, 2000)
    both = single_interval(0.1, 2000, noise)
    assert (both.low, both.high) == pytest.approx((sampling.low, sampling.high))
    assert both.kind == "test set and epochs"


def test_huge_losses_overflow_nowhere():
    noise = window_noise(np.array([1e200, 3e200, 2e200, 1e200, 2e200, 3e200]))
    assert 1e199 < noise.error < 1e201


def test_both_kinds_of_error_are_joined_by_their_squares():
    curve = 0.5 + 0.02 * np.random.default_rng(3).normal(size=100)
    noise = window_noise(curve)
    sampling, both = single_interval(0.5, 2000), single_interval(0.5, 2000, noise)
    half = epochs_half_width(noise)
    assert both.high - 0.5 == pytest.approx(np.hypot(sampling.high - 0.5, half))
    assert single_error(0.5, 2000, noise) == pytest.approx(
        np.hypot(single_error(0.5, 2000), noise.error)
    )
    loss = single_interval(2.0, None, noise)
    assert (loss.low, loss.high, loss.kind) == (2.0 - half, 2.0 + half, "epochs")
    assert np.isnan(single_error(2.0, None)) and single_interval(2.0, None) is None
