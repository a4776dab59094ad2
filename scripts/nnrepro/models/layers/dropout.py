"""Dropout that follows the run's seed alone."""

import zlib

import keras

from nnrepro.models.registry import Task


def dropout(task: Task, rate: float, name: str) -> keras.layers.Layer:
    """A dropout layer whose masks follow from the task's seed and the layer's name.

    It draws nothing from the global seed, so a variant with dropout starts from the same weights as
    the one without. Its state is part of `model.variables`, hence of every checkpoint.
    """
    seed = zlib.crc32(f"{task.seed}/{name}".encode()) & 0x7FFFFFFF  # PyTorch wants an int32
    return keras.layers.Dropout(rate, seed=seed, name=name)
