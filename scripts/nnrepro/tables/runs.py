"""The runs table: one row per run of the study, with every parameter and every metric."""

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from nnrepro.measures.collapses import ACCURACY, collapse_levels
from nnrepro.measures.curves import RunCurves, first_epoch_at, windows
from nnrepro.measures.expressions import ALIASES, Reading, parse_measure
from nnrepro.measures.history import FloatArray
from nnrepro.measures.names import LARGER, LAST_WINDOW, metric_value, reading_named, with_window
from nnrepro.measures.runs import Problem, RunData
from nnrepro.metrics.registry import LOSS, known
from nnrepro.study.halving import reached
from nnrepro.study.run import ANALYSIS_SETTINGS, Run
from nnrepro.study.settings import SETTINGS
from nnrepro.tables.columns import BY_FOLDS, RUNG, SETTING_PREFIX
from nnrepro.tables.csvfile import TableError, tidy_types

_OF_RUN = ("protocol", "experiment", "variant", "label", "seed", "model", "input")
IDENTITY = ("run_id", *_OF_RUN, "status")
DATA = "data"
"""The data set that a run reads, where runs name theirs."""
LENGTHS = (
    *("epochs_completed", "protocol_epochs", "window_asked", "window"),
    *("smoothing_asked", "smoothing"),
)


def test_metrics(main: Sequence[str], others: Sequence[str]) -> list[str]:
    """Names of metrics of the curves on a test set.

    `_se_window` and `_effective_epochs` follow a mean's name and say how well its epochs settle it.
    The range at the end is of the main metrics alone.

    The `main` ones are those that runs are ranked by, such as accuracy.
    """
    best, epoch, *levels = _levels(LOSS)
    return [
        *(name for metric in main for name in _levels(metric)),
        *(best, epoch, "max_test_loss", *levels),
        *(f"window_range_test_{metric}" for metric in main),
        *(name for metric in (*main, LOSS) for name in _settled(metric)),
        *(name for metric in others for name in (*_levels(metric), *_settled(metric))),
    ]


def _levels(metric: str) -> list[str]:
    best = "min" if known(metric).lower_is_better else "max"
    levels = [f"{best}_test_{{}}", f"{best}_test_{{}}_epoch", "mean_test_{}", "final_test_{}"]
    return [name.format(metric) for name in (*levels, f"{LAST_WINDOW}mean_test_{{}}")]


def _settled(metric: str) -> list[str]:
    mean = f"{LAST_WINDOW}mean_test_{metric}"
    return [f"{mean}_se_window", f"{mean}_effective_epochs"]


def primary_metrics(main: Sequence[str], others: Sequence[str]) -> list[str]:
    """Metrics of a history: also of training, and of how the curves on the primary test set settle.

    Arguments as for `test_metrics`. Of a metric in units of its own nobody can say how near to its
    end a curve has to stay, so that it does not settle.
    """
    bounded = [metric for metric in main if known(metric).bounded]
    return [
        *test_metrics(main, others),
        *(
            f"{level}_train_{metric}"
            for metric in (*main, LOSS, *others)
            for level in ("final", f"{LAST_WINDOW}mean")
        ),
        "gap",
        *(
            f"test_{metric}_{settles}"
            for metric in (*bounded, LOSS)
            for settles in ("convergence_epoch", "converged")
        ),
        *(f"jitter_test_{metric}" for metric in bounded),
    ]


def validation_metrics(metrics: Sequence[str]) -> list[str]:
    """Metrics of the curves on held-out examples, by which to select without the test set."""
    return [
        f"{level}_validation_{metric}"
        for metric in metrics
        for level in (
            "min" if known(metric).lower_is_better else "max",
            "mean",
            "final",
            f"{LAST_WINDOW}mean",
        )
    ]


def table_metrics(data: Iterable[RunData]) -> list[str]:
    """Metrics in the order of their columns; `last_window_` gives one column per window in use."""
    data = list(data)
    main, others = recorded_in(data)
    losses = [LOSS] if any(item.validation is not None for item in data) else []
    return [
        *primary_metrics(main, others),
        "collapses",
        *(LARGER + name for name in test_metrics(main, others)),
        *validation_metrics([*main, *others, *losses]),
        "train_seconds",
        "cpu_seconds",
        "seconds_per_epoch",
    ]


def recorded_in(data: Iterable[RunData]) -> tuple[list[str], list[str]]:
    """The metrics that runs are ranked by, the first that each recorded, and all others of theirs.

    Accuracy where there is no run.
    """
    recorded = list(dict.fromkeys(item.history.metrics for item in data)) or [(ACCURACY,)]
    main = list(dict.fromkeys(names[0] for names in recorded))
    others = dict.fromkeys(name for names in recorded for name in names)
    return main, [name for name in others if name not in main]


ORIGIN = ("device", "busy", "generated")
"""What the last columns tell of where a run was made, and whether it had the machine to itself."""

