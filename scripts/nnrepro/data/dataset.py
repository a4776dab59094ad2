"""The prepared arrays as one training run sees them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnrepro.data.content import CONTENT, content_sha256
from nnrepro.data.errors import DataError
from nnrepro.data.kinds import ARRAYS, VALIDATION_ARRAYS, splits_of, typed
from nnrepro.data.soundness import refuse_one_class
from nnrepro.files import FileError, read_json
from nnrepro.metrics.registry import CLASSIFICATION
from nnrepro.npz import mapped_arrays

TEST = "test"
COMPARISON = "comparison"
VALIDATION = "validation"
"""Names of the sets that a model is evaluated on."""

_LAYOUTS = ("planes", "flat")
_AGAIN = "Remove it and run the workflow again, which prepares it anew"
_HELD_OUT_SEED = 20_170_515
"""Decides which training examples are held out; fixed, so that all runs hold out the same."""


@dataclass(frozen=True)
class Dataset:
    """Examples of one run; test sets are leading parts of one another: the largest holds all.

    `train_x` are images float32 [n, height, width, channels] in [0, 1], ids int32 [n, ...], or
    floats float32 [n, ...]; `train_y` classes, int32 [n], or float32 [n, num_outputs]: labels, each
    0 or 1, of the task `multi_label`, targets in their own units of `regression`. `test_x` and
    `test_y` are the same of the largest test set, `test_sizes` the sizes of the one or two there
    are, the primary one first; `validation_x` and `validation_y` examples that are not trained on
    either, None without any. `num_classes` is one more than the largest class that can occur, 0 of
    other tasks; `vocabulary_size` the number of ids, 0 where there are none; `input` what a model
    eats: `image`, `characters`, `words`, `table` ...; `meta` the prepared data's description, as
    written beside it.
    """

    train_x: np.ndarray
    train_y: np.ndarray
    test_x: np.ndarray
    test_y: np.ndarray
    test_sizes: tuple[int, ...]
    num_classes: int
    vocabulary_size: int
    input: str
    meta: Mapping[str, Any]
    validation_x: np.ndarray | None = None
    validation_y: np.ndarray | None = None

    @property
    def task(self) -> str:
        """What is predicted: `classification`, `multi_label` or `regression`."""
        return str(self.meta.get("task", CLASSIFICATION))

    @property
    def num_outputs(self) -> int:
        """Numbers that a model gives for an example: classes, labels or targets."""
        return int(self.meta.get("num_outputs", self.num_classes))

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the classes, labels or targets; empty where nobody named them."""
        return tuple(map(str, self.meta.get("outputs", self.meta.get("classes", ()))))

    @property
    def evaluation_x(self) -> np.ndarray:
        """All examples that a model is evaluated on: the largest test set, then those held out."""
        if self.validation_x is None:
            return self.test_x
        return np.concatenate((self.test_x, self.validation_x))

    @property
    def evaluation_y(self) -> np.ndarray:
        """Labels of `evaluation_x`."""
        if self.validation_y is None:
            return self.test_y
        return np.concatenate((self.test_y, self.validation_y))

    @property
    def evaluation_sets(self) -> dict[str, slice]:
        """Where each set lies in `evaluation_x`, by name; the first is the primary test set."""
        names = (TEST, COMPARISON)
        sets = {name: slice(0, n) for name, n in zip(names, self.test_sizes, strict=False)}
        if self.validation_y is not None:
            tested = len(self.test_y)
            sets[VALIDATION] = slice(tested, tested + len(self.validation_y))
        return sets


def load_dataset(npz: Path | str, settings: Mapping[str, Any]) -> Dataset:
    """Load prepared arrays and cut them to what a run asks for, scaled and typed for training.

    Their description is the JSON file of the same name beside them. Read of a run's settings are
    `train_examples` and `test_examples` (all without them), `comparison_test_examples` (0 for
    none), `validation_examples` (how many of the training examples are held out; 0 for none, as
    data with validation examples of their own need it) and, for images, `layout`: with `planes` a
    row is read as colour planes, as CIFAR-10 means it; with `flat` it is reshaped to height x width
    x channels as it stands, which scrambles pixels and colours as the koh protocol did.

    Raises DataError where a file is missing, damaged or at odds with its description, or a setting
    is missing, not allowed, or asks for more examples than there are.
    """
    npz = Path(npz)
    meta = _read_meta(npz.with_suffix(".json"))
    arrays = _read_arrays(npz, meta)
    train = _count(settings, "train_examples", len(arrays["train_y"]), npz)
    test_sizes = [_count(settings, "test_examples", len(arrays["test_y"]), npz)]
    if settings.get("comparison_test_examples", 0):
        test_sizes.append(_count(settings, "comparison_test_examples", len(arrays["test_y"]), npz))
    test = max(test_sizes)
    x = as_trained(arrays["train_x"][:train], meta, settings)
    y = arrays["train_y"][:train]
    held_out = _held_out(train, settings)
    refuse_one_class(y[~held_out], f"{npz}, as far as this run reads it")
    _check_content(arrays, meta, npz)
    validation: tuple[np.ndarray | None, np.ndarray | None] = (None, None)
    if held_out.any():
        if "validation" in splits_of(arrays):
            raise DataError(
                f"validation_examples is {settings['validation_examples']}, and {npz} has "
                f"{len(arrays['validation_y'])} validation examples of its own; leave it out."
            )
        validation = x[held_out], y[held_out]
    elif "validation" in splits_of(arrays):
        validation = as_trained(arrays["validation_x"], meta, settings), arrays["validation_y"]
    return Dataset(
        train_x=x[~held_out] if held_out.any() else x,
        train_y=y[~held_out],
        test_x=as_trained(arrays["test_x"][:test], meta, settings),
        test_y=arrays["test_y"][:test],
        test_sizes=tuple(test_sizes),
        num_classes=meta["num_classes"],
        vocabulary_size=meta["vocabulary_size"],
        input=meta["input"],
        meta=meta,
        validation_x=validation[0],
        validation_y=validation[1],
    )


