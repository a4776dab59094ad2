"""Small data sets in the official layouts for the tests of the data room."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from nnrepro.data import generated


@pytest.fixture
def sums() -> Callable[[Path], dict[str, str]]:
    """A function that gives the SHA-256 of every file in a folder, by name."""

    def of(folder: Path) -> dict[str, str]:
        files = [path for path in folder.iterdir() if path.name[0] not in "GS"]
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    return of


@pytest.fixture
def image_folder(tmp_path: Path) -> Path:
    """A folder with generated batch files: 30 training and 20 test images."""
    folder = tmp_path / "images"
    generated.write_cifar10(folder, train=30, test=20, seed=1)
    return folder


@pytest.fixture
def text_folder(tmp_path: Path) -> Path:
    """A folder with generated CSV files: 56 training and 28 test paragraphs."""
    folder = tmp_path / "texts"
    generated.write_dbpedia(folder, train=56, test=28, seed=1)
    return folder
