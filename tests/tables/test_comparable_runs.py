"""A run that is looked at up to an epoch is the run that ended there."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from nnrepro.measures.folds import FoldHistory
from nnrepro.measures.runs import RunData, compared
from nnrepro.tables.runs import runs_table

LONG, SHORT = 10, 4
ACCURACY = np.random.default_rng(1).random(LONG)


def test_its_metrics_are_those_of_the_run_that_ended_there(
    make_data: Callable[..., RunData],
) -> None:
    """Windows, extremes and convergence, and the seconds, as if all epochs lasted equally long."""
    long = make_data(ACCURACY, "a", seconds=50.0, comparison=ACCURACY / 2)
    short = make_data(ACCURACY[:SHORT], "a", seconds=20.0, comparison=ACCURACY[:SHORT] / 2)
    short = replace(short, run=short.run.as_done({"epochs": SHORT}))
    (found,) = compared([long], {long.run.id: SHORT})
    pd.testing.assert_frame_equal(runs_table([found]), runs_table([short]))
    assert long.history.epochs == LONG and long.train_seconds == 50.0


def test_right_answers_by_folds_end_there_too(make_data: Callable[..., RunData]) -> None:
    counts = np.arange(2 * LONG).reshape(LONG, 2)
    folds = FoldHistory(np.array([50, 50]), counts)
    long = replace(make_data(ACCURACY), folds=folds)
    (found,) = compared([long], {long.run.id: SHORT})
    assert found.folds is not None
    np.testing.assert_array_equal(found.folds.correct, counts[:SHORT])


def test_other_runs_stay_as_they_are(make_data: Callable[..., RunData]) -> None:
    long, other = make_data(ACCURACY, "a"), make_data(ACCURACY, "b")
    assert compared([long, other], {long.run.id: SHORT})[1] is other