def _held_out(examples: int, settings: Mapping[str, Any]) -> np.ndarray:
    """Which training examples are held out for validation, bool [examples].

    They are the last `validation_examples` of one fixed permutation: the same for every seed,
    variant and protocol, spread over data that may come sorted by class, and those of a smaller
    number are among those of a larger.
    """
    count = settings.get("validation_examples", 0)
    if type(count) is not int or not 0 <= count < examples:
        raise DataError(
            f"validation_examples is {count!r}; it must be a whole number from 0 to "
            f"{examples - 1}, fewer than the {examples} training examples."
        )
    chosen = np.zeros(examples, dtype=bool)
    if count:
        order = np.random.Generator(np.random.Philox(_HELD_OUT_SEED)).permutation(examples)
        chosen[order[-count:]] = True
    return chosen


def as_trained(x: np.ndarray, meta: Mapping[str, Any], settings: Mapping[str, Any]) -> np.ndarray:
    """Prepared examples as a model reads them: images scaled and put in their layout.

    Raises DataError where the settings of a run on images name no layout that there is.
    """
    if meta["kind"] != "image":
        return x
    layout = settings.get("layout")
    if layout not in _LAYOUTS:
        raise DataError(f"layout is {layout!r}; allowed are {' and '.join(_LAYOUTS)}.")
    channels, height, width = meta["image_shape"]
    scaled = x.astype(np.float32) / np.float32(255)
    if layout == "flat":
        return scaled.reshape(-1, height, width, channels)
    planes = scaled.reshape(-1, channels, height, width)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1))


def _count(settings: Mapping[str, Any], key: str, available: int, npz: Path) -> int:
    value = settings.get(key, available)
    if type(value) is not int or value < 1:
        raise DataError(f"{key} is {value!r}; it must be a whole number from 1 to {available}.")
    if value > available:
        raise DataError(
            f"{key} asks for {value} examples, but {npz} holds {available}. "
            f"Lower {key} to {available} or prepare more data."
        )
    return value


def _read_meta(path: Path) -> dict[str, Any]:
    try:
        meta = read_json(path)
    except FileNotFoundError as error:
        raise DataError(f"{path} does not exist. Run the workflow to prepare it.") from error
    except (FileError, OSError) as error:
        raise DataError(f"{path} is not readable JSON: {error}. {_AGAIN}.") from error
    needed = {"input": str, "kind": str, "num_classes": int, "vocabulary_size": int}
    for key, kind in needed.items():
        if not isinstance(meta, dict) or not isinstance(meta.get(key), kind):
            raise DataError(f"{path} lacks {key!r}. {_AGAIN}.")
    if meta["kind"] == "image" and len(meta.get("image_shape", ())) != 3:
        raise DataError(f"{path} lacks 'image_shape'. {_AGAIN}.")
    return meta


def _read_arrays(npz: Path, meta: Mapping[str, Any]) -> dict[str, np.ndarray]:
    try:
        return typed(mapped_arrays(npz, ARRAYS, VALIDATION_ARRAYS), meta, str(npz))
    except FileNotFoundError as error:
        raise DataError(f"{npz} does not exist. Run the workflow to prepare it.") from error
    except FileError as error:
        raise DataError(f"{error}. {_AGAIN}.") from error
    except DataError as error:
        raise DataError(f"{error} {_AGAIN}.") from error


def _check_content(arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any], npz: Path) -> None:
    """Refuse arrays that were exchanged beneath their description, which says what they are."""
    told = meta.get(CONTENT)
    if told is not None and told != content_sha256(arrays, meta):
        raise DataError(
            f"{npz} does not hold what {npz.with_suffix('.json').name} describes. {_AGAIN}."
        )
