"""Data sets of source `npz`: arrays that NumPy has saved."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from nnrepro.data import features, splits
from nnrepro.data.checksums import sha256_of
from nnrepro.data.content import Content
from nnrepro.data.errors import DataError, told_as_data_errors
from nnrepro.metrics.registry import CLASSIFICATION
from nnrepro.npz import NUMBERS, open_npz
from nnrepro.study.kinds import source
from nnrepro.study.messages import one_of, some_of
from nnrepro.study.options import SPLIT, Columns, Name, Place, Split

_MOST_BYTES = 2**33
_NAMED = 12
"""So many classes a message names."""
_PARTS = {"train": ("train",), "test": ("test",), "validation": ("validation", "val")}

Arrays = dict[str, np.ndarray]


@source(inputs=lambda options: (options.get("input", "table"),), problems=splits.share_problems)
def npz(
    _: str,
    *,
    path: Place,
    input: Name = "table",
    x: Name = "x",
    y: Name = "y",
    task: Literal["classification", "multi_label", "regression"] = "classification",
    classes: Columns | None = None,
    outputs: Columns | None = None,
    standardise: bool = True,
    split: Split = SPLIT,
) -> Content:
    """Arrays of examples and answers, whole or of each part, as `x` and `y`, or `x_train` ...

    Args:
        path: The file.
        input: What models read them; `image` takes uint8 [n, height, width] or
            [n, height, width, channels].
        x: What the examples are called.
        y: What the answers are called.
        task: What is predicted.
        classes: Names of the classes.
        outputs: Names of labels or targets.
        standardise: Whether features of a table get mean 0 and deviation 1.
        split: How examples are split, by shares below 1 or numbers.
    """
    examples, answers = _read(Path(path), x, y)
    asked = {**SPLIT, **split}
    if not asked["validation"]:
        examples.pop("validation", None)
        answers.pop("validation", None)
    told: dict[str, Any]
    if task == CLASSIFICATION:
        answers, told = _classes(answers, classes, path)
    else:
        answers = {part: own[:, None] if own.ndim == 1 else own for part, own in answers.items()}
        count = answers["train"].shape[1]
        names = list(outputs or (f"{y}{number}" if count > 1 else y for number in range(count)))
        if len(names) != count:
            raise DataError(f"outputs: {len(names)} names, where {path} has {count} in '{y}'")
        told = {"task": task, "num_outputs": count, "outputs": names}
    if len(examples) < 3:
        pairs = zip(examples["train"], answers["train"], strict=True)
        contents = [own.tobytes() + answer.tobytes() for own, answer in pairs]
        labels = answers["train"].tolist() if task == CLASSIFICATION else None
        examples, answers = splits.split_arrays(
            examples, answers, contents, labels, where=path, asked=asked
        )
    examples, described = _described(examples, input, standardise, path)
    sums = {Path(path).name: sha256_of(path)}
    return Content.of(examples, answers, {**described, **told, "sha256": sums})


def _read(path: Path, x: str, y: str) -> tuple[Arrays, Arrays]:
    """Examples and answers by part; those of `train` are all where the file does not part them."""
    with told_as_data_errors(path), open_npz(path, _MOST_BYTES) as file:
        found = _named(file.names, x, y, path)
        if "train" not in found:
            raise DataError(
                f"{path}: holds the arrays {one_of(file.names)}, and neither '{x}' and '{y}' "
                f"nor '{x}_train', '{y}_train' and so on; name them by the keys x and y"
            )
        examples = {part: file.array(names[0]) for part, names in found.items()}
        answers = {part: file.array(names[1], f"{NUMBERS}U") for part, names in found.items()}
    for part, own in examples.items():
        if not own.ndim or len(own) != len(answers[part]):
            names = found[part]
            raise DataError(
                f"{path}: '{names[0]}' has the shape {own.shape}, '{names[1]}' "
                f"{answers[part].shape}; both begin with the number of examples"
            )
        if own.shape[1:] != examples["train"].shape[1:]:
            raise DataError(
                f"{path}: examples of '{found['train'][0]}' have the shape "
                f"{examples['train'].shape[1:]}, those of '{found[part][0]}' {own.shape[1:]}"
            )
    return examples, answers


def _named(there: Sequence[str], x: str, y: str, path: Path) -> dict[str, tuple[str, str]]:
    """The names of the arrays of each part; none is read in place of another."""
    found: dict[str, tuple[str, str]] = {}
    for part, words in _PARTS.items():
        both = [(f"{x}_{word}", f"{y}_{word}") for word in words]
        both += [(f"{word}_{x}", f"{word}_{y}") for word in words]
        if part == "train":
            both.append((x, y))
        pairs = [pair for pair in both if {*pair} & {*there}]
        if len(pairs) > 1:
            raise DataError(
                f"{path}: both '{pairs[0][0]}' and '{pairs[1][0]}' are {part} examples; keep one"
            )
        for held, lacking in (*pairs, *(pair[::-1] for pair in pairs)):
            if lacking not in there:
                raise DataError(
                    f"{path}: holds '{held}' and no '{lacking}'; add it, or remove both"
                )
        if pairs:
            found[part] = pairs[0]
    return found


def _classes(
    answers: Arrays, names: Sequence[str] | None, path: str
) -> tuple[Arrays, dict[str, Any]]:
    """Labels as whole numbers from 0, and the names of the classes."""
    for part, own in answers.items():
        if own.ndim == 2 and own.shape[1] == 1:
            answers[part] = own[:, 0]
        elif own.ndim != 1 or own.dtype.kind not in "biuU":
            raise DataError(
                f"{path}: labels are one whole number or word for each example, not {own.dtype} of "
                f"the shape {own.shape}; save y.argmax(axis=1) of one-hot labels and "
                "y.astype(int) of whole ones, or give task: regression or multi_label"
            )
    known = np.unique(answers["train"])
    if names is not None and known.dtype.kind != "U" and known[0] >= 0 and known[-1] < len(names):
        known = np.arange(len(names))
    elif names is not None and len(names) != len(known):
        raise DataError(f"classes: {len(names)} names, where {path} has {len(known)} classes")
    elif names is not None and known.dtype.kind == "U" and [*names] != known.tolist():
        raise DataError(
            f"classes: the labels of {path} are words already; leave it out, or name them in the "
            f"order of their letters: {some_of(map(repr, known.tolist()), _NAMED)}"
        )
    for part, own in answers.items():
        unknown = own[~np.isin(own, known)]
        if len(unknown):
            raise DataError(f"{path}: no training example is of the class {unknown[0].item()!r}.")
        answers[part] = np.searchsorted(known, own).astype(np.int32)
    words = [str(name) for name in (known.tolist() if names is None else names)]
    return answers, {"classes": words, "num_classes": len(words)}


def _described(
    examples: Arrays, input: str, standardise: bool, path: str
) -> tuple[Arrays, dict[str, Any]]:
    """Examples as prepared data have them, and what they are."""
    train = examples["train"]
    if input == "image":
        return _images(examples, path)
    if input != "table" and train.dtype.kind in "iu":
        size = max(int(own.max(initial=0)) for own in examples.values()) + 1
        made = {"form": "array", "shape": list(train.shape[1:])}
        return examples, {"kind": "ids", "vocabulary_size": size, "preparation": made}
    made = {"form": "array", "shape": list(train.shape[1:])}
    if input == "table" and standardise:
        if train.dtype.kind == "f" and not np.isfinite(train).all():
            raise DataError(f"{path}: an example holds a number that is not finite; fill it in.")
        columns = train.reshape(len(train), -1).T
        found = np.array([features.moments(column.astype(float).tolist()) for column in columns])
        mean, scale = found.T.reshape(2, *train.shape[1:]).tolist()
        made |= {"mean": mean, "scale": scale}
        examples = {part: features.scaled(own, made) for part, own in examples.items()}
    return examples, {"kind": "floats", "vocabulary_size": 0, "preparation": made}


def _images(examples: Arrays, path: str) -> tuple[Arrays, dict[str, Any]]:
    """Images as rows of planes."""
    train = examples["train"]
    shape = train.shape[1:] if train.ndim == 4 else (*train.shape[1:], 1)
    if train.ndim not in (3, 4) or shape[-1] not in (1, 3) or train.dtype != np.uint8:
        raise DataError(
            f"{path}: images are uint8, from 0 to 255, of the shape [n, height, width] or [n, "
            f"height, width, channels] with 1 or 3 channels, not {train.dtype} {list(train.shape)}"
        )
    height, width, channels = shape
    rows = {
        part: np.ascontiguousarray(
            own.reshape(-1, height, width, channels).transpose(0, 3, 1, 2)
        ).reshape(len(own), -1)
        for part, own in examples.items()
    }
    return rows, {
        "kind": "image",
        "image_shape": [channels, height, width],
        "vocabulary_size": 0,
        "preparation": {"form": "image"},
    }
