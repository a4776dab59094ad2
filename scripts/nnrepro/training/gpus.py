"""The NVIDIA GPUs of this machine, found without any backend.

What `CUDA_VISIBLE_DEVICES` may hold: https://docs.nvidia.com/cuda/cuda-c-programming-guide, section
"CUDA Environment Variables".
"""

import re
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nnrepro.training.errors import TrainingError

_GPU = re.compile(r"GPU (?P<index>\d+): (?P<name>.+?) \(UUID: (?P<uuid>[^)]+)\)")
_INSTANCE = re.compile(r"\s+MIG (?P<name>\S+)\s+Device\s+\d+: \(UUID: (?P<uuid>[^)]+)\)")
_HIDING = ("", "-1", "NoDevFiles")  # the last is what Slurm gives to a job without a GPU


@dataclass(frozen=True)
class Gpu:
    """A GPU that a process can be given, or an instance of one that MIG has divided.

    `index` is its place in the order of `nvidia-smi`, which is that of the PCI bus; `id` its name
    in `CUDA_VISIBLE_DEVICES`: a UUID, or the index where no UUID is known; `parent` the UUID of the
    divided GPU that an instance is a part of.
    """

    index: int
    id: str
    name: str
    parent: str = ""


def find_gpus(
    log: Callable[[str], None],
    command: Sequence[str] = ("nvidia-smi", "-L"),
    driver: Path = Path("/proc/driver/nvidia/gpus"),
) -> list[Gpu]:
    """All GPUs of this machine, in the order of their indices, as `command` lists them.

    Where the command fails, which is logged, the `driver` folder lists them too. It shows GPUs that
    a container or a scheduler keeps from this process, so that their UUIDs could be those of
    others: such GPUs go by their indices.
    """
    found = _listed(command, log)
    if found or not driver.is_dir():
        return found
    return [Gpu(index, str(index), "GPU") for index, _ in enumerate(sorted(driver.iterdir()))]


def visible_gpus(gpus: Sequence[Gpu], visible: str | None) -> list[Gpu]:
    """The GPUs that a value of `CUDA_VISIBLE_DEVICES` leaves to a process, in its order.

    An index is that of `nvidia-smi`, a UUID may be abbreviated, a divided GPU stands for its
    instances, and the list ends before the first name that fits no GPU, as it does for CUDA. None
    means that the variable is not set. Raises TrainingError where it is meant to name a GPU and
    fits none.
    """
    if visible is None or not gpus:
        return list(gpus)
    chosen: list[Gpu] = []
    names = [name.strip() for name in visible.split(",")]
    for name in names:
        meant = _meant(gpus, name)
        if not meant:
            break
        chosen += [gpu for gpu in meant if gpu not in chosen]
    if not chosen and names[0] not in _HIDING:
        raise TrainingError(
            f"CUDA_VISIBLE_DEVICES={visible} fits no GPU of this machine, which has "
            f"{', '.join(f'{gpu.index} ({gpu.id})' for gpu in gpus)}; correct it or unset it"
        )
    return chosen


def _listed(command: Sequence[str], log: Callable[[str], None]) -> list[Gpu]:
    """What `nvidia-smi -L` lists; nothing where it does not exist or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    except FileNotFoundError:
        return []
    except (OSError, subprocess.SubprocessError) as error:
        said = (getattr(error, "stdout", None) or "").strip()
        log(f"{' '.join(command)} failed: {said or error}")
        return []
    gpus: list[Gpu] = []
    for line in done.stdout.splitlines():
        if whole := _GPU.match(line):
            gpus.append(Gpu(int(whole["index"]), whole["uuid"], whole["name"]))
        elif gpus and (part := _INSTANCE.match(line)):
            last = gpus[-1]
            if not last.parent:  # the whole GPU, which can no longer be used as one
                gpus.pop()
            parent = last.parent or last.id
            gpus.append(Gpu(last.index, part["uuid"], f"MIG {part['name']}", parent))
    return gpus


def _meant(gpus: Sequence[Gpu], name: str) -> list[Gpu]:
    """The GPU that a name in `CUDA_VISIBLE_DEVICES` fits, or the instances of a divided one."""
    if name.isdecimal():
        return [gpu for gpu in gpus if gpu.index == int(name)]
    if not name.startswith(("GPU-", "MIG-")):
        return []
    if all(gpu.id.isdecimal() for gpu in gpus):  # UUIDs are not known here: CUDA will judge
        return [Gpu(-1, name, "GPU")]
    fitting = [gpu for gpu in gpus if gpu.id.startswith(name) or gpu.parent.startswith(name)]
    owners = {gpu.id if gpu.id.startswith(name) else gpu.parent for gpu in fitting}
    return fitting if len(owners) == 1 else []
