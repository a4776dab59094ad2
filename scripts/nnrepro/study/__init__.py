"""The study: `config.yaml` as typed values.

`load_study` turns the merged configuration into a `Study`, whose `runs` are the training jobs.
Every mistake in the configuration is found here, before the first job.
"""

from nnrepro.study.config import ConfigError, load_study
from nnrepro.study.paths import StudyPaths
from nnrepro.study.run import Run, RunId
from nnrepro.study.study import (
    Experiment,
    FigureSpec,
    Protocol,
    Question,
    Study,
    TableSpec,
    TrainingResources,
)

__all__ = [
    "ConfigError",
    "Experiment",
    "FigureSpec",
    "Protocol",
    "Question",
    "Run",
    "RunId",
    "Study",
    "StudyPaths",
    "TableSpec",
    "TrainingResources",
    "load_study",
]
