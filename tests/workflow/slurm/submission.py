"""A Snakemake at work on Slurm."""

import os
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from local_slurm import Slurm, wait_until

HERE = Path(__file__).parent
SUBMIT = ["--profile", "profiles/slurm", "--slurm-status-command", "squeue"]
POLL = ["--slurm-init-seconds-before-status-checks", "1", "--seconds-between-status-checks", "1"]
LONG_RUN = "koh/text_models/char_rnn_gru/seed0"
WHOLE, LONG, LIMIT = "../four_runs.yaml", "long_run.yaml", "limit.yaml"
FAKE_GPUS = tuple(f"GPU-f00d000{number}-0000-0000-0000-000000000000" for number in range(2))
PATIENCE = 900.0


@dataclass(frozen=True)
class Submission:
    """A Snakemake that submits the jobs of a project's study to Slurm.

    Attributes:
        slurm: where to.
        process: the running Snakemake, in a process group of its own.
        output: what it prints.
    """

    slurm: Slurm
    process: subprocess.Popen[bytes]
    output: Path

    def finish(self) -> None:
        """Wait for its end; it must have succeeded."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(PATIENCE)
        assert self.process.returncode == 0, self.output.read_text(encoding="utf-8")

    def kill(self) -> None:
        """End Snakemake, and nothing else, without a chance to clean up."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@dataclass(frozen=True)
class WatchedRun:
    """A run that a test does something to.

    Attributes:
        results: the results folder of its study.
        id: its run id.
    """

    results: Path
    id: str

    @property
    def history(self) -> bytes:
        """Its history, when it is done."""
        return (self.results / "runs" / self.id / "history.json").read_bytes()

    @property
    def log(self) -> str:
        """The log of its last attempt; empty where there is none yet."""
        path = self.results / "logs" / "train_run" / f"{self.id}.log"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def stand_still(self) -> int:
        """Stop it in the middle, when it has written a checkpoint; the id of its process.

        So that it surely lasts until what is to happen to it has happened, on any machine.
        """
        folder = self.results / "checkpoints" / self.id
        self.wait_until(lambda: any(folder.glob("*.npz")), f"there is no checkpoint in {folder}")
        lock = self.results / "locks" / f"{self.id}.lock"
        process = int(lock.read_text(encoding="utf-8").split()[1])
        os.kill(process, signal.SIGSTOP)
        return process

    def wait_until(self, happened: Callable[[], bool], otherwise: str) -> None:
        """Wait for something to happen to it."""
        wait_until(happened, PATIENCE, f"{otherwise}; its log: {self.log}")
