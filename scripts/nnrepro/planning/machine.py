"""The machine that a plan is for."""

import os
from collections.abc import Callable, Sequence

from nnrepro.errors import NnreproError
from nnrepro.planning.records import Machine, Record
from nnrepro.study.study import Study
from nnrepro.training.device import cpu_name
from nnrepro.training.gpus import find_gpus, visible_gpus


class PlanError(NnreproError):
    """A plan cannot be made from what was asked for."""


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
