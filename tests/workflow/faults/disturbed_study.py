"""A copy of the project with a study of three runs, and tools to disturb and to compare it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from forked import forked_python
from same_results import ask_for_less

from nnrepro.study.sources import read_source

STUDY = Path(__file__).with_name("study.yaml")
LONG_RUN = "tan/text_models/char_rnn_gru/seed0"
PATIENCE = 400.0


@dataclass
class Place:
    """A copy of the project with that study, and the Snakemakes started in it."""

    folder: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def results(self) -> Path:
        """The results folder of the study."""
        return self.folder / "results" / "faults"

    @property
    def checkpoint(self) -> Path:
        """The checkpoint of the long run."""
        return self.results / "checkpoints" / LONG_RUN / "checkpoint.npz"

    def log(self, run: str = LONG_RUN) -> str:
        """The log of a run; empty where there is none, as when Snakemake has just begun anew."""
        path = self.results / "logs" / "train_run" / f"{run}.log"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def start(self, *arguments: str, python: str = sys.executable) -> subprocess.Popen[str]:
        """Start Snakemake in a process group of its own, as a terminal does.

        It heeds Ctrl-C even where the tests are started in the background, which ignores it.
        """
        heeding = ("env", "--default-signal=INT")
        command = [*heeding, python, "-m", "snakemake", "--cores", "2", *arguments]
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env={**os.environ, "PYTHONHASHSEED": "0"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def run(self, *arguments: str, succeeds: bool = True) -> str:
        """Run Snakemake to its end; what it said."""
        process = self.start(*arguments, python=forked_python())
        said, _ = process.communicate(timeout=PATIENCE)
        assert (process.returncode == 0) == succeeds, said
        return said

    def until_training(self) -> int:
        """Wait until the long run has written a new checkpoint; the id of its process."""
        before = self._written()
        wait_for(lambda: self._written() > before, "no checkpoint was written")
        lock = self.results / "locks" / f"{LONG_RUN}.lock"
        return int(lock.read_text().split()[1])

    def _written(self) -> int:
        try:
            return self.checkpoint.stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def end_all(self) -> None:
        """End what is left of the process groups started here."""
        for process in self.started:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            process.communicate()


def wait_for(condition: Callable[[], Any], otherwise: str) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.02)


def prepared(copy_to: Callable[[Path], Any], folder: Path) -> Place:
    """A copy of the project whose config.yaml is the study of this folder."""
    copy_to(folder)
    ask_for_less(folder)
    config = read_source(folder / "config.yaml").values
    overlay = yaml.safe_load(STUDY.read_text(encoding="utf-8"))
    (folder / "config.yaml").write_text(yaml.safe_dump({**config, **overlay}), encoding="utf-8")
    return Place(folder)
