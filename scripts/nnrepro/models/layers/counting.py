"""Counting parameters as the reports do."""

import math

import keras


def count_parameters(model: keras.Model) -> int:
    """Trainable numbers of `model`, one-hot kernels counted at their full width.

    Layers that keep only the kernel rows in use say in `narrowed_parameters` how many they left
    out.
    """
    trainable = sum(math.prod(weight.shape) for weight in model.trainable_weights)
    return trainable + sum(getattr(layer, "narrowed_parameters", 0) for layer in model.layers)
