"""Arrays of an .npz file as memory maps: nothing is copied, and jobs share what the system caches.

An .npz file is a zip file with one .npy file per array. Stored without compression, an array lies
in it as it would in memory, so that it can be mapped where it is. A map skips the check that
reading a zip member makes, so the member's CRC-32 is checked over the map: that reads the file
once, through the system's cache, and keeps no copy.
"""

import io
import math
import mmap
import struct
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np

_LOCAL_HEADER = 30
"""Bytes of a zip member's header before its name; the last four are the lengths of name and extra.

PKWARE, .ZIP File Format Specification, section 4.3.7.
"""

_NPY_HEADER = 2**16 + 10
"""Bytes that a .npy header of version 1.0 has at most."""


def mapped_arrays(npz: Path, names: Iterable[str]) -> dict[str, np.ndarray]:
    """Map arrays of an uncompressed .npz file, read-only, after checking them.

    Args:
        npz: the file.
        names: names of the arrays.

    Raises:
        OSError: the file cannot be read.
        zipfile.BadZipFile: it is no zip file, or an array's checksum is wrong.
        KeyError: it has no array of that name.
        ValueError: an array is compressed, holds objects, or ends early.
    """
    with open(npz, "rb") as file, zipfile.ZipFile(file) as archive:
        size = file.seek(0, 2)
        content = memoryview(mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ))
        return {name: _mapped(content, archive, name) for name in names}


def _mapped(content: memoryview, archive: zipfile.ZipFile, name: str) -> np.ndarray:
    try:
        member = archive.getinfo(f"{name}.npy")
    except KeyError as error:
        raise KeyError(name) from error
    if member.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"the array {name} is compressed")
    header = content[member.header_offset : member.header_offset + _LOCAL_HEADER]
    if len(header) < _LOCAL_HEADER:
        raise ValueError(f"the array {name} ends early")
    begin = member.header_offset + _LOCAL_HEADER + sum(struct.unpack_from("<HH", header, 26))
    stored = content[begin : begin + member.file_size]
    if len(stored) < member.file_size:
        raise ValueError(f"the array {name} ends early")
    if zlib.crc32(stored) != member.CRC:
        raise zipfile.BadZipFile(f"the checksum of the array {name} is wrong")
    return _array(stored, name)


def _array(stored: memoryview, name: str) -> np.ndarray:
    """The array of a .npy file in memory, without copying it."""
    file = io.BytesIO(stored[:_NPY_HEADER])
    version = np.lib.format.read_magic(file)
    if version != (1, 0):
        raise ValueError(f"the array {name} has a .npy header of version {version}, not (1, 0)")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
    if dtype.hasobject:
        raise ValueError(f"the array {name} holds Python objects")
    flat = np.frombuffer(stored, dtype=dtype, count=math.prod(shape), offset=file.tell())
    return flat.reshape(shape, order="F" if fortran else "C")
