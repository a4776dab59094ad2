"""Reading single members of a tar archive by exact name, without extracting anything to disk."""

import tarfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from nnrepro.data.checksums import open_verified
from nnrepro.data.errors import DataError


class Archive:
    """An opened tar archive whose checksum has been accepted."""

    def __init__(self, path: Path, tar: tarfile.TarFile) -> None:
        """Wrap the open `tar` of the file at `path`."""
        self._path = path
        self._tar = tar

    def open(self, member: str, limit: int) -> IO[bytes]:
        """Open the regular file `member`, which may hold `limit` bytes at most.

        Raises:
            DataError: there is no such regular file, or it is larger.
        """
        try:
            info = self._tar.getmember(member)
        except KeyError as error:
            raise DataError(f"{self._path} holds no file {member}.") from error
        handle = self._tar.extractfile(info) if info.isreg() else None
        if handle is None:
            raise DataError(f"{self._path}: {member} is not a regular file.")
        if info.size > limit:
            raise DataError(
                f"{self._path}: {member} has {info.size} bytes, more than the {limit} it may have."
            )
        return handle


@contextmanager
def open_archive(path: Path, accepted: Collection[str]) -> Iterator[Archive]:
    """Yield the archive at `path` after its checksum has been accepted.

    Raises:
        DataError: the checksum is not accepted, or the file is no readable tar archive.
    """
    with open_verified(path, accepted) as handle:
        try:
            with tarfile.open(fileobj=handle, mode="r:gz") as tar:
                yield Archive(path, tar)
        except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
            raise DataError(f"{path} is not a readable tar.gz archive: {error}.") from error
