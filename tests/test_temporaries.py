"""What killed writers leave is removed by the next one; what somebody is still writing stays."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nnrepro import temporaries
from nnrepro.files import write_text
from nnrepro.temporaries import remove_abandoned, temporary_beside

WRITE = """
import sys, time
from pathlib import Path
from nnrepro.files import atomic_write
with atomic_write(Path(sys.argv[1])) as temporary:
    temporary.write_text("half")
    print("writing", flush=True)
    time.sleep(60)
"""


@contextmanager
def writer(path: Path, repository: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process in the midst of writing a file."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITE, str(path)],
        env={**os.environ, "PYTHONPATH": str(repository / "scripts")},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("reaped", [True, False])
def test_the_next_writer_removes_what_a_killed_one_left(
    tmp_path: Path, repository: Path, reaped: bool
) -> None:
    """Also while the killed process is still in the system's table."""
    path = tmp_path / "table.csv"
    with writer(path, repository) as process:
        os.kill(process.pid, signal.SIGKILL)
        if reaped:
            process.wait()
        else:
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert len(names(tmp_path)) == 1
        write_text(path, "new")
        assert names(tmp_path) == ["table.csv"]


def test_a_live_writers_file_stays(tmp_path: Path, repository: Path) -> None:
    """So does one of this very process, which may be another thread's."""
    mine = temporary_beside(tmp_path / "mine.csv")
    mine.touch()
    with writer(tmp_path / "table.csv", repository):
        write_text(tmp_path / "table.csv", "new")
        assert len(names(tmp_path)) == 3 and mine.exists()


def test_a_process_number_that_was_given_again_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Containers give the same numbers each time they start."""
    path = temporary_beside(tmp_path / "a.csv")
    path.touch()
    monkeypatch.setattr(temporaries, "_status", lambda pid: ("R", "1"))
    remove_abandoned(tmp_path)
    assert not path.exists()


def test_what_another_machine_writes_stays_for_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = temporary_beside(tmp_path / "a.csv")
    path.touch()
    monkeypatch.setattr(temporaries, "_machine", lambda: "0" * 8)
    remove_abandoned(tmp_path)
    assert path.exists()
    os.utime(path, (time.time() - 90_000,) * 2)
    remove_abandoned(tmp_path)
    assert not path.exists()


def test_who_is_alone_in_a_folder_removes_all_of_them(tmp_path: Path) -> None:
    """Folders, too; nothing that has another name."""
    temporary_beside(tmp_path / "a.csv").touch()
    folder = temporary_beside(tmp_path / "archive")
    folder.mkdir()
    (folder / "file").touch()
    kept = [".hidden", ".a.csv.12345678-1-1", "a.csv", ".archive.old"]
    for name in kept:
        (tmp_path / name).touch()
    remove_abandoned(tmp_path, alone=True)
    assert names(tmp_path) == sorted(kept)
    remove_abandoned(tmp_path / "missing", alone=True)


def test_names_of_any_length_and_suffix_can_be_written(tmp_path: Path) -> None:
    for name in ("x" * 250 + ".json", "ä" * 120, "final.weights.h5", ".hidden"):
        write_text(tmp_path / name, "new")
        assert names(tmp_path) == [name]
        (tmp_path / name).unlink()


@pytest.mark.parametrize(
    ("name", "refuses"),
    [("chmod", True), ("fsync of folders", False)],
)
def test_file_systems_that_lack_something_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, refuses: bool
) -> None:
    def refused(*arguments: object, **options: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    real: Callable[[int], None] = os.fsync

    def files_only(descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").readlink().is_dir():
            raise OSError(22, "Invalid argument")
        real(descriptor)

    if refuses:
        monkeypatch.setattr(os, "chmod", refused)
    else:
        monkeypatch.setattr(os, "fsync", files_only)
    write_text(tmp_path / "a.txt", "new")
    assert (tmp_path / "a.txt").read_text() == "new", name


def test_a_renamed_file_is_on_the_disk_with_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder is synced after the rename."""
    synced: list[tuple[bool, bool]] = []
    real: Callable[[int], None] = os.fsync

    def noted(descriptor: int) -> None:
        place = Path(f"/proc/self/fd/{descriptor}").readlink()
        synced.append((place == tmp_path, (tmp_path / "a.txt").exists()))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    write_text(tmp_path / "a.txt", "new")
    assert synced == [(False, False), (True, True)]
