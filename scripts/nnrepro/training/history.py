"""The history of a run: metrics per epoch, in Keras's names."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

METRICS = ("loss", "accuracy", "val_loss", "val_accuracy")


@dataclass
class Curves:
    """Loss and accuracy per epoch on one set of examples."""

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)

    def to_json(self) -> dict[str, list[float | None]]:
        """The content of the set's own history file, in the names that Keras evaluates under."""
        return {"val_loss": finite(self.loss), "val_accuracy": finite(self.accuracy)}


@dataclass
class History:
    """Metrics per epoch.

    `loss` and `accuracy` are those of training, averaged over the epoch's examples while the
    weights move; `val_*` those of the primary test set after the epoch; `further` has the curves of
    the other sets that the run is evaluated on, by name; `folds` how many examples of each fold of
    the primary test set are answered right, or nothing when they are not counted.
    """

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    val_loss: list[float] = field(default_factory=list)
    val_accuracy: list[float] = field(default_factory=list)
    further: dict[str, Curves] = field(default_factory=dict)
    folds: list[list[int]] = field(default_factory=list)

    @property
    def epochs(self) -> int:
        """Number of epochs recorded."""
        return len(self.loss)

    def diverged_at(self) -> int | None:
        """The first epoch, counted from 1, with a loss that is not finite; None without one."""
        for epoch, losses in enumerate(zip(self.loss, self.val_loss, strict=True), start=1):
            if not all(math.isfinite(loss) for loss in losses):
                return epoch
        return None

    def to_json(self) -> dict[str, list[float | None]]:
        """The content of history.json.

        A loss that is not finite is null, so that JSON can carry it. Accuracies are always numbers:
        a network that has diverged still predicts something.
        """
        return {name: finite(getattr(self, name)) for name in METRICS}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The history that `asdict` made one of; raises ValueError, TypeError or KeyError else."""
        if not isinstance(value["further"], dict):
            raise ValueError("curves on further sets are not told by name")
        further = {name: Curves(**curves) for name, curves in value["further"].items()}
        history = cls(**{**value, "further": further})
        series = [getattr(history, name) for name in METRICS]
        series += [values for curves in further.values() for values in vars(curves).values()]
        if not all(is_numbers(values) and len(values) == history.epochs for values in series):
            raise ValueError("a history holds other things than one number for each epoch")
        folds = history.folds
        if type(folds) is not list or len(folds) not in (0, history.epochs):
            raise ValueError("right answers by folds are not given for each epoch")
        if not all(is_numbers(counts, int) and len(counts) == len(folds[0]) for counts in folds):
            raise ValueError("right answers by folds are no counts")
        return history


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
