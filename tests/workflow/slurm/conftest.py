"""A Slurm of this machine's own, and copies of the project whose Snakemake submits to it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from local_slurm import Slurm, missing_programs, start_slurm
from same_results import ask_for_less
from submission import FAKE_GPUS, HERE, POLL, SUBMIT, Submission


@pytest.fixture(scope="session")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slurm]:
    """A running Slurm of one node; skips where it cannot be had."""
    missing = missing_programs()
    if missing or os.getuid() != 0:
        pytest.skip(f"needs root and {', '.join(missing) or 'nothing else'}; see make test-slurm")
    with start_slurm(tmp_path_factory.mktemp("slurm") / "cluster") as running:
        add_fake_gpus(running)
        yield running


def add_fake_gpus(slurm: Slurm) -> None:
    """An nvidia-smi that lists two GPUs, as nothing on this machine does."""
    program = slurm.folder / "bin" / "nvidia-smi"
    lines = [f"GPU {number}: NVIDIA Fake (UUID: {gpu})" for number, gpu in enumerate(FAKE_GPUS)]
    program.write_text("\n".join(["#!/bin/sh", "cat <<'END'", *lines, "END", ""]))
    program.chmod(0o755)


@pytest.fixture
def submit(slurm: Slurm, tmp_path: Path) -> Iterator[Callable[..., Submission]]:
    """Starts a Snakemake that submits to Slurm; what is left of it at the end is stopped."""
    started: list[Submission] = []

    def start(
        folder: Path, *targets: str, studies: Sequence[str], options: Sequence[str] = ()
    ) -> Submission:
        command = [sys.executable, "-m", "snakemake", *SUBMIT, *POLL, *options, "--configfile"]
        command += [*(str(HERE / study) for study in studies), "--", *targets]
        path = f"{Path(sys.executable).parent}{os.pathsep}{slurm.environment['PATH']}"
        output = tmp_path / f"snakemake_{len(started)}.txt"
        with output.open("wb") as out:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env={**slurm.environment, "PATH": path},
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        started.append(Submission(slurm, process, output))
        return started[-1]

    yield start
    for submission in started:
        with suppress(ProcessLookupError):
            os.killpg(submission.process.pid, signal.SIGKILL)
        submission.process.wait()
    slurm.end_jobs()


@pytest.fixture
def project(copy_to: Callable[[Path], Any], tmp_path: Path) -> Path:
    """A copy of the project."""
    folder = Path(copy_to(tmp_path / "project").folder)
    ask_for_less(folder)
    return folder


@pytest.fixture(scope="session")
def undisturbed(
    copy_to: Callable[[Path], Any], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Path]:
    """Results of a study that was carried out here, without Slurm and without an accident."""
    done: dict[str, Path] = {}

    def results(study: str, *targets: str) -> Path:
        if study not in done:
            project = copy_to(tmp_path_factory.mktemp("undisturbed") / "project")
            ask_for_less(project.folder)
            project.snakemake("--configfile", str(HERE / study), "--", *targets)
            done[study] = next((project.folder / "results").glob("*/runs")).parent
        return done[study]

    return results
