"""The device that Keras's backend computes on."""

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


def has_avx512() -> bool:
    """Whether the processor has the instructions of AVX-512, as far as Linux says."""
    try:
        return "avx512f" in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
