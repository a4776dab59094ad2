"""What a run's numbers depend on beside its settings."""

import platform
from importlib import metadata

_ALWAYS = ("h5py", "keras", "numpy")
_BACKENDS = {"tensorflow": ("tensorflow",), "jax": ("jax", "jaxlib"), "torch": ("torch",)}


def package_versions() -> dict[str, str]:
    """Versions of the packages that decide the numbers, by name."""
    import keras

    names = (*_ALWAYS, *_BACKENDS.get(keras.backend.backend(), ()))
    return {name: metadata.version(name) for name in sorted(names)}


def host() -> dict[str, str]:
    """Python version and platform."""
    return {"python": platform.python_version(), "platform": platform.platform()}
