"""Metrics of numbers, in the targets' own units; with several targets, means over them."""

from typing import Any

import numpy as np

from nnrepro.metrics.registry import REGRESSION, metric


@metric(task=REGRESSION, better="lower", low=0)
def mean_absolute_error(y_true: Any, y_pred: Any) -> float:
    """Mean size of the errors."""
    return float(np.mean(np.abs(_errors(y_true, y_pred))))


@metric(task=REGRESSION, better="lower", low=0)
def mean_squared_error(y_true: Any, y_pred: Any) -> float:
    """Mean of the squared errors."""
    return float(np.mean(_errors(y_true, y_pred) ** 2))


@metric(task=REGRESSION, better="lower", low=0)
def root_mean_squared_error(y_true: Any, y_pred: Any) -> float:
    """Square root of the mean of the squared errors."""
    return float(np.sqrt(np.mean(_errors(y_true, y_pred) ** 2)))


@metric(task=REGRESSION, better="higher", high=1, words="R2")
def r2_score(y_true: Any, y_pred: Any) -> float:
    """Share of the targets' variance that is explained; none for targets that are all the same."""
    true = np.asarray(y_true, np.float64)
    unexplained = np.sum(_errors(y_true, y_pred) ** 2, axis=0)
    total = np.sum((true - true.mean(axis=0)) ** 2, axis=0)
    return float(np.mean(1 - unexplained / total)) if (total > 0).all() else np.nan


def _errors(y_true: Any, y_pred: Any) -> Any:
    return np.subtract(y_pred, y_true, dtype=np.float64)
