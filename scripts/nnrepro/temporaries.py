"""Temporary files and folders beside what they will become, and their end where a writer is killed.

Their names say who writes them: the machine, the process and when it started. So whoever writes
next into the same folder can tell what a killed process left, and removes it; what somebody is
still writing stays.
"""

import os
import re
import secrets
import shutil
import time
from functools import cache
from hashlib import sha256
from pathlib import Path

_NAME = re.compile(r"\..*\.([0-9a-f]{8})-([0-9]+)-([0-9]+)-[0-9a-f]{8}(\..*)?")
_LONGEST_NAME = 40
_ELSEWHERE_SECONDS = 86_400
"""After this time nobody is still writing; for writers on other machines, which cannot be asked."""


def temporary_beside(path: Path) -> Path:
    """A path beside `path` that is nobody else's, with its suffix; nothing is created."""
    pid = os.getpid()
    _, start = _status(pid) or ("", "0")
    suffix = "".join(path.suffixes[-2:])
    writer = f"{_machine()}-{pid}-{start}-{secrets.token_hex(4)}"
    return path.with_name(f".{path.name[:_LONGEST_NAME]}.{writer}{suffix}")


def is_temporary(name: str) -> bool:
    """Whether a file's name is one that `temporary_beside` gives."""
    return _NAME.fullmatch(name) is not None


def remove_abandoned(folder: Path, *, alone: bool = False) -> None:
    """Remove what killed writers left directly in a folder, which need not be there.

    `alone` says that nobody else can be writing there, so that all temporary files are abandoned.
    """
    try:
        with os.scandir(folder) as entries:
            found = [match for entry in entries if (match := _NAME.fullmatch(entry.name))]
    except OSError:
        return
    for match in found:
        if alone or _abandoned(Path(folder, match[0]), *match.groups()[:3]):
            remove(Path(folder, match[0]))


def remove(path: Path) -> None:
    """Remove a file or a folder with all that is in it, as far as it can be done."""
    try:
        path.unlink(missing_ok=True)
    except OSError:
        shutil.rmtree(path, ignore_errors=True)


def _abandoned(path: Path, machine: str, pid: str, start: str) -> bool:
    """Whether the writer of a temporary file is gone."""
    if machine != _machine():
        try:
            return time.time() - path.stat().st_mtime > _ELSEWHERE_SECONDS
        except OSError:
            return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):  # it is somebody else's
        return False
    status = _status(int(pid))
    return status is not None and (status[0] in "ZX" or status[1] != start)


def _status(pid: int) -> tuple[str, str] | None:
    """State and start of a process (see proc(5)); None where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        return fields[0], fields[19]
    except (OSError, IndexError):
        return None


@cache
def _machine() -> str:
    """What tells this machine, and this container on it, from others: 8 hex digits."""
    try:
        namespace = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        namespace = ""
    return sha256(f"{os.uname().nodename} {namespace}".encode()).hexdigest()[:8]
