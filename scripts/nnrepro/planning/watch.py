"""What is being trained now: the last lines of the logs of runs that are still to do."""

import os
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nnrepro.study.run import Run
from nnrepro.training.progress import clock

_EPOCH = re.compile(
    r"^epoch +(?P<done>\d+)/(?P<epochs>\d+) .* (?P<pace>\d+\.\d+) s/epoch +ETA [\d:]+$"
)
"""A line of `training.progress.ProgressLog`."""
_END = 4096
_SILENT = 60.0
_EPOCHS_SILENT = 3


@dataclass(frozen=True)
class Training:
    """A run in training: epochs done, of how many, and seconds that an epoch takes."""

    run: str
    done: int
    epochs: int
    epoch_seconds: float

    @property
    def seconds_left(self) -> float:
        """What its other epochs will take."""
        return self.epoch_seconds * (self.epochs - self.done)


def in_training(runs: Iterable[Run], logs: Path) -> Iterator[Training]:
    """Those of `runs` whose log below the folder `logs` tells of epochs and is being written.

    A log that has been silent for a minute, and for three of its epochs, is of a run that was
    killed.
    """
    for run in runs:
        found = _last_epoch(logs / f"{run.id}.log", run.id)
        if found is not None and found.done < found.epochs:
            yield found


def as_lines(trainings: Iterable[Training]) -> list[str]:
    """A line for each, under a head; nothing where nothing is trained."""
    rows = [
        (one.run, f"{one.done}/{one.epochs}", f"{one.epoch_seconds:.3g}", clock(one.seconds_left))
        for one in trainings
    ]
    if not rows:
        return []
    rows.insert(0, ("in training", "epoch", "s/epoch", "left"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows
    ]


def _last_epoch(log: Path, run: str) -> Training | None:
    try:
        with log.open("rb") as file:
            size = os.fstat(file.fileno())
            file.seek(max(0, size.st_size - _END))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return None
    found = _EPOCH.match(lines[-1]) if lines else None
    if found is None:
        return None
    pace = float(found["pace"])
    if time.time() - size.st_mtime > max(_SILENT, _EPOCHS_SILENT * pace):
        return None
    return Training(run, int(found["done"]), int(found["epochs"]), pace)
