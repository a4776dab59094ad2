"""Right answers by folds of the test set, from which its halves can be scored one against another.

Example i of the primary test set is of fold i mod the number of folds. Training counts the right
answers of each fold after every epoch; of a run without such counts, the predictions of its final
epoch give those of that epoch.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nnrepro.measures.history import HistoryError, read_json_object

Counts = NDArray[np.int64]

DEFAULT_FOLDS = 10
"""Folds where the configuration does not say how many."""

_KEYS = ("folds", "examples", "correct")


@dataclass(frozen=True, eq=False)
class FoldHistory:
    """Right answers on the primary test set by epoch and fold.

    Attributes:
        examples: examples of each fold, shape [folds].
        correct: right answers after each epoch, shape [epochs, folds].
    """

    examples: Counts
    correct: Counts

    @property
    def epochs(self) -> int:
        """Number of epochs, at least 1."""
        return len(self.correct)

    def up_to(self, epoch: int) -> Self:
        """The counts as they were after so many epochs, at least 1."""
        return replace(self, correct=self.correct[:epoch])

    @property
    def folds(self) -> int:
        """Number of folds."""
        return len(self.examples)

    @property
    def accuracy(self) -> NDArray[np.float64]:
        """Accuracy on the whole test set per epoch, shape [epochs]."""
        return self.correct.sum(axis=1) / self.examples.sum()


FoldsOf = Callable[[str], FoldHistory | None]
"""Gives a run's right answers by folds, by its id; None where they were not counted."""


def read_fold_history(path: Path) -> FoldHistory:
    """Read `history_folds.json`.

    Raises:
        MissingHistoryError: there is no such file.
        HistoryError: wrong JSON, other keys than `folds`, `examples` and `correct`, or numbers that
            do not go together.
    """
    value = read_json_object(path)
    if set(value) != set(_KEYS):
        raise HistoryError(f"{path}: has the keys {sorted(value)}, expected {', '.join(_KEYS)}")
    folds = value["folds"]
    if type(folds) is not int or folds < 1:
        raise HistoryError(f"{path}, key 'folds': {folds!r} is no number of folds")
    examples = _counts(f"{path}, key 'examples'", value["examples"], folds)
    if not isinstance(value["correct"], list) or not value["correct"]:
        raise HistoryError(f"{path}, key 'correct': there is no epoch")
    rows = [
        _counts(f"{path}, key 'correct', epoch {epoch}", row, folds)
        for epoch, row in enumerate(value["correct"], start=1)
    ]
    correct = np.array(rows)
    if (examples < 1).any() or (correct > examples).any():
        raise HistoryError(f"{path}: a fold has more right answers than examples, or none of both")
    return FoldHistory(examples, correct)


def folds_of_answers(right: NDArray[np.bool_], folds: int) -> FoldHistory:
    """The right answers of one epoch by fold.

    Args:
        right: which examples of the primary test set were answered right, shape [examples].
        folds: number of folds, at most that of examples.
    """
    fold = np.arange(len(right)) % folds
    sizes, correct = (np.bincount(chosen, minlength=folds) for chosen in (fold, fold[right]))
    return FoldHistory(sizes, correct[np.newaxis])


def _counts(where: str, values: Any, folds: int) -> Counts:
    whole = isinstance(values, list) and all(type(value) is int for value in values)
    if not whole or len(values) != folds or min(values) < 0:
        raise HistoryError(f"{where}: expected {folds} whole numbers from 0 on")
    return np.array(values, dtype=np.int64)
