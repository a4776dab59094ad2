"""Copies of the project, one of them with the smallest study carried out."""

import fcntl
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the modules that these tests share

from copied import Workflow, copy_project

SMALLEST = Path(__file__).parent / "smallest.yaml"


@pytest.fixture(scope="session")
def copy_to(repository: Path) -> Callable[[Path], Workflow]:
    """Copies the project, without results, to a folder."""
    return lambda folder: copy_project(repository, folder)


@pytest.fixture
def workflow(copy_to: Callable[[Path], Workflow], tmp_path: Path) -> Workflow:
    """A copy of the project without results."""
    return copy_to(tmp_path / "project")


@pytest.fixture(scope="session")
def _smallest_results(
    copy_to: Callable[[Path], Workflow], tmp_path_factory: pytest.TempPathFactory
) -> Workflow:
    """The smallest study, carried out once for all processes that run tests at the same time."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    done = shared / "smallest.done"
    with (shared / "smallest.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if done.exists():
            return Workflow(shared / "smallest")
        shutil.rmtree(shared / "smallest", ignore_errors=True)
        finished = copy_to(shared / "smallest")
        shutil.copy2(SMALLEST, finished.folder / "budgets" / "smallest.yaml")
        finished.snakemake("--configfile", "budgets/smallest.yaml")
        done.touch()
    return finished


@pytest.fixture
def finished(_smallest_results: Workflow, tmp_path: Path) -> Workflow:
    """A copy of the project with the smallest study carried out; a test may change it."""
    folder = tmp_path / "project"
    shutil.copytree(_smallest_results.folder, folder, symlinks=True)
    return Workflow(folder)
