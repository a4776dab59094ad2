"""A fresh copy of the project, and Snakemake to run in it."""

import atexit
import compileall
import os
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from forked import forked_python

PROJECT_FILES = ("Snakefile", "config.yaml", "rules", "schemas", "profiles", "budgets")
FURTHER_FILES = ("archives", "envs", "docs", "published", "studies", "examples")


@dataclass(frozen=True)
class Workflow:
    """A copy of the project in a folder of its own."""

    folder: Path

    def snakemake(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run Snakemake here; its output is in `stdout` and `stderr`."""
        command = [forked_python(), "-m", "snakemake", "--cores", "2", *arguments]
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
        return self.planned_in_all(*arguments)[0]

    def planned_in_all(self, *arguments: str) -> tuple[Counter[str], Counter[str]]:
        """What a dry run plans: how many jobs of each rule; those that draw, by kind of figure."""
        done = self.snakemake("--dry-run", *arguments)
        said = done.stdout + done.stderr
        return job_counts(said), Counter(re.findall(r"Drawing figures of kind (\w+)", said))

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


@cache
def _compiled(scripts: Path) -> Path:
    """The library with its bytecode, which a process per job would make again and again."""
    folder = Path(tempfile.mkdtemp(prefix="compiled"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__")
    copy = Path(shutil.copytree(scripts, folder / "scripts", ignore=ignored))
    compileall.compile_dir(copy, quiet=2)
    return copy


def copy_project(repository: Path, folder: Path) -> Workflow:
    """Copy what the workflow needs from the checkout to `folder`."""
    shutil.copytree(_compiled(repository / "scripts"), folder / "scripts")
    for name in (*PROJECT_FILES, *FURTHER_FILES):
        source = repository / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / name)
    return Workflow(folder)


def copy_example(repository: Path, name: str, folder: Path) -> Path:
    """Copy one of the examples, without results, into a folder."""
    kept = shutil.ignore_patterns("results", ".snakemake", "__pycache__")
    return Path(shutil.copytree(repository / "examples" / name, folder / name, ignore=kept))
