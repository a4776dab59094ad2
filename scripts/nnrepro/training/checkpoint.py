"""Checkpoints: everything a run needs to go on as if it had never stopped.

A checkpoint is one `.npz` file: the variables of model and optimiser (random states of dropout
among them), and as JSON the progress of the run and the key of what it belongs to. It is written
beside its place and renamed, so a kill leaves the previous one. The folder must be one that no rule
declares as output, because Snakemake deletes the outputs of a killed job.
"""

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nnrepro.files import FileError, atomic_write
from nnrepro.fingerprint import value_fingerprint
from nnrepro.npz import open_npz
from nnrepro.training.errors import TrainingError
from nnrepro.training.history import History, is_numbers

FILE_NAME = "checkpoint.npz"

_LARGEST = 2**33  # bytes: two billion variables


@dataclass(frozen=True)
class CheckpointPolicy:
    """When checkpoints are written, and whether one from elsewhere will do.

    `every_seconds` after the last, at the next end of a chunk; `resume_elsewhere` goes on from that
    of another kind of device, or of other package versions or environment variables.
    """

    every_seconds: float = 60.0
    resume_elsewhere: bool = False


@dataclass(frozen=True)
class Origin:
    """What is computed, and what computes it.

    `computation` is the fingerprint of model, settings, seed, data and code; `machine` has
    `device`, `packages`, `environment` and `code`, each as in run.json.
    """

    computation: str
    machine: Mapping[str, Any]

    @property
    def key(self) -> str:
        """Fingerprint of all that decides the run's numbers."""
        kind, packages = self.machine["device"]["kind"], self.machine["packages"]
        # Unset variables leave no trace, so that checkpoints made before they counted stay valid.
        influences = filter(None, [self.machine.get("environment")])
        return value_fingerprint([self.computation, kind, packages, *influences])


