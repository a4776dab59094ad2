"""How steadily a run trains: collapses and blow-ups.

A collapse is a fall of the test accuracy to the level of guessing after the network had learned,
with a quick return. The definition is that of a claim in `published/claims.yaml` in terms of
chance, the accuracy of guessing among the classes: below 1.5 times chance, after having exceeded 4
times chance, and again above 4 times chance within 50 epochs. The three numbers are settings.
"""

from dataclasses import dataclass

import numpy as np

from nnrepro.measures.curves import ROUNDING
from nnrepro.measures.history import FloatArray, History
from nnrepro.study.run import Run

ACCURACY = "accuracy"
"""The one metric that collapses are read off."""


@dataclass(frozen=True)
class CollapseLevels:
    """What counts as a collapse of an accuracy.

    Attributes:
        low: accuracy below which a network is as good as guessing.
        high: accuracy above which it has learned.
        within: epochs in which it has to be back above `high`.
    """

    low: float
    high: float
    within: int


def collapse_levels(run: Run) -> CollapseLevels | None:
    """The levels of a run by its settings.

    None where the number of classes is not known, or so small that `high` cannot be exceeded.
    """
    classes = int(run.settings.get("classes", 0))
    if classes < 1:
        return None
    levels = CollapseLevels(
        float(run.settings["collapse_below"]) / classes,
        float(run.settings["collapse_above"]) / classes,
        int(run.settings["collapse_epochs"]),
    )
    return levels if levels.low <= levels.high < 1 else None


def collapse_events(accuracy: FloatArray, levels: CollapseLevels) -> list[tuple[int, int]]:
    """When an accuracy falls to guessing and comes back in time.

    The epochs counted for the return are those from the first one below `low` to the first one
    again above `high`.

    Args:
        accuracy: one value per epoch, shape [epochs]; NaN is neither low nor high.
        levels: what counts as a collapse.

    Returns:
        The indices of these two epochs for each collapse, counted from 0.
    """
    epochs, is_high = _marked(accuracy, levels)
    falls = epochs[1:][is_high[:-1] & ~is_high[1:]]
    highs = epochs[is_high]
    following = np.searchsorted(highs, falls)
    back = following < len(highs)
    events = zip(falls[back].tolist(), highs[following[back]].tolist(), strict=True)
    return [(fall, rise) for fall, rise in events if rise - fall <= levels.within]


def ends_collapsed(accuracy: FloatArray, levels: CollapseLevels) -> bool:
    """Whether an accuracy has fallen to guessing after learning, and does not come back."""
    _, is_high = _marked(accuracy, levels)
    return bool(is_high.any() and not is_high[-1])


def blew_up(run: Run, history: History, status: str) -> bool:
    """Whether a run's curves end in a blow-up, whose level is no limit of learning.

    That is so when a number of its history is not finite, when its record says that it diverged, or
    when its test accuracy ends at guessing after having been well above it.
    """
    levels = collapse_levels(run)
    return (
        not history.finite
        or status == "diverged"
        or (
            levels is not None
            and ACCURACY in history.metrics
            and ends_collapsed(history.val_accuracy, levels)
        )
    )


def _marked(accuracy: FloatArray, levels: CollapseLevels) -> tuple[np.ndarray, np.ndarray]:
    """The epochs that are low or high, counted from 0, and which of them are high."""
    high, low = accuracy > levels.high + ROUNDING, accuracy < levels.low - ROUNDING
    epochs = np.flatnonzero(high | low)
    return epochs, high[epochs]
