"""Locks that no killed process leaves behind.

An exclusive `flock` on a file, which the kernel releases when its holder ends, however it ends. The
file stays and means nothing by itself; what it holds tells who took the lock last.
"""

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path

from nnrepro.errors import NnreproError

_POLL_SECONDS = 1.0


class LockedError(NnreproError):
    """Somebody else holds the lock."""


class FileLock:
    """An exclusive lock on a file, held until `release` or the end of the process."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        """Let others have it."""
        os.close(self._descriptor)


def take_lock(path: Path, busy: str) -> FileLock:
    """Take a lock that nobody else may hold.

    Args:
        path: the file to lock; it and its folder are created.
        busy: what to say when somebody holds it; `{holder}` stands for who.

    Raises:
        LockedError: somebody holds it.
        OSError: the file cannot be written.
    """
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = _holder(descriptor)
        os.close(descriptor)
        raise LockedError(busy.format(holder=holder)) from None
    return _held(descriptor)


def wait_for_lock(path: Path, waiting: Callable[[str], None]) -> FileLock:
    """Take a lock, after whoever holds it has let go.

    Args:
        path: the file to lock; it and its folder are created.
        waiting: told once who is waited for.

    Raises:
        OSError: the file cannot be written.
    """
    descriptor = _open(path)
    told = False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return _held(descriptor)
        except BlockingIOError:
            if not told:
                waiting(_holder(descriptor))
                told = True
            # Not a blocking flock: signals must get through to Python's handlers.
            time.sleep(_POLL_SECONDS)


def _open(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)


def _held(descriptor: int) -> FileLock:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"process {os.getpid()} on {os.uname().nodename}\n".encode(), 0)
    return FileLock(descriptor)


def _holder(descriptor: int) -> str:
    text = os.pread(descriptor, 200, 0).decode("utf-8", "replace").strip()
    return text or "another process"
