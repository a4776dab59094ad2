"""A new folder takes an old one's place: who looks sees one of them whole, whatever is killed."""

import ctypes
import errno
import os
from pathlib import Path

from nnrepro.files import sync
from nnrepro.temporaries import remove

_CWD = -100
_EXCHANGE = 2
"""`AT_FDCWD` and `RENAME_EXCHANGE` of Linux's `renameat2`."""
_NO_EXCHANGE = (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP)


def take_place(new: Path, place: Path) -> None:
    """Put a folder in the place of another beside it, or where there is none; the other is removed.

    Where the file system cannot exchange two names in one step, the other folder is moved aside
    first; `recover` brings it back if nothing came after that. Raises OSError where it cannot be
    done; `place` is as it was.
    """
    if not place.exists():
        new.rename(place)
        sync(place.parent)
        return
    if _exchanged(new, place):
        sync(place.parent)
        remove(new)
        return
    aside = _aside(place)
    place.rename(aside)
    try:
        new.rename(place)
    except OSError:
        aside.rename(place)
        raise
    sync(place.parent)
    remove(aside)


def recover(place: Path) -> None:
    """Bring a folder back that a killed call had moved aside, or remove it where that was done."""
    aside = _aside(place)
    if aside.is_dir() and not place.exists():
        aside.rename(place)
    remove(aside)


def _aside(place: Path) -> Path:
    return place.with_name(f".{place.name}.old")


def _exchanged(first: Path, second: Path) -> bool:
    """Whether the system has let two names change places."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    if not renameat2(_CWD, os.fsencode(first), _CWD, os.fsencode(second), _EXCHANGE):
        return True
    number = ctypes.get_errno()
    if number in _NO_EXCHANGE:
        return False
    raise OSError(number, os.strerror(number), str(second))
