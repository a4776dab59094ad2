"""Files: written so that nobody ever reads half of one, read so that none can do harm."""

import errno
import gzip
import io
import json
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from nnrepro.errors import NnreproError
from nnrepro.temporaries import remove_abandoned, temporary_beside

LARGEST = 2**28
"""Bytes that a file may hold if nothing else is said: those of a study have some kilobytes."""

_CHUNK = 2**16


class FileError(NnreproError):
    """A file that cannot be used as it is: no regular file, too large, damaged.

    `reason` is what is wrong with it, and what to do; the message has the path before it.
    """

    def __init__(self, path: Path | str, reason: str) -> None:
        super().__init__(f"{path} {reason}")
        self.reason = reason


@contextmanager
def open_regular(path: Path | str) -> Iterator[io.BufferedReader]:
    """Yield a file opened for reading; that never waits, as it would for a named pipe's other end.

    Raises FileError where it is a folder, a pipe, a socket or a device.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ENXIO:  # what Linux says of a socket
            raise _irregular(path, "a socket") from error
        raise
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        raise _irregular(path, kind_of(mode))
    with open(descriptor, "rb") as file:
        yield file


class Readable(Protocol):
    """What bytes are read from: an open file, or something that unpacks one."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` further bytes; none at the end."""


def read_bytes(path: Path | str, limit: int = LARGEST) -> bytes:
    """The content of a file; raises FileError where it is irregular or has over `limit` bytes."""
    with open_regular(path) as file:
        return read_bounded(file, path, limit)


def read_bounded(file: Readable, name: Path | str, limit: int) -> bytes:
    """What an open file still holds, unpacked; raises FileError where it is over `limit` bytes."""
    chunks: list[bytes] = []
    left = limit
    while chunk := file.read(min(_CHUNK, left + 1)):
        left -= len(chunk)
        if left < 0:
            raise _too_large(name, limit)
        chunks.append(chunk)
    return b"".join(chunks)


def read_text(path: Path | str, limit: int = LARGEST) -> str:
    """The UTF-8 text in a file, without a byte order mark, as Excel writes one; line ends stay.

    Raises FileError where it is no regular file, holds over `limit` bytes, or no UTF-8 text.
    """
    try:
        return read_bytes(path, limit).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(path, f"is no UTF-8 text ({error})") from error


_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def kind_of(mode: int) -> str:
    """What something is that is no regular file, by its mode."""
    return _KINDS.get(stat.S_IFMT(mode), "no file")


def _irregular(path: Path | str, what: str) -> FileError:
    return FileError(
        path,
        f"cannot be read: it is {what} and no regular file; put the file in its place, or remove "
        "it",
    )


def _too_large(path: Path | str, limit: int) -> FileError:
    size = f"{limit >> 20} MiB" if limit >= 2**20 else f"{limit} bytes"
    return FileError(path, f"holds more than {size}, which no file of its kind does; remove it")


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` when the block succeeds.

    It keeps the suffix of `path` (some writers choose a format by it), is flushed to disk before
    the rename, and goes when the block raises; so do those that killed writers left. Parent folders
    are created. Raises OSError where nothing can be written; `path` is then as it was before.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_abandoned(path.parent)
    temporary = temporary_beside(path)
    # Created here, so that it has the permissions of any file, whatever the writer would give it.
    os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666))
    try:
        yield temporary
        sync(temporary)
        os.replace(temporary, path)
        sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Have a file's or folder's content written to the disk, where the file system can do that."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF):
            raise
    finally:
        os.close(descriptor)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, atomically."""
    write_bytes(path, _encoded(text))


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path`, atomically."""
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)


def write_json(path: Path, value: Any) -> None:
    """Write `value` as `json_bytes` has it, atomically."""
    write_bytes(path, json_bytes(value))


def json_bytes(value: Any) -> bytes:
    """`value` as indented JSON, a line's end last; raises ValueError on a NaN or an infinity."""
    return _encoded(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def _encoded(text: str) -> bytes:
    """UTF-8; half of a surrogate pair, which JSON may hold and UTF-8 not, as JSON spells it."""
    return text.encode("utf-8", errors="backslashreplace")


def from_here(path: Path | str) -> str:
    """A path as messages show it: from the working folder on where it lies below."""
    path, here = Path(path), Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def stored(path: Path) -> Path | None:
    """Where a file's content lies: under its own name or, packed, as `<name>.gz`; or nowhere."""
    path = Path(path)
    packed = path.with_name(f"{path.name}.gz")
    return next((place for place in (path, packed) if place.exists()), None)


def read_stored(path: Path, limit: int = LARGEST) -> bytes:
    """The content of a file that may be stored compressed, as `stored` finds it.

    Raises FileNotFoundError where it is not there, and FileError where it is no regular file, holds
    over `limit` bytes, plain or unpacked, or is damaged.
    """
    place = stored(path)
    if place is None:
        raise FileNotFoundError(f"{path}: there is no such file")
    if place.name == Path(path).name:
        return read_bytes(place, limit)
    with open_regular(place) as compressed:
        if os.fstat(compressed.fileno()).st_size > limit:
            raise _too_large(place, limit)
        try:
            with gzip.GzipFile(fileobj=compressed) as file:
                return read_bounded(file, place, limit)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise FileError(place, f"is damaged ({error}); copy it again") from error


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON, of which no key stands twice: Python takes the last, others the first."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key in found if sum(key == other for other, _ in pairs) > 1)
        raise ValueError(f"the key '{twice[:100]}' stands twice in an object")
    return found


def read_stored_json(path: Path, wrong: type[NnreproError], **decoding: Any) -> Any:
    """What the JSON file of a run holds, which may be stored compressed; `decoding` is of `json`.

    Raises FileNotFoundError where it is not there, and `wrong`, which says why, where it cannot be
    read or is no JSON.
    """
    try:
        text = read_stored(path).decode("utf-8")
        return json.loads(text, object_pairs_hook=_each_once, **decoding)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise wrong(f"{path}: cannot be read: {error.strerror}") from error
    except NnreproError as error:
        raise wrong(str(error)) from error
    except (ValueError, RecursionError) as error:
        raise wrong(
            f"{path}: not valid JSON ({error}); the file is truncated or was edited, train or copy "
            "the run again"
        ) from error


def packed(content: bytes) -> bytes:
    """`content` compressed by gzip, without a name or a time, so that its bytes stay the same."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=buffer, mtime=0) as file:
        file.write(content)
    return buffer.getvalue()


def read_json(path: Path) -> Any:
    """What a JSON file holds; raises FileError where it is irregular, too large, or no JSON."""
    content = read_bytes(path)
    try:
        return json.loads(content.decode("utf-8"))
    # Beside wrong JSON: numbers of thousands of digits, and lists in lists without end.
    except (ValueError, RecursionError) as error:
        raise FileError(
            path, f"is damaged ({error}); delete it and run the same command again"
        ) from error
