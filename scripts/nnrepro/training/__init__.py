"""Fitting one run: seeding, the compiled engine, history, checkpoint and resume, provenance.

`train.train_run` is the one call that turns a `Run` and its `Dataset` into the files of a run's
folder. Importing no module but the backends' imports Keras or its backend.
"""
