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
    """Loss and accuracy of one set, which lies at `examples`, averaged in double precision."""
    correct = results.correct[examples]
    return Score(
        float(np.mean(results.losses[examples], dtype=np.float64)),
        float(np.count_nonzero(correct) / len(correct)),
    )


def fold_counts(values: NDArray[np.bool_], folds: int) -> list[int]:
    """How many of `values`, bool [examples], are true in each fold; value i is of i mod `folds`."""
    fold = np.arange(len(values)) % folds
    return np.bincount(fold[values], minlength=folds).tolist()
