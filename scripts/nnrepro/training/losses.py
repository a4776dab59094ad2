"""Cross-entropy per example, on logits or on probabilities."""

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
