"""A data path that leads nowhere is told with its key, before anything is prepared."""

import os
from pathlib import Path

import pytest

from nnrepro.data import registry
from nnrepro.data.cifar10 import FILES, FOLDER


def told(dataset: str, source: str, path: Path) -> str:
    """What is wrong with a path, one mistake a line."""
    section = {"source": source, "path": str(path)}
    return "\n".join(registry.origin(dataset, section).place_problems(section))


@pytest.fixture
def batches(tmp_path: Path) -> Path:
    """A folder with files in place of CIFAR-10's."""
    folder = tmp_path / FOLDER
    folder.mkdir()
    for name in FILES:
        (folder / name).write_bytes(b"x")
    return folder


def test_what_is_there_is_taken(batches: Path, tmp_path: Path) -> None:
    archive = tmp_path / "cifar-10-python.tar.gz"
    archive.write_bytes(b"x")
    assert told("cifar10", "folder", batches) == told("cifar10", "folder", tmp_path) == ""
    assert told("cifar10", "archive", archive) == ""
    assert told("cifar10", "download", tmp_path / "nowhere") == ""
    link = tmp_path / "link"
    link.symlink_to(batches)
    assert told("cifar10", "folder", link) == ""


@pytest.mark.parametrize("source", ["folder", "archive"])
def test_nothing_there(batches: Path, tmp_path: Path, source: str) -> None:
    said = told("cifar10", source, tmp_path / "cifar-10-batch-py")
    assert said.startswith(f"data.cifar10.path: '{tmp_path}/cifar-10-batch-py' does not exist")
    assert f"did you mean '{batches}'?" in said
    said = told("cifar10", source, tmp_path / "zzz" / "deeper" / "x")
    assert f"does not exist: '{tmp_path}' holds no 'zzz'" in said
    (tmp_path / "dead").symlink_to(tmp_path / "zzz")
    assert "does not exist" in told("cifar10", source, tmp_path / "dead")
    assert "cannot be looked at" in told("cifar10", source, batches / FILES[0] / "below")


def test_another_kind_of_file(batches: Path, tmp_path: Path) -> None:
    assert "is a file, where a folder is wanted" in told("cifar10", "folder", batches / FILES[0])
    assert "is a folder, where a file is wanted" in told("cifar10", "archive", batches)
    os.mkfifo(pipe := tmp_path / "pipe")
    assert "is a named pipe, where a folder is wanted" in told("cifar10", "folder", pipe)
    assert "is a named pipe, where a file is wanted" in told("cifar10", "archive", pipe)
    assert "is a device, where a file" in told("cifar10", "archive", Path("/dev/zero"))


def test_each_file_that_is_missing_empty_or_no_file_is_named(batches: Path) -> None:
    (batches / FILES[0]).unlink()
    (batches / FILES[1]).unlink()
    os.mkfifo(batches / FILES[1])
    (batches / FILES[2]).write_bytes(b"")
    lines = told("cifar10", "folder", batches).splitlines()
    expected = ("does not exist", "is a named pipe, where a file is wanted", "is empty")
    for line, name, words in zip(lines, FILES, expected, strict=True):
        assert line.startswith(f"data.cifar10.path: '{batches / name}' {words}")


def test_a_folder_without_any_of_the_files(tmp_path: Path) -> None:
    said = told("dbpedia", "folder", tmp_path)
    assert said.startswith("data.dbpedia.path: ") and "train_medium.csv" in said


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read(batches: Path) -> None:
    (batches / FILES[0]).chmod(0)
    assert "is a file that may not be read; ask for access" in told("cifar10", "folder", batches)
    batches.chmod(0)
    assert "is a folder that may not be read" in told("cifar10", "folder", batches)
    batches.chmod(0o700)
