"""What prepared arrays may hold, by the kind of their examples.

`image`: rows of bytes, [n, channels * height * width]; a run scales them to 0 to 1.
`ids`: whole numbers from 0, below the size of a vocabulary, [n, ...].
`floats`: numbers as they stand, [n, ...].

What is to be predicted goes by the task: `classification` (a class each), `multi_label` (several
labels, each 0 or 1) or `regression` (numbers in units of their own).

Whatever else there is would have to be cast, and a cast changes numbers without a word: 3.06 to 3,
-1 to 255. So nothing is cast here that does not keep its value, and anything else is refused.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from nnrepro.data.errors import DataError
from nnrepro.metrics.registry import CLASSIFICATION, REGRESSION, TASKS
from nnrepro.study.messages import nearest

ARRAYS = ("train_x", "train_y", "test_x", "test_y")
VALIDATION_ARRAYS = ("validation_x", "validation_y")
"""Arrays that are there where the data were split with validation."""
KINDS = ("image", "ids", "floats")

_LARGEST_ID = 2**31 - 1
_WHOLE_FLOATS = 2**24
"""Up to here every whole number is a float32."""
_ROUNDED = 1e-3
"""How much of a feature's spread rounding it to float32 may take."""


def typed(arrays: Mapping[str, Any], meta: Mapping[str, Any], where: str) -> dict[str, np.ndarray]:
    """Check the arrays of training, testing and, if any, validation; give each its kind's one type.

    Read of their description `meta` are `kind`, `task` (classification when absent), `num_classes`
    and, by kind, `image_shape` and `vocabulary_size`; `where` names them in messages. Images are
    uint8, ids int32, floats float32; only floats of more than 32 bits may differ from what was
    given, by rounding. y is int32 [n] of classes, float32 [n, num_outputs] of other tasks.

    Raises DataError where an array is missing, not read by training, of another type or form, or
    holds something outside its range, with its name and the remedy.
    """
    kind = meta.get("kind")
    if kind not in KINDS:
        raise DataError(
            f"{where}: kind is {kind!r}; allowed are {', '.join(KINDS)}{nearest(str(kind), KINDS)}"
        )
    task = meta.get("task", CLASSIFICATION)
    if task not in TASKS:
        raise DataError(
            f"{where}: task is {task!r}; allowed are {', '.join(TASKS)}{nearest(str(task), TASKS)}"
        )
    width = "num_classes" if task == CLASSIFICATION else "num_outputs"
    if type(meta.get(width)) is not int or meta[width] < 1:
        what = "classes" if task == CLASSIFICATION else "outputs"
        raise DataError(f"{where}: {width} is {meta.get(width)!r}; it is the number of {what}.")
    splits = splits_of(arrays)
    wanted = {f"{split}_{part}" for split in splits for part in "xy"}
    for name in sorted(wanted ^ set(arrays)):
        told = "is missing" if name in wanted else "is nothing that training reads; leave it out"
        raise DataError(f"{where}: the array {name} {told}.")
    checked: dict[str, np.ndarray] = {}
    for split in splits:
        x, y = (_array(arrays[f"{split}_{part}"], f"{split}_{part}", task, where) for part in "xy")
        if len(x) != len(y):
            raise DataError(f"{where}: {len(x)} {split} examples but {len(y)} labels.")
        if not x.size:
            raise DataError(f"{where}: {split}_x holds no examples.")
        checked[f"{split}_x"] = typed_examples(x, meta, f"{where}: {split}_x")
        checked[f"{split}_y"] = (
            _labels(y, meta[width], split, where)
            if task == CLASSIFICATION
            else _outputs(y, meta[width], task, f"{where}: {split}_y")
        )
        shape, first = checked[f"{split}_x"].shape[1:], checked["train_x"].shape[1:]
        if shape != first:
            raise DataError(f"{where}: examples of train_x are {first}, of {split}_x {shape}.")
    return checked


def typed_examples(x: np.ndarray, meta: Mapping[str, Any], where: str) -> np.ndarray:
    """Examples in the one type of the kind that their description names; raises as `typed`."""
    return _EXAMPLES[meta["kind"]](x, meta, where)


def splits_of(arrays: Mapping[str, Any]) -> tuple[str, ...]:
    """The sets of examples that there are: `train`, `test` and, where it was split off, another."""
    given = any(name in arrays for name in VALIDATION_ARRAYS)
    return ("train", "test", "validation") if given else ("train", "test")


