"""Lanes: processes side by side, each training one job after the other.

A lane's process is told a job's runs on a line of its input and answers with a line of its output.
It keeps its GPU from job to job. One that dies is started anew, and its job is tried once more; the
checkpoints of its runs are still there.
"""

import json
import select
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from nnrepro.batch.board import Board
from nnrepro.study.run import Run

TRIES = 2
ENDED = ("done", "kept", "failed")

Tell = Callable[[Run, dict[str, Any]], None]
_Process = subprocess.Popen[str]


class Lanes:
    """Several lanes at work on one board, each started by a command; what ends a run is told."""

    def __init__(self, board: Board, command: Sequence[str], count: int, tell: Tell) -> None:
        self._board = board
        self._command = command
        self._count = count
        self._tell = tell
        self._idle: list[_Process] = []
        self._at_work: dict[_Process, tuple[Sequence[Run], int]] = {}
        """Jobs, each with the tries that are left, by the processes that train them."""
        self._interrupted = self._stopping = False

    def run(self, until: float | None = None) -> bool:
        """Train until the board is empty, or stop in good order at a time of `time.monotonic()`.

        So it does when it is interrupted. Tells whether the board was worked off.
        """
        former = {
            number: signal.signal(number, self._interrupt)
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        self._start()
        while self._at_work:
            outputs: dict[Any, _Process] = {each.stdout: each for each in self._at_work}
            for output in select.select([*outputs], [], [], 0.2)[0]:
                self._answered(outputs[output])
            if self._interrupted or (until is not None and time.monotonic() >= until):
                self._stop()
            self._start()
        for process in self._idle:
            assert process.stdin is not None
            process.stdin.close()
            process.wait()
        for number, handler in former.items():
            signal.signal(number, handler)
        return not self._stopping

    def _interrupt(self, *_: object) -> None:
        self._interrupted = True

    def _stop(self) -> None:
        """Start no further job; have those at work write their checkpoints and end."""
        if not self._stopping:
            self._stopping = True
            for process in self._at_work:
                process.send_signal(signal.SIGTERM)

    def _start(self) -> None:
        """Have lanes that are free begin with what is ready."""
        while not self._stopping and len(self._at_work) < self._count:
            job = self._board.take()
            if job is None:
                return
            self._ask(job, TRIES - 1)

    def _ask(self, job: Sequence[Run], tries_left: int) -> None:
        # In a session of its own: Ctrl-C reaches this process, which then stops its lanes once.
        process = (
            self._idle.pop()
            if self._idle
            else subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        )
        assert process.stdin is not None
        self._at_work[process] = job, tries_left
        with suppress(BrokenPipeError):  # it has died, which its output tells
            process.stdin.write(json.dumps([run.to_dict() for run in job]) + "\n")
            process.stdin.flush()

    def _answered(self, process: _Process) -> None:
        """What a process says of each run of its job; one that died has another try."""
        job, tries_left = self._at_work.pop(process)
        assert process.stdout is not None
        if line := process.stdout.readline():
            answers = dict(json.loads(line))
            self._idle.append(process)
        else:
            died = {"status": "died", "reason": f"its process ended with status {process.wait()}"}
            answers = {run.id: died for run in job}
        lost = [run for run in job if answers[run.id]["status"] not in ENDED]
        again = lost if tries_left else []
        for run in job:
            if run not in lost or not (again or self._stopping):
                self._ended(run, answers[run.id])
        if again and not self._stopping:
            self._ask(again, tries_left - 1)

    def _ended(self, run: Run, answer: dict[str, Any]) -> None:
        recorded = bool(answer.get("recorded"))
        self._board.finished(run.id, answer.get("reason"), recorded=recorded)
        self._tell(run, answer)
