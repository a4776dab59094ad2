"""The architectures: one function each, in a registry that can be read without Keras.

`catalogue()` names every model with its parameters; `build_model` makes one. A new model is one
module in this package with one function decorated with `register`.
"""

from nnrepro.models.registry import (
    ModelError,
    ModelSpec,
    Parameter,
    Range,
    Task,
    build_model,
    catalogue,
    register,
)

__all__ = [
    "ModelError",
    "ModelSpec",
    "Parameter",
    "Range",
    "Task",
    "build_model",
    "catalogue",
    "register",
]
