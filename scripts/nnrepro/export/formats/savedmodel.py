"""A trained network for TensorFlow."""

from pathlib import Path
from typing import TYPE_CHECKING

from nnrepro.export.registry import ExportError

if TYPE_CHECKING:
    import keras


def savedmodel(model: "keras.Model", *, to: Path) -> list[Path]:
    """The network of a run as a TensorFlow SavedModel, with the endpoint `serve`."""
    import keras

    if keras.backend.backend() == "torch":
        raise ExportError(
            "a SavedModel is written with TensorFlow or JAX: KERAS_BACKEND=tensorflow nnrepro ..."
        )
    path = to / "savedmodel"
    model.export(path, format="tf_saved_model", verbose=False)
    return [path]
