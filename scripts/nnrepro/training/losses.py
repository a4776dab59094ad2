"""The loss: cross-entropy per example, and what layers add to a batch's."""

from collections.abc import Sequence
from typing import Any

from keras import ops

EPSILON = 1e-7


def per_example_loss(kind: str, labels: Any, logits: Any) -> Any:
    """Sparse categorical cross-entropy of every example.

    Args:
        kind: "logits" for cross-entropy from logits; "probabilities" for cross-entropy on the
            softmax of the logits, clipped to [1e-7, 1 - 1e-7] as
            `keras.losses.SparseCategoricalCrossentropy` clips probabilities. (Keras leaves the
            clipping out where it sees that the probabilities come from a softmax; here it is always
            done, on every backend.)
        labels: int [batch].
        logits: float [batch, classes].

    Returns:
        float [batch].
    """
    if kind == "probabilities":
        probabilities = ops.clip(ops.softmax(logits), EPSILON, 1 - EPSILON)
        return ops.sparse_categorical_crossentropy(labels, ops.log(probabilities), from_logits=True)
    return ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)


def with_penalties(loss: Any, penalties: Sequence[Any], examples: Any = 1) -> Any:
    """A batch's loss with what the model adds to it, as `keras.Model.fit` has it.

    Args:
        loss: a float, or one per example; its mean over the batch is what is added to.
        penalties: `model.losses` after the batch's call: regularisers of weights and of
            activities, and what layers gave to `add_loss`.
        examples: how often to add them; the batch's size for the sum over its examples.

    Returns:
        As `loss`; it itself, unchanged to the last bit, without penalties.
    """
    for penalty in penalties:
        loss = loss + examples * ops.sum(ops.cast(penalty, "float32"))
    return loss
