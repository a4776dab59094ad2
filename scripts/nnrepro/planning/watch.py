"""What is being trained now: the last lines of the logs of runs that are still to do."""

import os
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nnrepro.files import FileError, open_regular
from nnrepro.planning.table import aligned
from nnrepro.study.paths import logs_of
from nnrepro.study.run import Run
from nnrepro.training.progress import EPOCH_LINE, clock

_BEGIN = re.compile(r"^(?P<run>\S+): ready to train ")
_END = 1_000_000
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
        for log in logs_of(run, logs):
            found = _last_epoch(log, run)
            if found is not None and found.done < found.epochs:
                yield found
                break


def as_lines(trainings: Iterable[Training]) -> list[str]:
    """A line for each, under a head; nothing where nothing is trained."""
    rows = [
        (one.run, f"{one.done}/{one.epochs}", f"{one.epoch_seconds:.3g}", clock(one.seconds_left))
        for one in trainings
    ]
    return aligned([("in training", "epoch", "s/epoch", "left"), *rows], {0}) if rows else []


def _last_epoch(log: Path, run: Run) -> Training | None:
    try:
        with open_regular(log) as file:
            status = os.fstat(file.fileno())
            file.seek(max(0, status.st_size - _END))
            lines = file.read().decode(errors="replace").splitlines()
    except (OSError, FileError):
        return None
    found, begun = None, run.id if log.stem == f"seed{run.seed}" else ""
    for line in lines:
        if begin := _BEGIN.match(line):
            begun = begin["run"]
        epoch = EPOCH_LINE.match(line)
        if epoch and (epoch["seed"] == str(run.seed) if epoch["seed"] else begun == run.id):
            found = epoch
    if found is None:
        return None
    pace = float(found["pace"])
    if time.time() - status.st_mtime > max(_SILENT, _EPOCHS_SILENT * pace):
        return None
    return Training(run.id, int(found["done"]), int(found["epochs"]), pace)
