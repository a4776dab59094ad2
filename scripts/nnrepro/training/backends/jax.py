"""The engine on JAX: compiled steps, in one compiled loop where that pays."""

from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np

from nnrepro.data.dataset import Dataset
from nnrepro.training.engine import Engine, Evaluated, Floats, Indices
from nnrepro.training.losses import Objective, with_penalties

Values = list[Any]
State = tuple[Values, Values, Values]
Batches = tuple[Any, Any]
Examples = tuple[Any, Any]


class JaxEngine(Engine):
    """See `nnrepro.training.engine.Engine`."""

    def __init__(
        self,
        model: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        objective: Objective,
        dataset: Dataset,
    ):
        super().__init__(model, optimizer, objective)
        self._train_data = jnp.asarray(dataset.train_x), jnp.asarray(dataset.train_y)
        self._test_data = (
            jnp.asarray(dataset.evaluation_x),
            jnp.asarray(dataset.evaluation_y),
        )
        # On CPU, XLA's convolutions are ten times slower inside a loop than outside.
        convolves = any(isinstance(layer, keras.layers.Conv2D) for layer in model.layers)
        loop = jax.default_backend() != "cpu" or not convolves
        self._train = jax.jit(self._train_steps) if loop else self._train_one_by_one
        self._step = jax.jit(self._train_step)
        self._evaluate = jax.jit(self._evaluate_steps) if loop else self._evaluate_one_by_one
        self._batch = jax.jit(self._evaluate_step)

    def train(
        self, indices: Indices, weights: Floats, start: int, stop: int
    ) -> tuple[Floats, Floats]:
        """See `Engine.train`."""
        trained, others, optimizer = ([each.value for each in group] for group in self._groups())
        values, losses, scores = self._train(
            (trained, others, optimizer), (indices, weights), start, stop, self._train_data
        )
        for group, new in zip(self._groups(), values, strict=True):
            for variable, value in zip(group, new, strict=True):
                variable.assign(value)
        return np.asarray(losses)[start:stop], np.asarray(scores)[start:stop]

    def evaluate(self, indices: Indices, start: int, stop: int) -> Evaluated:
        """See `Engine.evaluate`."""
        values = [[variable.value for variable in group] for group in self._groups()[:2]]
        results = self._evaluate((values[0], values[1]), indices, start, stop, self._test_data)
        rows = (np.asarray(result)[start:stop] for result in results)
        return Evaluated(*(row.reshape(-1, *row.shape[2:]) for row in rows))

    def _groups(self) -> tuple[list[keras.Variable], ...]:
        """Trained variables, the model's others (random states), the optimiser's."""
        return (
            self._model.trainable_variables,
            self._model.non_trainable_variables,
            self._optimizer.variables,
        )

    def _train_steps(
        self, values: State, batches: Batches, start: Any, stop: Any, data: Examples
    ) -> tuple[State, Any, Any]:
        indices, weights = batches
        steps, counted = indices.shape[0], len(self._objective.counted)
        empty = jnp.zeros(steps, jnp.float32), jnp.zeros((steps, counted), jnp.float32)

        def step(at: Any, carry: tuple[State, Any, Any]) -> tuple[State, Any, Any]:
            values, losses, scores = carry
            values, loss, score = self._train_step(values, indices[at], weights[at], data)
            return values, losses.at[at].set(loss), scores.at[at].set(score)

        return jax.lax.fori_loop(start, stop, step, (values, *empty))

    def _train_one_by_one(
        self, values: State, batches: Batches, start: int, stop: int, data: Examples
    ) -> tuple[State, Any, Any]:
        """As `_train_steps`, a call per step."""
        indices, weights = batches
        losses = np.zeros(len(indices), np.float32)
        scores = np.zeros((len(indices), len(self._objective.counted)), np.float32)
        for at in range(start, stop):
            values, losses[at], scores[at] = self._step(values, indices[at], weights[at], data)
        return values, losses, scores

    def _train_step(
        self, values: State, chosen: Any, weights: Any, data: Examples
    ) -> tuple[State, Any, Any]:
        """One update; the summed loss and scores of its examples."""
        trained, others, optimizer = values
        examples, labels = data[0][chosen], data[1][chosen]

        def mean_loss(trained: Values) -> tuple[Any, tuple[Any, Any, Values]]:
            outputs, new, penalties = self._model.stateless_call(
                trained, others, examples, training=True, return_losses=True
            )
            total = jnp.sum(self._objective.weighted(labels, outputs) * weights)
            scores = self._objective.scores(labels, outputs) * weights[:, jnp.newaxis]
            size = jnp.sum(weights)
            whole = with_penalties(total, penalties, size)
            return with_penalties(total / size, penalties), (whole, jnp.sum(scores, axis=0), new)

        gradients, (total, scores, others) = jax.grad(mean_loss, has_aux=True)(trained)
        trained, optimizer = self._optimizer.stateless_apply(optimizer, gradients, trained)
        return (trained, others, optimizer), total, scores

    def _evaluate_steps(
        self, values: tuple[Values, Values], indices: Any, start: Any, stop: Any, data: Examples
    ) -> tuple[Any, Any, Any]:
        """Losses, scores and answers of the batches from `start` to `stop`."""

        def step(at: Any, found: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
            results = self._evaluate_step(*values, indices[at], data)
            losses, scores, answers = (
                kept.at[at].set(new) for kept, new in zip(found, results, strict=True)
            )
            return losses, scores, answers

        empty = (jnp.zeros(shape, jnp.float32) for shape in self._result_shapes(indices.shape))
        return jax.lax.fori_loop(start, stop, step, tuple(empty))

    def _evaluate_one_by_one(
        self, values: tuple[Values, Values], indices: Any, start: int, stop: int, data: Examples
    ) -> tuple[Any, Any, Any]:
        """As `_evaluate_steps`, a call per batch."""
        losses, scores, answers = (
            np.zeros(shape, np.float32) for shape in self._result_shapes(indices.shape)
        )
        for at in range(start, stop):
            losses[at], scores[at], answers[at] = self._batch(*values, indices[at], data)
        return losses, scores, answers

    def _result_shapes(self, batches: tuple[int, ...]) -> list[tuple[int, ...]]:
        """Shapes of losses, scores and answers."""
        width, counted = self._model.output_shape[-1], len(self._objective.counted)
        return [batches, (*batches, counted), (*batches, width)]

    def _evaluate_step(
        self, trained: Values, others: Values, chosen: Any, data: Examples
    ) -> tuple[Any, Any, Any]:
        """Losses, scores and answers of one batch."""
        labels = data[1][chosen]
        outputs, _, penalties = self._model.stateless_call(
            trained, others, data[0][chosen], training=False, return_losses=True
        )
        return (
            with_penalties(self._objective.losses(labels, outputs), penalties),
            self._objective.scores(labels, outputs),
            self._objective.answers(outputs),
        )
