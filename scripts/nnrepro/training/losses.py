"""The loss: cross-entropy per example, and what layers add to a batch's."""

from collections.abc import Sequence
from typing import Any

from keras import ops

EPSILON = 1e-7


def per_example_loss(kind: str, labels: Any, logits: Any) -> Any:
    """Sparse categorical cross-entropy of every example, float [batch], of logits [batch, classes].

    `kind` is "logits" for cross-entropy from logits; "probabilities" for cross-entropy on the
    softmax of the logits, clipped to [1e-7, 1 - 1e-7] as
    `keras.losses.SparseCategoricalCrossentropy` clips probabilities. (Keras leaves the clipping out
    where it sees that the probabilities come from a softmax; here it is always done, on every
    backend.)
    """
    if kind == "probabilities":
        probabilities = ops.clip(ops.softmax(logits), EPSILON, 1 - EPSILON)
        return ops.sparse_categorical_crossentropy(labels, ops.log(probabilities), from_logits=True)
    return ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)


def with_penalties(loss: Any, penalties: Sequence[Any], examples: Any = 1) -> Any:
    """A batch's loss with what the model adds to it, as `keras.Model.fit` has it.

    The loss is a float, or one per example, and unchanged to the last bit without penalties. Those
    are `model.losses` after the batch's call: regularisers of weights and of activities, and what
    layers gave to `add_loss`; they are added `examples` times, for the sum over a batch.
    """
    for penalty in penalties:
        loss = loss + examples * ops.sum(ops.cast(penalty, "float32"))
    return loss
