"""Metrics of test sets, all prefixes of the largest, from one pass over it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Score(NamedTuple):
    """Mean loss and fraction of right answers."""

    loss: float
    accuracy: float


def score(losses: NDArray[np.float32], correct: NDArray[np.bool_], examples: int) -> Score:
    """Loss and accuracy of the first `examples`, averaged in double precision.

    Args:
        losses: loss of every example of the largest test set.
        correct: whether its prediction is right.
        examples: size of the test set wanted.
    """
    return Score(
        float(np.mean(losses[:examples], dtype=np.float64)),
        float(np.count_nonzero(correct[:examples]) / examples),
    )
