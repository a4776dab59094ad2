"""Histories of runs: reading them, and saying precisely what is wrong with a damaged one.

A history is the JSON object that training writes per run: the lists `loss` and `val_loss`, and for
each metric, such as `accuracy`, `val_accuracy` and, where training records it, `accuracy`, with one
number per epoch. `val_*` is the primary test set. A run that is evaluated on a further set of
examples has another file with `val_*` on that set. Where a test set is not evaluated after every
epoch, all `val_*` are null, but for the last epoch's if the final weights are evaluated.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nnrepro.errors import NnreproError
from nnrepro.files import read_stored_json
from nnrepro.metrics.registry import FRACTION, LOSS, find, known

FloatArray = NDArray[np.float64]

_JUDGED = "val_"
_NEEDED = (LOSS, _JUDGED + LOSS)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
_MOST_KEYS = 200

_ROUNDING = 1e-6
"""How far a float32 mean of correct answers may lie outside [0, 1]."""


class HistoryError(NnreproError):
    """A history that is missing or damaged; the message names file, key and epoch."""


class MissingHistoryError(HistoryError):
    """There is no history where one was expected."""


@dataclass(frozen=True, eq=False)
class History:
    """Per-epoch metrics of a run, or of a run on one further set of examples.

    Attributes:
        series: float64 arrays of equal length, shape [epochs], by their key in the file: `loss`,
            `val_loss`, `accuracy`, `val_accuracy` ...; on a further set, `val_*` alone.
    """

    series: Mapping[str, FloatArray]

    def __post_init__(self) -> None:
        _check_lengths(self.series)

    @classmethod
    def of(cls, **series: Any) -> Self:
        """Build a history from anything NumPy reads as numbers.

        Raises:
            HistoryError: the series are empty or of unequal lengths.
        """
        return cls({key: np.asarray(values, dtype=np.float64) for key, values in series.items()})

    @property
    def val_accuracy(self) -> FloatArray:
        """Accuracy on the set of examples per epoch, shape [epochs], of a classification."""
        return self.series["val_accuracy"]

    @property
    def metrics(self) -> tuple[str, ...]:
        """Metrics that are recorded of the set of examples, but for the loss, in their order."""
        names = (key.removeprefix(_JUDGED) for key in self.series if key.startswith(_JUDGED))
        return tuple(name for name in names if name != LOSS)

    @cached_property
    def judged_each_epoch(self) -> bool:
        """Whether the set of examples is evaluated after every epoch, and not at the end or never.

        Where no value of any metric is known of the epochs before the last, it is not.
        """
        series = [values for key, values in self.series.items() if key.startswith(_JUDGED)]
        before = [values[:-1] if len(values) > 1 else values for values in series]
        return not all(np.isnan(values).all() for values in before)

    def curves(self, judged: str) -> dict[str, FloatArray]:
        """The series by the names of curves, those of `val_*` of the set called `judged`.

        A set that is not evaluated after every epoch has none.
        """
        names = {key: f"train_{key}".replace("train_val", judged) for key in self.series}
        return {
            names[key]: values
            for key, values in self.series.items()
            if self.judged_each_epoch or not key.startswith(_JUDGED)
        }

    def ends(self, judged: str) -> dict[str, float]:
        """What the final weights reach on a set that is evaluated with them alone, as `curves`."""
        if self.judged_each_epoch:
            return {}
        return {
            f"{judged}_{key.removeprefix(_JUDGED)}": float(values[-1])
            for key, values in self.series.items()
            if key.startswith(_JUDGED) and np.isfinite(values[-1])
        }

    @property
    def epochs(self) -> int:
        """Number of epochs, at least 1."""
        return len(next(iter(self.series.values())))

    def up_to(self, epoch: int) -> Self:
        """The history as it was after so many epochs, at least 1."""
        return replace(self, series={key: own[:epoch] for key, own in self.series.items()})

    @property
    def finite(self) -> bool:
        """Whether every loss and share of right answers is finite, as far as it is evaluated."""
        return all(
            bool(np.isfinite(values).all())
            for key, values in self.series.items()
            if _always_finite(key) and (self.judged_each_epoch or not key.startswith(_JUDGED))
        )


def read_history(path: Path, *, allow_nonfinite: bool = False, beside: bool = False) -> History:
    """Read `history.json`, or a history beside it.

    Args:
        path: the file.
        allow_nonfinite: accept `null`, which the history of a diverged run holds for epochs whose
            value was not finite, and read it as NaN. The tokens NaN and Infinity, which are not
            JSON, are never accepted.
        beside: whether it is the history on a further set of examples, without training metrics.

    A metric other than the loss and shares of right answers may be `null` in any history, as some
    answers have none: no area under a curve where there is one class.

    Raises:
        MissingHistoryError: there is no such file.
        HistoryError: wrong JSON, keys missing or too many, lists that are empty, of unequal
            lengths, or hold something other than finite numbers, accuracies outside [0, 1].
    """
    needed = _NEEDED[1:] if beside else _NEEDED
    value = read_json_object(path)
    wrong = list(_wrong_keys(value, needed))
    if wrong:
        trained = f"{LOSS}, " if LOSS in needed else ""
        raise HistoryError(
            f"{path}: {' and '.join(wrong[:3])}; expected {trained}val_loss and the metrics, such "
            "as val_accuracy"
        )
    unseen = _is_unseen([own for key, own in value.items() if key.startswith(_JUDGED)])

    def may_lack(key: str) -> bool:
        return allow_nonfinite or not _always_finite(key) or (unseen and key.startswith(_JUDGED))

    series = {key: _numbers(path, key, value[key], may_lack(key)) for key in value}
    try:
        _check_lengths(series)
    except HistoryError as error:
        raise HistoryError(f"{path}: {error}") from error
    for key, values in series.items():
        if _is_share(key):
            _check_fractions(path, key, values)
    return History(series)


def read_json_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file, which may be stored compressed as `<name>.gz`.

    Raises:
        MissingHistoryError: there is no such file.
        HistoryError: the file cannot be read, or holds something other than one JSON object.
    """
    try:
        value = read_stored_json(path, HistoryError)
    except FileNotFoundError as error:
        raise MissingHistoryError(f"{path}: there is no such file") from error
    if not isinstance(value, dict):
        raise HistoryError(f"{path}: holds {_kind(value)}, expected a JSON object")
    return value


