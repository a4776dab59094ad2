"""A regression's targets: learnt in standard units, answered in their own.

Networks start with outputs about 0 and 1 and take steps of a size that suits these; targets of a
hundred thousand would take longer than any study trains.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import keras

Units = tuple[tuple[float, ...], tuple[float, ...]]
"""Mean and spread of each target in training."""


def units_of(targets: NDArray[np.floating]) -> Units:
    """Mean and standard deviation of each of the targets [n, outputs]; 1 where all are the same."""
    mean = targets.mean(axis=0, dtype=np.float64).tolist()
    spread = targets.std(axis=0, dtype=np.float64).tolist()
    return tuple(mean), tuple(own or 1.0 for own in spread)


def in_own_units(model: "keras.Model", units: Units) -> "keras.Model":
    """The model with a layer that scales its standard outputs to the units of the targets.

    The layer has no weights, so that those of either model fit the other.
    """
    import keras

    mean, spread = (list(each) for each in units)
    scaled = keras.layers.Rescaling(spread, mean, name="own_units")(model.outputs[0])
    return keras.Model(model.inputs, scaled, name=model.name)
