"""Reading and writing the pickles of CIFAR-10's Python version.

Unpickling can run any code, so `load_plain` admits only what an official batch holds: NumPy arrays
of plain numbers in dictionaries, lists, tuples, strings and numbers. `dump_python2` writes such
values as Python 2 did (protocol 2, byte strings as `BINSTRING`), which Python 3's own pickler
cannot.
"""

import io
import pickle
import struct
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


def dump_python2(value: Any) -> bytes:
    """Pickle as Python 2 did: dictionaries, lists, bytes, small integers, uint8 arrays."""
    return b"\x80\x02" + _encode(value) + b"."


def _encode(value: Any) -> bytes:
    if isinstance(value, bytes):
        return _encode_bytes(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return _encode_int(value)
    if isinstance(value, list):
        return b"](" + b"".join(map(_encode, value)) + b"e"
    if isinstance(value, dict):
        items = b"".join(_encode(key) + _encode(item) for key, item in value.items())
        return b"}(" + items + b"u"
    if isinstance(value, np.ndarray) and value.dtype == np.uint8:
        return _encode_array(value)
    raise TypeError(f"cannot write a {type(value).__name__} into a batch file")


def _encode_bytes(value: bytes) -> bytes:
    if len(value) < 256:
        return b"U" + struct.pack("<B", len(value)) + value
    return b"T" + struct.pack("<i", len(value)) + value


def _encode_int(value: int) -> bytes:
    if 0 <= value < 256:
        return b"K" + struct.pack("<B", value)
    if 0 <= value < 65536:
        return b"M" + struct.pack("<H", value)
    return b"J" + struct.pack("<i", value)


def _encode_array(array: np.ndarray) -> bytes:
    shape = b"(" + b"".join(map(_encode_int, array.shape)) + b"t"
    empty = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85U\x01btR"
    dtype = (
        b"cnumpy\ndtype\n(U\x02u1K\x00K\x01tR(K\x03U\x01|NNN"
        + _encode_int(-1)
        + _encode_int(-1)
        + b"K\x00tb"
    )
    data = _encode_bytes(np.ascontiguousarray(array).tobytes())
    return empty + b"(K\x01" + shape + dtype + b"\x89" + data + b"tb"
