"""The architectures: one function each, in a registry that can be read without Keras.

`registry.catalogue` names every model with its parameters; `registry.build_model` makes one. A new
model is one module in this package with one function decorated with `registry.register`.
"""
