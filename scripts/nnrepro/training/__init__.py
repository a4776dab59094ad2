"""Fitting one run: seeding, the compiled engine, history, checkpoint and resume, provenance.

`train_run` is the one call that turns a `Run` and its `Dataset` into the files of a run folder.
Importing this package imports neither Keras nor its backend; calling it does.
"""

from nnrepro.training.checkpoint import CheckpointPolicy
from nnrepro.training.errors import FailedRunError, TrainingError, TrainingInterrupted
from nnrepro.training.feature_maps import compute_feature_maps, write_feature_maps
from nnrepro.training.finished import is_finished
from nnrepro.training.job import train_unless_finished
from nnrepro.training.slots import HeldSlots, hide_gpus, take_slots
from nnrepro.training.stages import StageClock
from nnrepro.training.train import train_run

__all__ = [
    "CheckpointPolicy",
    "FailedRunError",
    "HeldSlots",
    "StageClock",
    "TrainingError",
    "TrainingInterrupted",
    "compute_feature_maps",
    "hide_gpus",
    "is_finished",
    "take_slots",
    "train_run",
    "train_unless_finished",
    "write_feature_maps",
]