def _wrong_keys(value: Mapping[str, Any], needed: tuple[str, ...]) -> Iterator[str]:
    judged = {key.removeprefix(_JUDGED) for key in value if key.startswith(_JUDGED)}
    trained = [key for key in value if not key.startswith(_JUDGED) and key != LOSS]
    for key in needed:
        if key not in value:
            yield f"lacks the key '{key}'"
    if LOSS not in needed:
        yield from (f"has the unknown key '{key}'" for key in value if not key.startswith(_JUDGED))
    elif not judged - {LOSS}:
        yield "lacks the key 'val_accuracy'"
    else:
        for key in trained:
            if key not in judged:
                known = find(key) is not None
                yield f"lacks the key 'val_{key}'" if known else f"has the unknown key '{key}'"
    odd = [key for key in value if not _NAME.fullmatch(key)]
    yield from (f"has the unknown key '{key[:100]}'" for key in odd)
    if len(value) > _MOST_KEYS:
        yield f"has {len(value)} keys, more than {_MOST_KEYS}"


def _is_unseen(series: Sequence[Any]) -> bool:
    """Whether lists of values say that a set of examples is not evaluated after every epoch."""
    lists = [values for values in series if isinstance(values, list)]
    before = [values[:-1] if len(values) > 1 else values for values in lists]
    return bool(lists) and all(item is None for values in before for item in values)


def _is_share(key: str) -> bool:
    return known(key.removeprefix(_JUDGED)).unit == FRACTION


def _always_finite(key: str) -> bool:
    """Whether a value that is not finite tells of a divergence."""
    return key.removeprefix(_JUDGED) == LOSS or _is_share(key)


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


def _check_lengths(series: Mapping[str, FloatArray]) -> None:
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
