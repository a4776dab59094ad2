"""Runs start longest first, and the wall time is that of this order."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnrepro.planning.order import priorities
from nnrepro.planning.plan import Job, makespan

lengths = st.lists(st.integers(0, 100), min_size=2, max_size=30)


def jobs(seconds: list[int], group: str = "a", after: str | None = None) -> list[Job]:
    return [Job(group, float(length), length, after) for length in seconds]


def test_highest_priority_starts_first() -> None:
    assert makespan(jobs([2, 2, 3, 3, 8]), 2) == 10
    unordered = [replace(job, priority=-job.priority) for job in jobs([2, 2, 3, 3, 8])]
    assert makespan(unordered, 2) == 13


def test_jobs_wait_for_the_whole_group() -> None:
    assert makespan([*jobs([5, 3]), *jobs([4], "b", after="a")], 4) == 9


def test_group_that_is_done_holds_nobody_up() -> None:
    assert makespan(jobs([4], "b", after="a"), 1) == 4


def test_no_jobs_take_no_time() -> None:
    assert makespan([], 3) == 0


def test_impossible_schedules_are_errors() -> None:
    with pytest.raises(ValueError, match="slots"):
        makespan(jobs([1]), 0)
    with pytest.raises(ValueError, match="circle"):
        makespan([*jobs([1], "a", "b"), *jobs([1], "b", "a")], 1)


@given(lengths, st.integers(1, 8))
def test_wall_time_lies_within_the_bounds_of_list_scheduling(
    seconds: list[int], slots: int
) -> None:
    """The last job to end started when no slot was free (Graham, SIAM J. Appl. Math. 17, 1969)."""
    wall = makespan(jobs(seconds), slots)
    assert max(*seconds, sum(seconds) / slots) <= wall <= sum(seconds) / slots + max(seconds)


def test_longer_runs_have_higher_priority(small_study: Callable[..., Any]) -> None:
    order = priorities(small_study())
    small, large = (order[f"tan/channel_grid/{v}/seed0"] for v in ("c1-10_c2-20", "c1-90_c2-100"))
    assert large > small > order["tan/text_models/char_cnn/seed0"] > 0


def test_runs_that_others_wait_for_come_before_those(small_study: Callable[..., Any]) -> None:
    study = small_study()
    order = priorities(study)
    grid = [order[run.id] for run in study.runs_of("tan", "channel_grid")]
    after = [order[run.id] for run in study.runs_of("tan", "optimizers")]
    assert min(grid) > max(after)


def test_fewer_epochs_lower_the_priority(small_study: Callable[..., Any]) -> None:
    full, short = (priorities(small_study(o)) for o in ({}, {"budget": {"epochs": 3}}))
    assert all(short[run] < full[run] for run in full)


def test_model_that_nobody_has_counted_starts_first(small_study: Callable[..., Any]) -> None:
    study = small_study()
    *others, last = study.runs
    order = priorities(replace(study, runs=(*others, replace(last, model="mystery"))))
    plain = [order[run.id] for run in others if run.experiment != "channel_grid"]
    assert order[last.id] > max(plain)


def test_short_runs_of_one_variant_do_not_start_together(small_study: Callable[..., Any]) -> None:
    """Else both compile the same program at the same time."""
    study = small_study({"budget": {"epochs": 1}, "seeds": [0, 1]})
    order = priorities(study)
    names = sorted(
        (run.id for run in study.runs_of("tan", "text_models")), key=lambda id: -order[id]
    )
    assert [name.split("seed")[1] for name in names] == ["0", "0", "1", "1"]
