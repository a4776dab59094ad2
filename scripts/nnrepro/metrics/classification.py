"""Metrics of one class per example, and of several labels that each hold or do not.

Means over classes are over those that occur, among the labels or the answers.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnrepro.metrics.registry import CLASSIFICATION, FRACTION, MULTI_LABEL, metric

_EITHER = (CLASSIFICATION, MULTI_LABEL)
_SMALLEST = 1e-7
"""Probabilities below it count as it, as `keras.losses` have it."""


@metric(task=CLASSIFICATION, better="higher", unit=FRACTION, low=0, high=1, share=True)
def accuracy(y_true: Any, y_pred: Any) -> float:
    """Share of examples whose most probable class is the label, the first of several."""
    return float(np.count_nonzero(np.argmax(y_pred, axis=1) == y_true) / len(y_true))


def _top(k: int) -> Callable[[Any, Any], float]:
    def compute(y_true: Any, y_pred: Any) -> float:
        own = np.take_along_axis(y_pred, y_true[:, np.newaxis], axis=1)
        before = np.arange(y_pred.shape[1]) < y_true[:, np.newaxis]
        ahead = np.count_nonzero((y_pred > own) | ((y_pred == own) & before), axis=1)
        return float(np.mean((ahead < k) & np.isfinite(own[:, 0])))

    compute.__doc__ = f"Share of examples whose label is among the {k} most probable classes."
    compute.__name__ = f"top_{k}_accuracy"
    return compute


for _k in (2, 3, 5, 10):
    metric(
        task=CLASSIFICATION,
        better="higher",
        unit=FRACTION,
        low=0,
        high=1,
        share=True,
        outputs=_k + 1,
        words=f"top-{_k} accuracy",
    )(_top(_k))


@metric(task=MULTI_LABEL, better="higher", unit=FRACTION, low=0, high=1)
def binary_accuracy(y_true: Any, y_pred: Any) -> float:
    """Share of the labels of all examples that are answered right, at a probability of one half."""
    return float(np.mean((y_pred > 0.5) == (y_true > 0.5)))


@metric(task=_EITHER, better="higher", low=0, high=1, words="macro F1")
def f1_macro(y_true: Any, y_pred: Any) -> float:
    """Mean over classes of the harmonic mean of precision and recall."""
    right, answered, there = class_counts(y_true, y_pred)
    return _mean_share(2 * right, answered + there)


@metric(task=_EITHER, better="higher", low=0, high=1, words="macro precision")
def precision_macro(y_true: Any, y_pred: Any) -> float:
    """Mean over classes of the share of right ones among the answers; 0 for one never answered."""
    right, answered, there = class_counts(y_true, y_pred)
    occurs = answered + there > 0
    return _mean_share(right[occurs], np.maximum(answered[occurs], 1))


@metric(task=_EITHER, better="higher", low=0, high=1, words="macro recall")
def recall_macro(y_true: Any, y_pred: Any) -> float:
    """Mean over classes of the share answered right of the examples that are of the class."""
    right, _, there = class_counts(y_true, y_pred)
    return _mean_share(right, there)


@metric(task=_EITHER, better="higher", low=0, high=1, words="AUC")
def auc(y_true: Any, y_pred: Any) -> float:
    """Mean over classes of the area under the ROC curve, each class against all the others.

    The area is the probability that an example of the class has a higher score than one that is not
    of it, ties counting half (Mann and Whitney 1947). Classes that all examples are of, or none,
    have none.
    """
    pairs = zip(_hot(y_true, y_pred).T, y_pred.T, strict=True)
    areas = (_area(there, scores) for there, scores in pairs)
    defined = [area for area in areas if not np.isnan(area)]
    return float(np.mean(defined)) if defined and np.isfinite(y_pred).all() else np.nan


@metric(task=CLASSIFICATION, better="lower", low=0, words="log loss")
def log_loss(y_true: Any, y_pred: Any) -> float:
    """Mean of minus the logarithm of the label's probability, whatever the loss of training is."""
    own = np.take_along_axis(y_pred, y_true[:, np.newaxis], axis=1)
    return float(-np.mean(np.log(np.maximum(own, _SMALLEST)), dtype=np.float64))


def class_counts(
    y_true: Any, y_pred: Any
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Right answers, answers, and examples of each class, each int64 [classes].

    `y_true` and `y_pred` are as metrics get them.
    """
    there = _hot(y_true, y_pred)
    if y_true.ndim == 1:
        answered = np.argmax(y_pred, axis=1)[:, np.newaxis] == np.arange(y_pred.shape[1])
    else:
        answered = y_pred > 0.5
    both = (there & answered, answered, there)
    right, answers, examples = (np.count_nonzero(each, axis=0) for each in both)
    return right, answers, examples


def _hot(y_true: Any, y_pred: Any) -> NDArray[np.bool_]:
    """Which example is of which class, bool [n, classes]."""
    if y_true.ndim == 1:
        return np.asarray(y_true[:, np.newaxis] == np.arange(y_pred.shape[1]))
    return np.asarray(y_true > 0.5)


def _mean_share(part: NDArray[np.int64], whole: NDArray[np.int64]) -> float:
    """The mean of the shares that there are; NaN without any."""
    there = whole > 0
    return float(np.mean(part[there] / whole[there])) if there.any() else np.nan


def _area(there: NDArray[np.bool_], scores: Any) -> float:
    positives = np.count_nonzero(there)
    negatives = len(there) - positives
    if not positives or not negatives:
        return np.nan
    _, tied, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[tied]
    above = np.sum(ranks[there]) - positives * (positives + 1) / 2
    return float(above / (positives * negatives))
