"""The device that Keras's backend computes on."""

import platform
from pathlib import Path


def device_kind() -> str:
    """Say "gpu" when the backend would train on a GPU, else "cpu"."""
    import keras

    match keras.backend.backend():
        case "tensorflow":
            import tensorflow as tf

            return "gpu" if tf.config.list_physical_devices("GPU") else "cpu"
        case "jax":
            import jax

            return "cpu" if jax.default_backend() == "cpu" else "gpu"
    import torch

    return "gpu" if torch.cuda.is_available() else "cpu"


def cpu_name() -> str:
    """The processor's name as the system gives it."""
    for line in _told_by_linux().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            return value.strip()
    return platform.processor() or platform.machine()


def has_avx512() -> bool:
    """Whether the processor has the instructions of AVX-512, as far as Linux says."""
    return "avx512f" in _told_by_linux().split()


def _told_by_linux() -> str:
    information = Path("/proc/cpuinfo")
    return information.read_text(encoding="utf-8") if information.is_file() else ""
