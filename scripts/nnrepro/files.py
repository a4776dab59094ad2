"""Writing files so that nobody ever reads half of one."""

import gzip
import io
import json
import os
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nnrepro.errors import NnreproError

_LARGEST = 256 * 2**20  # a file of a run has some kilobytes; a bomb must not fill the memory


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` when the block succeeds.

    The temporary file keeps the suffix of `path` (some writers choose a format by it), is flushed
    to disk before the rename, and is removed when the block raises. Parent folders are created.

    Raises:
        OSError: the folder cannot be written or the disk is full; `path` is then as it was before.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    suffix = "".join(path.suffixes[-2:])
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with open(temporary, "rb") as written:
            os.fsync(written.fileno())
        temporary.chmod(0o666 & ~_umask())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _umask() -> int:
    """The process's umask; the system offers no way to read it without setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` as UTF-8, atomically.

    Half of a surrogate pair, which JSON from elsewhere may hold and UTF-8 cannot, is written as
    JSON spells it, with a backslash.
    """
    with atomic_write(path) as temporary:
        temporary.write_bytes(text.encode("utf-8", errors="backslashreplace"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path`, atomically."""
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)


def write_json(path: Path, value: Any) -> None:
    """Write `value` to `path` as indented JSON with a final newline, atomically.

    Raises:
        ValueError: `value` holds a NaN or an infinity, which JSON cannot carry.
    """
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def stored(path: Path) -> Path | None:
    """Where a file's content lies: under its own name, or compressed as `<name>.gz`.

    Returns:
        The path; the plain file where there are both, None where there is neither.
    """
    path = Path(path)
    packed = path.with_name(f"{path.name}.gz")
    return next((place for place in (path, packed) if place.exists()), None)


def read_stored(path: Path) -> bytes:
    """The content of a file that may be stored compressed, as `stored` finds it.

    Raises:
        FileNotFoundError: there is neither the file nor its compressed form.
        NnreproError: the compressed form is damaged.
        OSError: it cannot be read.
    """
    place = stored(path)
    if place is None:
        raise FileNotFoundError(f"{path}: there is no such file")
    if place.name == Path(path).name:
        return place.read_bytes()
    try:
        with gzip.open(place) as file:
            content = file.read(_LARGEST + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise NnreproError(f"{place} is damaged ({error}); copy it again") from error
    if len(content) > _LARGEST:
        raise NnreproError(
            f"{place} holds more than {_LARGEST >> 20} MiB, which no file of a run does; remove it"
        )
    return content


def packed(content: bytes) -> bytes:
    """`content` compressed by gzip, without a name or a time, so that its bytes stay the same."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=buffer, mtime=0) as file:
        file.write(content)
    return buffer.getvalue()


def read_json(path: Path) -> Any:
    """What the JSON file `path` holds.

    Raises:
        NnreproError: the file is not JSON.
        OSError: it cannot be read.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    # Beside wrong JSON: numbers of thousands of digits, and lists in lists without end.
    except (ValueError, RecursionError) as error:
        raise NnreproError(
            f"{path} is damaged ({error}); delete it and run the same command again"
        ) from error
