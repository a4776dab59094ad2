"""What reaches a process from outside: environment variables, and Keras's own configuration."""

import os
import re
from hashlib import sha256
from pathlib import Path

_LIBRARIES = (
    *("KERAS_", "TF_", "XLA_", "JAX_", "PYTORCH_", "TORCH_", "ATEN_"),
    *("ONEDNN_", "DNNL_", "MKL_", "CUBLAS_", "CUDNN_", "NVIDIA_TF32"),
)
"""What the names of variables begin with that Keras, its backends and their libraries read."""

_CHANGES_NO_NUMBER = re.compile(
    r"KERAS_BACKEND|KERAS_MAX|LOG|VERBOSE|DEBUG|DUMP|TRAC|PROFIL|CACHE|DIR$|HOME$|PATH$|MEM|ALLOC"
    r"|ALLOW_GROWTH|NUM_\w*THREADS|PLATFORM|DEVICES|ADDRESS|URL|TOKEN|SECRET|PASSWORD|KEY$"
)
"""Where to log and to keep things, how much memory, which devices (a record names the device)."""

_FLAGS_THAT_CHANGE_NO_NUMBER = ("--xla_dump", "--xla_gpu_deterministic_ops=true")
"""The second only takes the spread between repeats away; `gpu_runs.py --deterministic` sets it."""

_PLAIN = re.compile(r"(?!.*[A-Za-z0-9]{20})[\w.,:;=+\- ]{1,300}")
"""Values that may be shown: neither a path nor what could be a secret."""


def keras_environment(backend: str) -> dict[str, str]:
    """Variables for a process that is going to import Keras with a backend.

    Keras neither reads nor writes a `keras.json`: that of another project would decide numbers.
    """
    return {
        "KERAS_BACKEND": backend,
        "KERAS_HOME": os.devnull,
        # A log is for the run's progress.
        "TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "3"),
    }


def with_library(scripts: Path) -> dict[str, str]:
    """The variables of this process, by which another one finds the library in `scripts` first."""
    path = os.pathsep.join(filter(None, (str(scripts), os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path}


def set_keras_defaults() -> None:
    """Give Keras's global settings the values that all runs have, whatever set them before."""
    import keras  # noqa: PLC0415  only where a model is to be built

    keras.config.set_floatx("float32")
    keras.config.set_epsilon(1e-7)
    keras.config.set_image_data_format("channels_last")
    keras.config.set_dtype_policy("float32")


def outside_influences() -> dict[str, str]:
    """The environment variables that are set and may change a run's numbers, by name.

    A value that looks like a path or a secret is told by its checksum.
    """
    return {
        name: shown
        for name, value in sorted(os.environ.items())
        if name.startswith(_LIBRARIES) and not _CHANGES_NO_NUMBER.search(name)
        if (shown := _shown(value))
    }


def _shown(value: str) -> str:
    """A value without the flags that change no number, each of the others once."""
    flags = dict.fromkeys(
        flag for flag in value.split() if not flag.startswith(_FLAGS_THAT_CHANGE_NO_NUMBER)
    )
    plain = " ".join(flags)
    if not plain or _PLAIN.fullmatch(plain):
        return plain
    return f"sha256:{sha256(plain.encode(errors='surrogateescape')).hexdigest()[:16]}"
