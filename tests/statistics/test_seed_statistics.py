"""Intervals: against SciPy, and their edges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from nnrepro.measures.names import bounds_named
from nnrepro.statistics.intervals import summarise, wilson_interval

fractions = st.lists(
    st.integers(0, 2000).map(lambda right: right / 2000), min_size=2, max_size=12, unique=True
)


@given(fractions)
def test_several_seeds_give_the_t_interval_of_their_mean(values):
    summary = summarise(np.array(values))
    low, high = stats.t.interval(0.95, len(values) - 1, np.mean(values), stats.sem(values))
    assert summary.interval.kind == "seeds"
    assert summary.interval.low == pytest.approx(low, abs=1e-9)
    assert summary.interval.high == pytest.approx(high, abs=1e-9)


@given(st.integers(1, 10000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_one_seed_gives_wilsons_interval_of_the_test_set(counts):
    right, examples = counts
    expected = stats.binomtest(right, examples).proportion_ci(method="wilson")
    found = wilson_interval(right / examples, examples)
    assert found.kind == "test set"
    assert found.low == pytest.approx(expected.low, abs=1e-12)
    assert found.high == pytest.approx(expected.high, abs=1e-12)


def test_two_thousand_images_leave_about_two_points_on_each_side():
    found = wilson_interval(0.55, 2000)
    assert (found.low, found.high) == pytest.approx((0.5281, 0.5717), abs=1e-4)


def test_an_accuracy_between_two_counts_takes_the_nearest():
    assert wilson_interval(0.50012, 2000) == wilson_interval(0.5, 2000)


@given(st.permutations([0.1, 0.2, 0.3, 0.4 + 1e-16, 1 / 3, 0.7]))
def test_the_order_of_seeds_does_not_touch_the_last_bit(values):
    first = summarise(np.array([0.1, 0.2, 0.3, 0.4 + 1e-16, 1 / 3, 0.7]))
    assert summarise(np.array(values)) == first


def test_seeds_without_the_metric_do_not_count():
    summary = summarise(np.array([0.5, np.nan]), examples=100)
    assert (summary.count, summary.mean) == (1, 0.5)
    assert summary.interval.kind == "test set"
    assert np.isnan(summary.deviation)


def test_without_values_or_test_set_nothing_is_claimed():
    assert summarise(np.array([np.nan])).interval is None
    assert np.isnan(summarise(np.array([])).mean)
    assert summarise(np.array([12.5])).interval is None


def test_seeds_that_agree_are_not_taken_for_certain():
    """Accuracies are counts: two seeds often have the same one, by chance."""
    summary = summarise(np.array([0.25, 0.25, 0.25]), examples=700)
    assert (summary.count, summary.deviation) == (3, 0.0)
    assert summary.interval == wilson_interval(0.25, 700)
    # The mean of equal numbers may differ from them in the last bit.
    tenths = summarise(np.array([0.1, 0.1, 0.1 + 1e-17]), examples=700)
    assert tenths.interval.kind == "test set"
    assert summarise(np.array([3.5, 3.5])).interval is None


def test_an_interval_keeps_the_bounds_of_its_metric():
    f1 = summarise(np.array([0.9, 0.99]), bounds=bounds_named("max_test_f1_macro"))
    assert (f1.interval.low, f1.interval.high) == (pytest.approx(0.3732, abs=1e-4), 1.0)
    errors = summarise(np.array([0.1, 0.3]), bounds=bounds_named("min_test_mean_absolute_error"))
    assert (errors.interval.low, errors.interval.high) == (0.0, pytest.approx(1.4706, abs=1e-4))
    r2 = summarise(np.array([-0.2, 0.9]), bounds=bounds_named("final_test_r2_score"))
    assert r2.interval.low < -1
    assert r2.interval.high == 1.0
    assert summarise(np.array([1.0, 9.0]), bounds=bounds_named("train_seconds")).interval.low == 0.0
    gap = bounds_named("gap")
    assert summarise(np.array([0.1, 0.3]), bounds=gap).interval.low < 0
