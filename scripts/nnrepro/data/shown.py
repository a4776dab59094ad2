"""A prepared example in words: the way back from what a model reads to what its author knows."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnrepro.data.dataset import as_trained
from nnrepro.data.tokens import PAD
from nnrepro.files import read_json
from nnrepro.metrics.registry import MULTI_LABEL
from nnrepro.npz import mapped_arrays

_MOST_NUMBERS = 12
_LEFT_OUT = frozenset((PAD, "<eos>"))


def in_words(meta: Mapping[str, Any], example: NDArray[Any]) -> str:
    """What an example of prepared data holds, as far as words can say it; else nothing.

    `meta` describes the data, of which `example` is one as it is stored. A text has the words that
    the vocabulary knows.
    """
    made = meta.get("preparation") or {}
    if made.get("form") == "table":
        return ", ".join(_columns(made["features"], example))
    if meta.get("kind") == "ids" and meta.get("vocabulary"):
        return _text(meta["vocabulary"], example)
    if made.get("form") == "array" and example.ndim == 1 and len(example) <= _MOST_NUMBERS:
        means, scales = made.get("mean", [0] * len(example)), made.get("scale", [1] * len(example))
        return ", ".join(map(_number, example, means, scales))
    return ""


@dataclass(frozen=True)
class Sample:
    """An example of prepared data as it is shown.

    Attributes:
        label: its class, labels or targets.
        words: what it holds, in words; empty where they cannot say it.
        pixels: an image's pixels as a model reads them, float32 [height, width, channels] in
            [0, 1]; None of all else.
    """

    label: str
    words: str
    pixels: NDArray[np.float32] | None = None


def samples(npz: Path, settings: Mapping[str, Any], most: int) -> list[Sample]:
    """The first test example of each class, or the first ones where there are no classes.

    They are taken from prepared arrays with their description beside them, `most` at most;
    `settings` are of a run that reads them. Raises FileError and OSError where a file is damaged
    or not there.
    """
    meta = read_json(npz.with_suffix(".json"))
    arrays = mapped_arrays(npz, ["test_x", "test_y"])
    y, names = arrays["test_y"], meta.get("outputs") or meta.get("classes") or ()
    if y.ndim == 1:
        chosen = np.unique(y, return_index=True)[1][:most]
    else:
        chosen = np.arange(min(most, len(y)))
    is_image = meta["kind"] == "image"
    return [
        Sample(
            _label(y[at], names, meta),
            in_words(meta, arrays["test_x"][at]),
            as_trained(arrays["test_x"][at : at + 1], meta, settings)[0] if is_image else None,
        )
        for at in map(int, chosen)
    ]


def _label(y: NDArray[Any], names: Sequence[str], meta: Mapping[str, Any]) -> str:
    """What an example is: its class, the labels that it has, or its targets."""
    if y.ndim == 0:
        return str(names[int(y)]) if names else str(int(y))
    if meta.get("task") == MULTI_LABEL:
        return ", ".join(str(name) for name, one in zip(names, y, strict=True) if one)
    return ", ".join(f"{float(value):.4g}" for value in y)


def _columns(features: Sequence[Mapping[str, Any]], example: NDArray[Any]) -> list[str]:
    """Each column's name and value; an unknown or missing category has a question mark."""
    found, at = [], 0
    for feature in features:
        width = len(feature["categories"]) if "categories" in feature else 1
        own = example[at : at + width]
        at += width
        if "categories" in feature:
            known = [name for name, one in zip(feature["categories"], own, strict=True) if one]
            found.append(f"{feature['name']} {known[0] if known else '?'}")
        else:
            found.append(f"{feature['name']} {_number(own[0], feature['mean'], feature['scale'])}")
    return found


def _number(stored: float, mean: float, scale: float) -> str:
    """A number as it was, to what float32 keeps of the column's spread."""
    places = 5 - math.floor(math.log10(scale))
    return f"{round(float(stored) * scale + mean, places) + 0.0:.7g}"


def _text(vocabulary: Sequence[str], example: NDArray[Any]) -> str:
    """The tokens of a text; characters are set together."""
    tokens = [str(vocabulary[at]) for at in example.ravel() if vocabulary[at] not in _LEFT_OUT]
    single = all(len(token) == 1 for token in vocabulary if not token.startswith("<"))
    return ("" if single else " ").join(tokens).strip()
