"""What is made of labels before training: units of a regression's targets, weights of classes.

A regression is learnt in standard units and answered in the targets' own: networks start with
outputs about 0 and 1 and take steps of a size that suits these; targets of a hundred thousand would
take longer than any study trains.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnrepro.study.class_weights import BALANCED, by_number, unknown_classes, weights_in
from nnrepro.training.errors import TrainingError

if TYPE_CHECKING:
    import keras

Units = tuple[tuple[float, ...], tuple[float, ...]]
"""Mean and spread of each target in training."""


def units_of(targets: NDArray[np.floating]) -> Units:
    """Mean and standard deviation of each of the targets [n, outputs]; 1 where all are the same."""
    mean = targets.mean(axis=0, dtype=np.float64).tolist()
    spread = targets.std(axis=0, dtype=np.float64).tolist()
    return tuple(mean), tuple(own or 1.0 for own in spread)


def balanced(labels: NDArray[np.integer]) -> tuple[float, ...]:
    """Weights of classes by which each counts the same in training, by the class's number.

    That is the number of examples over the number of classes and that of the class, 0 for a class
    without any.
    """
    counts = np.bincount(labels)
    present = np.count_nonzero(counts)
    weights = np.divide(len(labels), present * counts, where=counts > 0, out=np.zeros(len(counts)))
    return tuple(weights.tolist())


def class_weights(
    setting: Any, labels: NDArray[np.integer], names: Sequence[str], classes: int
) -> tuple[float, ...] | None:
    """Weights of classes in training by the class's number, as a setting asks; None for none.

    As in Keras's `fit`, a class that is not named weighs 1. Raises TrainingError for a class that
    there is not.
    """
    if setting is None:
        return None
    if setting == BALANCED:
        return balanced(labels)
    for problem in unknown_classes(setting, names, classes):
        raise TrainingError(problem)
    given = by_number(weights_in(setting) or {}, names, classes)
    return tuple(given.get(number, 1.0) for number in range(classes))


def in_own_units(model: "keras.Model", units: Units) -> "keras.Model":
    """The model with a layer that scales its standard outputs to the units of the targets.

    The layer has no weights, so that those of either model fit the other.
    """
    import keras

    mean, spread = (list(each) for each in units)
    scaled = keras.layers.Rescaling(spread, mean, name="own_units")(model.outputs[0])
    return keras.Model(model.inputs, scaled, name=model.name)
