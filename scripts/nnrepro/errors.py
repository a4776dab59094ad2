"""The base of every error that nnrepro raises on purpose, and words for those of the system."""

import errno
import os
from typing import Any

_SYSTEM = {
    errno.ENOSPC: "the disk is full; free some space",
    errno.EDQUOT: "the disk quota is used up; free some space or have it raised",
    errno.EFBIG: "the file would be larger than is allowed here (`ulimit -f`); raise the limit",
    errno.EROFS: "the file system is read-only; make it writable, or name another folder "
    "(`--config results=...`)",
    errno.EACCES: "permission denied; ask for access, or name another folder "
    "(`--config results=...`)",
    errno.EIO: "the disk reports an error; have it checked",
    errno.ESTALE: "the network's file system lost the file; wait until it is back",
    errno.EMFILE: "too many files are open (`ulimit -n`); raise the limit",
}
_AGAIN = "and run the same command again: nothing half-written is used, and finished runs stay"


class NnreproError(Exception):
    """Something a user can understand and mend: the message says what, where and how."""


def explained(error: BaseException | None) -> str | None:
    """What a failure of the system means and what to do; None where there is nothing to add.

    Args:
        error: looked at together with the errors that it came of.
    """
    while error is not None:
        if isinstance(error, NnreproError):
            return None
        if isinstance(error, OSError) and error.errno in _SYSTEM:
            return f"{_place(error.filename)}{_SYSTEM[error.errno]}, {_AGAIN}"
        error = error.__cause__ or error.__context__
    return None


def _place(filename: Any) -> str:
    return f"{os.fsdecode(filename)}: " if isinstance(filename, str | bytes) else ""
