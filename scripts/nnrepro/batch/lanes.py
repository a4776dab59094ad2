"""Lanes: processes side by side, each training one job after the other.

A lane's process is told a job's runs on a line of its input and answers with a line of its output.
It keeps its GPU from job to job. One that dies is started anew, and its job is tried once more; the
checkpoints of its runs are still there.
"""

import json
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from nnrepro.batch.board import Board
from nnrepro.study.run import Run

TRIES = 2
ENDED = ("done", "kept", "failed")

Tell = Callable[[Run, dict[str, Any]], None]


class Lanes:
    """Several lanes at work on one board, each started by a command; what ends a run is told."""

    def __init__(self, board: Board, command: Sequence[str], count: int, tell: Tell) -> None:
        self._board = board
        self._command = command
        self._tell = tell
        self._stopping = threading.Event()
        self._processes: dict[int, subprocess.Popen[str]] = {}
        self._threads = [
            threading.Thread(target=self._lane, args=(number,)) for number in range(count)
        ]

    def run(self, until: float | None = None) -> bool:
        """Train until the board is empty, or stop in good order at a time of `time.monotonic()`.

        Tells whether the board was worked off.
        """
        for thread in self._threads:
            thread.start()
        try:
            while any(thread.is_alive() for thread in self._threads):
                if until is not None and time.monotonic() >= until:
                    self.stop()
                time.sleep(0.2)  # Python 3.12 forgets a thread whose join is interrupted
        except KeyboardInterrupt:
            self.stop()
        for thread in self._threads:
            thread.join()
        return not self._stopping.is_set()

    def stop(self) -> None:
        """Start no further job; have those at work write their checkpoints and end."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._board.stop()
        for process in list(self._processes.values()):
            process.send_signal(signal.SIGTERM)

    def _lane(self, number: int) -> None:
        while (job := self._board.take()) is not None:
            self._train(number, job)
        self._end(number)

    def _train(self, number: int, job: Sequence[Run]) -> None:
        """One job, with another try when its process dies."""
        for tries_left in reversed(range(TRIES)):
            answers = self._ask(number, job)
            lost = [run for run in job if answers[run.id]["status"] not in ENDED]
            for run in job:
                if run not in lost or not (tries_left or self._stopping.is_set()):
                    self._ended(run, answers[run.id])
            if not lost or self._stopping.is_set():
                return
            job = lost

    def _ended(self, run: Run, answer: dict[str, Any]) -> None:
        recorded = bool(answer.get("recorded"))
        self._board.finished(run.id, answer.get("reason"), recorded=recorded)
        self._tell(run, answer)

    def _ask(self, number: int, job: Sequence[Run]) -> dict[str, dict[str, Any]]:
        """What the lane's process says of each run of a job, by its id."""
        process = self._process(number)
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(json.dumps([run.to_dict() for run in job]) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if line:
            return dict(json.loads(line))
        code = process.wait()
        del self._processes[number]
        died = {"status": "died", "reason": f"its process ended with status {code}"}
        return {run.id: died for run in job}

    def _process(self, number: int) -> subprocess.Popen[str]:
        if number not in self._processes:
            # In a session of its own: Ctrl-C reaches this process, which then stops its lanes once.
            self._processes[number] = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        return self._processes[number]

    def _end(self, number: int) -> None:
        process = self._processes.pop(number, None)
        if process is not None:
            assert process.stdin is not None
            process.stdin.close()
            process.wait()
