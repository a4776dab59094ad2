"""Processes of one contender that train at the same time on one device."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.errors import BenchmarkError
from benchmarks.gpu.contenders import Contender
from benchmarks.process import ROOT
from nnrepro.batch.mps import CONTROL, multi_process_service


@dataclass(frozen=True)
class Together:
    """Processes that began together and have all ended.

    Attributes:
        family: what they trained.
        contender: whose they are.
        epochs: epochs of each run.
        wall: seconds from the common beginning to the last end.
        epoch: median seconds of an epoch of all runs of one process.
        first_loss: mean loss of the first batch, before any update.
        device: what they trained on.
    """

    family: str
    contender: Contender
    epochs: int
    wall: float
    epoch: float
    first_loss: float
    device: str

    @property
    def run_epochs_per_second(self) -> float:
        """Epochs of all runs by the common time."""
        return self.contender.processes * self.contender.runs * self.epochs / self.wall


def train_together(
    contender: Contender, families: Sequence[str], epochs: int, environment: dict[str, str]
) -> Iterator[Together]:
    """Train families one after another, each in processes that begin at one moment.

    Everything is compiled before. Several processes share the device by NVIDIA's MPS, if it has it.

    Args:
        contender: who trains, and in how many processes.
        families: names of the families.
        epochs: epochs that each run trains.
        environment: of the processes.

    Raises:
        BenchmarkError: a process fails.
    """
    command = [sys.executable, "-m", "benchmarks.gpu.lane", str(contender), str(epochs), *families]
    shared = contender.processes > 1 and shutil.which(CONTROL)
    with multi_process_service() if shared else nullcontext():
        service = {key: own for key, own in os.environ.items() if key.startswith("CUDA_MPS_")}
        processes = [
            subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=ROOT,
                env={**environment, **service},
            )
            for _ in range(contender.processes)
        ]
        try:
            for family in families:
                yield _trained(contender, family, epochs, processes)
        finally:
            for process in processes:
                process.kill()
                process.communicate()


def _trained(
    contender: Contender, family: str, epochs: int, processes: Sequence[subprocess.Popen[str]]
) -> Together:
    ready = [_line(process, contender, family) for process in processes]
    began = time.perf_counter()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    results = [_line(process, contender, family) for process in processes]
    wall = time.perf_counter() - began
    seconds = [value for result in results for value in result["seconds"]]
    told = ready[0]["first_loss"], ready[0]["device"]
    return Together(family, contender, epochs, wall, median(seconds), *told)


def _line(process: subprocess.Popen[str], contender: Contender, family: str) -> dict[str, Any]:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise BenchmarkError(
            f"{contender}, {family}: a process ended with status {process.wait()}; with too "
            "little memory on the device, measure fewer runs or processes"
        )
    return dict(json.loads(line))
