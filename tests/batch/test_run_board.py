"""Runs are handed out in order, each when what it depends on is done."""

from dataclasses import replace
from typing import Any

from nnrepro.batch.board import Board
from nnrepro.errors import NnreproError
from nnrepro.study.run import Run


def run(variant: str, experiment: str = "grid", *, selects: bool = False) -> Run:
    return Run(
        protocol="mine",
        experiment=experiment,
        variant=variant,
        seed=0,
        label=variant,
        model="image_cnn",
        input="image",
        settings={},
        selects_from="grid" if selects else None,
        selected_parameters=("c1",) if selects else (),
    )


GRID = [run("small"), run("large")]
LATER = [run("adam", "optimizers", selects=True), run("momentum", "optimizers", selects=True)]
PRIORITIES = {
    each.id: number for number, each in enumerate([*reversed(LATER), GRID[0], GRID[1]], start=1)
}


def chosen(protocol: str, experiment: str) -> dict[str, Any]:
    return {"variant": "large", "c1": 90}


def board(decide: Any = chosen) -> Board:
    return Board([[each] for each in [*GRID, *LATER]], PRIORITIES, decide)


def take(work: Board) -> Run | None:
    """The run of the next job."""
    job = work.take()
    return job[0] if job else None


def names(taken: list[Run | None]) -> list[str | None]:
    return [None if each is None else each.variant for each in taken]


def test_long_runs_start_first_and_selecting_ones_last() -> None:
    """The decision is made once and fills in the parameters."""
    asked = []

    def decide(protocol: str, experiment: str) -> dict[str, Any]:
        asked.append((protocol, experiment))
        return {"variant": "large", "c1": 90}

    work = board(decide)
    first, second = take(work), take(work)
    assert names([first, second]) == ["large", "small"]
    for each in (first, second):
        assert each is not None
        work.finished(each.id)
    third, fourth = take(work), take(work)
    assert third is not None and third.settings["c1"] == 90
    assert names([third, fourth, take(work)]) == ["adam", "momentum", None]
    assert asked == [("mine", "grid")]
    assert work.left == 2 and not work.failed


def test_nothing_starts_before_the_runs_that_are_selected_from_have_ended() -> None:
    work = board()
    for _ in GRID:
        take(work)
    work.finished(GRID[0].id)
    assert take(work) is None and work.left == 3
    work.finished(GRID[1].id)
    assert names([take(work)]) == ["adam"]


def test_runs_behind_a_failed_one_are_given_up_with_the_reason() -> None:
    work = board()
    for _ in GRID:
        take(work)
    work.finished(GRID[0].id, "out of memory")
    work.finished(GRID[1].id)
    assert work.take() is None and work.left == 0
    assert work.failed[GRID[0].id] == "out of memory"
    assert "mine/grid/small/seed0, which is selected from, failed" in work.failed[LATER[0].id]


def test_a_run_that_failed_by_itself_is_left_out_of_the_selection() -> None:
    """Its folder says so, so that the selection is the one that the workflow makes."""
    work = board()
    for _ in GRID:
        take(work)
    work.finished(GRID[0].id, "no such word", recorded=True)
    work.finished(GRID[1].id)
    assert names([take(work), take(work)]) == ["adam", "momentum"]
    assert set(work.failed) == {GRID[0].id}


def test_a_selection_that_cannot_be_made_is_a_failure_not_a_crash() -> None:
    def decide(protocol: str, experiment: str) -> dict[str, Any]:
        raise NnreproError("no variant can be selected")

    work = board(decide)
    for each in GRID:
        take(work)
        work.finished(each.id)
    assert take(work) is None
    assert set(work.failed) == {each.id for each in LATER}


def test_a_job_is_handed_out_whole_and_resolved() -> None:
    """Seeds of a combination start together, with the parameters selected for them."""
    seeds = [replace(LATER[0], seed=seed) for seed in range(3)]
    work = Board([[GRID[0]], seeds], dict.fromkeys([GRID[0].id, *(s.id for s in seeds)], 1), chosen)
    assert work.take() == [GRID[0]]
    work.finished(GRID[0].id)
    job = work.take()
    assert job is not None and [run.seed for run in job] == [0, 1, 2]
    assert {run.settings["c1"] for run in job} == {90}
    assert work.left == 3
