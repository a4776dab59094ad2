"""Checkpoints: everything a run needs to go on as if it had never stopped.

A checkpoint is one `.npz` file: the variables of model and optimiser (random states of dropout
among them), and as JSON the progress of the run and the key of what it belongs to. It is written
beside its place and renamed, so a kill leaves the previous one. The folder must be one that no rule
declares as output, because Snakemake deletes the outputs of a killed job.
"""

import json
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnrepro.files import atomic_write
from nnrepro.fingerprint import value_fingerprint
from nnrepro.training.errors import TrainingError
from nnrepro.training.history import History

FILE_NAME = "checkpoint.npz"


@dataclass(frozen=True)
class CheckpointPolicy:
    """When checkpoints are written: at the first chunk's end where either limit has been reached.

    Attributes:
        every_seconds: seconds since the last one; None for no limit.
        every_epochs: epochs since the last one; None for no limit.
        resume_elsewhere: whether to go on from the checkpoint of another kind of device, or of
            other package versions or environment variables.
    """

    every_seconds: float | None = 60.0
    every_epochs: int | None = None
    resume_elsewhere: bool = False

    def due(self, seconds: float, epochs: int) -> bool:
        """Whether to write one, `seconds` and `epochs` after the last."""
        by_time = self.every_seconds is not None and seconds >= self.every_seconds
        by_epochs = self.every_epochs is not None and epochs >= self.every_epochs
        return by_time or by_epochs


@dataclass(frozen=True)
class Origin:
    """What is computed, and what computes it.

    Attributes:
        computation: fingerprint of model, settings, seed, data and code.
        machine: `device`, `packages`, `environment` and `code`, each as in run.json.
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

    Attributes:
        epoch: epochs completed, evaluation included.
        losses: summed loss of each step done in the epoch that is under way.
        correct: right answers of each of these steps.
        history: metrics of the completed epochs.
        seconds: time spent so far, by kind.
        earlier: what was done elsewhere, in order: `epochs`, the last one completed there, beside
            the `device`, `packages`, `environment` and `code` that did them.
    """

    epoch: int = 0
    losses: list[float] = field(default_factory=list)
    correct: list[float] = field(default_factory=list)
    history: History = field(default_factory=History)
    seconds: dict[str, float] = field(
        default_factory=lambda: {"setup": 0.0, "training": 0.0, "evaluation": 0.0}
    )
    earlier: list[dict[str, Any]] = field(default_factory=list)

    @property
    def step(self) -> int:
        """Steps done in the epoch that is under way."""
        return len(self.losses)


@dataclass
class Checkpoints:
    """The checkpoint of one run.

    Args:
        folder: where it lies.
        origin: what is computed by what; a checkpoint of another computation is foreign.
        policy: when to write, and whether one from elsewhere will do.
        log: told about checkpoints that cannot be used.
    """

    folder: Path
    origin: Origin
    policy: CheckpointPolicy
    log: Callable[[str], None]

    def __post_init__(self) -> None:
        self._written_at = time.monotonic()
        self._written_epoch = 0

    @property
    def path(self) -> Path:
        """The checkpoint's file."""
        return self.folder / FILE_NAME

    def load(self) -> tuple[Progress, list[NDArray[Any]]] | None:
        """Progress and variables of the last checkpoint; None when there is none that can be used.

        One that is damaged, or that belongs to other settings, data or code, is named in the log
        and left to be overwritten.

        Raises:
            TrainingError: it is of this run but was made elsewhere, and the policy does not want
                that; so that what was done there is not lost by a mistake.
        """
        if not self.path.is_file():
            return None
        try:
            meta, arrays = _read(self.path)
            if not self._is_of_this_run(meta):
                self.log(
                    f"checkpoint {self.path} belongs to other settings, data, code or package "
                    "versions; training starts anew"
                )
                return None
            history = History.from_dict(meta["history"])
            progress = Progress(**{**meta["progress"], "history": history})
            if meta["key"] != self.origin.key:
                progress.earlier.append({"epochs": progress.epoch, **meta["machine"]})
                self.log(f"{self.path} was made on {meta['machine']['device']['name']}")
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            self.log(f"checkpoint {self.path} is damaged ({error}); training starts anew")
            return None
        self._written_epoch = progress.epoch
        return progress, arrays

    def _is_of_this_run(self, meta: Mapping[str, Any]) -> bool:
        """Whether it is of the same computation, here or elsewhere."""
        if meta["key"] == self.origin.key:
            return True
        if meta.get("computation") != self.origin.computation:
            return False
        if not self.policy.resume_elsewhere:
            raise TrainingError(
                f"checkpoint {self.path} was made elsewhere, on "
                f"{meta['machine']['device']['name']}, to epoch {meta['progress']['epoch']}: the "
                "kind of device, package versions or environment variables differ. 'training: "
                "{resume_elsewhere: true}' in the configuration goes on from it; remove the file "
                "to start anew"
            )
        return True

    def save_if_due(
        self, progress: Progress, variables: Callable[[], Sequence[NDArray[Any]]]
    ) -> None:
        """Write a checkpoint if the policy says so."""
        seconds = time.monotonic() - self._written_at
        if self.policy.due(seconds, progress.epoch - self._written_epoch):
            self.save(progress, variables())

    def save(self, progress: Progress, variables: Sequence[NDArray[Any]]) -> None:
        """Write a checkpoint in place of the last one."""
        state = {**vars(progress)}
        history = state.pop("history").to_dict()
        meta = json.dumps(
            {
                "key": self.origin.key,
                "computation": self.origin.computation,
                "machine": dict(self.origin.machine),
                "progress": state,
                "history": history,
            }
        )
        arrays = {f"variable_{at:04d}": value for at, value in enumerate(variables)}
        with atomic_write(self.path) as temporary:
            np.savez(temporary, meta=np.array(meta), **arrays)  # type: ignore[arg-type]
        self._written_at = time.monotonic()
        self._written_epoch = progress.epoch

    def remove(self) -> None:
        """Remove the checkpoint, and its folder if nothing else is in it."""
        self.path.unlink(missing_ok=True)
        if self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()


def _read(path: Path) -> tuple[dict[str, Any], list[NDArray[Any]]]:
    """Content of a checkpoint; the checksums that its zip holds are verified on the way."""
    with np.load(path, allow_pickle=False) as content:
        names = sorted(name for name in content.files if name.startswith("variable_"))
        return json.loads(str(content["meta"])), [content[name] for name in names]
