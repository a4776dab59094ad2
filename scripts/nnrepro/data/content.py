"""What prepared data is, apart from where it came from: one sum of arrays and their meaning."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

ARRAYS = ("train_x", "train_y", "test_x", "test_y")
CONTENT = "content_sha256"

_ORIGIN_AND_WORDS = ("name", "source", "generated", "sha256", "classes", "vocabulary", CONTENT)


def content_sha256(arrays: Mapping[str, np.ndarray], description: Mapping[str, Any]) -> str:
    """SHA-256 of the arrays of prepared data, and of what their description says they mean.

    Where the data came from and what its classes and words are called is no part of it, so that two
    descriptions have the same sum where a model learns the same from both.

    Args:
        arrays: those named in `ARRAYS`.
        description: their description.
    """
    meaning = {name: item for name, item in description.items() if name not in _ORIGIN_AND_WORDS}
    digest = hashlib.sha256(json.dumps(meaning, sort_keys=True).encode())
    for name in ARRAYS:
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"\0{name} {array.dtype.str} {array.shape}\0".encode())
        digest.update(array.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()
