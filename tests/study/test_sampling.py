"""Points of a search: in range, the same everywhere, and kept when there are more of them."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnrepro.study.sampling import DIGITS, points

SEARCH: dict[str, dict[str, list[Any]]] = {
    "units": {"choice": [8, 16, 32]},
    "learning_rate": {"log_uniform": [1e-4, 1e-1]},
    "dropout_rate": {"uniform": [0, 0.5]},
    "layers": {"int_uniform": [1, 4]},
    "width": {"log_int_uniform": [4, 512]},
}
SAMPLERS = st.sampled_from(["quasi_random", "random"])


@settings(max_examples=40, deadline=None)
@given(SAMPLERS, st.integers(0, 2**32 - 1), st.integers(1, 30), st.integers(1, 30))
def test_more_samples_keep_the_earlier_points(
    sampler: str, seed: int, fewer: int, more: int
) -> None:
    found = points(SEARCH, fewer + more, sampler=sampler, seed=seed)
    assert found[:fewer] == points(SEARCH, fewer, sampler=sampler, seed=seed)
    assert len({tuple(point.values()) for point in found}) == fewer + more


@settings(max_examples=40, deadline=None)
@given(SAMPLERS, st.integers(0, 1000), st.data())
def test_every_point_is_in_range_and_short_enough_to_read(
    sampler: str, seed: int, data: st.DataObject
) -> None:
    low = data.draw(st.floats(1e-6, 1e3))
    high = low * data.draw(st.floats(1.01, 1e4))
    ends = {
        "x": {"uniform": [low, high]},
        "y": {"log_uniform": [low, high]},
        "n": {"int_uniform": [1, 3]},
    }
    for point in points(ends, 20, sampler=sampler, seed=seed):
        for name in "xy":
            value = point[name]
            assert low <= value <= high
            assert value in (low, high) or float(f"{value:.{DIGITS}g}") == value
        assert point["n"] in (1, 2, 3) and isinstance(point["n"], int)


def test_quasi_random_points_fill_each_half_of_every_range() -> None:
    """Of 16 points at most 9 are in one half, which random ones often are."""
    for seed in range(20):
        drawn = points({n: {"uniform": [0, 1]} for n in "abc"}, 16, seed=seed)
        for name in "abc":
            assert 7 <= sum(point[name] < 0.5 for point in drawn) <= 9


def test_points_are_the_same_on_every_machine() -> None:
    drawn = points(SEARCH, 2)
    assert [list(point.values()) for point in drawn] == [
        [32, 0.06414, 0.3807, 2, 8],
        [16, 0.006414, 0.2807, 3, 437],
    ]


def test_no_point_is_drawn_twice_and_there_may_be_no_more() -> None:
    assert len(points({"units": {"choice": [1, 2, 3]}}, 5)) == 3


@pytest.mark.parametrize("sampler", ["quasi_random", "random"])
def test_another_seed_gives_other_points(sampler: str) -> None:
    assert points(SEARCH, 5, sampler=sampler) != points(SEARCH, 5, sampler=sampler, seed=1)
