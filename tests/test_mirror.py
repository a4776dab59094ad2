"""A study's files in a storage: what one machine leaves there another finds, as it was."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from nnrepro.errors import NnreproError
from nnrepro.mirror import INDEX, Mirror
from nnrepro.temporaries import temporary_beside

RUN = "runs/main/line/default/seed0"


class Kept:
    """A storage in memory, which fails where it is told to."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.failing = ""

    def has(self, name: str) -> bool:
        """Whether it is there."""
        return name in self.files

    def fetch(self, name: str, path: Path) -> None:
        """Copy it from there."""
        path.write_bytes(self.files[name])

    def keep(self, name: str, path: Path) -> None:
        """Copy it there."""
        if self.failing and self.failing in name:
            raise ConnectionError("no route to host")
        self.files[name] = path.read_bytes()

    def remove(self, name: str) -> None:
        """Remove it there."""
        del self.files[name]


@pytest.fixture
def storage() -> Kept:
    """An empty storage."""
    return Kept()


@pytest.fixture
def machine(storage: Kept, tmp_path: Path) -> Callable[[str], tuple[Path, Mirror]]:
    """A machine by its name: a study's folder, and what mirrors it in the storage."""

    def made(name: str) -> tuple[Path, Mirror]:
        folder = tmp_path / name / "results"
        folder.mkdir(parents=True, exist_ok=True)
        return folder, Mirror(storage, {"results": folder}, frozenset(["locks"]), print)

    return made


def write(path: Path, text: str, second: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    os.utime(path, (second, second))


def contents(folder: Path) -> dict[str, tuple[str, float]]:
    return {
        path.relative_to(folder).as_posix(): (path.read_text(), path.stat().st_mtime)
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_another_machine_finds_every_file_as_it_was_and_goes_on(storage, machine):
    first, mirror = machine("first")
    assert mirror.fetch() == 0
    write(first / f"{RUN}/history.json", "{}", 1_000)
    write(first / "checkpoints/main/line/default/seed0/3.npz", "weights", 2_000)
    made = contents(first)
    write(first / "locks/study.lock", "process 7", 3_000)
    write(temporary_beside(first / "half.json"), "ha", 3_000)
    mirror.put()
    second, other = machine("second")
    assert other.fetch() == 2
    assert contents(second) == made
    (second / "checkpoints/main/line/default/seed0/3.npz").unlink()
    write(second / f"{RUN}/history.json", "longer", 4_000)
    other.put()
    assert sorted(storage.files) == [f"results/{RUN}/history.json", INDEX]
    first_again, again = machine("first")
    assert again.fetch() == 1
    assert contents(first_again)[f"{RUN}/history.json"] == ("longer", 4_000)


def test_what_is_newer_here_stays_and_is_put_there(storage, machine):
    folder, mirror = machine("first")
    write(folder / "a.json", "old", 1_000)
    mirror.put()
    write(folder / "a.json", "new", 2_000)
    _, later = machine("first")
    assert later.fetch() == 0
    later.put()
    assert storage.files["results/a.json"] == b"new"


def test_two_calls_do_not_overwrite_each_other(storage, machine):
    folder, mirror = machine("first")
    other_folder, other = machine("second")
    for own in (mirror, other):
        own.fetch()
    write(folder / "a.json", "first", 1_000)
    write(other_folder / "a.json", "second", 1_000)
    mirror.put()
    with pytest.raises(NnreproError, match="another call keeps its files there"):
        other.put()
    assert storage.files["results/a.json"] == b"first"


def test_a_storage_that_cannot_be_reached_is_told_and_its_index_stays_what_it_was(storage, machine):
    folder, mirror = machine("first")
    write(folder / "a.json", "a", 1_000)
    mirror.put()
    before = storage.files[INDEX]
    storage.failing = "b.json"
    write(folder / "b.json", "b", 2_000)
    mirror.start()
    with pytest.raises(NnreproError, match=r"cannot be written: no route to host"):
        mirror.finish()
    assert storage.files[INDEX] == before
    storage.failing = ""
    mirror.put()
    assert machine("second")[1].fetch() == 2


@pytest.mark.parametrize(
    ("index", "said"),
    [
        (b"{", "is damaged, or not one of ours"),
        (b'{"writer": "x", "files": {"results/../../etc/passwd": [1, 1]}}', "no file of a study"),
        (b'{"writer": "x", "files": {"results//etc/passwd": [1, 1]}}', "no file of a study"),
    ],
)
def test_an_index_of_somebody_elses_writes_nothing(storage, machine, index, said):
    storage.files[INDEX] = index
    folder, mirror = machine("first")
    with pytest.raises(NnreproError, match=said):
        mirror.fetch()
    assert not contents(folder)
