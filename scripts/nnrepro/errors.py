"""The base of every error that nnrepro raises on purpose, and words for those of the system."""

import errno
import os
from collections.abc import Sequence
from pathlib import Path

_NO_INODES = (
    "the file system has room for more bytes but for no more files (no inodes are left); remove "
    "some files"
)
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
    errno.EISDIR: "there is a folder where a file belongs; remove it",
    errno.EMFILE: "too many files are open (`ulimit -n`); raise the limit",
}
_AGAIN = "and run the same command again: nothing half-written is used, and finished runs stay"


class NnreproError(Exception):
    """Something a user can understand and mend: the message says what, where and how."""


class Mistakes(NnreproError):
    """All mistakes that a user made in one place: `problems`, of many of which some are told."""

    def __init__(self, whose: str, problems: Sequence[str], advice: str = "", most: int = 0):
        self.problems = tuple(problems)
        count = "1 mistake" if len(problems) == 1 else f"{len(problems)} mistakes"
        lines = [f"  - {problem}" for problem in problems[: most or None]]
        if more := len(problems) - len(lines):
            lines.append(f"  and {more} more")
        super().__init__("\n".join([f"{whose} {count}{advice}:", *lines]))


def explained(error: BaseException | None) -> str | None:
    """What a failure of the system means and what to do; None where there is nothing to add.

    The errors that it came of are looked at, too.
    """
    while error is not None:
        if isinstance(error, NnreproError):
            return None
        if isinstance(error, OSError) and error.errno in _SYSTEM:
            meaning = _NO_INODES if _lacks_inodes(error) else _SYSTEM[error.errno]
            named = isinstance(error.filename, str | bytes)
            place = f"{os.fsdecode(error.filename)}: " if named else ""
            return f"{place}{meaning}, {_AGAIN}"
        error = error.__cause__ or error.__context__
    return None


def _lacks_inodes(error: OSError) -> bool:
    """Whether what a full disk lacks is room for another file, not for its content."""
    if error.errno != errno.ENOSPC or not isinstance(error.filename, str | bytes):
        return False
    place = Path(os.fsdecode(error.filename)).parent
    try:
        room = os.statvfs(place)
    except OSError:
        return False
    return room.f_files > 0 and room.f_favail == 0
