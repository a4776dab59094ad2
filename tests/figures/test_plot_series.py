"""Thinning shows what the full line shows."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnrepro.plots.series import Series, isolated, thin_band, thin_line

VALUES = st.floats(-1e6, 1e6) | st.just(float("nan"))


@given(arrays(np.float64, st.integers(1, 400), elements=VALUES), st.integers(1, 40))
def test_thinning_keeps_extremes_ends_and_gaps(y, columns):
    x = np.arange(1.0, y.size + 1)
    thin_x, thin_y = thin_line(x, y, columns)
    assert thin_x[0] == x[0] and thin_x[-1] == x[-1]
    assert (np.diff(thin_x) > 0).all()
    np.testing.assert_array_equal(thin_y, y[np.searchsorted(x, thin_x)])
    assert np.isnan(thin_y).any() == np.isnan(y).any()
    if not np.isnan(y).all():
        assert np.nanmax(thin_y) == np.nanmax(y)
        assert np.nanmin(thin_y) == np.nanmin(y)
    assert thin_x.size <= max(5 * columns, min(y.size, 4 * columns))


@given(arrays(np.float64, st.integers(1, 400), elements=st.floats(-10, 10)), st.integers(1, 40))
def test_a_thinned_band_is_never_narrower_than_the_data(middle, columns):
    x = np.arange(1.0, middle.size + 1)
    low, high = middle - 1, middle + 1
    _, thin_low, thin_high = thin_band(x, low, high, columns)
    assert thin_low.min() == low.min()
    assert thin_high.max() == high.max()
    assert (thin_low <= thin_high).all()


def test_isolated_values_are_those_without_neighbours():
    nan = np.nan
    assert isolated(np.array([1.0, nan, 2.0, 3.0, nan, 4.0])).tolist() == [0, 5]
    assert isolated(np.array([7.0])).tolist() == [0]


def test_infinities_are_gaps():
    series = Series("adam", "Adam", [1, 2, 3], [0.1, np.inf, -np.inf])
    assert np.isnan(series.mean).tolist() == [False, True, True]
    assert series.end() == (1.0, 0.1)


def test_a_window_keeps_all_parts_aligned():
    series = Series("a", "a", [1, 2, 3], [1, 2, 3], [0, 1, 2], [2, 3, 4], [1, 2, 2.5])
    part = series.since(2)
    assert part is not None
    assert part.epochs.tolist() == [2, 3]
    assert part.low.tolist() == [1, 2] and part.high.tolist() == [3, 4]
    assert part.drawn.tolist() == [2, 2.5]
    assert series.since(4) is None
