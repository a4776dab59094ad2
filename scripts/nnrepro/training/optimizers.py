"""Optimisers of the study, by the names of its settings."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nnrepro.training.errors import TrainingError

if TYPE_CHECKING:
    import keras

OPTIMIZERS = ("sgd", "rmsprop", "adam")


def make_optimizer(settings: Mapping[str, Any]) -> "keras.optimizers.Optimizer":
    """The Keras optimiser that the settings ask for; what they leave open is Keras's default.

    Read are `optimizer`, `learning_rate`, `momentum` (SGD only; 0 for none) and `clipvalue` (0 for
    none; otherwise gradients are clipped to plus and minus that value). Raises TrainingError where
    the optimiser is unknown, or momentum is asked of one that has none.
    """
    import keras

    name = settings["optimizer"]
    momentum = float(settings.get("momentum", 0))
    if momentum and name != "sgd":
        raise TrainingError(f"momentum = {momentum:g} needs optimizer 'sgd', not '{name}'")
    options: dict[str, Any] = {
        "clipvalue": float(settings.get("clipvalue", 0)) or None,
    }
    if "learning_rate" in settings:
        options["learning_rate"] = float(settings["learning_rate"])
    match name:
        case "sgd":
            return keras.optimizers.SGD(momentum=momentum, **options)
        case "rmsprop":
            return keras.optimizers.RMSprop(**options)
        case "adam":
            return keras.optimizers.Adam(**options)
    raise TrainingError(f"unknown optimizer '{name}'; allowed: {', '.join(OPTIMIZERS)}")
