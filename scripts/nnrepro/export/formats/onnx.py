"""A trained network as ONNX."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from nnrepro.export.errors import needed
from nnrepro.files import atomic_write

if TYPE_CHECKING:
    import keras


def onnx(model: "keras.Model", *, to: Path) -> list[Path]:
    """The network of a run as `model.onnx`, for ONNX Runtime and others (needs tf2onnx)."""
    import keras

    needed("tf2onnx", "tf2onnx", "ONNX")
    path = to / "model.onnx"
    (inputs,) = model.inputs  # Keras exports none that was never called
    model(keras.ops.zeros((1, *inputs.shape[1:]), inputs.dtype))
    with atomic_write(path) as temporary, warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of how the converter is called
        model.export(temporary, format="onnx", verbose=False)
    return [path]
