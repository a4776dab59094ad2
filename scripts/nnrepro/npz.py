"""Arrays of .npz files, read or mapped, of which nothing is believed before it is checked.

An .npz file is a zip file with one .npy file per array. What decoding such a file raises when its
bytes are odd is without end, so all of it means one thing here: the file is damaged. Sizes are
checked before memory is taken, and nothing is ever unpickled.

Stored without compression, an array lies in the file as it would in memory, so that it can be
mapped where it is: nothing is copied, and jobs share what the system caches. Its CRC-32 is checked
over the map: that reads the file once, through the system's cache.
"""

import io
import math
import mmap
import os
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from nnrepro.errors import NnreproError
from nnrepro.files import LARGEST, FileError, open_regular, read_bounded, read_bytes

NUMBERS = "biuf"
"""Kinds of NumPy types: truth values, whole numbers, floating-point numbers."""

_LOCAL_HEADER = 30
"""Bytes of a zip member's header before its name; the last four are the lengths of name and extra.

PKWARE, .ZIP File Format Specification, section 4.3.7.
"""

_NPY_HEADER = 2**16 + 10
"""Bytes that a .npy header of version 1.0 has at most."""


class Npz:
    """The arrays of an open .npz file."""

    def __init__(self, content: memoryview, archive: zipfile.ZipFile, limit: int) -> None:
        """Wrap a zip file's bytes, what knows its members, and the bytes that arrays may have."""
        self._content = content
        self._archive = archive
        self._left = limit

    @property
    def names(self) -> list[str]:
        """Names of the arrays, in the order in which they were written."""
        return [name.removesuffix(".npy") for name in self._archive.namelist()]

    def array(self, name: str, kinds: str = NUMBERS, dimensions: int | None = None) -> NDArray[Any]:
        """A copy of an array of certain kinds of NumPy types and number of dimensions (None: any).

        Raises ValueError where it is not so, and other errors where it is odd in any other way.
        """
        member = self._member(name)
        self._left -= member.file_size
        if self._left < 0:
            raise ValueError(f"the array {name} is larger than any that belongs here")
        if member.compress_type == zipfile.ZIP_STORED:
            return _array(self._stored(member), name, kinds, dimensions).copy()
        with self._archive.open(member) as file:
            content = read_bounded(file, name, member.file_size)
        return _array(memoryview(content), name, kinds, dimensions).copy()

    def mapped(self, name: str) -> NDArray[Any]:
        """An array of numbers where it lies, read-only; raises as `array`, or if packed."""
        member = self._member(name)
        if member.compress_type != zipfile.ZIP_STORED:
            raise ValueError(f"the array {name} is compressed")
        return _array(self._stored(member), name, NUMBERS, None)

    def _member(self, name: str) -> zipfile.ZipInfo:
        try:
            member = self._archive.getinfo(f"{name}.npy")
        except KeyError:
            raise ValueError(f"it holds no array {name!r}") from None
        # Other ways of compression are unpacked in one piece, whatever its size.
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError(f"the array {name} is compressed in a way that NumPy never does")
        return member

    def _stored(self, member: zipfile.ZipInfo) -> memoryview:
        """The bytes of an uncompressed member, where they lie."""
        name_at = member.header_offset + _LOCAL_HEADER
        lengths = struct.unpack("<HH", self._content[name_at - 4 : name_at])
        if self._content[name_at : name_at + lengths[0]] != member.orig_filename.encode():
            raise ValueError(f"{member.filename} has two names")
        begin = name_at + sum(lengths)
        stored = self._content[begin : begin + member.file_size]
        if len(stored) < member.file_size:
            raise ValueError(f"{member.filename} ends early")
        if zlib.crc32(stored) != member.CRC:
            raise ValueError(f"the checksum of {member.filename} is wrong")
        return stored


@contextmanager
def open_npz(path: Path, limit: int = LARGEST) -> Iterator[Npz]:
    """Yield the arrays of an .npz file; `limit` is for the file, and its arrays unpacked, in bytes.

    Raises FileError where it is too large or no regular file, and for whatever is raised meanwhile.
    """
    content = read_bytes(path, limit)
    with _damage_named(path), zipfile.ZipFile(io.BytesIO(content)) as archive:
        yield Npz(memoryview(content), archive, limit)


def mapped_arrays(
    path: Path, names: Iterable[str], optional: Iterable[str] = ()
) -> dict[str, NDArray[Any]]:
    """Map arrays of numbers of an uncompressed .npz file of any size, read-only, checked.

    Those that are optional may be lacking. Raises FileError where it is damaged, lacks another
    array, or is no regular file.
    """
    with open_regular(path) as file:
        if not os.fstat(file.fileno()).st_size:
            raise FileError(path, "is damaged (it is empty)")
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    with _damage_named(path), zipfile.ZipFile(cast(IO[bytes], content)) as archive:
        opened = Npz(memoryview(content), archive, len(content))
        there = [*names, *(name for name in optional if name in opened.names)]
        return {name: opened.mapped(name) for name in there}


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    try:
        yield
    except NnreproError:
        raise
    except Exception as error:
        why = " ".join(str(error).split())[:200] or type(error).__name__
        raise FileError(path, f"is damaged ({why})") from error


def _array(stored: memoryview, name: str, kinds: str, dimensions: int | None) -> NDArray[Any]:
    """The array of a .npy file in memory, without copying it."""
    file = io.BytesIO(stored[:_NPY_HEADER])
    version = np.lib.format.read_magic(file)
    if version != (1, 0):
        raise ValueError(f"the array {name} has a .npy header of version {version}, not (1, 0)")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
    if dtype.hasobject:
        raise ValueError(f"the array {name} holds Python objects")
    if dtype.kind not in kinds:
        raise ValueError(f"the array {name} holds {dtype}, which is not read here")
    if dimensions not in (None, len(shape)):
        raise ValueError(f"the array {name} has {len(shape)} dimensions, not {dimensions}")
    numbers = stored[file.tell() :]
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != len(numbers):
        raise ValueError(f"the array {name} has {len(numbers)} bytes, not those of its shape")
    flat = np.frombuffer(numbers, dtype=dtype)
    return flat.reshape(shape, order="F" if fortran else "C")
