"""Reading the pickles of CIFAR-10's Python version.

Unpickling can run any code, so only what an official batch holds is admitted: NumPy arrays of plain
numbers in dictionaries, lists, tuples, strings and numbers, as Python 2 and 3 write them.
"""

import io
import pickle
from typing import Any

import numpy as np

from nnrepro.data.errors import DataError

_reconstruct = np.empty(0).__reduce__()[0]


def _latin1(text: str, encoding: str) -> bytes:
    """Stand in for `_codecs.encode`, through which Python 3 writes bytes at protocols 0 to 2."""
    if not isinstance(text, str) or encoding not in ("latin1", b"latin1"):
        raise pickle.UnpicklingError("it encodes something other than a byte string")
    return text.encode("latin1")


# NumPy moved its core from `numpy.core` to `numpy._core` in version 2; files of both ages exist.
_ALLOWED: dict[tuple[str, str], Any] = {
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("_codecs", "encode"): _latin1,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
}


class _PlainUnpickler(pickle.Unpickler):
    """An unpickler that knows no global names but those of NumPy arrays."""

    def find_class(self, module: str, name: str) -> Any:
        try:
            return _ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}") from None

    def persistent_load(self, pid: Any) -> Any:
        raise pickle.UnpicklingError("it refers to an object outside the file")


def load_plain(content: bytes, name: str) -> Any:
    """Unpickle what is vouched for: NumPy arrays and plain containers; strings stay bytes.

    Raises DataError, with the file's name, where it asks for anything else, or is damaged.
    """
    try:
        return _PlainUnpickler(io.BytesIO(content), encoding="bytes").load()
    # A damaged pickle can raise nearly anything; whatever it is, the file is what is wrong.
    except Exception as error:
        raise DataError(
            f"{name} is not a pickle of NumPy arrays and plain containers: {error}. "
            "Nothing of it was used; replace the file by the official one."
        ) from error
