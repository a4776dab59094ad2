"""How far layers by one kernel are from the same step by step, as JSON; run with Keras on JAX."""

import json
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np

from nnrepro.models.layers import one_kernel
from nnrepro.models.layers.recurrent import RECIPES, Recurrence

CHARACTERS, UNITS, TIME, REPLICATES = 39, 20, 6, 2


def outputs_and_gradients(layer: keras.layers.Layer, x: Any, *, kernels: bool) -> list[Any]:
    """Of two replicates at once, whose weights differ."""
    one_kernel.suits = lambda units: kernels
    values = [variable.value for variable in layer.trainable_variables]
    waves = [0.1 * jnp.cos(jnp.arange(own.size).reshape(own.shape)) for own in values]
    weights = [jnp.stack([own, own + wave]) for own, wave in zip(values, waves, strict=True)]

    def loss(weights: list[Any], x: Any) -> tuple[Any, Any]:
        outputs, _ = layer.stateless_call(weights, [], x)
        return jnp.sum(jnp.sin(outputs) * jnp.arange(outputs.size).reshape(outputs.shape)), outputs

    gradients, outputs = jax.jit(jax.vmap(jax.grad(loss, has_aux=True)))(weights, x)
    return [outputs, *gradients]


def error(cell: str, batch: int, *, sequences: bool, one_hot: bool) -> float:
    """The largest difference, in shares of the largest value of its array."""
    generator = np.random.default_rng(0)
    layer = Recurrence(
        UNITS,
        cell,
        return_sequences=sequences,
        vocabulary_size=CHARACTERS if one_hot else 0,
        one_hot_width=256 if one_hot else 0,
    )
    shape = (REPLICATES, batch, TIME)
    x = generator.integers(0, CHARACTERS, shape).astype(np.int32)
    if not one_hot:
        x = generator.normal(size=(*shape, 5)).astype(np.float32)
    layer.build(x.shape[1:])
    pairs = zip(
        outputs_and_gradients(layer, x, kernels=False),
        outputs_and_gradients(layer, x, kernels=True),
        strict=True,
    )
    return max(float(jnp.max(jnp.abs(a - b)) / jnp.max(jnp.abs(a))) for a, b in pairs)


if __name__ == "__main__":
    errors = {
        f"{cell}, {'each state' if sequences else 'the last state'}": error(
            cell, 32 if sequences else 7, sequences=sequences, one_hot=not sequences
        )
        for cell in RECIPES
        for sequences in (True, False)
    }
    print(json.dumps(errors))
