"""Lanes keep their processes at work, replace dead ones, and stop in good order."""

import os
import signal
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nnrepro.batch.board import Board
from nnrepro.batch.lanes import Lanes
from nnrepro.study.run import Run

WORKER = """
import json, os, signal, sys, time
from pathlib import Path

folder = Path(sys.argv[1])
for line in sys.stdin:
    runs = json.loads(line)
    name = runs[0]["variant"]
    ids = [f"mine/grid/{name}/seed{run['seed']}" for run in runs]
    tries = folder / f"{name}.tries"
    tries.write_text(tries.read_text() + "x" if tries.exists() else "x")
    if name == "dies_always" or name == "dies_once" and tries.read_text() == "x":
        os.kill(os.getpid(), signal.SIGKILL)
    if name == "slow":
        def stopped(*_):
            time.sleep(0.5)
            (folder / "checkpoint").write_text("written")
            told = {"status": "stopped", "reason": "SIGTERM"}
            print(json.dumps(dict.fromkeys(ids, told)), flush=True)
            sys.exit(0)
        signal.signal(signal.SIGTERM, stopped)
        (folder / "started").touch()
        time.sleep(60)
    answer = {"status": "done", "seconds": 0.1, "process": os.getpid()}
    if name == "fails":
        answer = {"status": "failed", "reason": "wrong settings"}
    told = dict.fromkeys(ids, answer)
    if name == "one_fails":
        told[ids[0]] = {"status": "failed", "reason": "wrong settings"}
    print(json.dumps(told), flush=True)
"""


def run(variant: str) -> Run:
    return Run("mine", "grid", variant, 0, variant, "image_cnn", "image", {})


@pytest.fixture
def lanes(tmp_path: Path) -> Any:
    """A function that makes lanes for runs, with the board and what was told."""

    def make(*variants: str, count: int = 1) -> tuple[Lanes, Board, list[tuple[str, Any]]]:
        runs = [run(variant) for variant in variants]
        jobs = [
            [each, replace(each, seed=1)] if each.variant == "one_fails" else [each]
            for each in runs
        ]
        order = {each.id: -at for at, job in enumerate(jobs) for each in job}
        board = Board(jobs, order, lambda *group: {})
        told: list[tuple[str, Any]] = []
        program = tmp_path / "worker.py"
        program.write_text(WORKER)
        command = [sys.executable, str(program), str(tmp_path)]
        tell = lambda each, answer: told.append((each.variant, answer))  # noqa: E731
        return Lanes(board, command, count, tell), board, told

    return make


def test_one_process_trains_run_after_run(lanes: Any) -> None:
    """It keeps its device and what it has imported."""
    work, board, told = lanes("a", "b", "c")
    assert work.run() and not board.failed and board.left == 0
    assert [name for name, _ in told] == ["a", "b", "c"]
    assert len({answer["process"] for _, answer in told}) == 1


def test_a_run_whose_process_dies_is_tried_again_by_a_new_one(lanes: Any) -> None:
    work, board, told = lanes("a", "dies_once", "b")
    assert work.run() and not board.failed
    processes = [answer["process"] for _, answer in told]
    assert [name for name, _ in told] == ["a", "dies_once", "b"]
    assert processes[0] != processes[1] == processes[2]


def test_what_dies_twice_or_fails_is_named_and_the_rest_goes_on(lanes: Any, tmp_path: Path) -> None:
    """A wrong setting is not tried a second time."""
    work, board, told = lanes("dies_always", "fails", "b", count=2)
    assert work.run() and board.left == 0
    assert "status -9" in board.failed["mine/grid/dies_always/seed0"]
    assert board.failed["mine/grid/fails/seed0"] == "wrong settings"
    assert (tmp_path / "dies_always.tries").read_text() == "xx"
    assert (tmp_path / "fails.tries").read_text() == "x"
    assert ("b", "done") in [(name, answer["status"]) for name, answer in told]


def test_seeds_of_one_job_end_one_by_one(lanes: Any) -> None:
    work, board, told = lanes("one_fails", "b")
    assert work.run() and board.left == 0
    assert board.failed == {"mine/grid/one_fails/seed0": "wrong settings"}
    assert [answer["status"] for name, answer in told] == ["failed", "done", "done"]


def test_when_time_is_up_runs_at_work_write_their_checkpoints(lanes: Any, tmp_path: Path) -> None:
    work, board, told = lanes("slow", "never")
    started = tmp_path / "started"

    class Clock:
        """A time that has come once the run has started."""

        def __le__(self, other: float) -> bool:
            return started.exists()

    began = time.monotonic()
    assert not work.run(until=Clock())
    assert time.monotonic() - began < 30
    assert (tmp_path / "checkpoint").read_text() == "written"
    assert not (tmp_path / "never.tries").exists()
    assert board.left == 2 and not told and not board.failed


def test_interrupted_it_waits_for_the_checkpoints_of_every_lane(
    lanes: Any, tmp_path: Path, interruptible: None
) -> None:
    """As by Ctrl-C: who calls must not think it over while a run is still writing."""
    work, board, told = lanes("slow", "never")

    def interrupt() -> None:
        while not (tmp_path / "started").exists():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    assert not work.run()
    assert (tmp_path / "checkpoint").read_text() == "written"
    assert board.left == 2 and not told and not board.failed
