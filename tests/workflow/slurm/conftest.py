"""A Slurm of this machine's own, and copies of the project whose Snakemake submits to it."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from local_slurm import Slurm, missing_programs, start_slurm, wait_until
from submission import FAKE_GPU, Submission

HERE = Path(__file__).parent
SUBMIT = ["--profile", "profiles/slurm", "--slurm-status-command", "squeue"]
POLL = ["--slurm-init-seconds-before-status-checks", "3", "--seconds-between-status-checks", "3"]


@pytest.fixture(scope="session")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slurm]:
    """A running Slurm of one node; skips where it cannot be had."""
    missing = missing_programs()
    if missing or os.getuid() != 0:
        pytest.skip(f"needs root and {', '.join(missing) or 'nothing else'}; see make test-slurm")
    with start_slurm(tmp_path_factory.mktemp("slurm") / "cluster") as running:
        add_fake_gpu(running)
        yield running


def add_fake_gpu(slurm: Slurm) -> None:
    """An nvidia-smi that lists one GPU, as nothing on this machine does."""
    program = slurm.folder / "bin" / "nvidia-smi"
    program.write_text(f'#!/bin/sh\necho "GPU 0: NVIDIA Fake (UUID: {FAKE_GPU})"\n')
    program.chmod(0o755)


@pytest.fixture
def submit(slurm: Slurm) -> Iterator[Callable[..., Submission]]:
    """Starts a Snakemake that submits to Slurm; what is left of it at the end is stopped."""
    started: list[Submission] = []

    def start(folder: Path, study: str, *options: str) -> Submission:
        command = [sys.executable, "-m", "snakemake", *SUBMIT, *POLL]
        command += ["--configfile", str(HERE / study), *options]
        path = f"{Path(sys.executable).parent}{os.pathsep}{slurm.environment['PATH']}"
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**slurm.environment, "PATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(Submission(slurm, folder, study, process))
        return started[-1]

    yield start
    for submission in started:
        submission.process.kill()
        submission.process.wait()
    for job in slurm.running():
        slurm.run("scancel", job)
    wait_until(lambda: not slurm.running(), 60, "Slurm jobs outlive their test")


@pytest.fixture(scope="session")
def undisturbed(
    copy_to: Callable[[Path], Any], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Path]:
    """Results of a study that was carried out here, without Slurm and without an accident."""
    done: dict[str, Path] = {}

    def results(study: str) -> Path:
        if study not in done:
            project = copy_to(tmp_path_factory.mktemp("undisturbed") / "project")
            project.snakemake("--configfile", str(HERE / study))
            done[study] = next((project.folder / "results").glob("*/report")).parent
        return done[study]

    return results
