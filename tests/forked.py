"""A Python whose programs begin with the libraries imported: see `nnrepro.forkserver`.

A workflow is a process per job, and half of what a small study takes is importing Snakemake and
TensorFlow again and again. `forked_python` names a program that is called as Python is, and does
what Python does. No module of this project is there at a program's start. Programs in whose
environment something may change how libraries are imported get a Python of their own.
"""

import atexit
import importlib
import os
import signal
import sys
import tempfile
import types
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

IMPORTED = (
    *("snakemake.cli", "snakemake.script", "snakemake.report", "tensorflow", "keras", "h5py"),
    *("numpy", "pandas", "scipy.stats", "matplotlib.pyplot", "seaborn", "yaml", "jsonschema"),
    *("jinja2", "typst"),
)

_BEFORE = {
    "PYTHONHASHSEED": "0",
    "OPENBLAS_NUM_THREADS": "1",
    "KERAS_BACKEND": "tensorflow",
    "KERAS_HOME": os.devnull,
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
"""What libraries were imported with, and what a program has that says nothing else."""

_FREE = ("PYTHONPATH", "TF_CPP_MIN_LOG_LEVEL")
"""What a program may say as it likes."""


@cache
def forked_python() -> str:
    """The path of a program that is called as Python is; its processes end with this one."""
    environment = {**os.environ, **_BEFORE}
    environment.pop("PYTHONPATH", None)
    folder = tempfile.TemporaryDirectory(prefix="forked", ignore_cleanup_errors=True)
    compiled = tempfile.TemporaryDirectory(prefix="compiled", ignore_cleanup_errors=True)
    program, server = _forkserver().start_server(
        [sys.executable, __file__, compiled.name],
        Path(folder.name),
        environment,
        unsaid=_BEFORE,
        free=_FREE,
    )

    def end() -> None:
        server.stdin.close()
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()
        folder.cleanup()
        compiled.cleanup()

    atexit.register(end)
    return str(program)


def _forkserver() -> types.ModuleType:
    """The library's module under another name: programs find a library of their own."""
    file = Path(__file__).parents[1] / "scripts/nnrepro/forkserver.py"
    spec = spec_from_file_location("forkserver", file)
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _keep_compiled(folder: Path) -> None:
    """Have XLA compile a program once for all processes, as `fork_jobs.py` does for a study's jobs.

    The programs themselves do not have the variable, which would be an influence from outside.
    """
    flags = f"--tf_xla_persistent_cache_directory={folder}"
    os.environ["TF_XLA_FLAGS"] = f"{flags} --tf_xla_persistent_cache_device_types=CPU"
    with suppress(ImportError):
        from tensorflow.python import pywrap_tfe

        pywrap_tfe.TF_GetXlaConstantFoldingDisabled()  # reads the variable
    del os.environ["TF_XLA_FLAGS"]


def _nothing_more(words: Sequence[str]) -> None:
    """All libraries are there."""


if __name__ == "__main__":
    for _name in IMPORTED:
        with suppress(ImportError):  # some environments have no TensorFlow
            importlib.import_module(_name)
    _keep_compiled(Path(sys.argv[1]))
    assert not any(name.startswith("nnrepro") for name in sys.modules)
    _forkserver().serve(int(sys.argv[2]), _nothing_more)
