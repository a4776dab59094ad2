"""The order of examples and its batches, which follow from a run's seed."""

import numpy as np
from numpy.typing import NDArray


def example_order(seed: int, epoch: int, examples: int) -> NDArray[np.int32]:
    """The order of examples at an epoch (from 0), which follows from (seed, epoch) alone.

    Compared runs with one seed see their examples in one order, whatever their model, and a resumed
    run needs no stored random state for it.
    """
    generator = np.random.Generator(np.random.Philox(np.random.SeedSequence((seed, epoch))))
    return generator.permutation(examples).astype(np.int32)


def batches(
    order: NDArray[np.int32], batch_size: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Cut an order into batches of one size, the last filled up with examples of weight 0.

    Gives indices and weights, both [steps, batch_size].
    """
    steps = -(-len(order) // batch_size)
    indices = np.zeros(steps * batch_size, np.int32)
    weights = np.zeros(steps * batch_size, np.float32)
    indices[: len(order)] = order
    weights[: len(order)] = 1
    return indices.reshape(steps, batch_size), weights.reshape(steps, batch_size)


def exact_batches(
    order: NDArray[np.int32], batch_size: int
) -> list[tuple[NDArray[np.int32], NDArray[np.float32]]]:
    """Cut an order into batches of which none is filled up, as Keras's `fit` cuts it.

    Gives indices and weights as of `batches`: of the whole batches, then of the rest, of its size.
    """
    whole = len(order) // batch_size * batch_size
    rows = (order[:whole].reshape(-1, batch_size), order[whole:].reshape(1, -1))
    return [(row.astype(np.int32), np.ones(row.shape, np.float32)) for row in rows if row.size]
