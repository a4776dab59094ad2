"""Early stopping: whether a run has not got better for long, and which epoch was its best.

As `keras.callbacks.EarlyStopping` with `restore_best_weights` decides it, but that a value which is
not finite is never the best, not even the first. It follows from the history alone, so that a run
that goes on from a checkpoint stops where it would have stopped.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from nnrepro.metrics.registry import known
from nnrepro.study.messages import nearest, one_of
from nnrepro.study.stopping import watched
from nnrepro.training.errors import TrainingError
from nnrepro.training.history import History


def check_watched(settings: Mapping[str, Any], recorded: Iterable[str]) -> None:
    """Refuse early stopping by a metric that a run does not record.

    Raises TrainingError.
    """
    of, metric = watched(settings)
    known_here = ["loss", *recorded]
    if "early_stopping" in settings and metric not in known_here:
        raise TrainingError(
            f"early_stopping_metric: '{of}_{metric}' is not recorded"
            f"{nearest(metric, known_here)}; recorded are {one_of(known_here)}"
        )


@dataclass(frozen=True)
class EarlyStopping:
    """The curve that is watched, by its set of examples and metric, and for how long.

    A run ends when the best of its epochs lies `patience` epochs back.
    """

    patience: int
    set: str
    metric: str

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self | None:
        """What a run's settings ask for; None where that is nothing."""
        if "early_stopping" not in settings:
            return None
        return cls(int(settings["early_stopping"]), *watched(settings))

    def best_epoch(self, history: History) -> int:
        """The first epoch of the best value, counted from 1; 0 where no value is finite.

        Raises:
            TrainingError: the run records no such curve.
        """
        sets = {"train": history.train, "test": history.test, **history.further}
        try:
            values = sets[self.set][self.metric] if history.epochs else []
        except KeyError:
            raise TrainingError(
                f"early_stopping_metric: {self.set}_{self.metric} is not recorded; recorded are "
                f"{', '.join(f'{of}_{name}' for of, curves in sets.items() for name in curves)}"
            ) from None
        sign = 1 if known(self.metric).lower_is_better else -1
        best, least = 0, float("inf")
        for epoch, value in enumerate(values, start=1):
            if sign * value < least:
                best, least = epoch, sign * value
        return best

    def ends(self, history: History) -> bool:
        """Whether a run with this history has been trained for long enough."""
        without_gain = history.epochs - self.best_epoch(history)
        return history.epochs > 1 and without_gain >= self.patience
