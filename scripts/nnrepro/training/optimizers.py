"""Optimisers of the study, by the names of its settings."""

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nnrepro.study.optimizers import OPTIMIZERS, optimizer_problems
from nnrepro.training.errors import TrainingError

if TYPE_CHECKING:
    import keras

_NONE_AT_ZERO = ("clipnorm", "clipvalue", "global_clipnorm")


def make_optimizer(
    settings: Mapping[str, Any], *, examples: int = 1
) -> "keras.optimizers.Optimizer":
    """The Keras optimiser that the settings ask for; what they leave open is Keras's default.

    Clipping at 0 is none. `examples` are those of an epoch of training, by which a schedule of the
    learning rate counts epochs. Raises TrainingError where the optimiser is unknown, lacks an
    argument that is given, or is refused its arguments by Keras.
    """
    import keras

    from nnrepro.training.schedules import scheduled

    name = settings["optimizer"]
    if name not in OPTIMIZERS:
        raise TrainingError(f"unknown optimizer '{name}'; allowed: {', '.join(OPTIMIZERS)}")
    for problem in optimizer_problems(settings):
        raise TrainingError(problem)
    kind, arguments = OPTIMIZERS[name]
    given = {key: settings[key] for key in arguments if key in settings}
    for key in _NONE_AT_ZERO:
        if not given.get(key):
            given.pop(key, None)
    made = getattr(keras.optimizers, kind)
    own_rate = inspect.signature(made).parameters["learning_rate"].default
    rate = float(given.pop("learning_rate", own_rate))
    try:
        return made(learning_rate=scheduled(settings, rate, examples), **given)
    except ValueError as error:
        raise TrainingError(f"optimizer '{name}': {error}") from error


def described(optimizer: "keras.optimizers.Optimizer") -> dict[str, Any]:
    """An optimiser with all its arguments, defaults among them, for a run's record."""
    config = optimizer.get_config()
    rate = config.pop("learning_rate")
    if isinstance(rate, Mapping):  # a schedule: the settings tell it
        rate = rate["config"]["learning_rate"]
    plain = {key: value for key, value in config.items() if isinstance(value, int | float)}
    return {"name": type(optimizer).__name__, "learning_rate": float(rate), **plain}
