"""What can go wrong in training on purpose."""

from nnrepro.errors import NnreproError


class TrainingError(NnreproError):
    """A run cannot be trained as it is asked for."""


class FailedRunError(TrainingError):
    """A run failed by itself; its folder says so, and why."""


class TrainingInterrupted(NnreproError):
    """A signal asked the run to stop; its checkpoint is written and the next call goes on there."""
