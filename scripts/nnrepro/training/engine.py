"""The engine: what training needs from a backend, and the pace at which it is called.

An engine holds the model, the optimiser and the data, and does many steps per call. Calls are cut
into chunks of about a second so that signals are answered and checkpoints can be written; results
do not depend on where they are cut, because steps report their sums one by one.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import keras

    from nnrepro.training.losses import Objective

Floats = NDArray[np.float32]
Indices = NDArray[np.int32]


class Evaluated(NamedTuple):
    """Results on examples that training does not see, in their order.

    `losses` float32 [examples]: the loss and what the model adds to it in the example's batch;
    `scores` float32 [examples, counted]: the value of every counted metric; `answers` float32
    [examples, outputs]: probabilities, or the numbers of a regression.
    """

    losses: Floats
    scores: Floats
    answers: Floats


class Engine(ABC):
    """One model in training on one backend. Rows `start` to `stop` of the batches are worked on."""

    def __init__(
        self,
        model: "keras.Model",
        optimizer: "keras.optimizers.Optimizer",
        objective: "Objective",
    ) -> None:
        optimizer.build(model.trainable_variables)
        self._model = model
        self._optimizer = optimizer
        self._objective = objective

    @abstractmethod
    def train(
        self, indices: Indices, weights: Floats, start: int, stop: int
    ) -> tuple[Floats, Floats]:
        """Update the weights by each batch; return the summed loss and scores of each.

        Losses are [steps], scores [steps, counted], of the counted metrics as `Objective` has them.

        `indices` of training examples and `weights` (1, or 0 for filling) are [steps, batch size];
        `start` = `stop` compiles and does nothing. The loss of a batch is the mean over its
        examples and, as in Keras's `fit`, what the model adds to it (`model.losses`); in the sum,
        each of its examples counts that once.
        """

    @abstractmethod
    def evaluate(self, indices: Indices, start: int, stop: int) -> Evaluated:
        """Results for the evaluation examples in rows `start` to `stop` of `indices`."""

    def variables(self) -> list[NDArray[Any]]:
        """All state that training changes: weights, optimiser, random states."""
        import keras

        return [keras.ops.convert_to_numpy(variable.value) for variable in self._state()]

    def restore(self, values: Sequence[NDArray[Any]]) -> None:
        """Put back what `variables` gave."""
        for variable, value in zip(self._state(), values, strict=True):
            variable.assign(value)

    def weights(self) -> list[NDArray[Any]]:
        """The model's part of `variables`, without the optimiser's."""
        import keras

        return [keras.ops.convert_to_numpy(variable.value) for variable in self._model.variables]

    def put_back(self, weights: Sequence[NDArray[Any]]) -> None:
        """Put back what `weights` gave."""
        for variable, value in zip(self._model.variables, weights, strict=True):
            variable.assign(value)

    def _state(self) -> "list[keras.Variable]":
        return [*self._model.variables, *self._optimizer.variables]


class Pace:
    """How many steps to do per call so that a call takes about `seconds`.

    Starts with few steps and follows the time that steps take; `total` sums up the calls' seconds,
    `cpu` the seconds that all threads of this process had a processor in them.
    """

    def __init__(self, seconds: float = 1.0, first: int = 4):
        self._seconds = seconds
        self.steps = first
        self.total = 0.0
        self.cpu = 0.0
        self._started = 0.0
        self._cpu_started = 0.0

    def start(self) -> None:
        """A call begins."""
        self._started = time.perf_counter()
        self._cpu_started = time.process_time()

    def stop(self, steps: int) -> float:
        """A call has done `steps`; return the seconds it took."""
        elapsed = time.perf_counter() - self._started
        self.total += elapsed
        self.cpu += time.process_time() - self._cpu_started
        fitting = int(steps * self._seconds / max(elapsed, 1e-6))
        self.steps = max(1, min(fitting, 4 * self.steps))
        return elapsed
