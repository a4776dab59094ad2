"""Engines, one per Keras backend. Importing one imports its backend."""
