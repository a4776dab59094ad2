"""The metric of the class that comes off worst."""

import numpy as np

from nnrepro.metrics.registry import metric


@metric(task="classification", better="higher", low=0, high=1, words="worst recall")
def worst_recall(y_true, y_pred):
    """The share of right answers in the class that has the smallest."""
    right = y_pred.argmax(axis=1) == y_true
    return min(right[y_true == label].mean() for label in np.unique(y_true))
