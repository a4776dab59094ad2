"""End labels keep apart; axis ranges are honest about what they leave out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnrepro.plots.lines import spread, y_limits
from nnrepro.plots.series import Series, format_value


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.floats(0.001, 0.08))
def test_labels_are_apart_in_order_and_inside(wanted, gap):
    placed = spread(wanted, gap, 0.0, 1.0)
    order = np.argsort(wanted, kind="stable")
    assert (np.diff(placed[order]) >= gap - 1e-9).all()
    assert placed.min() >= -1e-9 and placed.max() <= 1 + 1e-9


def test_labels_with_room_stay_where_they_are():
    np.testing.assert_allclose(spread([0.8, 0.1, 0.4], 0.1, 0.0, 1.0), [0.8, 0.1, 0.4])


def test_labels_that_cannot_all_fit_share_the_room_evenly():
    np.testing.assert_allclose(spread([0.5] * 5, 0.9, 0.0, 1.0), [0, 0.25, 0.5, 0.75, 1])


def test_no_labels_need_no_place():
    assert spread([], 0.1, 0.0, 1.0).size == 0


def one(values):
    return Series("adam", "Adam", np.arange(1, len(values) + 1), values)


def test_ordinary_curves_are_shown_whole():
    limits = y_limits([one(np.linspace(0.1, 0.6, 100))], 0.0, 1.0)
    assert limits.low < 0.1 and limits.high > 0.6
    assert limits.outside == 0
    assert limits.note("Accuracy") == ""


def test_a_few_wild_epochs_are_left_out_and_counted():
    values = np.concatenate([[2.3], np.linspace(1.5, 1.2, 199)])
    values[[50, 120]] = [4e4, 87.0]
    limits = y_limits([one(values)], 0.0, None)
    assert limits.high < 10
    assert limits.high > 2.3
    assert limits.outside == 2
    note = limits.note("Cost")
    assert "2 of 200" in note and "4e4" in note


def test_long_collapses_stay_on_the_axis():
    values = np.full(1000, 0.5)
    values[300:400] = 0.1
    limits = y_limits([one(values)], 0.0, 1.0)
    assert limits.low < 0.1
    assert limits.outside == 0


@pytest.mark.parametrize("values", [[0.1], [0.1] * 50, [np.nan] * 3, [0.0, 0.0]])
def test_flat_and_empty_curves_have_a_range(values):
    limits = y_limits([one(values)], 0.0, 1.0)
    assert limits.low < limits.high


@pytest.mark.parametrize(("value", "text"), [(0.5469, "0.547"), (87.0, "87"), (1e9, "1e9")])
def test_values_have_the_digits_they_deserve(value, text):
    assert format_value(value) == text
