"""What a run's numbers depend on beside its settings: device, threads, packages."""

import contextlib
import ctypes
import os
import platform
from importlib import metadata
from typing import Any

from nnrepro.models.device import cpu_name, device_kind

_PACKAGES = {"tensorflow": ("tensorflow",), "jax": ("jax", "jaxlib"), "torch": ("torch",)}

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3
"""Parameters of glibc's mallopt(3)."""


def prepare_device(threads: int) -> int:
    """Set the backend up before its first use: threads, GPU memory growth, determinism.

    Gives the threads in effect: those of an earlier call when the backend is running already.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    _keep_freed_memory()
    import keras

    match keras.backend.backend():
        case "tensorflow":
            return _prepare_tensorflow(threads)
        case "torch":
            return _prepare_torch(threads)
    return threads


def _keep_freed_memory() -> None:
    """Have the C library keep what is freed for the next step instead of giving it back.

    XLA allocates the memory of all its intermediate values anew at each call, and the first touch
    of each page of it costs as much as the arithmetic of a pooling.
    """
    with contextlib.suppress(OSError, AttributeError, TypeError):  # none but glibc has it
        allocator = ctypes.CDLL(None)
        for parameter, size in (
            (_M_MMAP_THRESHOLD, 2**30),
            (_M_TRIM_THRESHOLD, 2**31 - 1),
            (_M_TOP_PAD, 2**26),
        ):
            allocator.mallopt(parameter, size)


def _prepare_tensorflow(threads: int) -> int:
    import tensorflow as tf

    # RuntimeError: the runtime has started with other values; what is in effect is reported.
    with contextlib.suppress(RuntimeError):
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    for gpu in tf.config.list_physical_devices("GPU"):
        with contextlib.suppress(RuntimeError):
            tf.config.experimental.set_memory_growth(gpu, True)
    tf.config.experimental.enable_op_determinism()
    return tf.config.threading.get_intra_op_parallelism_threads() or os.cpu_count() or 1


def _prepare_torch(threads: int) -> int:
    import torch

    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    return torch.get_num_threads()


def describe_device() -> dict[str, Any]:
    """Kind and name of the device, and the backend that uses it."""
    import keras

    backend = keras.backend.backend()
    kind = device_kind()
    name = _gpu_name(backend) if kind == "gpu" else cpu_name()
    return {"kind": kind, "name": name, "cpus": os.cpu_count(), "backend": backend}


def _gpu_name(backend: str) -> str:
    if backend == "tensorflow":
        import tensorflow as tf

        gpu = tf.config.list_physical_devices("GPU")[0]
        return str(tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name))
    if backend == "jax":
        import jax

        return str(jax.devices()[0].device_kind)
    import torch

    return str(torch.cuda.get_device_name())


def package_versions() -> dict[str, str]:
    """Versions of the packages that decide the numbers, by name."""
    import keras

    names = ("h5py", "keras", "numpy", *_PACKAGES.get(keras.backend.backend(), ()))
    return {name: metadata.version(name) for name in sorted(names)}


def host() -> dict[str, str]:
    """Python version and platform."""
    return {"python": platform.python_version(), "platform": platform.platform()}
