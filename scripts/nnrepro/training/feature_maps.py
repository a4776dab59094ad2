"""Feature maps: what the layers of a trained image CNN answer to the first test images."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nnrepro.data.checksums import sha256_of
from nnrepro.errors import NnreproError
from nnrepro.files import atomic_write, read_json
from nnrepro.models.registry import Task, build_model
from nnrepro.study.paths import RUN_FILES
from nnrepro.training.errors import TrainingError

if TYPE_CHECKING:
    import keras

    from nnrepro.data.dataset import Dataset
    from nnrepro.study.run import Run

LAYERS = ("c1", "s1", "c2", "s2")


def compute_feature_maps(
    run: "Run", dataset: "Dataset", weights_path: Path, images: int = 2
) -> dict[str, NDArray[np.float32]]:
    """Activations of both convolutions and both poolings for the first test images.

    The run's model is `image_cnn`, or one whose layers are called the same. Gives `images` [images,
    32, 32, 3] as the model reads them, their `labels`, and each layer of `LAYERS` by its name,
    [images, height, width, channels]. Raises TrainingError where the weights are missing or do not
    fit, or the model lacks one of the layers.
    """
    if weights_path.is_file() and not weights_path.stat().st_size:
        raise TrainingError(f"{weights_path}: run {run.id} failed, so that it has no weights")
    import keras

    task = Task(
        tuple(dataset.test_x.shape[1:]),
        dataset.num_classes,
        dataset.vocabulary_size,
        inspected=True,
    )
    model = build_model(run.model, run.settings, task)
    if missing := lacking_layers(model):
        raise TrainingError(f"model {run.model} has no layer {', '.join(missing)}; no feature maps")
    try:
        _check_weights(weights_path)
        model.load_weights(weights_path)
    # Odd bytes can raise nearly anything; whatever it is, the file is what is wrong.
    except Exception as error:
        raise TrainingError(
            f"{weights_path}: not the weights of run {run.id} ({error}); train the run again"
        ) from error
    outputs = [model.get_layer(name).output for name in LAYERS]
    inspector = keras.Model(model.input, outputs)
    activations = inspector(dataset.test_x[:images], training=False)
    maps = {
        name: keras.ops.convert_to_numpy(activation)
        for name, activation in zip(LAYERS, activations, strict=True)
    }
    return {"images": dataset.test_x[:images], "labels": dataset.test_y[:images], **maps}


def lacking_layers(model: "keras.Model") -> list[str]:
    """The names of `LAYERS` that no layer of a model has."""
    there = {layer.name for layer in model.layers}
    return [name for name in LAYERS if name not in there]


def _check_weights(path: Path) -> None:
    """Check that weights are a regular file, and the one that the run's record vouches for."""
    found = sha256_of(path)
    try:
        vouched = read_json(path.with_name(RUN_FILES["record"]))["files"][path.name]
    except (NnreproError, OSError, LookupError, TypeError):
        return
    if found != vouched:
        raise ValueError(f"the checksum is not the one in {RUN_FILES['record']}")


def write_feature_maps(path: Path, maps: Mapping[str, NDArray[np.float32]]) -> None:
    """Write what `compute_feature_maps` gave as a compressed `.npz`, atomically."""
    with atomic_write(path) as temporary:
        np.savez_compressed(temporary, **dict(maps))  # type: ignore[arg-type]
