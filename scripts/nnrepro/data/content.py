"""Sums of what data is: of raw files, and of prepared arrays with their meaning."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nnrepro.data.checksums import sha256_of
from nnrepro.data.errors import DataError
from nnrepro.data.kinds import splits_of
from nnrepro.data.soundness import COUNTS

CONTENT = "content_sha256"

_READ_EACH_TIME = 2**28
"""Bytes that are read whenever the workflow is, to notice a change; about half a second."""

_OF_NO_EFFECT = (
    *("name", "source", "generated", "sha256", "pixels", "test"),  # where it came from
    *("classes", "outputs", "vocabulary"),  # words
    *("preparation", COUNTS, CONTENT),  # what they follow from, and what follows from them
)


class Content(NamedTuple):
    """What a source gives: arrays, what they are, and how often something odd was met.

    See `nnrepro.data.prepare.write_prepared` for what each has.
    """

    arrays: Mapping[str, np.ndarray]
    described: Mapping[str, Any]
    counts: Mapping[str, int]

    @classmethod
    def of(
        cls,
        x: Mapping[str, np.ndarray],
        y: Mapping[str, np.ndarray],
        described: Mapping[str, Any],
        counts: Mapping[str, int] | None = None,
    ) -> "Content":
        """Of examples and answers by part."""
        named = {"x": x, "y": y}
        arrays = {f"{part}_{name}": own[part] for name, own in named.items() for part in own}
        return cls(arrays, described, counts or {})


def files_sha256(files: Iterable[Path]) -> str:
    """SHA-256 of names and content of raw files; it changes though an edit keeps size and times.

    Where there is too much to read each time, a file's size and time of change stand for its
    content. Raises DataError where a file cannot be read.
    """
    files = list(files)
    digest = hashlib.sha256()
    try:
        states = [file.stat() for file in files]
        readable = sum(state.st_size for state in states) <= _READ_EACH_TIME
        for file, state in zip(files, states, strict=True):
            told = sha256_of(file) if readable else f"{state.st_size} {state.st_mtime_ns}"
            digest.update(f"{file}\0{told}\0".encode(errors="surrogateescape"))
    except OSError as error:
        raise DataError(f"{error.filename}: cannot be read: {error.strerror}") from error
    return digest.hexdigest()


def content_sha256(arrays: Mapping[str, np.ndarray], description: Mapping[str, Any]) -> str:
    """SHA-256 of prepared arrays, and of what their description says they mean.

    Where the data came from and what its classes and words are called is no part of it, so that two
    descriptions have the same sum where a model learns the same from both.
    """
    meaning = {name: item for name, item in description.items() if name not in _OF_NO_EFFECT}
    digest = hashlib.sha256(json.dumps(meaning, sort_keys=True).encode())
    for name in (f"{split}_{part}" for split in splits_of(arrays) for part in "xy"):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"\0{name} {array.dtype.str} {array.shape}\0".encode())
        digest.update(array.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()
