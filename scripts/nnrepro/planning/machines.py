"""What earlier runs took, in the `run.json` of every study below a folder, and on which machine."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nnrepro.errors import NnreproError
from nnrepro.models.device import cpu_name
from nnrepro.study.record import RecordError, read_record
from nnrepro.study.run import Run
from nnrepro.study.study import Study
from nnrepro.training.gpus import find_gpus, visible_gpus

_RUN_RECORDS = "*/runs/*/*/*/*/run.json"


class PlanError(NnreproError):
    """A plan cannot be made from what was asked for."""


@dataclass(frozen=True)
class Machine:
    """What a time depends on beside the run: device, Keras backend, and CPU threads, 0 for GPUs."""

    device: str
    backend: str
    threads: int


@dataclass(frozen=True)
class Record:
    """The times of a finished run, and the fingerprint of the code that trained it.

    `setup_seconds` go from the start to the first step: importing, building, compiling;
    `epoch_seconds` are training and evaluation of one epoch, the mean over its epochs.
    """

    run: Run
    machine: Machine
    code_sha256: str
    setup_seconds: float
    epoch_seconds: float


def read_records(results: Path) -> list[Record]:
    """All records of studies below `results`, by path.

    Those that are still being written, or were by another version, tell no time and are left out.
    """
    found = (_record(path) for path in sorted(results.glob(_RUN_RECORDS)))
    return [record for record in found if record is not None]


def _record(path: Path) -> Record | None:
    try:
        record = read_record(path)
        seconds, device = record["seconds"], record["device"]
        return Record(
            run=Run.from_dict(record["run"]),
            machine=Machine(
                device["name"],
                device["backend"],
                0 if device["kind"] == "gpu" else record["threads"],
            ),
            code_sha256=record["code"]["sha256"],
            setup_seconds=seconds["setup"],
            epoch_seconds=(seconds["training"] + seconds["evaluation"])
            / record["epochs_completed"],
        )
    # What is no record of a finished run, or lacks something that would be needed here.
    except (OSError, RecordError, KeyError, TypeError):
        return None


def local_gpus(log: Callable[[str], None]) -> list[str]:
    """Names of this machine's NVIDIA GPUs, those that `CUDA_VISIBLE_DEVICES` hides left out."""
    visible = visible_gpus(find_gpus(log), os.environ.get("CUDA_VISIBLE_DEVICES"))
    return [gpu.name for gpu in visible]


def machine_for(
    study: Study,
    records: Sequence[Record],
    *,
    gpus: Sequence[str],
    on_gpu: bool,
    device: str | None = None,
) -> Machine:
    """The machine on which a study is planned to run, with the `gpus` that are here, by name.

    `device` is named as run.json gives it, and found out by default: where no GPU is here, records
    may tell which is meant. Raises PlanError where they do not name a single one.
    """
    if not on_gpu:
        return Machine(device or cpu_name(), study.backend, study.resources.threads)
    return Machine(device or _gpu_name(gpus, records), study.backend, 0)


def _gpu_name(gpus: Sequence[str], records: Sequence[Record]) -> str:
    if gpus:
        return gpus[0]
    recorded = sorted({record.machine.device for record in records if not record.machine.threads})
    if len(recorded) == 1:
        return recorded[0]
    known = f"recorded are {', '.join(recorded)}" if recorded else "and no run was recorded on one"
    raise PlanError(f"no GPU is here, {known}; name the one to plan for with --device")
