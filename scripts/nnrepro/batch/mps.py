"""NVIDIA's Multi-Process Service: kernels of several processes run on one GPU at the same time.

Without it processes take turns on a GPU, and a small network's kernels leave most of it idle.
https://docs.nvidia.com/deploy/mps
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nnrepro.errors import NnreproError

CONTROL = "nvidia-cuda-mps-control"
_PIPES = "CUDA_MPS_PIPE_DIRECTORY"
_LOGS = "CUDA_MPS_LOG_DIRECTORY"
_SECONDS = 30


@contextmanager
def multi_process_service() -> Iterator[None]:
    """Have processes that are started meanwhile share their GPUs; a daemon of this call's own.

    It leaves the GPUs' settings alone, and ends with the `with` block, or with `echo quit |
    CUDA_MPS_PIPE_DIRECTORY=/tmp/nnrepro-mps-... nvidia-cuda-mps-control` where this process was
    killed. Raises NnreproError where the driver's program is missing or fails.
    """
    program = shutil.which(CONTROL)
    if program is None:
        raise NnreproError(
            f"{CONTROL} is not on the PATH; it comes with NVIDIA's driver. Without --mps the runs "
            "take turns on the GPU"
        )
    folder = Path(tempfile.mkdtemp(prefix="nnrepro-mps-"))  # short: a socket's path is limited
    former = {name: os.environ[name] for name in (_PIPES, _LOGS) if name in os.environ}
    os.environ.update({_PIPES: str(folder), _LOGS: str(folder)})
    try:
        _call([program, "-d"], "")
        try:
            yield
        finally:
            _call([program], "quit\n")
    finally:
        del os.environ[_PIPES], os.environ[_LOGS]
        os.environ.update(former)
        shutil.rmtree(folder, ignore_errors=True)


def _call(command: list[str], text: str) -> None:
    """Run the control program; its own words in the error when it fails."""
    try:
        done = subprocess.run(
            command, input=text, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NnreproError(f"{CONTROL}: {error}") from error
    if done.returncode:
        told = (done.stderr or done.stdout).strip() or f"status {done.returncode}"
        raise NnreproError(f"{CONTROL} failed: {told}; without --mps the runs take turns")
