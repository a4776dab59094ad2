"""A fresh copy of the project, and Snakemake to run in it."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the modules that these tests share

PROJECT_FILES = ("Snakefile", "config.yaml", "rules", "scripts", "schemas", "profiles", "budgets")
FURTHER_FILES = ("archives", "envs", "docs", "published", "studies", "examples")
SMALLEST = Path(__file__).parent / "smallest.yaml"


@dataclass(frozen=True)
class Workflow:
    """A copy of the project in a folder of its own."""

    folder: Path

    def snakemake(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run Snakemake here; its output is in `stdout` and `stderr`."""
        command = [sys.executable, "-m", "snakemake", "--cores", "2", *arguments]
        library = {"PYTHONPATH": str(self.folder / "scripts")}
        environment = {**os.environ, **library, "PYTHONHASHSEED": "0"}
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(command)}\n{done.stdout}\n{done.stderr}")
        return done

    def planned(self, *arguments: str) -> Counter[str]:
        """How many jobs of each rule a dry run plans; empty when there is nothing to be done."""
        done = self.snakemake("--dry-run", *arguments)
        return job_counts(done.stdout + done.stderr)

    def planned_figures(self, *arguments: str) -> Counter[str]:
        """How many jobs a dry run plans that draw, by kind of figure."""
        output = self.snakemake("--dry-run", *arguments)
        found = re.findall(r"Drawing figures of kind (\w+)", output.stdout + output.stderr)
        return Counter(found)

    def planned_runs(self, *arguments: str) -> set[str]:
        """Ids of the runs that a dry run would train."""
        output = self.snakemake("--dry-run", *arguments)
        text = output.stdout + output.stderr
        return {
            line.split("Training ", 1)[1].split(":")[0]
            for line in text.splitlines()
            if "Training " in line
        }

    def replace(self, file: str, old: str, new: str) -> None:
        """Replace the one occurrence of `old` in a file of this copy."""
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{file} holds {old!r} {text.count(old)} times"
        path.write_text(text.replace(old, new), encoding="utf-8")


def job_counts(text: str) -> Counter[str]:
    """The table "job count" that Snakemake prints, without its total and target rules."""
    counts: Counter[str] = Counter()
    lines = iter(text.splitlines())
    for line in lines:
        if line.split() == ["job", "count"]:
            next(lines)
            for row in lines:
                words = row.split()
                if len(words) != 2 or words[0] == "total":
                    break
                counts[words[0]] = int(words[1])
            break
    counts.pop("all", None)
    return counts


def copy_project(repository: Path, folder: Path) -> Workflow:
    """Copy what the workflow needs from the checkout to `folder`."""
    for name in (*PROJECT_FILES, *FURTHER_FILES):
        source = repository / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / name)
    return Workflow(folder)


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
