"""In containers jobs have the image that the configuration names, and see the workflow."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from forked import forked_python

STUDY = """\
name: boxed
data:
  boxed: {source: csv, path: boxed.csv, label: side, split: {validation: 0.2, test: 0.2}}
experiments:
  only: {model: mlp, epochs: 1}
"""
# It runs what a container would, here, and keeps what it was asked for.
APPTAINER = """\
#!/bin/bash
if [ "$1" = --version ]; then echo "apptainer version 1.4.5"; exit; fi
echo "$*" >> "{calls}"
while [ $# -gt 0 ] && [[ $1 != *nnrepro.sif ]]; do shift; done
shift
PATH="{python}:$PATH" exec "$@"
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """The folder of a small study, beside it a program in Apptainer's place."""
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "config.yaml").write_text(STUDY)
    rows = [f"{x * 0.37:.2f},{'left' if x < 20 else 'right'}" for x in range(40)]
    (folder / "boxed.csv").write_text("\n".join(["x,side", *rows]))
    return folder


def call(study: Path, repository: Path, *more: str) -> subprocess.CompletedProcess[str]:
    programs = study.parent / "programs"
    programs.mkdir(exist_ok=True)
    apptainer = programs / "apptainer"
    apptainer.write_text(
        APPTAINER.format(
            calls=study.parent / "calls",
            python=Path(sys.executable).parent,
        )
    )
    apptainer.chmod(apptainer.stat().st_mode | stat.S_IXUSR)
    command = [
        forked_python(),
        "-m",
        "snakemake",
        "--cores",
        "1",
        "-s",
        str(repository / "Snakefile"),
    ]
    command += ["--software-deployment-method", "apptainer", *more]
    return subprocess.run(
        command,
        cwd=study,
        env={**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_an_image_nothing_runs_and_the_message_says_what_to_do(
    study: Path, repository: Path
) -> None:
    none = call(study, repository)
    assert none.returncode == 1 and "names none" in none.stderr and "container=" in none.stderr
    lost = call(study, repository, "--config", "container=lost.sif")
    assert lost.returncode == 1 and "there is no image lost.sif" in lost.stderr


@pytest.mark.slow
def test_jobs_run_in_the_image_and_are_shown_the_workflow(study: Path, repository: Path) -> None:
    (study / "nnrepro.sif").touch()
    with (study / "config.yaml").open("a") as file:
        file.write("container: nnrepro.sif\n")
    done = call(study, repository, "--", "training")
    assert done.returncode == 0, done.stderr
    calls = (study.parent / "calls").read_text().splitlines()
    run = [line for line in calls if re.search(r"train_run\.py|scripts/tmp", line)]
    assert run and all(f"--bind {repository}" in line and f"--bind {study}" in line for line in run)
    assert (study / "results/boxed/runs/main/only/default/seed0/history.json").is_file()


def test_the_image_is_made_from_what_is_let_into_its_build(repository: Path) -> None:
    """A build sees what `.dockerignore` leaves, and every COPY is of that."""
    lines = (repository / "Dockerfile").read_text().splitlines()
    copied = [line.split()[1] for line in lines if line.startswith("COPY ")]
    let_in = (repository / ".dockerignore").read_text().split()
    assert copied and let_in[0] == "*"
    assert all((repository / name).is_file() and f"!{name}" in let_in for name in copied)
    assert "--require-hashes --requirement /opt/requirements.lock" in " ".join(lines)
