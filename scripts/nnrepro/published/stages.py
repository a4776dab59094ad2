"""Levels of a curve at a stage that a report names in words, where the words give a clear rule.

Stages come from the remarks on a published number:

    start, first epoch                        the first epoch
    by epoch N, within N epochs               the smoothed curve at epoch N
    from epoch N on, by epoch N and after     the mean from epoch N to the end
    epochs N to M                             the mean over these epochs
    at convergence                            the smoothed curve at its convergence epoch
    end of the run, end of training,
    rest of the run                           the mean over the closing window
    constant for the whole run                the mean over all epochs

Smoothing, convergence epoch and closing window are those of `nnrepro.analysis.convergence`.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from nnrepro.analysis.convergence import (
    ACCURACY_TOLERANCE,
    LOSS_TOLERANCE,
    conv_epoch,
    smooth,
    tail,
)
from nnrepro.analysis.history import FloatArray, History

WHOLE_RUN = 0
"""Stands for the protocol's full number of epochs."""

CURVES = {
    "train_loss": "loss",
    "train_accuracy": "accuracy",
    "test_loss": "val_loss",
    "test_accuracy": "val_accuracy",
}
"""The series of a history by the name that metrics use."""


@dataclass(frozen=True)
class Level:
    """A curve's level at a stage.

    Attributes:
        value: the level; None where the run does not give it.
        needs: epochs that a run must have for it, or `WHOLE_RUN`.
        problem: why there is no value, as the end of a sentence about a run.
    """

    value: float | None
    needs: int = WHOLE_RUN
    problem: str = ""


@dataclass(frozen=True)
class Widths:
    """Numbers of epochs that a level is read with.

    Attributes:
        window: closing window of this run.
        smoothing: width of this run's moving mean, odd.
        full_smoothing: the same for a run of the protocol's length.
    """

    window: int
    smoothing: int
    full_smoothing: int


Stage = Callable[[FloatArray, Widths, float], Level]


def stage_of(remarks: Iterable[str]) -> Stage | None:
    """The rule of the first remark that names a stage; None where none does."""
    for remark in remarks:
        words = remark.partition(",")[0].strip()
        for pattern, make in _STAGES:
            match = re.fullmatch(pattern, words)
            if match is not None:
                return make(*(int(group) for group in match.groups()))
    return None


def read_level(history: History, curve: str, stage: Stage, widths: Widths) -> Level:
    """The level of a curve of `CURVES` at a stage."""
    tolerance = LOSS_TOLERANCE if curve.endswith("loss") else ACCURACY_TOLERANCE
    return stage(getattr(history, CURVES[curve]), widths, tolerance)


def lowest_epoch(history: History, curve: str, widths: Widths) -> Level:
    """The epoch from which a curve rises: where its smoothed form is lowest, before the end."""
    smoothed = smooth(getattr(history, CURVES[curve]), widths.smoothing)
    if not np.isfinite(smoothed).any():
        return Level(None, problem="has no finite value there")
    epoch = int(np.nanargmin(smoothed)) + 1
    if epoch == len(smoothed):
        return Level(None, problem="does not rise before the end")
    return Level(float(epoch))


def _between(first: int, last: int) -> Stage:
    """The mean over epochs, both ends included; `WHOLE_RUN` as last stands for the end."""

    def level(values: FloatArray, widths: Widths, tolerance: float) -> Level:
        end = last or len(values)
        if not 1 <= first <= end <= len(values):
            return Level(None, last, f"ends before epoch {max(first, last)}")
        return Level(float(np.mean(values[first - 1 : end])), last)

    return level


def _around(epoch: int) -> Stage:
    """The smoothed curve at an epoch, with the same moving mean in runs of every length."""

    def level(values: FloatArray, widths: Widths, tolerance: float) -> Level:
        half = widths.full_smoothing // 2
        if not 1 <= epoch <= len(values):
            return Level(None, epoch, f"ends before epoch {epoch}")
        near = values[max(0, epoch - 1 - half) : epoch + half]
        return Level(float(np.mean(near)), epoch + half)

    return level


def _settled(values: FloatArray, widths: Widths, tolerance: float) -> Level:
    epoch = conv_epoch(values, widths.window, widths.smoothing, tolerance)
    if epoch is None:
        return Level(None, problem="does not settle")
    return Level(float(smooth(values, widths.smoothing)[epoch - 1]))


def _closing(values: FloatArray, widths: Widths, tolerance: float) -> Level:
    return Level(tail(values, widths.window))


_STAGES: tuple[tuple[str, Callable[..., Stage]], ...] = (
    (r"start|first epoch", lambda: _between(1, 1)),
    (r"by epoch (\d+)", _around),
    (r"within (\d+) epochs", _around),
    (r"from epoch (\d+) on", lambda first: _between(first, WHOLE_RUN)),
    (r"by epoch (\d+) and after", lambda first: _between(first, WHOLE_RUN)),
    (r"epochs (\d+) to (\d+)", _between),
    (r"at convergence", lambda: _settled),
    (r"end of the run|end of training|rest of the run", lambda: _closing),
    (r"constant for the whole run", lambda: _between(1, WHOLE_RUN)),
)
