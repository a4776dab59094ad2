"""The metrics of one run, each a plain function of its history.

Means are NumPy means over float64. Extremes are taken over the epochs with a finite value; every
other metric of a curve is NaN where one of its epochs is not finite.

In names, `last_window_` stands for the closing window of the run at hand; tables put its number
there (`last200_mean_test_accuracy`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from nnrepro.analysis.autocorrelation import window_noise
from nnrepro.analysis.convergence import (
    ACCURACY_TOLERANCE,
    LOSS_TOLERANCE,
    NEVER,
    convergence,
    jitter,
    tail,
)
from nnrepro.analysis.history import ComparisonHistory, FloatArray, History
from nnrepro.errors import NnreproError
from nnrepro.study import Run

Value = float | int | bool | None
TestCurves = History | ComparisonHistory

LAST_WINDOW = "last_window_"


class MetricError(NnreproError):
    """A metric that does not exist or cannot be computed; the message says why."""


@dataclass(frozen=True)
class Window:
    """A number of epochs that a protocol asks for, and the number used in a run.

    Attributes:
        asked: epochs in a run of the protocol's full length.
        used: epochs in the run at hand, the same share of a run that is shorter.
    """

    asked: int
    used: int

    @classmethod
    def closing(cls, asked: int, epochs: int, protocol_epochs: int) -> Self:
        """The closing window over which last-epoch means are taken.

        Args:
            asked: epochs that the protocol averages over.
            epochs: epochs in the history.
            protocol_epochs: epochs that the protocol trains.
        """
        share = max(1, round(asked * epochs / protocol_epochs))
        return cls(asked, min(asked, share, epochs))

    @classmethod
    def smoothing(cls, asked: int, epochs: int, protocol_epochs: int) -> Self:
        """The width of the centred moving mean: as `closing`, and odd."""
        used = cls.closing(asked, epochs, protocol_epochs).used
        return cls(asked, used if used % 2 == 1 else used - 1)


def windows(run: Run, epochs: int) -> tuple[Window, Window]:
    """Closing window and smoothing width of a run whose history has `epochs` epochs.

    Raises:
        MetricError: the run's settings do not name them.
    """
    missing = [name for name in ("window", "smoothing") if name not in run.settings]
    if missing:
        raise MetricError(f"run {run.id}: the settings lack {' and '.join(missing)}")
    window, smoothing = int(run.settings["window"]), int(run.settings["smoothing"])
    return (
        Window.closing(window, epochs, run.protocol_epochs),
        Window.smoothing(smoothing, epochs, run.protocol_epochs),
    )


def maximum(values: FloatArray) -> float:
    """Largest finite value; NaN without one."""
    return float(np.fmax.reduce(values))


def minimum(values: FloatArray) -> float:
    """Smallest finite value; NaN without one."""
    return float(np.fmin.reduce(values))


def first_epoch(values: FloatArray, value: float) -> int | None:
    """First epoch, counted from 1, at which a curve has exactly `value`; None if it never has."""
    hits = np.flatnonzero(values == value)
    return int(hits[0]) + 1 if hits.size else None


TEST_METRICS: Mapping[str, Callable[[TestCurves, int], Value]] = {
    "max_test_accuracy": lambda h, w: maximum(h.val_accuracy),
    "max_test_accuracy_epoch": lambda h, w: first_epoch(h.val_accuracy, maximum(h.val_accuracy)),
    "mean_test_accuracy": lambda h, w: float(np.mean(h.val_accuracy)),
    "final_test_accuracy": lambda h, w: float(h.val_accuracy[-1]),
    "last_window_mean_test_accuracy": lambda h, w: tail(h.val_accuracy, w),
    "min_test_loss": lambda h, w: minimum(h.val_loss),
    "min_test_loss_epoch": lambda h, w: first_epoch(h.val_loss, minimum(h.val_loss)),
    "max_test_loss": lambda h, w: maximum(h.val_loss),
    "mean_test_loss": lambda h, w: float(np.mean(h.val_loss)),
    "final_test_loss": lambda h, w: float(h.val_loss[-1]),
    "last_window_mean_test_loss": lambda h, w: tail(h.val_loss, w),
    "window_range_test_accuracy": lambda h, w: float(np.ptp(h.val_accuracy[-w:])),
    "last_window_mean_test_accuracy_se_window": lambda h, w: (
        window_noise(h.val_accuracy[-w:]).error
    ),
    "last_window_mean_test_accuracy_effective_epochs": lambda h, w: (
        window_noise(h.val_accuracy[-w:]).effective
    ),
    "last_window_mean_test_loss_se_window": lambda h, w: window_noise(h.val_loss[-w:]).error,
    "last_window_mean_test_loss_effective_epochs": lambda h, w: (
        window_noise(h.val_loss[-w:]).effective
    ),
}
"""Metrics of the curves on a test set, by name: functions of the curves and the closing window.

