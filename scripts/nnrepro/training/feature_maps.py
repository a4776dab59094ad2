"""Feature maps: what the layers of a trained image CNN answer to the first test images."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnrepro.files import atomic_write
from nnrepro.models.registry import build_model
from nnrepro.training.contract import task_of
from nnrepro.training.errors import TrainingError
from nnrepro.training.trained import load_weights

if TYPE_CHECKING:
    import keras

    from nnrepro.data.dataset import Dataset
    from nnrepro.study.run import Run

_KINDS = {"Conv": "convolution", "Pool": "pooling"}
_ORDINALS = ("first", "second", "third", "fourth", "fifth")


def map_layers(model: "keras.Model") -> dict[str, str]:
    """The convolutions and poolings of a model that answer with maps, and each in words.

    `{"c1": "first convolution", "s1": "first pooling", ...}`, in the order of the network.
    """
    found: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for layer in model.layers:
        kind = next((words for part, words in _KINDS.items() if part in type(layer).__name__), "")
        if kind and len(layer.output.shape) == 4:
            place = counts[kind]
            counts[kind] += 1
            which = _ORDINALS[place] if place < len(_ORDINALS) else f"{place + 1}th"
            found[layer.name] = f"{which} {kind}"
    return found


def compute_feature_maps(
    run: "Run", dataset: "Dataset", weights_path: Path, images: int = 2
) -> dict[str, NDArray[Any]]:
    """Activations of all convolutions and poolings for the first test images.

    Gives the id of the `run`, `images` [images, height, width, 3] as the model reads them, the
    names of their `classes`, `words` that say what each layer is, and by the layers' names
    activations [images, height, width, channels].
    Raises TrainingError where the weights are missing or do not fit, or the model has no such
    layers.
    """
    import keras

    model = build_model(run.model, run.settings, task_of(dataset, inspected=True))
    layers = map_layers(model)
    if not layers:
        raise TrainingError(f"model {run.model} has no convolutions; no feature maps")
    load_weights(model, run, weights_path)
    inspector = keras.Model(model.input, [model.get_layer(name).output for name in layers])
    activations = inspector(dataset.test_x[:images], training=False)
    maps = map(keras.ops.convert_to_numpy, activations)
    names = dataset.meta.get("classes")
    shown = [int(label) for label in dataset.test_y[:images]]
    return {
        "run": np.array([run.id]),
        "images": dataset.test_x[:images],
        "classes": np.array([names[label] if names else str(label) for label in shown]),
        "words": np.array(list(layers.values())),
        **dict(zip(layers, maps, strict=True)),
    }


def write_feature_maps(path: Path, maps: Mapping[str, NDArray[Any]]) -> None:
    """Write what `compute_feature_maps` gave as a compressed `.npz`, atomically."""
    with atomic_write(path) as temporary:
        np.savez_compressed(temporary, **dict(maps))  # type: ignore[arg-type]
