"""Weights of classes in training: `balanced`, or a number for each class by its name or number.

    class_weight: {cat: 2, dog: 1}

Settings are single values, so that such a section is a setting as text: JSON, as it is recorded.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nnrepro.study.messages import nearest, some_of
from nnrepro.study.sampling import DISTRIBUTIONS

CLASS_WEIGHT, BALANCED = "class_weight", "balanced"
_LONGEST = 10_000


def in_text(value: Any, key: str = "") -> Any:
    """A configuration, or a part of it under a key, with sections `class_weight` as text."""
    if not isinstance(value, Mapping):
        return value
    if key == CLASS_WEIGHT and value and not set(value) <= set(DISTRIBUTIONS):
        return json.dumps({str(name): weight for name, weight in value.items()}, default=str)
    return {name: in_text(item, name) for name, item in value.items()}


def weight_problem(value: Any) -> str | None:
    """What is wrong with such a setting, as the end of a sentence; None when nothing is."""
    if value == BALANCED:
        return None
    weights = weights_in(value)
    if not weights:
        hint = nearest(value, [BALANCED])
        return f"must be '{BALANCED}' or a weight for each class, as {{cat: 2, dog: 1}}{hint}"
    wrong = [f"'{name}': {weight!r}" for name, weight in weights.items() if not _is_weight(weight)]
    if wrong:
        return f"must have weights that are numbers from 0 on, and has {some_of(wrong)}"
    if len(value) > _LONGEST:
        return f"names too many classes; the weights may take {_LONGEST:,} characters"
    return None


def weights_in(value: Any) -> dict[str, Any] | None:
    """The weights that a setting tells by class; None where it tells none so."""
    try:
        found = json.loads(value)
    except (TypeError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def by_number(weights: Mapping[str, float], names: Sequence[str], classes: int) -> dict[int, float]:
    """Weights by the classes' numbers, from their names or numbers.

    Raises KeyError with a class that there is not, or that is named twice.
    """
    found: dict[int, float] = {}
    for name, weight in weights.items():
        number = list(names).index(name) if name in names else _number(name)
        if number is None or number >= classes or number in found:
            raise KeyError(name)
        found[number] = float(weight)
    return found


def unknown_classes(value: Any, names: Sequence[str], classes: int) -> Iterator[str]:
    """What is wrong with such a setting for data of some classes, as messages."""
    weights = None if value == BALANCED else weights_in(value)
    try:
        by_number(weights or {}, names, classes)
    except KeyError as error:
        name = str(error.args[0])
        known = some_of(map(repr, names), 20) if names else f"0 to {classes - 1}"
        yield (
            f"{CLASS_WEIGHT}: '{name}' is no class, or one that has a weight already"
            f"{nearest(name, names)}; the classes are {known}"
        )


def _number(name: str) -> int | None:
    return int(name) if name.isascii() and name.isdigit() else None


def _is_weight(weight: Any) -> bool:
    number = isinstance(weight, int | float) and not isinstance(weight, bool)
    return number and math.isfinite(weight) and weight >= 0
