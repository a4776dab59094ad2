"""Histories of runs: reading them, and saying precisely what is wrong with a damaged one.

A history is the JSON object that training writes per run: the lists `loss`, `accuracy`, `val_loss`
and `val_accuracy` with one number per epoch. `val_*` is the primary test set. A run that is also
evaluated on a larger test set has a second file with `val_loss` and `val_accuracy` on that set.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nnrepro.errors import NnreproError
from nnrepro.files import read_stored

FloatArray = NDArray[np.float64]

HISTORY_KEYS = ("loss", "accuracy", "val_loss", "val_accuracy")
COMPARISON_KEYS = ("val_loss", "val_accuracy")

_ROUNDING = 1e-6
"""How far a float32 mean of correct answers may lie outside [0, 1]."""


class HistoryError(NnreproError):
    """A history that is missing or damaged; the message names file, key and epoch."""


class MissingHistoryError(HistoryError):
    """There is no history where one was expected."""


@dataclass(frozen=True, eq=False)
class ComparisonHistory:
    """Per-epoch metrics on a set beside the primary test set: a larger one, or held-out examples.

    Attributes:
        val_loss: loss per epoch, shape [epochs].
        val_accuracy: accuracy per epoch as a fraction, shape [epochs].
    """

    val_loss: FloatArray
    val_accuracy: FloatArray

    def __post_init__(self) -> None:
        _check_lengths({"val_loss": self.val_loss, "val_accuracy": self.val_accuracy})

    @property
    def epochs(self) -> int:
        """Number of epochs, at least 1."""
        return len(self.val_loss)

    def up_to(self, epoch: int) -> Self:
        """The history as it was after so many epochs, at least 1."""
        return replace(self, **{key: getattr(self, key)[:epoch] for key in COMPARISON_KEYS})


@dataclass(frozen=True, eq=False)
class History:
    """Per-epoch metrics of a run, float64 arrays of equal length.

    Attributes:
        loss: training loss per epoch, shape [epochs].
        accuracy: training accuracy per epoch as a fraction, shape [epochs].
        val_loss: loss on the primary test set per epoch, shape [epochs].
        val_accuracy: accuracy on the primary test set per epoch as a fraction, shape [epochs].
    """

    loss: FloatArray
    accuracy: FloatArray
    val_loss: FloatArray
    val_accuracy: FloatArray

    def __post_init__(self) -> None:
        _check_lengths({key: getattr(self, key) for key in HISTORY_KEYS})

    @classmethod
    def of(cls, **series: Any) -> Self:
        """Build a history from anything NumPy reads as numbers.

        Raises:
            HistoryError: the series are empty or of unequal lengths.
        """
        return cls(**{key: np.asarray(values, dtype=np.float64) for key, values in series.items()})

    @property
    def epochs(self) -> int:
        """Number of epochs, at least 1."""
        return len(self.loss)

    def up_to(self, epoch: int) -> Self:
        """The history as it was after so many epochs, at least 1."""
        return replace(self, **{key: getattr(self, key)[:epoch] for key in HISTORY_KEYS})

    @property
    def finite(self) -> bool:
        """Whether every number of every epoch is finite."""
        return all(bool(np.isfinite(getattr(self, key)).all()) for key in HISTORY_KEYS)


def read_history(path: Path, *, allow_nonfinite: bool = False) -> History:
    """Read `history.json`.

    Args:
        path: the file.
        allow_nonfinite: accept `null`, which the history of a diverged run holds for epochs whose
            value was not finite, and read it as NaN. The tokens NaN and Infinity, which are not
            JSON, are never accepted.

    Raises:
        MissingHistoryError: there is no such file.
        HistoryError: wrong JSON, keys missing or too many, lists that are empty, of unequal
            lengths, or hold something other than finite numbers, accuracies outside [0, 1].
    """
    return History(**_read_series(path, HISTORY_KEYS, allow_nonfinite))


def read_comparison_history(path: Path, *, allow_nonfinite: bool = False) -> ComparisonHistory:
    """Read `history_comparison.json` or `history_validation.json`.

    Arguments and errors as for `read_history`.
    """
    return ComparisonHistory(**_read_series(path, COMPARISON_KEYS, allow_nonfinite))


def read_json_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file, which may be stored compressed as `<name>.gz`.

    Raises:
        MissingHistoryError: there is no such file.
        HistoryError: the file cannot be read, or holds something other than one JSON object.
    """
    try:
        value = json.loads(read_stored(path).decode("utf-8"))
    except FileNotFoundError as error:
        raise MissingHistoryError(f"{path}: there is no such file") from error
    except OSError as error:
        raise HistoryError(f"{path}: cannot be read: {error.strerror}") from error
    except NnreproError as error:
        raise HistoryError(str(error)) from error
    except json.JSONDecodeError as error:
        raise HistoryError(
            f"{path}, line {error.lineno}: not valid JSON ({error.msg}); "
            "the file is truncated or was edited, train or copy the run again"
        ) from error
    except (ValueError, RecursionError) as error:
        raise HistoryError(f"{path}: not valid JSON ({error})") from error
    if not isinstance(value, dict):
        raise HistoryError(f"{path}: holds {_kind(value)}, expected a JSON object")
    return value


