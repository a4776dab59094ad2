"""The layers of a model, as a report tells them."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from nnrepro.study.architectures import Layer

if TYPE_CHECKING:
    import keras


def layers_of(model: "keras.Model") -> Iterator[Layer]:
    """The layers of a model in their order; of one that is used several times, its first output.

    Keras numbers layers without a name through the process; here they are numbered by the model, so
    that the same model has the same names wherever it is built.
    """
    unnamed: Counter[str] = Counter()
    for layer in model.layers:
        kind, name = type(layer).__name__, layer.name
        stem = re.sub(r"_\d+$", "", name)
        if stem.replace("_", "") == kind.lower():
            name = f"{stem}_{unnamed[stem]}" if unnamed[stem] else stem
            unnamed[stem] += 1
        output = layer._inbound_nodes[0].output_tensors[0].shape[1:]
        narrowed = getattr(layer, "narrowed_parameters", 0)
        yield Layer(name, kind, tuple(output), layer.count_params() + narrowed)