`_se_window` and `_effective_epochs` follow a mean's name and say how well its epochs settle it.
"""

VALIDATION_METRICS: Mapping[str, Callable[[TestCurves, int], Value]] = {
    name.replace("_test_", "_validation_"): TEST_METRICS[name]
    for name in (
        "max_test_accuracy",
        "mean_test_accuracy",
        "final_test_accuracy",
        "last_window_mean_test_accuracy",
    )
}
"""Metrics of the curve on held-out training examples, by which a variant can be selected without
the test set."""

TRAIN_METRICS: Mapping[str, Callable[[History, int], Value]] = {
    "final_train_accuracy": lambda h, w: float(h.accuracy[-1]),
    "last_window_mean_train_accuracy": lambda h, w: tail(h.accuracy, w),
    "final_train_loss": lambda h, w: float(h.loss[-1]),
    "last_window_mean_train_loss": lambda h, w: tail(h.loss, w),
    "gap": lambda h, w: tail(h.accuracy, w) - tail(h.val_accuracy, w),
}
"""Metrics of the curves on the training set; `gap` is how far the test set lies behind."""

SETTLING_METRICS = (
    "test_accuracy_convergence_epoch",
    "test_accuracy_converged",
    "test_loss_convergence_epoch",
    "test_loss_converged",
    "jitter_test_accuracy",
)
"""Metrics of how the test curves settle, as `settling_metrics` computes them."""


def level_metrics(curves: TestCurves, window: int) -> dict[str, Value]:
    """Every metric of `TEST_METRICS`."""
    return {name: function(curves, window) for name, function in TEST_METRICS.items()}


def validation_metrics(curves: TestCurves, window: int) -> dict[str, Value]:
    """Every metric of `VALIDATION_METRICS`."""
    return {name: function(curves, window) for name, function in VALIDATION_METRICS.items()}


def train_metrics(history: History, window: int) -> dict[str, Value]:
    """Every metric of `TRAIN_METRICS`."""
    return {name: function(history, window) for name, function in TRAIN_METRICS.items()}


def settling_metrics(
    history: History, window: int, width: int, *, blown_up: bool = False
) -> dict[str, Value]:
    """Every metric of `SETTLING_METRICS`.

    Args:
        history: the curves.
        window: epochs of the closing window.
        width: width of the moving mean.
        blown_up: whether the run ended in a blow-up; its curves, however level, then count as not
            converged.
    """
    accuracy = convergence(history.val_accuracy, window, width, ACCURACY_TOLERANCE)
    loss = convergence(history.val_loss, window, width, LOSS_TOLERANCE)
    if blown_up:
        accuracy = loss = NEVER
    values = (
        accuracy.epoch,
        accuracy.converged,
        loss.epoch,
        loss.converged,
        # Without smoothing there is nothing to vary about.
        jitter(history.val_accuracy, window, width) if width > 1 else float("nan"),
    )
    return dict(zip(SETTLING_METRICS, values, strict=True))


def with_window(name: str, window: int) -> str:
    """The name of a metric with the number of epochs that `last_window_` stands for."""
    return name.replace(LAST_WINDOW, f"last{window}_", 1)


def lower_is_better(metric: str) -> bool:
    """Whether a smaller value of the metric is the better one: losses, times and spreads."""
    words = ("loss", "seconds", "epoch", "range", "jitter", "gap", "collapses")
    return any(word in metric for word in words)
