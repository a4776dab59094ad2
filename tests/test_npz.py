"""Arrays of .npz files: those that NumPy reads, mapped without a copy, never unchecked."""

import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import array_shapes, arrays

from nnrepro.files import FileError
from nnrepro.npz import mapped_arrays, open_npz


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
    with open_npz(path) as stored:
        copied = {name: stored.array(name) for name in stored.names}
    for name in ("a", "f"):
        assert found[name].dtype == copied[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)
        np.testing.assert_array_equal(copied[name], array)


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
        with pytest.raises(FileError, match=r"arrays\.npz is damaged"):
            mapped_arrays(npz, ["x", "y"])


def test_what_cannot_be_mapped_is_refused(npz: Path, tmp_path: Path) -> None:
    """Compressed arrays, objects, a missing name."""
    squeezed = tmp_path / "squeezed.npz"
    np.savez_compressed(squeezed, x=np.zeros(9))
    with pytest.raises(FileError, match="compressed"):
        mapped_arrays(squeezed, ["x"])
    pickled = tmp_path / "pickled.npz"
    np.savez(pickled, x=np.array([{}], dtype=object))
    with pytest.raises(FileError, match="Python objects"):
        mapped_arrays(pickled, ["x"])
    with pytest.raises(FileError, match="no array 'z'"):
        mapped_arrays(npz, ["z"])


def test_arrays_are_copied_whole_and_in_line_with_memory(npz: Path) -> None:
    """A backend may write into them, and reads them fastest so."""
    with open_npz(npz) as stored:
        y = stored.array("y")
    assert y.flags.writeable and y.flags.aligned


@pytest.mark.parametrize(
    ("kinds", "dimensions", "words"),
    [("f", 2, "x holds uint8, which is not read here"), ("u", 1, "2 dimensions, not 1")],
)
def test_arrays_of_other_types_and_shapes_than_expected_are_damage(
    npz: Path, kinds: str, dimensions: int, words: str
) -> None:
    with pytest.raises(FileError, match=words), open_npz(npz) as stored:
        stored.array("x", kinds, dimensions)


def npy(shape: str, data: bytes) -> bytes:
    """A .npy file whose header claims a shape."""
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + data


@pytest.mark.parametrize(
    "shape",
    ["(1099511627776,)", "(4611686018427387904, 4)", "(-1,)", "(2, -2)", "(-2, -2)", "(3,)"],
)
def test_a_shape_that_does_not_go_with_the_bytes_takes_no_memory(
    shape: str, tmp_path: Path
) -> None:
    path = tmp_path / "claims.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", npy(shape, b"1234"))
    with pytest.raises(FileError, match="not those of its shape"):
        mapped_arrays(path, ["a"])
    with pytest.raises(FileError, match="not those of its shape"), open_npz(path) as stored:
        stored.array("a")


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_arrays_that_would_fill_the_memory_are_refused(compression: int, tmp_path: Path) -> None:
    """Whether the zip file admits their size or claims a small one."""
    path = tmp_path / "bomb.npz"
    size = 16 * 2**20
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("a.npy", npy(f"({size},)", bytes(size)))
        real = archive.getinfo("a.npy").file_size
    whole = path.read_bytes()
    for claimed in (real, 300):
        lying = whole.replace(real.to_bytes(4, "little"), claimed.to_bytes(4, "little"))
        path.write_bytes(lying)
        tracemalloc.start()
        with pytest.raises(FileError, match=r"bomb\.npz is damaged"), open_npz(path, 2**20) as npz:
            npz.array("a")
        assert tracemalloc.get_traced_memory()[1] < 4 * 2**20
        tracemalloc.stop()


def test_arrays_have_their_limit_together(tmp_path: Path) -> None:
    path = tmp_path / "many.npz"
    np.savez_compressed(path, a=np.zeros(60_000, np.uint8), b=np.zeros(60_000, np.uint8))
    with pytest.raises(FileError, match="the array b is larger"), open_npz(path, 100_000) as stored:
        stored.array("a")
        stored.array("b")
