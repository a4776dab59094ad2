"""Layers that the models share. Importing one imports Keras: models do so inside their functions.

Each does exactly the mathematics of a plain Keras layer, and keeps its weights under the same
names, in the same order and (but for one-hot rows that no example uses) in the same shapes.
"""