FOLDED = tuple(f"{name}test_{ACCURACY}" for name in (f"{LAST_WINDOW}mean_", "mean_", "final_"))
"""Metrics whose values by folds of the test set stand in columns of their own, as one text each."""

_RESERVED = frozenset((*IDENTITY, DATA, *LENGTHS, RUNG, *table_metrics(()), *ORIGIN))


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
        the rung of a halving that a run reached where any is in one, the metrics, for each level
        `epochs_to_<level>_test_accuracy` and
        `seconds_to_<level>_test_accuracy` (blank in a run that does not reach it), `device`, and
        `generated`, whether the data was made up. Where right answers are counted by folds of the
        test set, `_by_folds` of `FOLDED` follow, the shares of the folds with blanks between them.
        Settings come in the order of the study's shared settings, then models' own by name. A run
        without a record has blanks for what only the record tells.

    Raises:
        MetricError: a run's settings do not name its window.
        TableError: a run wanted was neither read nor named in a problem.
    """
    levels = sorted(set(levels))
    metrics = table_metrics(data)
    rows = {
        item.run.id: _identity(item.run, item.status) | _measured(item, metrics, levels)
        for item in data
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
    columns += _metric_columns(metrics, used)
    columns += [name for level in levels for name in reach_columns(level)]
    # As objects, so that whole numbers beside blanks stay whole.
    found = [rows[run_id] for run_id in order]
    folded = [name + BY_FOLDS for name in _metric_columns(FOLDED, used)]
    folded = folded if any(item.folds is not None for item in data) else []
    return tidy_types(pd.DataFrame(found, columns=[*columns, *ORIGIN, *folded], dtype="object"))


def reach_columns(level: float) -> tuple[str, str]:
    """The columns with the epochs and the seconds that it takes to reach a test accuracy."""
    return f"epochs_to_{level:g}_test_accuracy", f"seconds_to_{level:g}_test_accuracy"


def _identity(run: Run, status: str) -> dict[str, Any]:
    return {
        "run_id": run.id,
        **{name: getattr(run, name) for name in _OF_RUN},
        "status": status,
        DATA: run.data or None,
        "protocol_epochs": run.protocol_epochs,
        "window_asked": run.settings.get("window"),
        "smoothing_asked": run.settings.get("smoothing"),
    }


def _measured(data: RunData, metrics: Sequence[str], levels: Sequence[float]) -> dict[str, Any]:
    """What history and record tell of a run: those of the table's metrics that it recorded."""
    history, run = data.history, data.run
    window, smoothing = windows(run, history.epochs)
    curves = data.curves()
    larger = data.curves(larger=True) if data.comparison is not None else None
    values = {}
    for name in metrics:
        own = larger if name.startswith(LARGER) else curves
        if own is not None and _recorded(name, own):
            values[name] = metric_value(name.removeprefix(LARGER), own)
    values["collapses"] = _collapses(run, curves)
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
        **_reached(curves.curves.get("test_accuracy"), levels, per_epoch),
        "device": data.device.get("name") or data.device.get("kind"),
        "busy": data.timed_on_a_busy_machine,
        "generated": data.generated,
        **_by_folds(data, window.used),
    }


def _by_folds(data: RunData, window: int) -> dict[str, str]:
    """The metrics of `FOLDED` by folds of the test set; nothing where these were not counted."""
    if data.folds is None:
        return {}
    shares = data.folds.correct / data.folds.examples
    means = (shares[-epochs:].mean(axis=0) for epochs in (window, len(shares), 1))
    return {
        with_window(name, window) + BY_FOLDS: " ".join(f"{share:.6f}" for share in mean)
        for name, mean in zip(FOLDED, means, strict=True)
    }


def _recorded(name: str, curves: RunCurves) -> bool:
    """Whether a run has the curves that a metric is read off."""
    measure = ALIASES.get(name)
    if measure is not None:
        return all(item.known_of(curves) for item in parse_measure(measure).readings)
    reading = reading_named(name)
    return reading is not None and reading.known_of(curves)


def _collapses(run: Run, curves: RunCurves) -> int | None:
    levels = collapse_levels(run)
    if levels is None or "test_accuracy" not in curves.curves:
        return None
    numbers = (levels.low, levels.high, levels.within)
    return int(Reading("collapses", "test_accuracy", arguments=numbers).value(curves))


def _reached(
    accuracy: FloatArray | None, levels: Sequence[float], per_epoch: float | None
) -> dict[str, float | int | None]:
    """Epochs and seconds to each level; all epochs of a run are taken to last equally long."""
    values: dict[str, float | int | None] = {}
    for level in levels:
        epochs = None if accuracy is None else first_epoch_at(accuracy, level)
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


def _metric_columns(metrics: Sequence[str], used: Sequence[int]) -> list[str]:
    """Column names of metrics when the closing windows in `used` are in use."""
    return [
        column
        for name in metrics
        for column in ([with_window(name, n) for n in used] if LAST_WINDOW in name else [name])
    ]
