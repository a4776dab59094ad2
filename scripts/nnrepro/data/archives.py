"""Reading single members of a tar archive by exact name, without extracting anything to disk."""

import tarfile
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from nnrepro.data.checksums import open_verified
from nnrepro.data.errors import DataError


class NoMember(DataError):
    """An archive holds no file of a name."""


@contextmanager
def open_archive(
    path: Path, accepted: Collection[str]
) -> Iterator[Callable[[str, int], IO[bytes]]]:
    """Yield what opens a regular file of an archive by its name and the bytes that it may hold.

    Raises DataError where the archive's checksum is not accepted, it is no readable tar.gz archive,
    or there is no such regular file, or a larger one.
    """

    def open_member(name: str, limit: int) -> IO[bytes]:
        try:
            info = tar.getmember(name)
        except KeyError as error:
            raise NoMember(f"{path} holds no file {name}.") from error
        handle = tar.extractfile(info) if info.isreg() else None
        if handle is None:
            raise DataError(f"{path}: {name} is not a regular file.")
        if info.size > limit:
            raise DataError(
                f"{path}: {name} has {info.size} bytes, more than the {limit} it may have."
            )
        return handle

    with open_verified(path, accepted) as handle:
        try:
            with tarfile.open(fileobj=handle, mode="r:gz") as tar:
                yield open_member
        except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
            raise DataError(f"{path} is not a readable tar.gz archive: {error}.") from error
