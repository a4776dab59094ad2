"""Engines, one per Keras backend. Importing one imports its backend."""

from typing import TYPE_CHECKING

from nnrepro.training.engine import Engine

if TYPE_CHECKING:
    import keras

    from nnrepro.data.dataset import Dataset


def make_engine(
    model: "keras.Model",
    optimizer: "keras.optimizers.Optimizer",
    loss: str,
    dataset: "Dataset",
    *,
    xla: bool,
) -> Engine:
    """The engine for Keras's backend of this process; XLA where the backend leaves a choice.

    The model maps examples to logits; the loss is "logits" or "probabilities".
    """
    import keras

    match keras.backend.backend():
        case "tensorflow":
            from nnrepro.training.backends.tensorflow import TensorFlowEngine

            return TensorFlowEngine(model, optimizer, loss, dataset, xla=xla)
        case "jax":
            from nnrepro.training.backends.jax import JaxEngine

            return JaxEngine(model, optimizer, loss, dataset)
    from nnrepro.training.backends.torch import TorchEngine

    return TorchEngine(model, optimizer, loss, dataset)