@dataclass
class Progress:
    """How far a run is.

    `epoch` epochs are completed, evaluation included, with their `history`; `losses` and `scores`
    are the summed loss and counted metrics of each step of the epoch that is under way; `seconds`
    were spent so far, by kind; `earlier` is what was done elsewhere, in order: `epochs`, the last
    one completed there, beside the `device`, `packages`, `environment` and `code` that did them.
    """

    epoch: int = 0
    losses: list[float] = field(default_factory=list)
    scores: list[list[float]] = field(default_factory=list)
    history: History = field(default_factory=History)
    seconds: dict[str, float] = field(
        default_factory=lambda: {"setup": 0.0, "training": 0.0, "evaluation": 0.0}
    )
    earlier: list[dict[str, Any]] = field(default_factory=list)

    @property
    def step(self) -> int:
        """Steps done in the epoch that is under way."""
        return len(self.losses)

    def note(self, kind: str, seconds: float, cpu: float) -> None:
        """Add time spent, by the clock and by all threads that had a processor."""
        self.seconds[kind] += seconds
        self.seconds["cpu"] = self.seconds.get("cpu", 0.0) + cpu

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The progress that `asdict` made one of; raises ValueError, TypeError or KeyError else."""
        progress = cls(**{**value, "history": History.from_dict(value["history"])})
        if type(progress.epoch) is not int or progress.epoch != progress.history.epochs:
            raise ValueError(f"epoch {progress.epoch!r}, but {progress.history.epochs} recorded")
        losses, scores = progress.losses, progress.scores
        if not is_numbers(losses) or type(scores) is not list or len(losses) != len(scores):
            raise ValueError("losses and metrics are not told for each step")
        if not all(is_numbers(step) and len(step) == len(scores[0]) for step in scores):
            raise ValueError("the counted metrics are not one number each for each step")
        seconds = list(progress.seconds.values())
        if not is_numbers(seconds) or not all(0 <= value < math.inf for value in seconds):
            raise ValueError("seconds are no amounts of time")
        progress.seconds = {**cls().seconds, **progress.seconds}
        if type(progress.earlier) is not list or not all(
            type(part) is dict and type(part.get("epochs")) is int for part in progress.earlier
        ):
            raise ValueError("what was done elsewhere is not told")
        return progress


@dataclass
class Checkpoints:
    """The checkpoint of one run; one of another computation than its origin's is foreign."""

    folder: Path
    origin: Origin
    policy: CheckpointPolicy
    log: Callable[[str], None]

    def __post_init__(self) -> None:
        self._written_at = time.monotonic()

    @property
    def path(self) -> Path:
        """The checkpoint's file."""
        return self.folder / FILE_NAME

    def load(self) -> tuple[Progress, list[NDArray[Any]]] | None:
        """Progress and variables of the last checkpoint; None when there is none that can be used.

        One that is damaged, or that belongs to other settings, data or code, is named in the log
        and left to be overwritten. Raises TrainingError where it is of this run but was made
        elsewhere, and the policy does not want that; so what was done there is not lost by a
        mistake.
        """
        try:
            found = _read(self.path)
        except FileNotFoundError:
            return None
        except FileError as error:
            self.log(f"checkpoint {error}; training starts anew")
            return None
        if not self._is_of_this_run(found):
            self.log(
                f"checkpoint {self.path} belongs to other settings, data, code or package "
                "versions; training starts anew"
            )
            return None
        progress = found.progress
        if found.key != self.origin.key:
            progress.earlier.append({"epochs": progress.epoch, **found.machine})
            self.log(f"{self.path} was made on {found.device}")
        return progress, found.variables

    def _is_of_this_run(self, found: "_Checkpoint") -> bool:
        """Whether it is of the same computation, here or elsewhere."""
        if found.key == self.origin.key:
            return True
        if found.computation != self.origin.computation:
            return False
        if not self.policy.resume_elsewhere:
            raise TrainingError(
                f"checkpoint {self.path} was made elsewhere, on "
                f"{found.device}, to epoch {found.progress.epoch}: the kind of device, package "
                "versions or environment variables differ. 'training: {resume_elsewhere: true}' "
                "in the configuration goes on from it; remove the file to start anew"
            )
        return True

    def save_if_due(
        self, progress: Progress, variables: Callable[[], Sequence[NDArray[Any]]]
    ) -> None:
        """Write a checkpoint if the policy says so."""
        if time.monotonic() - self._written_at >= self.policy.every_seconds:
            self.save(progress, variables())

    def save(self, progress: Progress, variables: Sequence[NDArray[Any]]) -> None:
        """Write a checkpoint in place of the last one."""
        state = asdict(progress)
        history = state.pop("history")
        meta = json.dumps(
            {
                "key": self.origin.key,
                "computation": self.origin.computation,
                "machine": dict(self.origin.machine),
                "progress": state,
                "history": history,
                "variables": len(variables),
            }
        )
        arrays = dict(zip(_names(len(variables)), variables, strict=True))
        with atomic_write(self.path) as temporary:
            np.savez(temporary, meta=np.array(meta), **arrays)  # type: ignore[arg-type]
        self._written_at = time.monotonic()

    def remove(self) -> None:
        """Remove the checkpoint, and its folder if nothing else is in it."""
        self.path.unlink(missing_ok=True)
        if self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()


@dataclass(frozen=True)
class _Checkpoint:
    """What a checkpoint's file holds."""

    key: str
    computation: str
    machine: Mapping[str, Any]
    progress: Progress
    variables: list[NDArray[Any]]

    @property
    def device(self) -> str:
        """Name of the device that made it."""
        return str(self.machine["device"].get("name", "another device"))


def _names(variables: int) -> list[str]:
    """Names of so many variables in a checkpoint."""
    return [f"variable_{at:04d}" for at in range(variables)]


def _read(path: Path) -> _Checkpoint:
    """Content of a checkpoint, of which nothing is believed before it is checked."""
    with open_npz(path, _LARGEST) as stored:
        meta = json.loads(str(stored.array("meta", kinds="U", dimensions=0)))
        names = _names(meta["variables"])
        if set(stored.names) != {"meta", *names}:
            raise ValueError("variables are missing")
        machine = meta["machine"]
        if not all(isinstance(machine[part], dict) for part in ("device", "packages")):
            raise ValueError("it does not say what made it")
        return _Checkpoint(
            key=str(meta["key"]),
            computation=str(meta["computation"]),
            machine=machine,
            progress=Progress.from_dict({**meta["progress"], "history": meta["history"]}),
            variables=[stored.array(name) for name in names],
        )
