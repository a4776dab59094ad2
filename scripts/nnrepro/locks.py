"""Locks that no killed process leaves behind.

An exclusive `flock` on a file, which the kernel releases when its holder ends, however it ends. The
file may stay and means nothing by itself; what it holds tells who took the lock last.

Some file systems know no locks. Where the lock only saves work from being done twice, that is said
and the work goes on; where it keeps files from being lost, the lock is required.
"""

import errno
import fcntl
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from nnrepro.errors import NnreproError

_POLL_SECONDS = 1.0
_NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)


class FileLock:
    """An exclusive lock on a file, held until `release` or the end of the process.

    `real` tells whether it keeps others out; not so where the file system knows no locks.
    """

    def __init__(self, descriptor: int, path: Path, *, real: bool = True) -> None:
        self._descriptor = descriptor
        self._path = path
        self.real = real

    def release(self) -> None:
        """Let others have it."""
        os.close(self._descriptor)

    def discard(self) -> None:
        """Let others have it, and leave no file; of those that wait, each looks for a new one."""
        if self.real:
            self._path.unlink(missing_ok=True)
        self.release()


def take_lock(path: Path, busy: str) -> FileLock:
    """Lock a file, which is created with its folder, that nobody else may have locked.

    Raises NnreproError, saying `busy` with who has it in the place of `{holder}`.
    """

    def refuse(holder: str) -> None:
        raise NnreproError(busy.format(holder=holder))

    return wait_for_lock(path, refuse)


def wait_for_lock(
    path: Path, waiting: Callable[[str], None], *, required: bool = False
) -> FileLock:
    """Lock a file, created with its folder, after whoever holds the lock has let go.

    `waiting` is told once who is waited for. Raises NnreproError where the lock is `required` and
    the file system knows none.
    """
    descriptor = _open(path)
    told = False
    while True:
        try:
            lock = _held(descriptor, path, required)
            if _lies_at(descriptor, path):
                return lock
            lock.release()
            descriptor = _open(path)
        except BlockingIOError:
            if not told:
                holder = os.pread(descriptor, 200, 0).decode("utf-8", "replace").strip()
                try:
                    waiting(holder or "another process")
                except BaseException:
                    os.close(descriptor)
                    raise
                told = True
            # Not a blocking flock: signals must get through to Python's handlers.
            time.sleep(_POLL_SECONDS)


def _open(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)


def _held(descriptor: int, path: Path, required: bool) -> FileLock:
    """The lock on an open file; raises BlockingIOError where somebody holds it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        lacking = f"the file system of {path.parent} knows no locks ({error.strerror})"
        if required:
            os.close(descriptor)
            raise NnreproError(
                f"{lacking}, without which two calls at once could lose files; name a folder on "
                "another file system"
            ) from error
        print(f"warning: {lacking}; see to it that nothing else works there", file=sys.stderr)
        return FileLock(descriptor, path, real=False)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"process {os.getpid()} on {os.uname().nodename}\n".encode(), 0)
    return FileLock(descriptor, path)


def _lies_at(descriptor: int, path: Path) -> bool:
    """Whether the open file is the one at the path; not so where its holder has discarded it."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
