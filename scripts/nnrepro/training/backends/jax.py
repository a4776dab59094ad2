"""The engine on JAX: compiled steps, in one compiled loop where that pays.

Replicates are one computation: their states are stacked, and what is done to one state is mapped
over the stack by `jax.vmap`, so that each step is fewer and larger kernels than their own steps.
"""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np

from nnrepro.data.dataset import Dataset
from nnrepro.training.engine import Engine, Evaluated, Floats, Indices, Replicates, State
from nnrepro.training.losses import Objective, with_penalties

Values = list[Any]
Stateful = tuple[Values, Values, Values]
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
        return Evaluated.joined(rows)

    def _groups(self) -> tuple[list[keras.Variable], ...]:
        return _groups(self._model, self._optimizer)

    def _train_steps(
        self, values: Stateful, batches: Batches, start: Any, stop: Any, data: Examples
    ) -> tuple[Stateful, Any, Any]:
        indices, weights = batches
        empty = (jnp.zeros(shape, jnp.float32) for shape in self._sum_shapes(indices.shape))

        def step(at: Any, carry: tuple[Stateful, Any, Any]) -> tuple[Stateful, Any, Any]:
            values, losses, scores = carry
            values, loss, score = self._train_step(values, indices[at], weights[at], data)
            return values, losses.at[at].set(loss), scores.at[at].set(score)

        return jax.lax.fori_loop(start, stop, step, (values, *empty))

    def _sum_shapes(self, batches: tuple[int, ...]) -> list[tuple[int, ...]]:
        """Shapes of the summed losses and scores of batches."""
        return [batches[:-1], (*batches[:-1], len(self._objective.counted))]

    def _train_one_by_one(
        self, values: Stateful, batches: Batches, start: int, stop: int, data: Examples
    ) -> tuple[Stateful, Any, Any]:
        """As `_train_steps`, a call per step."""
        indices, weights = batches
        losses, scores = (np.zeros(shape, np.float32) for shape in self._sum_shapes(indices.shape))
        for at in range(start, stop):
            values, losses[at], scores[at] = self._step(values, indices[at], weights[at], data)
        return values, losses, scores

    def _train_step(
        self, values: Stateful, chosen: Any, weights: Any, data: Examples
    ) -> tuple[Stateful, Any, Any]:
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


class JaxReplicates(Replicates):
    """See `nnrepro.training.engine.Replicates`: all are computed in every call.

    The states of those that a call does not name come out of it as they went in.
    """

    def __init__(
        self,
        models: Sequence[tuple[keras.Model, keras.optimizers.Optimizer]],
        objective: Objective,
        dataset: Dataset,
    ) -> None:
        self._engine = _Stacked(*models[0], objective, dataset, len(models))
        self.states = [_Layer(*each, self._engine, at) for at, each in enumerate(models)]
        groups = [_groups(*each) for each in models]
        self._engine.stack = tuple(  # type: ignore[assignment]
            [jnp.stack([variable.value for variable in alike]) for alike in zip(*kind, strict=True)]
            for kind in zip(*groups, strict=True)
        )

    def train(
        self,
        which: Sequence[int],
        orders: Sequence[Indices],
        weights: Floats,
        start: int,
        stop: int,
    ) -> list[tuple[Floats, Floats]]:
        """See `Replicates.train`."""
        indices = np.zeros((len(weights), len(self.states), weights.shape[1]), np.int32)
        for at, order in zip(which, orders, strict=True):
            indices[:, at] = order
        losses, scores = self._engine.train_some(which, indices, weights, start, stop)
        return [(losses[:, at], scores[:, at]) for at in which]

    def evaluate(
        self, which: Sequence[int], indices: Indices, start: int, stop: int
    ) -> list[Evaluated]:
        """See `Replicates.evaluate`."""
        results = self._engine.evaluate_all(indices, start, stop)
        # [steps, replicates, batch, ...] to [examples, ...] of each
        return [Evaluated.joined(rows[:, at] for rows in results) for at in which]


