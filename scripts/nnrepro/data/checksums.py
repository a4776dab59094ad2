"""Checksums of data files: nothing is parsed, and above all unpickled, before its sum is accepted.

A checksum is written `algorithm:hex`, for example `md5:c99c...`. MD5 is accepted because the
published sums of CIFAR-10 and of the study's text files are MD5, and `git-blob`, the name that Git
has for a file's content, because a file may be known by nothing else; whatever a user states is
SHA-256.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from io import SEEK_END, BufferedReader, BytesIO
from pathlib import Path

from nnrepro.data.errors import DataError, told_as_data_errors
from nnrepro.files import LARGEST, open_regular, read_bounded, write_text

SUMS_FILE = "SHA256SUMS"

_GIT_BLOB = "git-blob"
_LARGEST = 2**32
_REMEDY = (
    "Fetch the file again from its publisher; if you mean to use exactly this file, state its own "
    "checksum in the config, under `sha256` of the data set"
)


def sha256_of(path: Path | str) -> str:
    """The SHA-256 of a file in lower-case hex; raises DataError where it cannot be read."""
    with _open(Path(path)) as handle:
        return _digest(handle, "sha256")


def verify(path: Path | str, accepted: Collection[str], remedy: str | None = None) -> None:
    """Check that a file has one of the `accepted` checksums, each `sha256:<hex>` or `md5:<hex>`.

    Raises DataError where it is missing or has another, with the remedy or else general advice.
    """
    with open_verified(path, accepted, remedy):
        pass


@contextmanager
def open_verified(
    path: Path | str, accepted: Collection[str], remedy: str | None = None
) -> Iterator[BufferedReader]:
    """Yield a file, opened for reading, after its checksum has been accepted; raises as `verify`.

    The check and the reader share one open file, so a file that is renamed over `path` in between
    is never read unchecked.
    """
    path = Path(path)
    with _open(path) as handle:
        found = {name: _digest(handle, name) for name in _algorithms_of(accepted)}
        _require(path, found, accepted, remedy)
        handle.seek(0)
        yield handle


def read_verified(path: Path | str, accepted: Collection[str], remedy: str | None = None) -> bytes:
    """The content of a file; what was checked is exactly what is returned. Raises as `verify`."""
    path = Path(path)
    with _open(path) as handle:
        content = read_bounded(handle, path, _LARGEST)
    found = {name: _digest(BytesIO(content), name) for name in _algorithms_of(accepted)}
    _require(path, found, accepted, remedy)
    return content


def write_sums(folder: Path, names: Iterable[str]) -> None:
    """Write `SHA256SUMS` for the named files of `folder`, as `sha256sum` does."""
    lines = [f"{sha256_of(folder / name)}  {name}\n" for name in sorted(names)]
    write_text(folder / SUMS_FILE, "".join(lines))


def read_sums(folder: Path) -> Mapping[str, str]:
    """The sums that `SHA256SUMS` in `folder` states: file name to SHA-256 in hex.

    Raises DataError where the file is missing or a line of it is not `<64 hex digits>  <name>`.
    """
    path = folder / SUMS_FILE
    with _open(path) as handle:
        lines = read_bounded(handle, path, LARGEST).decode("utf-8", errors="replace").splitlines()
    sums: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        digest, _, name = line.partition("  ")
        if not is_sha256(digest) or not name:
            raise DataError(
                f"{path}, line {number}: expected '<64 hex digits>  <file name>', found {line!r}. "
                "Remove the folder and generate the data again."
            )
        sums[name] = digest.lower()
    return sums


def is_sha256(text: object) -> bool:
    """Whether `text` is a SHA-256 in hex."""
    return isinstance(text, str) and re.fullmatch("[0-9a-fA-F]{64}", text) is not None


@contextmanager
def _open(path: Path) -> Iterator[BufferedReader]:
    with ExitStack() as opened:
        with told_as_data_errors(path):
            handle = opened.enter_context(open_regular(path))
        yield handle


def _digest(handle: BufferedReader | BytesIO, algorithm: str) -> str:
    if algorithm == _GIT_BLOB:
        size = handle.seek(0, SEEK_END)
        handle.seek(0)
        header = b"blob %d\0" % size
        return hashlib.sha1(header + handle.read(), usedforsecurity=False).hexdigest()
    handle.seek(0)
    return hashlib.file_digest(handle, algorithm).hexdigest()


def _algorithms_of(accepted: Collection[str]) -> list[str]:
    """The algorithms to compute: those accepted, and SHA-256 because the message states it."""
    if not accepted:
        raise ValueError("no accepted checksum given")
    names = {checksum.partition(":")[0] for checksum in accepted}
    return sorted(names | {"sha256"})


def _require(
    path: Path, found: Mapping[str, str], accepted: Collection[str], remedy: str | None
) -> None:
    stated = {f"{name}:{digest}" for name, digest in found.items()}
    if stated.isdisjoint(checksum.lower() for checksum in accepted):
        raise DataError(
            f"{path} is not the expected file: it is altered, truncated or unofficial.\n"
            f"  expected: {' or '.join(sorted(accepted))}\n"
            f"  found:    {', '.join(sorted(stated))}\n"
            f"  {remedy or _REMEDY}."
        )
