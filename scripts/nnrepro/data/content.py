"""What prepared data is, apart from where it came from: one sum of arrays and their meaning."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from nnrepro.data.kinds import ARRAYS
from nnrepro.data.soundness import COUNTS

CONTENT = "content_sha256"

_OF_NO_EFFECT = (
    *("name", "source", "generated", "sha256"),  # where it came from
    *("classes", "vocabulary", COUNTS, CONTENT),  # words, and what follows from the arrays
)


def content_sha256(arrays: Mapping[str, np.ndarray], description: Mapping[str, Any]) -> str:
    """SHA-256 of the arrays of prepared data, and of what their description says they mean.

    Where the data came from and what its classes and words are called is no part of it, so that two
    descriptions have the same sum where a model learns the same from both.

    Args:
        arrays: those named in `nnrepro.data.kinds.ARRAYS`.
        description: their description.
    """
    meaning = {name: item for name, item in description.items() if name not in _OF_NO_EFFECT}
    digest = hashlib.sha256(json.dumps(meaning, sort_keys=True).encode())
    for name in ARRAYS:
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"\0{name} {array.dtype.str} {array.shape}\0".encode())
        digest.update(array.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()