def _array(value: Any, name: str, task: str, where: str) -> np.ndarray:
    if not isinstance(value, np.ndarray) or isinstance(value, np.ma.MaskedArray):
        raise DataError(f"{where}: {name} is a {type(value).__name__}; give a NumPy array.")
    if name.endswith("_x"):
        fits, needed = value.ndim >= 2, "two dimensions or more"
    elif task == CLASSIFICATION:
        fits, needed = value.ndim == 1, "one dimension, a label each"
    else:
        fits, needed = value.ndim == 2, "two dimensions, examples and outputs"
    if not fits:
        raise DataError(f"{where}: {name} has the shape {value.shape}; it needs {needed}.")
    return value


def _outputs(y: np.ndarray, count: int, task: str, where: str) -> np.ndarray:
    """Targets, or labels of which each is 0 or 1, [n, count]."""
    if y.shape[1] != count:
        raise DataError(f"{where} has {y.shape[1]} columns, where there are {count} outputs.")
    if task == REGRESSION:
        return _floats(y, {}, where)
    if y.dtype.kind not in "biuf" or not np.isin(y, (0, 1)).all():
        raise DataError(f"{where} holds {_sample(y[~np.isin(y, (0, 1))])}; labels are 0 or 1.")
    return y.astype(np.float32)


def _labels(y: np.ndarray, num_classes: int, split: str, where: str) -> np.ndarray:
    if y.dtype.kind not in "iu":
        raise DataError(
            f"{where}: {split}_y is of type {y.dtype} ({_sample(y)}); labels are whole numbers "
            f"from 0 to {num_classes - 1}, of an integer type."
        )
    outside = y[(y < 0) | (y >= num_classes)]
    if len(outside):
        raise DataError(
            f"{where}: a {split} label is outside 0 to {num_classes - 1}: {outside[0]}."
        )
    return y.astype(np.int32)


def _images(x: np.ndarray, meta: Mapping[str, Any], where: str) -> np.ndarray:
    shape = meta.get("image_shape")
    if x.dtype != np.uint8:
        raise DataError(
            f"{where} is of type {x.dtype} ({_sample(x)}); an image is of type uint8, from 0 to "
            "255, and scaled by training. Numbers that are to stay as they are have the kind "
            "'floats'."
        )
    if not shape or x.shape[1:] != (math.prod(shape),):
        raise DataError(f"{where}: rows of {x.shape[1:]} do not hold {shape} images.")
    return x


def _ids(x: np.ndarray, meta: Mapping[str, Any], where: str) -> np.ndarray:
    size = meta.get("vocabulary_size")
    if type(size) is not int or not 1 <= size <= _LARGEST_ID:
        raise DataError(f"{where}: vocabulary_size is {size!r}; ids need the number of all ids.")
    if x.dtype.kind not in "iu":
        raise DataError(
            f"{where} is of type {x.dtype} ({_sample(x)}); ids are whole numbers, of an integer "
            "type. Numbers that are to stay as they are have the kind 'floats'."
        )
    if x.min() < 0 or x.max() >= size:
        outside = x[(x < 0) | (x >= size)]
        raise DataError(f"{where} holds the id {outside[0]}, outside 0 to {size - 1}.")
    return x.astype(np.int32)


def _floats(x: np.ndarray, meta: Mapping[str, Any], where: str) -> np.ndarray:
    if x.dtype.kind not in "fiu":
        raise DataError(
            f"{where} is of type {x.dtype} ({_sample(x)}); numbers are needed, such as float32."
        )
    if x.dtype.kind == "f" and not np.isfinite(x).all():
        wrong = x[~np.isfinite(x)]
        raise DataError(f"{where} holds {wrong[0]}; fill in what is missing, or leave it out.")
    if x.dtype.kind in "iu":
        beyond = x[(x > _WHOLE_FLOATS) | (x < -_WHOLE_FLOATS)] if x.dtype.itemsize > 2 else x[:0]
        if beyond.size:
            raise DataError(f"{where} holds {beyond[0]}, which float32 would round; scale it.")
        return x.astype(np.float32)
    with np.errstate(over="ignore"):
        rounded = x.astype(np.float32)
    if x.dtype.itemsize > rounded.dtype.itemsize:
        spread = x.max(axis=0) - x.min(axis=0)
        lost = np.abs(rounded - x).max(axis=0) > _ROUNDED * spread
        if (lost & (spread > 0)).any() or not np.isfinite(rounded).all():
            raise DataError(
                f"{where} is of type {x.dtype}, and rounded to float32 it would lose what tells "
                "its values apart; scale it, or subtract the mean, before."
            )
    return rounded


def _sample(values: np.ndarray) -> str:
    """The first value, as a message can show it."""
    return ", ".join(map(repr, values.ravel()[:1].tolist()))[:40]


_EXAMPLES = {"image": _images, "ids": _ids, "floats": _floats}
