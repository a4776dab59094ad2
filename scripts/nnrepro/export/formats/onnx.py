"""A trained network as ONNX."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nnrepro.export.registry import ExportError, needed
from nnrepro.files import atomic_write

if TYPE_CHECKING:
    import keras


def onnx(model: "keras.Model", *, to: Path) -> list[Path]:
    """The network of a run as `model.onnx`, for ONNX Runtime and others (needs tf2onnx)."""
    import keras

    needed("tf2onnx", "tf2onnx", "ONNX")
    _teach_erfc()
    path = to / "model.onnx"
    (inputs,) = model.inputs  # Keras exports none that was never called
    model(keras.ops.zeros((1, *inputs.shape[1:]), inputs.dtype))
    with atomic_write(path) as temporary, warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of how the converter is called
        model.export(temporary, format="onnx", verbose=False)
        _check(temporary)
    return [path]


def _teach_erfc() -> None:
    """Have the converter write erfc(x), of which Keras makes GELU, as 1 - erf(x)."""
    from tf2onnx.handler import tf_op

    class Erfc:
        @classmethod
        def version_9(cls, graph: Any, node: Any, **_: Any) -> None:
            output, kept = node.output[0], (graph.get_dtype, graph.get_shape)
            dtype, shape = (ask(output) for ask in kept)
            graph.remove_node(node.name)
            erf = graph.make_node("Erf", node.input)
            one = graph.make_const(f"{node.name}_one", np.array(1, np.float32))
            graph.make_node(
                "Sub",
                [one.output[0], erf.output[0]],
                name=node.name,
                outputs=node.output,
                dtypes=[dtype],
                shapes=[shape],
            )

    tf_op("Erfc")(Erfc)


def _check(file: Path) -> None:
    """Raise ExportError where a network holds what ONNX has no form of: the converter writes it."""
    from onnx import checker

    try:
        checker.check_model(str(file))
    except checker.ValidationError as error:
        reason = str(error).strip().partition("\n")[0]
        raise ExportError(
            f"the network has no form in ONNX ({reason}); --format keras or savedmodel has one"
        ) from error
