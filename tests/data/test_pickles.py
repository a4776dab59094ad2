"""Unpickling admits NumPy arrays and plain containers, and nothing that could run code."""

import codecs
import collections
import os
import pickle

import numpy as np
import pytest

from nnrepro.data.errors import DataError
from nnrepro.data.pickles import load_plain


class Call:
    """Pickles as a call of a function."""

    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


@pytest.mark.parametrize(
    "hostile",
    [
        Call(os.system, "true"),
        Call(eval, "1"),
        Call(getattr, 1, "real"),
        Call(np.load, "file"),
        Call(bytearray, 10),
        collections.OrderedDict(a=1),
    ],
)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_other_globals_are_refused(hostile: object, protocol: int) -> None:
    content = pickle.dumps({b"data": hostile}, protocol=protocol)
    with pytest.raises(DataError, match="data_batch_1 is not a pickle"):
        load_plain(content, "data_batch_1")


def test_hostile_call_does_not_run(tmp_path) -> None:
    target = tmp_path / "ran"
    with pytest.raises(DataError):
        load_plain(pickle.dumps(Call(os.mkdir, str(target)), protocol=2), "batch")
    assert not target.exists()


@pytest.mark.parametrize(
    "content", [b"", b"\x80\x02", b"\x80\x02}(", b"no pickle", b"\x80\x02P0\n."]
)
def test_damaged_pickles_are_data_errors(content: bytes) -> None:
    with pytest.raises(DataError, match="batch"):
        load_plain(content, "batch")


def test_truncated_batch_is_a_data_error() -> None:
    content = pickle.dumps({b"data": np.zeros((4, 3072), np.uint8), b"labels": [1, 2, 3, 4]}, 2)
    for size in range(0, len(content) - 1, 997):
        with pytest.raises(DataError):
            load_plain(content[:size], "batch")


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_arrays_of_todays_numpy_are_admitted(protocol: int) -> None:
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    loaded = load_plain(pickle.dumps([array], protocol=protocol), "batch")
    np.testing.assert_array_equal(loaded[0], array)


@pytest.mark.parametrize("arguments", [("x", "rot13"), ("x", "utf-16"), (b"x", "latin1")])
def test_codecs_are_admitted_for_byte_strings_only(arguments: tuple[object, str]) -> None:
    content = pickle.dumps(Call(codecs.encode, *arguments), protocol=2)
    with pytest.raises(DataError, match="encodes something other"):
        load_plain(content, "batch")
    assert load_plain(pickle.dumps(b"\xff", protocol=2), "batch") == b"\xff"


def test_what_python_2_wrote_is_read() -> None:
    """As the official batches are: byte strings as such, NumPy's modules by their old names."""
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85U\x01btR(K\x01K\x01K\x03\x86"
        b"cnumpy\ndtype\n(U\x02u1K\x00K\x01tR(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        b"\x89U\x03\x00\x7f\xfftb"
    )
    loaded = load_plain(b"\x80\x02}(U\x06labels](K\x07eU\x04data" + array + b"u.", "data_batch_1")
    assert loaded[b"labels"] == [7]
    assert loaded[b"data"].dtype == np.uint8
    np.testing.assert_array_equal(loaded[b"data"], [[0, 127, 255]])
