"""Idiomatic Keras: a plain model, `compile` and `fit`, on TensorFlow."""

from typing import Any

from benchmarks.arrays import Floats
from benchmarks.families import Family
from benchmarks.peers.tensorflow_setup import matrix_product, prepare
from benchmarks.plain_keras import FitPeer

__all__ = ["build", "matrix_product", "prepare"]


def build(family: Family, x: Any, y: Any, weights: list[Floats]) -> FitPeer:
    """The family's model, ready for `fit`."""
    return FitPeer(family, x, y, weights)
