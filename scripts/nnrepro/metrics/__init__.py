"""What outputs are scored by: one function per metric, in a registry that is read without Keras.

`registry.catalogue` names every metric with its direction, unit and range. A new metric is one
function decorated with `registry.metric`.
"""