class _Stacked(JaxEngine):
    """The engine of one model, mapped over a `stack` of states that it has; [replicates, ...]."""

    stack: Stateful

    def __init__(
        self,
        model: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        objective: Objective,
        dataset: Dataset,
        replicates: int,
    ) -> None:
        super().__init__(model, optimizer, objective, dataset)
        self._replicates = replicates
        self._chosen = jax.jit(_chosen)

    def train_some(
        self, which: Sequence[int], indices: Indices, weights: Floats, start: int, stop: int
    ) -> tuple[Floats, Floats]:
        """As `train`, of indices [steps, replicates, batch size]; the same of the sums."""
        batches = indices, weights
        values, losses, scores = self._train(self.stack, batches, start, stop, self._train_data)
        some = np.isin(np.arange(self._replicates), which)
        self.stack = values if some.all() else self._chosen(some, values, self.stack)
        return np.asarray(losses)[start:stop], np.asarray(scores)[start:stop]

    def evaluate_all(self, indices: Indices, start: int, stop: int) -> list[Floats]:
        """Losses, scores and answers, each [steps, replicates, batch size, ...]."""
        results = self._evaluate(self.stack[:2], indices, start, stop, self._test_data)
        return [np.asarray(result)[start:stop] for result in results]

    def _train_step(
        self, values: Stateful, chosen: Any, weights: Any, data: Examples
    ) -> tuple[Stateful, Any, Any]:
        step = jax.vmap(super()._train_step, in_axes=(0, 0, None, None))
        return step(values, chosen, weights, data)

    def _evaluate_step(
        self, trained: Values, others: Values, chosen: Any, data: Examples
    ) -> tuple[Any, Any, Any]:
        step = jax.vmap(super()._evaluate_step, in_axes=(0, 0, None, None))
        return step(trained, others, chosen, data)

    def _result_shapes(self, batches: tuple[int, ...]) -> list[tuple[int, ...]]:
        steps, size = batches
        return super()._result_shapes((steps, self._replicates, size))


class _Layer(State):
    """One replicate: its model and optimiser, of which the values are in the stack."""

    def __init__(
        self,
        model: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        engine: _Stacked,
        at: int,
    ) -> None:
        super().__init__(model, optimizer)
        self._engine = engine
        self._at = at

    def variables(self) -> list[Any]:
        """See `State.variables`."""
        self._take()
        return super().variables()

    def weights(self) -> list[Any]:
        """See `State.weights`."""
        self._take()
        return super().weights()

    def restore(self, values: Sequence[Any]) -> None:
        """See `State.restore`."""
        super().restore(values)
        self._give()

    def finish(self, best: Sequence[Any]) -> None:
        """See `State.finish`."""
        self._take()
        super().finish(best)
        self._give()

    def _take(self) -> None:
        groups = _groups(self._model, self._optimizer)
        for variables, stacked in zip(groups, self._engine.stack, strict=True):
            for variable, values in zip(variables, stacked, strict=True):
                variable.assign(values[self._at])

    def _give(self) -> None:
        groups = _groups(self._model, self._optimizer)
        self._engine.stack = tuple(  # type: ignore[assignment]
            [
                values.at[self._at].set(variable.value)
                for variable, values in zip(variables, stacked, strict=True)
            ]
            for variables, stacked in zip(groups, self._engine.stack, strict=True)
        )


def _groups(
    model: keras.Model, optimizer: keras.optimizers.Optimizer
) -> tuple[list[keras.Variable], ...]:
    """Trained variables, the model's others (random states), the optimiser's."""
    return model.trainable_variables, model.non_trainable_variables, optimizer.variables


def _chosen(some: Any, new: Stateful, old: Stateful) -> Stateful:
    """Of the replicates that `some` [replicates] is true for, the new state, else the old one."""

    def one(after: Any, before: Any) -> Any:
        return jnp.where(some.reshape(-1, *[1] * (after.ndim - 1)), after, before)

    return jax.tree.map(one, new, old)
