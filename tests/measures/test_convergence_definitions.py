"""The terms of published/claims.yaml, checked against their wording by hand and by brute force."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnrepro.measures.convergence import (
    closing_slope,
    conv_epoch,
    convergence,
    jitter,
    smooth,
    tail,
)
from nnrepro.measures.curves import ROUNDING, first_epoch_at

curves = arrays(
    np.float64,
    st.integers(1, 60),
    elements=st.floats(0, 20, allow_nan=False, width=32),
)
widths = st.integers(0, 15).map(lambda half: 2 * half + 1)


def test_the_moving_mean_is_shortened_at_the_ends():
    values = np.array([0.0, 3.0, 6.0, 12.0])
    assert smooth(values, 3).tolist() == [1.5, 3.0, 7.0, 9.0]


@given(curves, widths)
def test_the_moving_mean_is_the_mean_of_each_window(values, width):
    half = width // 2
    expected = [values[max(0, i - half) : i + half + 1].mean() for i in range(len(values))]
    np.testing.assert_allclose(smooth(values, width), expected, rtol=1e-12, atol=1e-12)


def test_one_huge_value_spoils_only_the_windows_that_hold_it():
    values = np.full(50, 0.1)
    values[10] = 1e25
    assert smooth(values, 5)[13:] == pytest.approx(0.1, abs=1e-15)


@given(st.floats(0, 1), st.integers(10, 300), widths)
def test_a_constant_curve_converges_at_once_without_jitter(level, epochs, width):
    values = np.full(epochs, level)
    found = convergence(values, max(1, epochs // 5), width, 0.01)
    assert (found.epoch, found.converged) == (1, True)
    assert jitter(values, max(1, epochs // 5), width) == 0.0


def test_a_single_epoch_is_at_its_level_but_not_converged():
    found = convergence(np.array([0.5]), 1, 1, 0.01)
    assert (found.epoch, found.converged) == (1, False)


def test_the_convergence_epoch_is_counted_from_one_after_the_last_stray():
    values = np.array([0.1, 0.5, 0.1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5])
    assert conv_epoch(values, 5, 1, 0.01) == 4


def test_a_curve_that_ends_outside_the_tolerance_has_no_convergence_epoch():
    assert conv_epoch(np.linspace(0, 1, 100), 20, 5, 0.01) is None


@given(curves, st.integers(1, 60), widths, st.sampled_from([0.01, 0.05]))
def test_the_convergence_epoch_follows_its_definition(values, window, width, tolerance):
    distance = np.abs(smooth(values, width) - tail(values, window))
    settled = [
        e for e in range(1, len(values) + 1) if (distance[e - 1 :] <= tolerance + ROUNDING).all()
    ]
    assert conv_epoch(values, window, width, tolerance) == (settled[0] if settled else None)


def test_the_slope_is_that_of_the_last_fifth():
    values = np.concatenate([np.full(80, 7.0), np.arange(20) * 0.25])
    assert closing_slope(values) == pytest.approx(0.25, abs=1e-15)


@given(curves.filter(lambda values: len(values) >= 10))
def test_the_slope_agrees_with_a_least_squares_fit(values):
    count = max(2, round(0.2 * len(values)))
    expected = np.polyfit(np.arange(count), values[-count:], 1)[0]
    assert closing_slope(values) == pytest.approx(expected, abs=1e-9)


def test_a_late_settler_is_not_converged():
    values = np.concatenate([np.zeros(92), np.full(8, 0.5)])
    found = convergence(values, 5, 1, 0.01)
    assert (found.epoch, found.converged) == (93, False)


def test_a_drift_across_the_last_fifth_forbids_convergence():
    # The closing window is one epoch, so that only the slope of the last 20 epochs can object.
    values = np.full(100, 0.5) + np.concatenate([np.zeros(80), np.linspace(0, 0.009, 20)])
    assert convergence(values, 1, 1, 0.01).converged
    assert not convergence(values, 1, 1, 0.009).converged


def test_jitter_is_the_spread_about_the_smoothed_curve_in_the_window():
    values = np.array([0.0, 0.0, 0.9, 0.0, 0.3, 0.0])
    rest = values - np.array([0.0, 0.3, 0.3, 0.4, 0.1, 0.15])
    assert jitter(values, 3, 3) == pytest.approx(np.std(rest[-3:]), abs=1e-15)


def test_epochs_that_are_not_finite_never_count_as_settled():
    values = np.array([0.5, 0.5, 0.5, 0.5, np.nan, 0.5, 0.5, 0.5, 0.5, 0.5])
    assert conv_epoch(values, 5, 1, 0.01) == 6
    assert conv_epoch(values, 6, 1, 0.01) is None
    assert np.isnan(smooth(values, 3)[3:6]).all()


def test_a_share_exactly_at_the_tolerance_is_within_it():
    """7 of 700 from its closing mean, which floats put on either side of 0.01."""
    for right in range(100, 690):
        values = np.array([right - 7] * 3 + [right] * 20) / 700
        assert conv_epoch(values, 20, 1, 0.01) == 1
        assert conv_epoch(np.array([right - 8] * 3 + [right] * 20) / 700, 20, 1, 0.01) == 4


def test_a_level_is_reached_by_a_share_that_is_kept_as_float32():
    curve = np.array([0.85, 0.9, 0.95]).astype(np.float32).astype(np.float64)
    assert curve[1] < 0.9
    assert first_epoch_at(curve, 0.9) == 2
    assert first_epoch_at(curve, 0.9001) == 3
