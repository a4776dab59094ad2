"""Unpickling admits NumPy arrays and plain containers, and nothing that could run code."""

import codecs
import collections
import os
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnrepro.data.errors import DataError
from nnrepro.data.pickles import dump_python2, load_plain


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
    content = dump_python2({b"data": np.zeros((4, 3072), np.uint8), b"labels": [1, 2, 3, 4]})
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


plain = st.recursive(
    st.binary(max_size=300) | st.integers(-(2**31), 2**31 - 1),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.binary(max_size=5), inner),
    max_leaves=8,
)


@given(plain)
def test_what_is_written_is_read(value: object) -> None:
    assert load_plain(dump_python2(value), "batch") == value
    assert pickle.loads(dump_python2(value), encoding="bytes") == value


@given(st.integers(0, 3), st.integers(0, 300))
def test_arrays_are_written_as_they_are(rows: int, columns: int) -> None:
    array = np.arange(rows * columns, dtype=np.uint8).reshape(rows, columns)
    for loaded in (
        load_plain(dump_python2(array), "batch"),
        pickle.loads(dump_python2(array), encoding="bytes"),
    ):
        assert loaded.dtype == np.uint8
        np.testing.assert_array_equal(loaded, array)


def test_writer_refuses_what_a_batch_does_not_hold() -> None:
    with pytest.raises(TypeError, match="float"):
        dump_python2({b"x": 0.5})
