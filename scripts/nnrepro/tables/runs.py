"""The runs table: one row per run of the study, with every parameter and every metric."""

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from nnrepro.measures.collapses import collapse_levels
from nnrepro.measures.curves import RunCurves, first_epoch, windows
from nnrepro.measures.expressions import Reading
from nnrepro.measures.history import FloatArray
from nnrepro.measures.names import LARGER, LAST_WINDOW, metric_value, with_window
from nnrepro.measures.runs import Problem, RunData
from nnrepro.study.halving import reached
from nnrepro.study.run import ANALYSIS_SETTINGS, Run
from nnrepro.study.settings import SETTINGS
from nnrepro.tables.columns import RUNG, SETTING_PREFIX
from nnrepro.tables.csvfile import TableError, tidy_types

IDENTITY = (
    "run_id",
    "protocol",
    "experiment",
    "variant",
    "label",
    "seed",
    "model",
    "input",
    "status",
)
DATA = "data"
"""The data set that a run reads, where runs name theirs."""
LENGTHS = (
    "epochs_completed",
    "protocol_epochs",
    "window_asked",
    "window",
    "smoothing_asked",
    "smoothing",
)
TEST_METRICS = (
    "max_test_accuracy",
    "max_test_accuracy_epoch",
    "mean_test_accuracy",
    "final_test_accuracy",
    "last_window_mean_test_accuracy",
    "min_test_loss",
    "min_test_loss_epoch",
    "max_test_loss",
    "mean_test_loss",
    "final_test_loss",
    "last_window_mean_test_loss",
    "window_range_test_accuracy",
    "last_window_mean_test_accuracy_se_window",
    "last_window_mean_test_accuracy_effective_epochs",
    "last_window_mean_test_loss_se_window",
    "last_window_mean_test_loss_effective_epochs",
)
"""Metrics of the curves on a test set.

`_se_window` and `_effective_epochs` follow a mean's name and say how well its epochs settle it.
"""

PRIMARY_METRICS = (
    *TEST_METRICS,
    "final_train_accuracy",
    "last_window_mean_train_accuracy",
    "final_train_loss",
    "last_window_mean_train_loss",
    "gap",
    "test_accuracy_convergence_epoch",
    "test_accuracy_converged",
    "test_loss_convergence_epoch",
    "test_loss_converged",
    "jitter_test_accuracy",
)
"""Metrics of a history: also of training, and of how the curves on the primary test set settle."""

VALIDATION_METRICS = (
    "max_validation_accuracy",
    "mean_validation_accuracy",
    "final_validation_accuracy",
    "last_window_mean_validation_accuracy",
)
"""Metrics of the curve on held-out training examples, by which a variant can be selected without
the test set."""

METRICS = (
    *PRIMARY_METRICS,
    "collapses",
    *(LARGER + name for name in TEST_METRICS),
    *VALIDATION_METRICS,
    "train_seconds",
    "cpu_seconds",
    "seconds_per_epoch",
)
"""Metrics in the order of their columns; `last_window_` gives one column per window in use."""

ORIGIN = ("device", "busy", "generated")
"""What the last columns tell of where a run was made, and whether it had the machine to itself."""

_RESERVED = frozenset((*IDENTITY, DATA, *LENGTHS, RUNG, *METRICS, *ORIGIN))


def runs_table(
    data: Sequence[RunData],
    problems: Sequence[Problem] = (),
    runs: Iterable[Run] | None = None,
    levels: Iterable[float] = (),
) -> pd.DataFrame:
    """One row per run asked for, also for those that are missing or damaged.

    Args:
        data: the runs that could be read.
        problems: what `read_runs` met; those that exclude a run give a row without metrics.
        runs: the runs wanted, whose order becomes the order of the rows. Without it, the runs of
            `data` come first and those that a problem excludes follow.
        levels: test accuracies of which the time to reach them is told.

    Returns:
        The columns `IDENTITY`, `DATA` where a run names its data set, every setting of any run but
        those of the analysis, `LENGTHS`,
        the rung of a halving that a run reached where any is in one, `METRICS`, for each level
        `epochs_to_<level>_test_accuracy` and
        `seconds_to_<level>_test_accuracy` (blank in a run that does not reach it), `device`, and
        `generated`, whether the data was made up.
        Settings come in the order of the study's shared settings, then models' own by name. A run
        without a record has blanks for what only the record tells.

    Raises:
        MetricError: a run's settings do not name its window.
        TableError: a run wanted was neither read nor named in a problem.
    """
    levels = sorted(set(levels))
    rows = {
        item.run.id: _identity(item.run, item.status) | _measured(item, levels) for item in data
    }
    asked = {item.run.id: item.run for item in data}
    for problem in problems:
        asked.setdefault(problem.run_id, problem.run)
        if problem.status is not None:
            asked[problem.run_id] = problem.run
            rows[problem.run_id] = _identity(problem.run, problem.status)
    order = list(rows) if runs is None else [run.id for run in runs]
    unread = [run_id for run_id in order if run_id not in rows]
    if unread:
        raise TableError(f"run {unread[0]} was neither read nor found missing; read it first")
    settings = _setting_names(asked[run_id] for run_id in order)
    for run_id in order:
        values = asked[run_id].settings
        rows[run_id] |= {_setting_column(name): values.get(name) for name in settings}
    used = sorted({row["window"] for row in rows.values() if "window" in row})
    halved = [RUNG] if any(asked[run_id].rungs for run_id in order) else []
    done, *others = LENGTHS
    named = [DATA] if any(asked[run_id].data for run_id in order) else []
    columns = [*IDENTITY, *named, *map(_setting_column, settings), done, *halved, *others]
    columns += _metric_columns(used)
    columns += [name for level in levels for name in reach_columns(level)]
    # As objects, so that whole numbers beside blanks stay whole.
    found = [rows[run_id] for run_id in order]
    return tidy_types(pd.DataFrame(found, columns=[*columns, *ORIGIN], dtype="object"))


