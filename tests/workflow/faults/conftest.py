"""The study of this folder, carried out undisturbed once, and fresh copies to disturb."""

import csv
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from disturbed_study import Place, prepared


@pytest.fixture(scope="session")
def undisturbed(copy_to: Callable[[Path], Any], tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The study carried out without any accident; not to be changed."""
    place = prepared(copy_to, tmp_path_factory.mktemp("undisturbed") / "project")
    place.run()
    with open(place.results / "tables" / "runs.csv", newline="") as file:
        assert len(list(csv.DictReader(file))) == 3
    return place


@pytest.fixture
def place(copy_to: Callable[[Path], Any], tmp_path: Path) -> Iterator[Place]:
    """A fresh copy of the project; whatever runs in it at the end of the test is ended."""
    made = prepared(copy_to, tmp_path / "project")
    yield made
    made.end_all()
