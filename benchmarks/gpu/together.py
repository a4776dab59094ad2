"""Several processes that train at the same time on one device."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.errors import BenchmarkError
from benchmarks.process import ROOT


@dataclass(frozen=True)
class Together:
    """Processes that began together and have all ended.

    Attributes:
        lanes: how many.
        epochs: epochs of each.
        wall: seconds from the common beginning to the last end.
        epoch: median seconds of an epoch.
        device: what they trained on, as `run.json` describes it.
    """

    lanes: int
    epochs: int
    wall: float
    epoch: float
    device: dict[str, Any]

    @property
    def epochs_per_second(self) -> float:
        """What the device does in all."""
        return self.lanes * self.epochs / self.wall


def train_together(
    family: str, peer: str, lanes: int, epochs: int, environment: dict[str, str]
) -> Together:
    """Train a family in several processes that begin at one moment, everything compiled.

    Args:
        family: name of the family.
        peer: `engine` or `fit`.
        lanes: number of processes.
        epochs: epochs that each trains.
        environment: of the processes.

    Raises:
        BenchmarkError: a process fails.
    """
    command = [sys.executable, "-m", "benchmarks.gpu.lane", family, peer, str(epochs)]
    processes = [
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment,
        )
        for _ in range(lanes)
    ]
    try:
        ready = [_line(process, family) for process in processes]
        began = time.perf_counter()
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        results = [_line(process, family) for process in processes]
        wall = time.perf_counter() - began
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    seconds = [value for result in results for value in result["seconds"]]
    return Together(lanes, epochs, wall, median(seconds), ready[0]["device"])


def _line(process: subprocess.Popen[str], family: str) -> dict[str, Any]:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise BenchmarkError(
            f"{family}: a process ended with status {process.wait()}; with too little memory on "
            "the device, measure fewer lanes"
        )
    return dict(json.loads(line))
