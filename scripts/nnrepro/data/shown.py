"""A prepared example in words: the way back from what a model reads to what its author knows."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from nnrepro.data.tokens import PAD

_MOST_NUMBERS = 12
_LEFT_OUT = frozenset((PAD, "<eos>"))


def in_words(meta: Mapping[str, Any], example: NDArray[Any]) -> str:
    """What an example of prepared data holds, as far as words can say it; else nothing.

    Args:
        meta: the description of the prepared data.
        example: one of them, as it is stored. A text has the words that the vocabulary knows.
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
