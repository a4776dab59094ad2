"""Nobody ever reads half of a file, and no file can do harm to who reads it."""

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from nnrepro.errors import NnreproError
from nnrepro.files import (
    FileError,
    atomic_write,
    packed,
    read_bytes,
    read_json,
    read_stored,
    read_text,
    write_json,
)


def test_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(RuntimeError), atomic_write(path) as temporary:
        temporary.write_text("half of the n")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_new_file_appears_whole_under_its_own_name(tmp_path: Path) -> None:
    path = tmp_path / "new" / "weights.weights.h5"
    with atomic_write(path) as temporary:
        assert temporary.name.endswith(".weights.h5")
        temporary.write_text("new")
        assert not path.exists()
    assert path.read_text() == "new"
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_written_file_has_the_permissions_of_any_other(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        write_json(tmp_path / "a.json", 1)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.json").stat().st_mode) == 0o644


def test_json_reads_back(tmp_path: Path) -> None:
    value = {"names": ["ä", "b"], "number": 0.1, "none": None}
    write_json(tmp_path / "a.json", value)
    assert read_json(tmp_path / "a.json") == value


def test_json_cannot_carry_nan(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", float("nan"))
    assert list(tmp_path.iterdir()) == []


def test_damaged_json_is_named_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"a": 1')
    with pytest.raises(NnreproError, match=r"a\.json is damaged.*delete it"):
        read_json(tmp_path / "a.json")


def irregular(folder: Path) -> dict[str, Path]:
    """Things in a folder that are no regular files, by kind."""
    os.mkfifo(folder / "pipe")
    (folder / "folder").mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "socket"))
    (folder / "endless").symlink_to("/dev/zero")
    return {
        "a named pipe": folder / "pipe",
        "a folder": folder / "folder",
        "a socket": folder / "socket",
        "a device": folder / "endless",
    }


@pytest.mark.parametrize("read", [read_bytes, read_text, read_stored, read_json])
def test_what_is_no_regular_file_is_refused_at_once(
    read: Callable[[Path], object], tmp_path: Path
) -> None:
    for kind, path in irregular(tmp_path).items():
        with pytest.raises(FileError, match=f"{path} cannot be read: it is {kind}"):
            read(path)


def test_a_named_pipe_in_place_of_a_compressed_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "history.json.gz")
    with pytest.raises(FileError, match=r"history\.json\.gz cannot be read: it is a named pipe"):
        read_stored(tmp_path / "history.json")


@pytest.mark.parametrize("size", [0, 1, 99, 100, 101, 200_000])
@pytest.mark.parametrize("compressed", [False, True])
def test_a_file_is_read_up_to_its_limit_plain_or_compressed(
    size: int, compressed: bool, tmp_path: Path
) -> None:
    """What counts is what comes out, not what a header claims."""
    content = bytes(size)
    path = tmp_path / "a"
    if compressed:
        # The size in the trailer of a gzip file is its last four bytes; it is made to lie.
        path.with_name("a.gz").write_bytes(packed(content) + packed(b"")[:-4] + b"\0\0\0\0")
    else:
        path.write_bytes(content)
    if size <= 100:
        assert read_stored(path, limit=100) == content
    else:
        with pytest.raises(FileError, match=r"a(\.gz)? holds more than 100 bytes"):
            read_stored(path, limit=100)


def test_a_file_without_end_is_left_after_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with open(path, "wb") as file:
        file.truncate(2**40)
    with pytest.raises(FileError, match="sparse holds more than 256 MiB"):
        read_bytes(path)
    path.rename(tmp_path / "packed.gz")
    with pytest.raises(FileError, match=r"packed\.gz holds more than 256 MiB"):
        read_stored(tmp_path / "packed")


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"caf\xe9")
    with pytest.raises(FileError, match=r"a\.csv is no UTF-8 text"):
        read_text(tmp_path / "a.csv")
