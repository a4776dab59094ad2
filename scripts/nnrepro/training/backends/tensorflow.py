"""The engine on TensorFlow: a loop over steps inside one graph, compiled by XLA where that pays."""

from typing import Any

import keras
import tensorflow as tf

from nnrepro.data.dataset import Dataset
from nnrepro.training.engine import Engine, Evaluated, Floats, Indices
from nnrepro.training.losses import per_example_loss, with_penalties


class TensorFlowEngine(Engine):
    """See `nnrepro.training.engine.Engine`."""

    def __init__(
        self,
        model: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        loss: str,
        dataset: Dataset,
        *,
        xla: bool,
    ):
        super().__init__(model, optimizer, loss)
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
        losses, correct = self._train(tf.constant(indices), tf.constant(weights), *bounds)
        return losses.numpy()[start:stop], correct.numpy()[start:stop]

    def evaluate(self, indices: Indices, start: int, stop: int) -> Evaluated:
        """See `Engine.evaluate`."""
        results = self._evaluate(tf.constant(indices), tf.constant(start), tf.constant(stop))
        losses, correct, probabilities = (result.numpy()[start:stop] for result in results)
        classes = probabilities.shape[-1]
        return Evaluated(
            losses.reshape(-1), correct.reshape(-1), probabilities.reshape(-1, classes)
        )

    def _train_steps(self, indices: Any, weights: Any, start: Any, stop: Any) -> tuple[Any, Any]:
        steps = indices.shape[0]
        sums = tf.TensorArray(tf.float32, size=steps, element_shape=())
        rights = tf.TensorArray(tf.float32, size=steps, element_shape=())

        def step(at: Any, sums: Any, rights: Any) -> tuple[Any, Any, Any]:
            loss, right = self._train_step(indices[at], weights[at])
            return at + 1, sums.write(at, loss), rights.write(at, right)

        _, sums, rights = tf.while_loop(
            lambda at, *_: at < stop, step, (start, sums, rights), parallel_iterations=1
        )
        return sums.stack(), rights.stack()

    def _train_step(self, chosen: Any, weights: Any) -> tuple[Any, Any]:
        """One update; the summed loss and the right answers of its examples."""
        labels = tf.gather(self._train_y, chosen)
        with tf.GradientTape() as tape:
            logits = self._model(tf.gather(self._train_x, chosen), training=True)
            losses = per_example_loss(self._loss, labels, logits) * weights
            total, examples = tf.reduce_sum(losses), tf.reduce_sum(weights)
            penalties = self._model.losses
            mean = with_penalties(total / examples, penalties)
            total = with_penalties(total, penalties, examples)
        trained = self._model.trainable_variables
        gradients = tape.gradient(mean, [variable.value for variable in trained])
        self._optimizer.apply([tf.convert_to_tensor(gradient) for gradient in gradients], trained)
        return total, tf.reduce_sum(tf.cast(_right(logits, labels), tf.float32) * weights)

    def _evaluate_steps(self, indices: Any, start: Any, stop: Any) -> tuple[Any, Any, Any]:
        steps, size = indices.shape
        classes = self._model.output_shape[-1]
        losses = tf.TensorArray(tf.float32, size=steps, element_shape=(size,))
        rights = tf.TensorArray(tf.bool, size=steps, element_shape=(size,))
        outputs = tf.TensorArray(tf.float32, size=steps, element_shape=(size, classes))

        def step(at: Any, losses: Any, rights: Any, outputs: Any) -> tuple[Any, Any, Any, Any]:
            labels = tf.gather(self._test_y, indices[at])
            logits = self._model(tf.gather(self._test_x, indices[at]), training=False)
            loss = per_example_loss(self._loss, labels, logits)
            return (
                at + 1,
                losses.write(at, with_penalties(loss, self._model.losses)),
                rights.write(at, _right(logits, labels)),
                outputs.write(at, tf.nn.softmax(logits)),
            )

        _, losses, rights, outputs = tf.while_loop(
            lambda at, *_: at < stop, step, (start, losses, rights, outputs), parallel_iterations=1
        )
        return losses.stack(), rights.stack(), outputs.stack()


def _right(logits: Any, labels: Any) -> Any:
    """Whether the greatest logit is the label's, bool [batch]."""
    return tf.equal(tf.argmax(logits, axis=-1, output_type=labels.dtype), labels)
