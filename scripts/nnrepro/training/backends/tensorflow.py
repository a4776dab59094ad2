"""The engine on TensorFlow: a loop over steps inside one graph, compiled by XLA where that pays."""

from typing import Any

import keras
import tensorflow as tf

from nnrepro.data.dataset import Dataset
from nnrepro.training.engine import Engine, Evaluated, Floats, Indices
from nnrepro.training.losses import Objective, with_penalties


class TensorFlowEngine(Engine):
    """See `nnrepro.training.engine.Engine`."""

    def __init__(
        self,
        model: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        objective: Objective,
        dataset: Dataset,
        *,
        xla: bool,
    ):
        super().__init__(model, optimizer, objective)
        self._train_x = tf.constant(dataset.train_x)
        self._train_y = tf.constant(dataset.train_y)
        self._test_x = tf.constant(dataset.evaluation_x)
        self._test_y = tf.constant(dataset.evaluation_y)
        self._train = tf.function(self._train_steps, jit_compile=xla or None, autograph=False)
        self._evaluate = tf.function(self._evaluate_steps, jit_compile=xla or None, autograph=False)

    def train(
        self, indices: Indices, weights: Floats, start: int, stop: int
    ) -> tuple[Floats, Floats]:
        """See `Engine.train`."""
        bounds = tf.constant(start), tf.constant(stop)
        losses, scores = self._train(tf.constant(indices), tf.constant(weights), *bounds)
        return losses.numpy()[start:stop], scores.numpy()[start:stop]

    def evaluate(self, indices: Indices, start: int, stop: int) -> Evaluated:
        """See `Engine.evaluate`."""
        results = self._evaluate(tf.constant(indices), tf.constant(start), tf.constant(stop))
        rows = (result.numpy()[start:stop] for result in results)
        return Evaluated.joined(rows)

    def _train_steps(self, indices: Any, weights: Any, start: Any, stop: Any) -> tuple[Any, Any]:
        steps = indices.shape[0]
        sums = tf.TensorArray(tf.float32, size=steps, element_shape=())
        counted = len(self._objective.counted)
        scores = tf.TensorArray(tf.float32, size=steps, element_shape=(counted,))

        def step(at: Any, sums: Any, scores: Any) -> tuple[Any, Any, Any]:
            loss, score = self._train_step(indices[at], weights[at])
            return at + 1, sums.write(at, loss), scores.write(at, score)

        _, sums, scores = tf.while_loop(
            lambda at, *_: at < stop, step, (start, sums, scores), parallel_iterations=1
        )
        return sums.stack(), scores.stack()

    def _train_step(self, chosen: Any, weights: Any) -> tuple[Any, Any]:
        """One update; the summed loss and scores of its examples."""
        labels = tf.gather(self._train_y, chosen)
        with tf.GradientTape() as tape:
            outputs = self._model(tf.gather(self._train_x, chosen), training=True)
            losses = self._objective.weighted(labels, outputs) * weights
            total, examples = tf.reduce_sum(losses), tf.reduce_sum(weights)
            penalties = self._model.losses
            mean = with_penalties(total / examples, penalties)
            total = with_penalties(total, penalties, examples)
        trained = self._model.trainable_variables
        gradients = tape.gradient(mean, [variable.value for variable in trained])
        self._optimizer.apply([tf.convert_to_tensor(gradient) for gradient in gradients], trained)
        scores = self._objective.scores(labels, outputs) * weights[:, tf.newaxis]
        return total, tf.reduce_sum(scores, axis=0)

    def _evaluate_steps(self, indices: Any, start: Any, stop: Any) -> tuple[Any, Any, Any]:
        steps, size = indices.shape
        width, counted = self._model.output_shape[-1], len(self._objective.counted)
        losses = tf.TensorArray(tf.float32, size=steps, element_shape=(size,))
        scores = tf.TensorArray(tf.float32, size=steps, element_shape=(size, counted))
        answers = tf.TensorArray(tf.float32, size=steps, element_shape=(size, width))

        def step(at: Any, losses: Any, scores: Any, answers: Any) -> tuple[Any, Any, Any, Any]:
            labels = tf.gather(self._test_y, indices[at])
            outputs = self._model(tf.gather(self._test_x, indices[at]), training=False)
            loss = self._objective.losses(labels, outputs)
            return (
                at + 1,
                losses.write(at, with_penalties(loss, self._model.losses)),
                scores.write(at, self._objective.scores(labels, outputs)),
                answers.write(at, self._objective.answers(outputs)),
            )

        _, losses, scores, answers = tf.while_loop(
            lambda at, *_: at < stop, step, (start, losses, scores, answers), parallel_iterations=1
        )
        return losses.stack(), scores.stack(), answers.stack()
