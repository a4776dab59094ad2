"""Running a recurrence along the first axis of a tensor."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

Step = Callable[[tuple[Any, ...], Any], tuple[Any, ...]]


def scan(step: Step, states: tuple[Any, ...], inputs: Any, *, keep: bool) -> Any:
    """The first state, [batch, units], after all inputs, or [time, batch, units] after each.

    A step gives new states from old ones and one input [batch, width]; inputs are [time, batch,
    width], time known.
    """
    if keras.backend.backend() == "tensorflow":
        return _scan_tensorflow(step, states, inputs, keep=keep)
    last, kept = ops.scan(lambda old, x: _with_output(step(old, x), keep), states, inputs)
    return kept if keep else last[0]


def _with_output(states: tuple[Any, ...], keep: bool) -> tuple[tuple[Any, ...], Any]:
    return states, states[0] if keep else None


def _scan_tensorflow(step: Step, states: tuple[Any, ...], inputs: Any, *, keep: bool) -> Any:
    """As `scan`, by a loop whose length is static, which XLA needs for its gradient."""
    import tensorflow as tf

    length = inputs.shape[0]
    kept = tf.TensorArray(inputs.dtype, size=length, element_shape=states[0].shape) if keep else ()

    def body(at: Any, old: tuple[Any, ...], kept: Any) -> tuple[Any, tuple[Any, ...], Any]:
        new = step(old, inputs[at])
        return at + 1, new, kept.write(at, new[0]) if keep else kept

    _, last, kept = tf.while_loop(
        lambda at, *_: at < length,
        body,
        (0, tuple(states), kept),
        maximum_iterations=length,
        parallel_iterations=1,
    )
    return kept.stack() if keep else last[0]
