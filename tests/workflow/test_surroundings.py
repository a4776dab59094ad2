"""A workflow runs without a reader of what it says, and without a home."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

TARGET = "results/smallest/generated/cifar10"


@pytest.fixture
def place(workflow: Any) -> Path:
    """A copy of the project whose configuration is the smallest study."""
    smallest = Path(__file__).with_name("smallest.yaml")
    (workflow.folder / "smallest.yaml").write_text(smallest.read_text(encoding="utf-8"))
    return Path(workflow.folder)


def shell(place: Path, line: str, **environment: str) -> tuple[int, str]:
    """Exit status of Snakemake, `$snakemake` in a line of the shell, and what is said."""
    command = f"{sys.executable} -m snakemake --configfile smallest.yaml --cores 1"
    done = subprocess.run(
        ["bash", "-c", f"{line}; exit ${{PIPESTATUS[0]}}"],
        cwd=place,
        env={**os.environ, "snakemake": command, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    "line",
    [
        f"$snakemake {TARGET} 2>&1 | head -3",
        f"$snakemake {TARGET} >&- 2>&-",
        f"$snakemake {TARGET} >&-",
    ],
)
def test_work_is_done_when_nobody_reads_what_is_said(place: Path, line: str) -> None:
    status, said = shell(place, line)
    assert status == 0, said
    assert "Traceback" not in said
    assert (place / TARGET).is_dir()


def test_the_head_of_a_dry_run_can_be_looked_at(place: Path) -> None:
    status, said = shell(place, "$snakemake --dry-run | head -2", KERAS_BACKEND="jax")
    assert status == 0 and "Traceback" not in said, said
    assert "KERAS_BACKEND=jax is not read: the study trains with tensorflow" in said


def test_a_home_that_cannot_be_written_needs_another_place_for_the_cache(
    place: Path, repository: Path
) -> None:
    """By hand as docs/cluster.md tells it; `make` does it."""
    told = "export XDG_CACHE_HOME=$PWD/.snakemake/cache"
    assert told in (repository / "docs/cluster.md").read_text(encoding="utf-8")
    status, said = shell(place, f"{told}; $snakemake {TARGET}", HOME="/dev/null")
    assert status == 0, said

    (place / "Makefile").symlink_to(repository / "Makefile")
    (place / ".venv/bin").mkdir(parents=True)
    stand_in = place / ".venv/bin/snakemake"
    stand_in.write_text('#!/bin/sh\necho "cache: $XDG_CACHE_HOME"\n')
    stand_in.chmod(0o755)
    for name in ("requirements.lock", ".venv/.requirements.lock"):
        (place / name).write_text("")
    for home, cache in (("/dev/null", place / ".snakemake/cache"), (str(place), "")):
        said = subprocess.run(
            ["make", "study"],
            cwd=place,
            env={"PATH": os.environ["PATH"], "HOME": home},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert f"cache: {cache}\n" in said


def test_the_library_beside_the_snakefile_does_the_work_though_another_is_found_first(
    place: Path, tmp_path: Path
) -> None:
    """As where an environment has the library of another checkout."""
    for name in ("job.py", "nnrepro/__init__.py"):
        (tmp_path / "other" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "other" / name).write_text("raise SystemExit('another library')\n")
    status, said = shell(place, f"$snakemake {TARGET}", PYTHONPATH=str(tmp_path / "other"))
    assert status == 0, said
    assert (place / TARGET).is_dir()
