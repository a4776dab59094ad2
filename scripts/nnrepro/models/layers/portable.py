"""A model in Keras's own layers, which any Keras reads without this library.

A layer that is none of Keras's says in its method `in_keras` what it equals: called with the
symbolic inputs of the layer, it gives the outputs of Keras's layers and operations, with the
layer's weights. One without the method stays as it is, and is needed wherever the model is read.
"""

from typing import Any

import keras

from nnrepro.models.registry import ModelError


def with_weights_of(layer: keras.layers.Layer, plain: keras.layers.Layer, inputs: Any) -> Any:
    """What `plain` makes of symbolic inputs, with the weights of a layer that has the same."""
    outputs = plain(inputs)
    plain.set_weights(layer.get_weights())
    return outputs


def one_hot(ids: Any, size: int, name: str) -> Any:
    """Ids as one-hot vectors of a size, by a look-up in a matrix that is not trained."""
    vectors = keras.layers.Embedding(
        size, size, keras.initializers.Identity(), trainable=False, name=f"{name}_one_hot"
    )
    return vectors(ids)


def in_keras(model: keras.Model) -> keras.Model:
    """The model with Keras's own layers in place of those that equal them; weights are copied.

    A model without any is given back as it is. Raises ModelError where such a layer is inside
    another layer than a model made of inputs and outputs, which hides it.
    """
    if not any(map(_says, model._flatten_layers(include_self=False))):
        return model
    for layer in model.layers:
        if not (_says(layer) or isinstance(layer, keras.Model)):
            _refuse_inside(layer)
    copies: dict[str, keras.layers.Layer] = {}

    def copied(layer: keras.layers.Layer) -> keras.layers.Layer:
        if _says(layer):
            return layer
        if isinstance(layer, keras.Model):
            return in_keras(layer)
        copies[layer.name] = type(layer).from_config(layer.get_config())
        return copies[layer.name]

    def called(layer: keras.layers.Layer, *inputs: Any, **options: Any) -> Any:
        return layer.in_keras(*inputs) if _says(layer) else layer(*inputs, **options)

    plain = keras.models.clone_model(model, clone_function=copied, call_function=called)
    for name, layer in copies.items():
        layer.set_weights(model.get_layer(name).get_weights())
    return plain


def _refuse_inside(layer: keras.layers.Layer) -> None:
    """Raise ModelError where a layer wraps one that another would have to take the place of."""
    for inner in filter(_says, layer._flatten_layers(include_self=False)):
        raise ModelError(
            f"layer '{inner.name}' stands inside '{layer.name}', where no layer of Keras can take "
            "its place; call it in the model's own function"
        )


def _says(layer: Any) -> bool:
    return hasattr(layer, "in_keras")
