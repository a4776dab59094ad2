"""Whether a backend can be imported, told without importing it."""

import sys
from importlib.util import find_spec

BACKENDS = ("tensorflow", "jax", "torch")


def backend_problem(backend: str) -> str | None:
    """Why nothing can be trained with a backend, after its key; None where it is installed."""
    for package in (backend, "keras"):
        if find_spec(package) is None:
            break
    else:
        return None
    there = [f"'{name}'" for name in BACKENDS if find_spec(name) is not None]
    other = f", or choose {' or '.join(there)}, which is" if there and package == backend else ""
    return (
        f"'{package}' is not installed in this environment, {sys.prefix}; install it there "
        f"('{sys.executable} -m pip install {package}'){other}"
    )
