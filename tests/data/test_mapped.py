"""Memory maps of prepared arrays: the arrays that NumPy reads, without a copy, never unchecked."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import array_shapes, arrays

from nnrepro.data.mapped import mapped_arrays


@pytest.fixture
def npz(tmp_path: Path) -> Path:
    """Two arrays, stored as the data rule stores them."""
    path = tmp_path / "arrays.npz"
    np.savez(path, x=np.arange(600, dtype=np.uint8).reshape(20, 30), y=np.arange(20))
    return path


@settings(max_examples=40, deadline=None)
@given(array=arrays(np.dtype("<i4"), array_shapes(max_dims=3, max_side=5, min_side=0)))
def test_arrays_are_those_that_numpy_reads(
    tmp_path_factory: pytest.TempPathFactory, array: np.ndarray
) -> None:
    """Every shape, empty ones and Fortran order included."""
    path = tmp_path_factory.mktemp("mapped") / "arrays.npz"
    np.savez(path, a=array, f=np.asfortranarray(array))
    found = mapped_arrays(path, ["a", "f"])
    for name in ("a", "f"):
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_nothing_is_copied_and_nothing_can_be_written(npz: Path) -> None:
    """The array is a view of the file's map."""
    x = mapped_arrays(npz, ["x"])["x"]
    assert not x.flags.owndata
    with pytest.raises(ValueError, match="read-only"):
        x[0, 0] = 1


def test_every_flipped_bit_of_an_array_is_noticed(npz: Path) -> None:
    """The checksum covers the array's header and all of its numbers."""
    whole = npz.read_bytes()
    with zipfile.ZipFile(npz) as archive:
        begin = archive.getinfo("y.npy").header_offset
    for place in range(begin + 120, begin + 120 + 200, 17):
        npz.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        with pytest.raises((zipfile.BadZipFile, ValueError)):
            mapped_arrays(npz, ["x", "y"])


def test_what_cannot_be_mapped_is_refused(npz: Path, tmp_path: Path) -> None:
    """Compressed arrays, objects, a missing name."""
    squeezed = tmp_path / "squeezed.npz"
    np.savez_compressed(squeezed, x=np.zeros(9))
    with pytest.raises(ValueError, match="compressed"):
        mapped_arrays(squeezed, ["x"])
    pickled = tmp_path / "pickled.npz"
    np.savez(pickled, x=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match="Python objects"):
        mapped_arrays(pickled, ["x"])
    with pytest.raises(KeyError, match="z"):
        mapped_arrays(npz, ["z"])
