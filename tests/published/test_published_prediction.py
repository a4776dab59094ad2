"""The interval of one further run: what it is made of, and how often it is right."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nnrepro.published.prediction import prediction_interval, sampling_deviation

VALUES = st.lists(st.floats(0, 1), min_size=2, max_size=8)


def test_coverage_of_a_new_run_by_simulation():
    rng = np.random.default_rng(1)
    draws = rng.normal(0.5, 0.02, (4000, 4))
    hits = 0
    for *seeds, new in draws:
        interval = prediction_interval(np.array(seeds))
        hits += interval.low <= new <= interval.high
    assert hits / len(draws) == pytest.approx(0.95, abs=0.012)


def test_coverage_of_two_runs_on_one_test_set_by_simulation():
    rng = np.random.default_rng(2)
    ours, theirs = rng.binomial(700, 0.85, (2, 4000)) / 700
    hits = 0
    for mine, other in zip(ours, theirs, strict=True):
        interval = prediction_interval(np.array([mine]), sampling_deviation(mine, 700))
        hits += interval.low <= other <= interval.high
    assert hits / 4000 == pytest.approx(0.95, abs=0.012)


@given(VALUES, st.permutations(range(8)))
def test_the_order_of_seeds_does_not_matter(values, order):
    shuffled = [values[i] for i in order if i < len(values)]
    assert prediction_interval(np.array(values)) == prediction_interval(np.array(shuffled))


@given(VALUES)
def test_it_is_wider_than_the_seeds_are_apart_from_their_mean(values):
    assume(np.ptp(values) > 1e-9)
    interval = prediction_interval(np.array(values))
    middle = (interval.low + interval.high) / 2
    assert interval.low <= middle <= interval.high
    assert interval.high - middle >= np.std(values, ddof=1) - 1e-12


def test_seeds_that_agree_leave_the_sampling_error():
    one, several = (prediction_interval(np.full(n, 0.5), 0.02) for n in (1, 3))
    assert several == one and one.kind == "test set"
    assert prediction_interval(np.full(3, 0.5)) is None


@pytest.mark.parametrize("accuracy", [0.0, 1.0])
def test_sampling_error_does_not_vanish_at_the_ends(accuracy):
    assert sampling_deviation(accuracy, 700) > 1e-3


def test_nothing_is_claimed_where_nothing_is_known():
    assert prediction_interval(np.array([])) is None
    assert prediction_interval(np.array([0.5])) is None
