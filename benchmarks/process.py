"""Worker processes: starting one, asking it, ending it."""

import json
import os
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.errors import BenchmarkError
from benchmarks.machine import cpu_seconds
from nnrepro.environment import keras_environment

ROOT = Path(__file__).resolve().parents[1]


def environment(threads: int) -> dict[str, str]:
    """The environment of a measured process: no GPU, as many threads in every library."""
    count = str(threads)
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "scripts")]),
        "CUDA_VISIBLE_DEVICES": "",
        **keras_environment("tensorflow"),
        "OMP_NUM_THREADS": count,
        "OPENBLAS_NUM_THREADS": count,
        "MKL_NUM_THREADS": count,
    }


class Worker:
    """A running `benchmarks.worker`.

    Args:
        python: the interpreter that has the peer's packages.
        peer: name of the peer.
        family: name of the family.
        threads: CPU threads it may use.

    Raises:
        BenchmarkError: it did not get as far as being ready.
    """

    def __init__(self, python: Path, peer: str, family: str, threads: int):
        self.name = f"{peer}, {family}"
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 -- closed by close()
        self._process = subprocess.Popen(
            [str(python), "-m", "benchmarks.worker", peer, family, str(threads)],
            cwd=ROOT,
            env=environment(threads),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        self.about: dict[str, Any] = self._reply()

    def ask(self, steps: int, passes: int = 1) -> None:
        """Have it train; `answer` waits for the result."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"steps": steps, "passes": passes}) + "\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, float]:
        """What it measured.

        Raises:
            BenchmarkError: it failed.
        """
        return self._reply()

    def _reply(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if line:
            return json.loads(line)
        code = self._process.wait()
        self._errors.seek(0)
        last = self._errors.read().decode(errors="replace").strip()[-2000:]
        raise BenchmarkError(f"{self.name}: the process ended with status {code}:\n{last}")

    def cpu_seconds(self) -> float:
        """CPU time that it has used so far."""
        return cpu_seconds(self._process.pid)

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        self._errors.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self._process.kill()
        self.close()