def reach_columns(level: float) -> tuple[str, str]:
    """The columns with the epochs and the seconds that it takes to reach a test accuracy."""
    return f"epochs_to_{level:g}_test_accuracy", f"seconds_to_{level:g}_test_accuracy"


def _identity(run: Run, status: str) -> dict[str, Any]:
    return {
        "run_id": run.id,
        "protocol": run.protocol,
        "experiment": run.experiment,
        "variant": run.variant,
        "label": run.label,
        "seed": run.seed,
        "model": run.model,
        "input": run.input,
        "status": status,
        DATA: run.data or None,
        "protocol_epochs": run.protocol_epochs,
        "window_asked": run.settings.get("window"),
        "smoothing_asked": run.settings.get("smoothing"),
    }


def _measured(data: RunData, levels: Sequence[float]) -> dict[str, Any]:
    """What history and record tell of a run."""
    history, run = data.history, data.run
    window, smoothing = windows(run, history.epochs)
    curves = data.curves()
    values = {name: metric_value(name, curves) for name in PRIMARY_METRICS}
    values["collapses"] = _collapses(run, curves)
    if data.comparison is not None:
        larger = data.curves(larger=True)
        values |= {LARGER + name: metric_value(name, larger) for name in TEST_METRICS}
    if data.validation is not None:
        values |= {name: metric_value(name, curves) for name in VALIDATION_METRICS}
    seconds = data.train_seconds
    per_epoch = None if seconds is None else seconds / history.epochs
    return {
        "epochs_completed": history.epochs,
        RUNG: reached(run.rungs, history.epochs) if run.rungs else None,
        "window": window.used,
        "smoothing": smoothing.used,
        **{with_window(name, window.used): value for name, value in values.items()},
        "train_seconds": seconds,
        "cpu_seconds": data.cpu_seconds,
        "seconds_per_epoch": per_epoch,
        **_reached(history.val_accuracy, levels, per_epoch),
        "device": data.device.get("name") or data.device.get("kind"),
        "busy": data.timed_on_a_busy_machine,
        "generated": data.generated,
    }


def _collapses(run: Run, curves: RunCurves) -> int | None:
    levels = collapse_levels(run)
    if levels is None:
        return None
    numbers = (levels.low, levels.high, levels.within)
    return int(Reading("collapses", "test_accuracy", arguments=numbers).value(curves))


def _reached(
    accuracy: FloatArray, levels: Sequence[float], per_epoch: float | None
) -> dict[str, float | int | None]:
    """Epochs and seconds to each level; all epochs of a run are taken to last equally long."""
    values: dict[str, float | int | None] = {}
    for level in levels:
        epochs = first_epoch(accuracy >= level)
        known = epochs is not None and per_epoch is not None
        seconds = epochs * per_epoch if known else None  # type: ignore[operator]
        values |= dict(zip(reach_columns(level), (epochs, seconds), strict=True))
    return values


def _setting_names(runs: Iterable[Run]) -> list[str]:
    """Settings of any of the runs: shared ones in declared order, then models' own by name."""
    found = {name for run in runs for name in run.settings} - set(ANALYSIS_SETTINGS)
    shared = [name for name in SETTINGS if name in found]
    return shared + sorted(found.difference(shared))


def _setting_column(name: str) -> str:
    return SETTING_PREFIX + name if name in _RESERVED else name


def _metric_columns(used: Sequence[int]) -> list[str]:
    """Column names of `METRICS` when the closing windows in `used` are in use."""
    return [
        column
        for name in METRICS
        for column in ([with_window(name, n) for n in used] if LAST_WINDOW in name else [name])
    ]
