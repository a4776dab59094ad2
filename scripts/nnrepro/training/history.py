"""The history of a run: metrics per epoch, in Keras's names."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

LOSS = "loss"
JUDGED = "val_"
"""Stands before the metrics of examples that training does not see, as Keras has it."""

Curves = dict[str, list[float]]
"""Values per epoch on one set of examples, by metric, the loss first."""


@dataclass
class History:
    """Metrics per epoch.

    `train` has the curves of training, averaged over the epoch's examples while the weights move;
    `test` those of the primary test set after the epoch; `further` those of the other sets that the
    run is evaluated on, by name; `folds` how many examples of each fold of the primary test set are
    answered right, or nothing when they are not counted. `tested` is whether the test sets are
    evaluated after every epoch; else their values are NaN, but for the last of a run that is
    evaluated with its final weights.
    """

    train: Curves = field(default_factory=dict)
    test: Curves = field(default_factory=dict)
    further: dict[str, Curves] = field(default_factory=dict)
    folds: list[list[int]] = field(default_factory=list)
    tested: bool = True

    @property
    def epochs(self) -> int:
        """Number of epochs recorded."""
        return len(self.train.get(LOSS, ()))

    @property
    def last(self) -> dict[str, float]:
        """Values of the last epoch, in training and on the primary test set, in Keras's names.

        Where that is not evaluated, the validation set's stand for them.
        """
        known = self._named() if self.tested else {**self.train, **self._validated()}
        return {name: values[-1] for name, values in known.items()}

    def _validated(self) -> Curves:
        return {f"validation_{k}": v for k, v in self.further.get("validation", {}).items()}

    def diverged_at(self) -> int | None:
        """The first epoch, counted from 1, with a loss that is not finite; None without one."""
        losses = [curves.get(LOSS, ()) for curves in (self.train, *[self.test][: self.tested])]
        for epoch, pair in enumerate(zip(*losses, strict=True), start=1):
            if not all(map(math.isfinite, pair)):
                return epoch
        return None

    def to_json(self) -> dict[str, list[float | None]]:
        """The content of history.json.

        A value that is not finite is null, so that JSON can carry it: a loss that diverged, or a
        metric that such answers do not have. Accuracies are always numbers: a network that has
        diverged still predicts something.
        """
        return {name: finite(values) for name, values in self._named().items()}

    def _named(self) -> Curves:
        return {**self.train, **judged(self.test)}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The history that `asdict` made one of; raises ValueError, TypeError or KeyError else."""
        history = cls(**value)
        if not isinstance(history.further, dict):
            raise ValueError("curves on further sets are not told by name")
        sets = [history.train, history.test, *history.further.values()]
        if not all(isinstance(curves, dict) for curves in sets):
            raise ValueError("curves are not told by metric")
        if history.epochs and not all(LOSS in curves for curves in sets):
            raise ValueError("a set of curves lacks the loss")
        series = [values for curves in sets for values in curves.values()]
        if not all(is_numbers(values) and len(values) == history.epochs for values in series):
            raise ValueError("a history holds other things than one number for each epoch")
        folds = history.folds
        if type(folds) is not list or len(folds) not in (0, history.epochs):
            raise ValueError("right answers by folds are not given for each epoch")
        if not all(is_numbers(counts, int) and len(counts) == len(folds[0]) for counts in folds):
            raise ValueError("right answers by folds are no counts")
        return history


def judged(curves: Curves) -> Curves:
    """Curves on examples that training does not see, in Keras's names."""
    return {JUDGED + name: values for name, values in curves.items()}


def add(curves: Curves, values: Mapping[str, float]) -> None:
    """Add an epoch to curves of one set."""
    for name, value in values.items():
        curves.setdefault(name, []).append(value)


def is_numbers(values: Any, *types: type) -> bool:
    """Whether it is a list of numbers; of certain types where they are named."""
    return type(values) is list and {type(value) for value in values} <= set(types or (int, float))


def finite(values: Sequence[float]) -> list[float | None]:
    """`values` with None for whatever is not finite."""
    return [value if math.isfinite(value) else None for value in values]


def fold_counts(values: NDArray[np.bool_], folds: int) -> list[int]:
    """How many of `values`, bool [examples], are true in each fold; value i is of i mod `folds`."""
    fold = np.arange(len(values)) % folds
    return np.bincount(fold[values], minlength=folds).tolist()