def _read_series(path: Path, keys: tuple[str, ...], allow_nonfinite: bool) -> dict[str, FloatArray]:
    value = read_json_object(path)
    missing = [key for key in keys if key not in value]
    extra = [key for key in value if key not in keys]
    if missing or extra:
        wrong = [f"lacks the key '{key}'" for key in missing]
        wrong += [f"has the unknown key '{key}'" for key in extra]
        raise HistoryError(f"{path}: {' and '.join(wrong)}; expected exactly {', '.join(keys)}")
    series = {key: _numbers(path, key, value[key], allow_nonfinite) for key in keys}
    try:
        _check_lengths(series)
    except HistoryError as error:
        raise HistoryError(f"{path}: {error}") from error
    for key, values in series.items():
        if key.endswith("accuracy"):
            _check_fractions(path, key, values)
    return series


def _numbers(path: Path, key: str, values: Any, allow_nonfinite: bool) -> FloatArray:
    if not isinstance(values, list):
        raise HistoryError(f"{path}, key '{key}': holds {_kind(values)}, expected a list")
    # Types are compared exactly, because a bool is an int and NumPy would convert "1" silently.
    allowed = {int, float, type(None)} if allow_nonfinite else {int, float}
    if not set(map(type, values)) <= allowed:
        epoch = next(i for i, item in enumerate(values, start=1) if type(item) not in allowed)
        kind = _kind(values[epoch - 1])
        raise HistoryError(f"{path}, key '{key}', epoch {epoch}: {kind} is no finite number")
    try:
        array = np.array(values, dtype=np.float64)
    except OverflowError as error:
        raise HistoryError(f"{path}, key '{key}': a number is too large") from error
    if not np.isfinite(array).all():
        for index in np.flatnonzero(~np.isfinite(array)):
            if values[index] is not None:
                raise HistoryError(
                    f"{path}, key '{key}', epoch {index + 1}: {array[index]} is no finite number"
                )
    return array


def _check_lengths(series: dict[str, FloatArray]) -> None:
    lengths = {key: len(values) for key, values in series.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{key} {length}" for key, length in lengths.items())
        raise HistoryError(f"the lists have unequal numbers of epochs: {listed}")
    if 0 in lengths.values():
        raise HistoryError("the lists are empty, there is no epoch")


def _check_fractions(path: Path, key: str, values: FloatArray) -> None:
    outside = np.flatnonzero((values < -_ROUNDING) | (values > 1 + _ROUNDING))
    if outside.size:
        epoch = int(outside[0])
        raise HistoryError(
            f"{path}, key '{key}', epoch {epoch + 1}: {float(values[epoch])!r} is no fraction; "
            "accuracies lie between 0 and 1"
        )


def _kind(value: Any) -> str:
    """What a JSON value is, in words."""
    if value is None:
        return "null"
    words: dict[type, str] = {bool: "true or false", str: "text", list: "a list", dict: "an object"}
    return words.get(type(value), "a number")
