"""Engines, one per Keras backend. Importing one imports its backend."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nnrepro.training.engine import Alone, Engine, Replicates

if TYPE_CHECKING:
    import keras

    from nnrepro.data.dataset import Dataset
    from nnrepro.training.losses import Objective


def make_engine(
    model: "keras.Model",
    optimizer: "keras.optimizers.Optimizer",
    objective: "Objective",
    dataset: "Dataset",
    *,
    xla: bool,
) -> Engine:
    """The engine for Keras's backend of this process; XLA where the backend leaves a choice.

    The model maps examples to raw outputs, which the objective judges.
    """
    import keras

    match keras.backend.backend():
        case "tensorflow":
            from nnrepro.training.backends.tensorflow import TensorFlowEngine

            return TensorFlowEngine(model, optimizer, objective, dataset, xla=xla)
        case "jax":
            from nnrepro.training.backends.jax import JaxEngine

            return JaxEngine(model, optimizer, objective, dataset)
    from nnrepro.training.backends.torch import TorchEngine

    return TorchEngine(model, optimizer, objective, dataset)


def make_replicates(
    models: "Sequence[tuple[keras.Model, keras.optimizers.Optimizer]]",
    objective: "Objective",
    dataset: "Dataset",
    *,
    xla: bool,
) -> Replicates:
    """As `make_engine`, of models that differ in their state alone; several only with JAX."""
    if len(models) == 1:
        return Alone(make_engine(*models[0], objective, dataset, xla=xla))
    from nnrepro.training.backends.jax import JaxReplicates

    return JaxReplicates(models, objective, dataset)
