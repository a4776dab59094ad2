"""What the tests on a real Slurm rest on, tried without one."""

import os
import subprocess
from pathlib import Path

import local_slurm
import pytest
from forked import forked_python
from local_slurm import Slurm, missing_programs, wait_until
from submission import HERE, LIMIT, LONG, LONG_RUN, POLL, SUBMIT, WHOLE

QUEUE = ["12 RUNNING", "13_1 PENDING", "13_2 RUNNING"]


def program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def pretended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Slurm:
    """A Slurm whose commands print which configuration and options they were called with."""
    programs, folder = tmp_path / "programs", tmp_path / "cluster"
    folder.mkdir()
    for name in local_slurm._COMMANDS:
        program(programs, name, 'echo "$SLURM_CONF $*"')
    program(programs, "squeue", "\n".join(f"echo {line}" for line in QUEUE))
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    return Slurm(folder, local_slurm._environment(folder, folder / "slurm.conf"))


def test_commands_are_those_of_this_slurm_whatever_is_removed_from_their_environment(
    pretended: Slurm,
) -> None:
    said = subprocess.run(
        ["scontrol", "show", "job"],
        env={"PATH": pretended.environment["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said == f"{pretended.folder}/slurm.conf show job\n"
    assert pretended.describe("12").endswith("show job --details 12\n")


def test_jobs_are_told_by_id_with_the_tasks_of_arrays(pretended: Slurm) -> None:
    assert pretended.jobs() == {"12": "RUNNING", "13_1": "PENDING", "13_2": "RUNNING"}
    assert pretended.running() == ["12", "13_2"]


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program(tmp_path / "bin", "sbatch", "")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    missing = missing_programs()
    assert {"munged", "slurmctld", "slurmd", "squeue"} <= set(missing)
    assert "sbatch" not in missing


def test_processes_of_this_slurm_are_found_and_ended_and_no_others(tmp_path: Path) -> None:
    own, other = (
        subprocess.Popen(["sleep", "60"], env={**os.environ, local_slurm._MARK: str(folder)})
        for folder in (tmp_path / "own", tmp_path / "other")
    )
    try:
        wait_until(lambda: own.pid in local_slurm._marked(tmp_path / "own"), 10, "not found")
        assert set(local_slurm._marked(tmp_path / "own")) == {own.pid}
        local_slurm._kill(local_slurm._marked(tmp_path / "own"))
        assert own.wait(10) != 0
        assert other.poll() is None
    finally:
        for process in (own, other):
            process.kill()
            process.wait()


def test_every_placeholder_of_the_configuration_is_given() -> None:
    settings = {"host": "here", "folder": "/f", "node": "node1"}
    text = local_slurm._CONFIGURATION.format(**settings, controller_port=1, node_port=2)
    keys = [line.partition("=")[0] for line in text.splitlines()]
    assert len(keys) == len(set(keys))
    assert "SlurmctldPort=1\n" in text and "NodeName=node1 NodeHostname=here" in text


@pytest.mark.slow
def test_what_is_submitted_is_planned_as_the_tests_expect(project: Path) -> None:
    """The profile takes the options of the tests; each study has the runs that they wait for."""

    def planned(*studies: str) -> str:
        files = [str(HERE / study) for study in studies]
        options = [*SUBMIT, *POLL, "--dry-run", "--configfile", *files, "--", "training"]
        done = subprocess.run(
            [forked_python(), "-m", "snakemake", *options],
            cwd=project,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    assert planned(WHOLE).count("Training ") == 4
    for studies in ((LONG,), (LONG, LIMIT)):
        assert f"Training {LONG_RUN}" in planned(*studies)
