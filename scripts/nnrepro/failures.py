"""What of a study could not be made, noted part by part, so that each failure costs its part alone.

What the machine is to blame for (no memory, a full disk) fails the whole job instead: nothing of it
is kept, and the same command tries again.
"""

import errno
import re
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from textwrap import shorten

from nnrepro.errors import NnreproError, explained
from nnrepro.files import read_json, write_json

_OF_THE_FILE = (None, errno.ENOENT, errno.EEXIST, errno.EISDIR, errno.ENOTDIR)
"""What an `OSError` may tell that asking again will not change; without a number, of a content."""

_WORDS_OF_THE_MACHINE = (
    *("RESOURCE_EXHAUSTED", "UNAVAILABLE", "INTERNAL:", "CUDA error", "CUDNN_STATUS"),
    *("No space left on device", "Disk quota exceeded"),
)
"""What libraries say that raise errors of their own for what the machine is to blame for."""

_ERRORS_OF_THE_DEVICE = (
    *("ResourceExhaustedError", "OutOfMemoryError", "InternalError"),
    *("UnavailableError", "AcceleratorError"),
)


_OF_A_TRACE = re.compile(r"\s|File \"|Detected at node|Traceback|Stack trace|=+$")
"""How lines begin that tell where in the code of a library something went wrong."""


_LONGEST = 1000
"""Characters of a message; a backend's may be a whole program."""


@dataclass(frozen=True)
class Failure:
    """Something that could not be made, and why, in one line.

    `part` is its path below the study's folder, without a suffix, such as `tables/ranking` or
    `figures/tan/curves/optimizers/adam`; that of a folder is all in it.
    """

    part: str
    message: str


class Failures:
    """What one job could not make."""

    def __init__(self) -> None:
        self._found: list[Failure] = []

    def __iter__(self) -> Iterator[Failure]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    @contextmanager
    def costs_only_itself(self, *parts: str) -> Iterator[None]:
        """Whatever is raised in the block is noted as the failure of its parts and goes no further.

        Its traceback goes to the error output, which is the job's log. What the machine is to blame
        for is raised on.
        """
        try:
            yield
        except Exception as error:
            if of_the_machine(error):
                raise
            if not isinstance(error, NnreproError):
                traceback.print_exception(error)
            self._found += [Failure(part, in_one_line(error)) for part in parts]

    def write(self, path: Path) -> None:
        """Write what was noted; an empty list where there is nothing."""
        write_json(path, [asdict(failure) for failure in self._found])


def read_failures(files: Iterable[Path | str]) -> dict[str, str]:
    """Why parts could not be made, by part, from the files that `Failures.write` wrote."""
    found = [item for file in files for item in read_json(Path(file))]
    return {item["part"]: item["message"] for item in found}


def was_made(path: Path | str) -> bool:
    """Whether a file could be made: in place of one that could not there is an empty file."""
    return Path(path).stat().st_size > 0


def why_failed(failures: Mapping[str, str], part: str) -> str | None:
    """Why a part could not be made, be it by itself or with the folder that it is in."""
    path = PurePosixPath(part)
    return next((failures[str(p)] for p in (path, *path.parents) if str(p) in failures), None)


def in_one_line(error: BaseException) -> str:
    """What went wrong, in one line for people; the kind of an error that was not foreseen, too.

    Of what libraries say in many lines, their traces are left out.
    """
    foreseen = isinstance(error, NnreproError)
    lines = str(error).splitlines()
    told = " ".join(lines if foreseen else [x for x in lines if not _OF_A_TRACE.match(x)])
    words = "".join(char if char.isprintable() else " " for char in told)
    kind = "" if foreseen else type(error).__name__
    return ": ".join(filter(None, (kind, shorten(words, _LONGEST, placeholder=" ..."))))


def of_the_machine(error: BaseException) -> bool:
    """Whether an error tells of the machine and not of what was to be made.

    Memory, disk, rights, the device of a backend: the same may succeed at another time.
    """
    if isinstance(error, OSError):
        return error.errno not in _OF_THE_FILE
    return (
        isinstance(error, MemoryError)
        or explained(error) is not None
        or type(error).__name__ in _ERRORS_OF_THE_DEVICE
        or any(words in str(error) for words in _WORDS_OF_THE_MACHINE)
    )
