"""The engine: what training needs from a backend, and the pace at which it is called.

An engine holds the model, the optimiser and the data, and does many steps per call. Calls are cut
into chunks of about a second so that signals are answered and checkpoints can be written; results
do not depend on where they are cut, because steps report their sums one by one.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
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

    @classmethod
    def joined(cls, results: Iterable[NDArray[Any]]) -> "Evaluated":
        """Results batch by batch, each [steps, batch, ...], as those of all examples."""
        # No -1: without a counted metric, scores have no element from which to infer it.
        return cls(
            *(rows.reshape(rows.shape[0] * rows.shape[1], *rows.shape[2:]) for rows in results)
        )


class State:
    """Everything that training changes of one model and its optimiser."""

    def __init__(self, model: "keras.Model", optimizer: "keras.optimizers.Optimizer") -> None:
        optimizer.build(model.trainable_variables)
        self._model = model
        self._optimizer = optimizer

    def variables(self) -> list[NDArray[Any]]:
        """All state that training changes: weights, optimiser, random states."""
        return _values(self._all())

    def restore(self, values: Sequence[NDArray[Any]]) -> None:
        """Put back what `variables` gave."""
        for variable, value in zip(self._all(), values, strict=True):
            variable.assign(value)

    def weights(self) -> list[NDArray[Any]]:
        """The model's part of `variables`, without the optimiser's."""
        return _values(self._model.variables)

    def finish(self, best: Sequence[NDArray[Any]]) -> None:
        """Leave the model with its final weights: the `best` where there are any, as of `weights`.

        As at the end of Keras's `fit`, an optimiser that averages weights puts their means there.
        """
        if best:
            for variable, value in zip(self._model.variables, best, strict=True):
                variable.assign(value)
        if self._optimizer.use_ema:
            self._optimizer.finalize_variable_values(self._model.trainable_variables)

    def _all(self) -> "list[keras.Variable]":
        return [*self._model.variables, *self._optimizer.variables]


def _values(variables: "Sequence[keras.Variable]") -> list[NDArray[Any]]:
    import keras

    return [keras.ops.convert_to_numpy(variable.value) for variable in variables]


class Engine(State, ABC):
    """One model in training on one backend. Rows `start` to `stop` of the batches are worked on."""

    def __init__(
        self,
        model: "keras.Model",
        optimizer: "keras.optimizers.Optimizer",
        objective: "Objective",
    ) -> None:
        super().__init__(model, optimizer)
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


class Replicates(ABC):
    """Models of one form in training on the same data, which differ in their state alone.

    `states` has that of each; `which` names some of them by their places there. What is done
    leaves the others as they are.
    """

    states: Sequence[State]

    @abstractmethod
    def train(
        self,
        which: Sequence[int],
        orders: Sequence[Indices],
        weights: Floats,
        start: int,
        stop: int,
    ) -> list[tuple[Floats, Floats]]:
        """As `Engine.train`, of each with its own order of examples."""

    @abstractmethod
    def evaluate(
        self, which: Sequence[int], indices: Indices, start: int, stop: int
    ) -> list[Evaluated]:
        """As `Engine.evaluate`, of each."""


class Alone(Replicates):
    """One model, by its engine."""

    def __init__(self, engine: Engine) -> None:
        self.states = [engine]
        self._engine = engine

    def train(
        self,
        which: Sequence[int],
        orders: Sequence[Indices],
        weights: Floats,
        start: int,
        stop: int,
    ) -> list[tuple[Floats, Floats]]:
        """See `Replicates.train`."""
        return [self._engine.train(orders[0], weights, start, stop)]

    def evaluate(
        self, which: Sequence[int], indices: Indices, start: int, stop: int
    ) -> list[Evaluated]:
        """See `Replicates.evaluate`."""
        return [self._engine.evaluate(indices, start, stop)]


class Pace:
    """How many steps to do per call so that a call takes about `seconds`.

    Starts with few steps and follows the time that steps take.
    """

    def __init__(self, seconds: float = 1.0, first: int = 4):
        self._seconds = seconds
        self.steps = first

    def follow(self, steps: int, elapsed: float) -> None:
        """A call that did `steps` has taken so many seconds."""
        fitting = int(steps * self._seconds / max(elapsed, 1e-6))
        self.steps = max(1, min(fitting, 4 * self.steps))
