"""What the peers on TensorFlow have in common: threads and versions."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from benchmarks import plain_keras


def prepare(threads: int) -> dict[str, str]:
    """Fix the threads; versions by package."""
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    return versions()


def matrix_product(size: int) -> Callable[[], Any]:
    """A function that multiplies two matrices of `size` rows and columns."""
    matrix = tf.random.stateless_normal((size, size), (1, 2))
    return lambda: tf.linalg.matmul(matrix, matrix).numpy()


def versions() -> dict[str, str]:
    """Versions of the packages at work."""
    return plain_keras.versions("keras", "numpy", "tensorflow")
