"""Schedules of the learning rate: what share of it a step of the training is done with.

A schedule is a function of the step alone, so that a run that goes on from a checkpoint goes on
with the learning rate that it would have had. The names and options of the functions are those of
`nnrepro.study.optimizers.SCHEDULES`.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import keras
from keras import ops

from nnrepro.study.optimizers import SCHEDULES


def constant(progress: Any, epochs: Any) -> Any:
    """The whole learning rate throughout."""
    return 1.0


def cosine(progress: Any, epochs: Any, *, decay_to: float = 0.0) -> Any:
    """Down to a share along half a period of the cosine (Loshchilov and Hutter 2017)."""
    return decay_to + (1 - decay_to) * (1 + ops.cos(math.pi * progress)) / 2


def exponential(progress: Any, epochs: Any, *, decay_to: float = 0.01) -> Any:
    """Down to a share, by the same factor in every step."""
    return ops.exp(math.log(decay_to) * progress)


def linear(progress: Any, epochs: Any, *, decay_to: float = 0.0) -> Any:
    """Down to a share along a straight line."""
    return 1 - (1 - decay_to) * progress


def step(progress: Any, epochs: Any, *, step_epochs: float, step_factor: float = 0.1) -> Any:
    """By a factor whenever so many epochs have passed."""
    return ops.power(step_factor, ops.floor(epochs / step_epochs))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    each.__name__: each for each in (constant, cosine, exponential, linear, step)
}
"""By name; each takes how much of the training after the warm-up has passed (0 to 1), the epochs
since its beginning, and the schedule's options."""


class Schedule(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate by the steps that an optimiser has done, as a float32 of each backend."""

    def __init__(
        self,
        name: str,
        options: Mapping[str, float],
        *,
        learning_rate: float,
        steps_per_epoch: int,
        epochs: int,
        warmup_epochs: float,
    ) -> None:
        self._given = {
            "name": name,
            "options": dict(options),
            "learning_rate": learning_rate,
            "steps_per_epoch": steps_per_epoch,
            "epochs": epochs,
            "warmup_epochs": warmup_epochs,
        }
        self._function = FUNCTIONS[name]
        self._options = options
        self._peak = learning_rate
        self._per_epoch = steps_per_epoch
        self._warmup = round(warmup_epochs * steps_per_epoch)
        self._total = epochs * steps_per_epoch

    def __call__(self, step: Any) -> Any:
        """The learning rate of a step, counted from 0."""
        at = ops.cast(step, "float32")
        decaying = max(1, self._total - self._warmup)
        progress = ops.clip((at - self._warmup) / decaying, 0.0, 1.0)
        share = self._function(progress, at / self._per_epoch, **self._options)
        if self._warmup:
            share = ops.where(at < self._warmup, (at + 1) / self._warmup, share)
        return ops.cast(self._peak * share, "float32")

    def get_config(self) -> dict[str, Any]:
        """What it was made with."""
        return dict(self._given)


def scheduled(settings: Mapping[str, Any], learning_rate: float, examples: int) -> float | Schedule:
    """A learning rate as a run's settings schedule it; a number where it stays the same.

    Args:
        settings: of the run.
        learning_rate: the greatest, after the warm-up.
        examples: those of an epoch of training.
    """
    name = str(settings.get("schedule", "constant"))
    warmup = float(settings.get("warmup_epochs", 0))
    if name == "constant" and not warmup:
        return learning_rate
    return Schedule(
        name,
        {key: float(settings[key]) for key in SCHEDULES[name] if key in settings},
        learning_rate=learning_rate,
        steps_per_epoch=-(-examples // int(settings["batch_size"])),
        epochs=int(settings["epochs"]),
        warmup_epochs=warmup,
    )
