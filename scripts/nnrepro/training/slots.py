"""Slots on GPUs: how concurrent training processes of one machine share its devices.

Snakemake counts GPUs and does not say which one a job may use, so each process takes a slot itself:
an exclusive `flock` on a file per device and slot, in a folder that all processes of one user on
one machine share. The kernel releases the lock when the process ends, also when it is killed.

Nothing here imports a backend: devices must be chosen before one is imported.
"""

import fcntl
import os
import re
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from nnrepro.training.errors import TrainingError
from nnrepro.training.gpus import Gpu, find_gpus, visible_gpus

VISIBLE = "CUDA_VISIBLE_DEVICES"
_CPU_ONLY = {
    VISIBLE: "",
    "JAX_PLATFORMS": "cpu",  # JAX built for CUDA gives up when it finds no GPU
}
_REMINDER_SECONDS = 600.0
_PLACES = (Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"))
"""Where the folder of lock files may lie: the first that can be used, for all processes alike."""


@dataclass(frozen=True)
class Slot:
    """The slot `number` of a device, which this process holds by the lock on an open file."""

    gpu: Gpu
    number: int
    descriptor: int


@dataclass(frozen=True)
class HeldSlots:
    """The slots of this process, one per device, and the seconds that it waited for them.

    They are held to the end of the process, before which the GPU memory of a backend is not free.
    """

    slots: tuple[Slot, ...] = ()
    waited: float = 0.0

    @property
    def names(self) -> list[str]:
        """Device and number of each slot, as "GPU-5d5ba0d6-....0"."""
        return [f"{slot.gpu.id}.{slot.number}" for slot in self.slots]


def hide_gpus() -> None:
    """Keep this process, and the backend that it has yet to import, on the CPU."""
    os.environ.update(_CPU_ONLY)


def take_slots(
    gpus: int,
    per_device: int,
    log: Callable[[str], None],
    *,
    devices: Sequence[Gpu] | None = None,
    folder: Path | None = None,
    poll_seconds: float = 1.0,
) -> HeldSlots:
    """Take a slot on each of `gpus` devices, waiting until they are free. Once per process.

    The devices are those that `CUDA_VISIBLE_DEVICES` names, or all of the machine; those with the
    most free slots are taken first. Fewer than `gpus` of them are taken where there are fewer, and
    the process stays on the CPU where there are none. The environment is changed so that a backend
    sees these devices alone. The lock files lie in `folder`, or where `_usable_folder` says.

    Raises TrainingError where `CUDA_VISIBLE_DEVICES` fits no GPU or no folder of lock files will
    do.
    """
    if gpus == 0:
        hide_gpus()
        return HeldSlots()
    found = find_gpus(log) if devices is None else devices
    usable = visible_gpus(found, os.environ.get(VISIBLE))
    if not usable:
        why = f"{VISIBLE} hides the GPUs" if found else "no NVIDIA GPU on this machine"
        log(f"{why}: training on the CPU")
        hide_gpus()
        return HeldSlots()
    wanted = min(gpus, len(usable))
    if wanted < gpus:
        log(f"{gpus} GPUs are asked for, {wanted} can be used")
    locks = _Locks(folder or _usable_folder(log), _scope(), usable, per_device)
    slots, waited = _wait(locks, wanted, log, poll_seconds)
    for slot in slots:
        log(f"on {slot.gpu.name} ({slot.gpu.id}), slot {slot.number + 1} of {per_device}")
    os.environ[VISIBLE] = ",".join(slot.gpu.id for slot in slots)
    if per_device > 1:  # JAX would take most of the memory for the first process
        os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    return HeldSlots(tuple(slots), waited)


def _scope() -> str:
    """Whom this process shares its devices with: all of the machine, or its own Slurm job.

    Devices that Slurm has given to a job are the job's own, and it may call each job's first device
    "0"; so jobs do not wait for one another, and the processes of one job spread over its devices.
    """
    job = os.environ.get("SLURM_JOB_ID")
    return f"slurm-{job}." if job and VISIBLE in os.environ else ""


def _usable_folder(log: Callable[[str], None]) -> Path:
    """The folder that all processes of this user on this machine share.

    What somebody else has put in its place in one folder, and nobody but them can remove, is no
    reason not to train. Raises TrainingError where none is safe to use.
    """
    reasons = []
    for place in _PLACES:
        folder = place / f"nnrepro-gpu-{os.geteuid()}"
        try:
            with _safe_directory(folder):
                pass
        except TrainingError as error:
            reasons.append(str(error))
            continue
        for reason in reasons:
            log(f"{reason}; taking {folder}")
        return folder
    raise TrainingError("\n".join(reasons))


def _wait(
    locks: "_Locks", wanted: int, log: Callable[[str], None], poll_seconds: float
) -> tuple[list[Slot], float]:
    """Slots on `wanted` devices, and the seconds until they were free."""
    began = time.monotonic()
    told_at = float("-inf")
    while True:
        slots, taken = locks.take(wanted)
        waited = time.monotonic() - began
        if slots:
            return slots, waited
        if time.monotonic() - told_at >= _REMINDER_SECONDS:
            told_at = time.monotonic()
            what = "a GPU" if wanted == 1 else f"{wanted} GPUs"
            log(f"waiting for {what}: {taken} of {locks.total} slots taken ({waited:.0f} s)")
        time.sleep(poll_seconds)


@dataclass(frozen=True)
class _Locks:
    """The lock files of all slots; their names begin with what those have in common that share."""

    folder: Path
    scope: str
    gpus: Sequence[Gpu]
    per_device: int

    @property
    def total(self) -> int:
        """Slots there are."""
        return len(self.gpus) * self.per_device

    def take(self, wanted: int) -> tuple[list[Slot], int]:
        """Slots on `wanted` devices, or on none; and how many slots others hold.

        One process at a time looks, so that each sees which devices are really the freest and none
        keeps a device while it waits for a second.
        """
        with ExitStack() as opened:
            directory = opened.enter_context(_safe_directory(self.folder))
            turn = self._open(directory, "turn.lock", opened)
            fcntl.flock(turn, fcntl.LOCK_EX)
            free = [self._free(directory, gpu, opened) for gpu in self.gpus]
            freest = sorted((slots for slots in free if slots), key=len, reverse=True)
            taken = self.total - sum(len(slots) for slots in free)
            if len(freest) < wanted:
                return [], taken
            # A duplicate keeps the lock when all that was opened here is closed.
            return [
                Slot(slot.gpu, slot.number, os.dup(slot.descriptor)) for slot, *_ in freest[:wanted]
            ], taken

    def _free(self, directory: int, gpu: Gpu, opened: ExitStack) -> list[Slot]:
        """The slots of a device that no other process holds, locked."""
        slots = []
        for number in range(self.per_device):
            name = re.sub(r"[^A-Za-z0-9-]", "_", gpu.id)
            descriptor = self._open(directory, f"{self.scope}{name}.{number}.lock", opened)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            os.utime(descriptor)  # clean-up jobs remove old files, and with them the lock
            slots.append(Slot(gpu, number, descriptor))
        return slots

    def _open(self, directory: int, name: str, opened: ExitStack) -> int:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
        try:
            descriptor = os.open(name, flags, 0o600, dir_fd=directory)
        except OSError as error:
            raise TrainingError(
                f"the lock file {self.folder / name} cannot be opened ({error.strerror}); "
                "remove it when no training runs"
            ) from error
        opened.callback(os.close, descriptor)
        return descriptor


@contextmanager
def _safe_directory(folder: Path) -> Iterator[int]:
    """The folder, open; made if it is not there, refused if others could put files into it.

    Raises TrainingError also where it is a link or a file, or its file system has no locks.
    """
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        raise TrainingError(
            f"the folder of GPU locks {folder} cannot be used ({error.strerror}); it has to be "
            f"a folder and no link{_remedy(folder)}"
        ) from error
    try:
        state = os.fstat(descriptor)
        if state.st_uid != os.geteuid():
            raise TrainingError(
                f"the folder of GPU locks {folder} is another user's{_remedy(folder)}"
            )
        if stat.S_IMODE(state.st_mode) & 0o077:
            raise TrainingError(
                f"the folder of GPU locks {folder} is open to other users; remove it, or make it "
                f"yours alone (chmod 700 {folder})"
            )
        _check_locks(descriptor, folder)
        yield descriptor
    finally:
        os.close(descriptor)


def _check_locks(directory: int, folder: Path) -> None:
    """Try to lock the folder, which some file systems cannot."""
    try:
        fcntl.flock(directory, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    except OSError as error:
        raise TrainingError(
            f"the folder of GPU locks {folder} lies on a file system without locks "
            f"({error.strerror})"
        ) from error


def _remedy(folder: Path) -> str:
    """Who can remove what is in the place of a folder, in words; empty where nothing is."""
    try:
        owner = folder.lstat().st_uid
    except OSError:
        return ""
    if owner == os.geteuid():
        return "; remove what is there"
    return f"; have user {owner}, whose it is, remove what is there"
