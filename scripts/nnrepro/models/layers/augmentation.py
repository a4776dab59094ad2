"""Light augmentation of images, from gathers alone: exact, without interpolation."""

import zlib
from typing import Any

import keras
from keras import ops

from nnrepro.models.registry import Task

SHIFT = 2
"""Largest shift in pixels, each way."""


class ShiftAndFlip(keras.layers.Layer):
    """In training, shifts each image by up to `shift` pixels and mirrors about half of them.

    Shifts are whole pixels, drawn evenly and apart for rows and columns; what comes in at an edge
    repeats it. Mirroring is from left to right. Outside training images pass as they are. The seed
    decides all draws; their state is a variable, hence part of every checkpoint. Input and output
    [batch, height, width, channels].
    """

    def __init__(self, shift: int, seed: int, **options: Any):
        super().__init__(**options)
        self.shift = shift
        self.generator = keras.random.SeedGenerator(seed)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """That of the input."""
        return input_shape

    def call(self, images: Any, training: bool = False) -> Any:
        """Shift and mirror."""
        if not training:
            return images
        count, (height, width, channels) = ops.shape(images)[0], images.shape[1:]
        down, right, mirrored = ops.split(self._draws(count), 3, axis=1)
        rows = ops.clip(ops.arange(height, dtype="int32")[None, :] - down, 0, height - 1)
        columns = ops.clip(ops.arange(width, dtype="int32")[None, :] - right, 0, width - 1)
        columns = ops.where(mirrored == 1, width - 1 - columns, columns)
        places = ops.reshape(rows[:, :, None] * width + columns[:, None, :], (-1, height * width))
        flat = ops.reshape(images, (-1, height * width, channels))
        moved = ops.take_along_axis(flat, places[:, :, None], axis=1)
        return ops.reshape(moved, (-1, height, width, channels))

    def in_keras(self, images: Any) -> Any:
        """The images: outside training it is nothing."""
        return images

    def _draws(self, count: Any) -> Any:
        """Rows down, columns right and whether mirrored, int32 [count, 3]."""
        steps = 2 * self.shift + 1
        numbers = keras.random.randint((count, 3), 0, 2 * steps, seed=self.generator)
        shifts = numbers[:, :2] % steps - self.shift
        return ops.concatenate([shifts, numbers[:, 2:] % 2], axis=1)


def light_augmentation(task: Task, name: str = "augmentation") -> keras.layers.Layer:
    """`ShiftAndFlip` whose draws follow from the task's seed alone, apart from dropout's."""
    seed = zlib.crc32(f"{task.seed}/{name}".encode()) & 0x7FFFFFFF  # PyTorch wants an int32
    return ShiftAndFlip(SHIFT, seed, name=name)
