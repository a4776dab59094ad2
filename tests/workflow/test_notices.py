"""A user's command is called when a call of Snakemake has ended, and changes nothing else."""

import os
import subprocess
from pathlib import Path

import pytest
from forked import forked_python

STUDY = """\
name: told
data:
  told: {source: csv, path: told.csv, label: side, split: {validation: 0.2, test: 0.2}}
experiments:
  only: {model: mlp, epochs: 1}
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A small study, carried out as a module, beside a program that writes down what it hears."""
    (tmp_path / "config.yaml").write_text(STUDY)
    rows = [f"{x * 0.37:.2f},{'left' if x < 20 else 'right'}" for x in range(40)]
    (tmp_path / "told.csv").write_text("\n".join(["x,side", *rows]))
    (tmp_path / "Snakefile").write_text(
        "import nnrepro\n\n\nmodule nnrepro:\n    snakefile:\n        nnrepro.snakefile()\n\n\n"
        "use rule * from nnrepro\n"
    )
    tell = tmp_path / "tell.sh"
    tell.write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/heard\nexit 3\n')
    tell.chmod(0o755)
    return tmp_path


def call(study: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [forked_python(), "-m", "snakemake", "--cores", "1", *more]
    return subprocess.run(
        command, cwd=study, env=dict(os.environ), capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_it_hears_of_success_and_of_failure_once_each_and_fails_nothing(study: Path) -> None:
    notice = ["--config", 'notify=./tell.sh {status} {study} "{report}"']
    dry = call(study, "--dry-run", *notice)
    assert dry.returncode == 0 and not (study / "heard").exists()
    made = "results/told/data/told.npz"
    done = call(study, *notice, "--", made)
    assert done.returncode == 0, done.stderr
    assert "./tell.sh, ended with status 3" in done.stderr
    report = study.resolve() / "results/told/report/index.html"
    assert (study / "heard").read_text() == f"success told {report}\n"
    (study / "told.csv").write_text("x,side\nnothing\n")
    failed = call(study, *notice, "--", made)
    assert failed.returncode == 1
    assert (study / "heard").read_text().splitlines()[1:] == [f"failure told {report}"]


def test_a_command_that_cannot_be_called_stops_before_the_first_job(study: Path) -> None:
    (study / "config.yaml").write_text(f"{STUDY}notify: ./tell.sh {{state}}\n")
    wrong = call(study, "--dry-run")
    assert wrong.returncode == 1 and "Traceback" not in wrong.stdout + wrong.stderr
    assert "notify: it names {state}; did you mean 'status'?" in wrong.stdout
    assert "config.yaml, line 6" in wrong.stdout
