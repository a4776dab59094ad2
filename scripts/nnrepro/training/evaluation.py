"""Metrics of the sets that a model is evaluated on, from one pass over them all."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnrepro.training.engine import Evaluated


class Score(NamedTuple):
    """Mean loss and fraction of right answers."""

    loss: float
    accuracy: float


def score(results: Evaluated, examples: slice) -> Score:
    """Loss and accuracy of one set, averaged in double precision.

    Args:
        results: of all examples that the model is evaluated on.
        examples: where the set lies among them.
    """
    correct = results.correct[examples]
    return Score(
        float(np.mean(results.losses[examples], dtype=np.float64)),
        float(np.count_nonzero(correct) / len(correct)),
    )


def fold_counts(values: NDArray[np.bool_], folds: int) -> list[int]:
    """How many of `values` are true in each fold; value i is of fold i mod `folds`.

    Args:
        values: one per example of a test set, bool [examples].
        folds: number of folds.
    """
    fold = np.arange(len(values)) % folds
    return np.bincount(fold[values], minlength=folds).tolist()
