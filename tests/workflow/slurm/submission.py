"""A Snakemake at work on Slurm."""

import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from local_slurm import Slurm

FAKE_GPU = "GPU-f00d0000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Submission:
    """A Snakemake that submits the jobs of a project's study to Slurm.

    Attributes:
        slurm: where to.
        folder: the project.
        study: the overlay that says which study.
        process: the running Snakemake.
    """

    slurm: Slurm
    folder: Path
    study: str
    process: subprocess.Popen[str]

    def finish(self) -> str:
        """Wait for its end and return what it printed; it must have succeeded."""
        output, _ = self.process.communicate(timeout=900)
        assert self.process.returncode == 0, output
        return output

    def kill(self) -> None:
        """End Snakemake, and nothing else, without a chance to clean up."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
