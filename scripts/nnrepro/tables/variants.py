"""The variants table: the runs table summarised over seeds."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from nnrepro.measures.autocorrelation import UNKNOWN_NOISE, WindowNoise
from nnrepro.measures.names import bounds_named, with_window, without_window
from nnrepro.measures.runs import STATUSES, Problem, RunData
from nnrepro.statistics.intervals import summarise
from nnrepro.study.study import Study
from nnrepro.tables.columns import (
    BY_FOLDS,
    KEYS,
    NOISE,
    RUNG,
    examples_column,
    floats,
    metric_columns,
    setting_columns,
)
from nnrepro.tables.csvfile import tidy_types
from nnrepro.tables.runs import runs_table

_WITHOUT_INTERVAL = ("_epoch", "_converged", "collapses", *NOISE)
"""Endings of metrics whose spread over seeds is given by the standard deviation alone."""


def variants_of(
    study: Study,
    protocol: str,
    experiment: str,
    data: Sequence[RunData],
    problems: Sequence[Problem],
) -> pd.DataFrame:
    """Rows of the variants table of one experiment under a protocol: what is selected among."""
    runs = study.runs_of(protocol, experiment)
    ids = {run.id for run in runs}
    read = [item for item in data if item.run.id in ids]
    met = [problem for problem in problems if problem.run_id in ids]
    return variants_table(runs_table(read, met, runs))


def variants_table(runs: pd.DataFrame) -> pd.DataFrame:
    """One row per protocol, experiment and variant, in the order of their first run.

    Returns:
        What identifies the variant; `seeds` (runs with a history) and `seeds_asked`; `status`,
        which counts the kinds where they differ; the settings, blank where its runs were made with
        different ones; the smallest number of epochs, the largest closing window and the largest
        smoothing width of its runs; and for each metric M of the runs table, one over the closing
        window of each run being named by the largest: M (mean over seeds), `M_n` (seeds that have
        it), `M_sd` and, except for epochs, counts and `_converged`, `M_se` (standard error),
        `M_ci95_low`, `M_ci95_high` and `M_interval`, which tells what the interval covers: `seeds`
        or, with one seed, `test set`, `test set and epochs` or `epochs` (see
        `nnrepro.statistics.intervals`). `_converged` is the share of seeds. Of a variant with one
        run the columns `_by_folds` follow.
    """
    grouped = runs.groupby(list(KEYS), sort=False, dropna=False).ngroup().to_numpy()
    order = np.lexsort((runs["seed"].to_numpy(dtype=np.int64), grouped))
    members = np.split(order, np.flatnonzero(np.diff(grouped[order])) + 1) if len(order) else []
    runs = _by_largest_window(runs, members)
    first = runs.iloc[[rows[0] for rows in members]].reset_index(drop=True)
    status = runs["status"].to_numpy(dtype=object)
    usable = runs["epochs_completed"].notna().to_numpy(dtype=bool)
    # What a run that is not there was to be made with says nothing of those that are.
    told = [rows[usable[rows]] if usable[rows].any() else rows for rows in members]
    columns: dict[str, Any] = {
        **{name: first[name] for name in (*KEYS, "label")},
        "seeds": [int(usable[rows].sum()) for rows in members],
        "seeds_asked": [len(rows) for rows in members],
        **{name: _shared(runs[name], told) for name in ("model", "input")},
        "status": [_status(list(status[rows])) for rows in members],
        **{name: _shared(runs[name], told) for name in setting_columns(runs)},
        "epochs_completed": _over(runs, "epochs_completed", members, np.fmin),
        **({RUNG: _over(runs, RUNG, members, np.fmin)} if RUNG in runs else {}),
        "protocol_epochs": first["protocol_epochs"],
        "window_asked": first["window_asked"],
        "window": _over(runs, "window", members, np.fmax),
        "smoothing_asked": first["smoothing_asked"],
        "smoothing": _over(runs, "smoothing", members, np.fmax),
    }
    for metric in metric_columns(runs):
        columns |= _summarised(runs, metric, members, first)
    for name in filter(lambda name: name.endswith(BY_FOLDS), runs.columns):
        # Several seeds tell by their spread what folds cannot.
        columns[name] = [runs[name].iloc[rows[0]] if len(rows) == 1 else None for rows in members]
    return tidy_types(pd.DataFrame(columns, index=first.index))


def _by_largest_window(runs: pd.DataFrame, members: Sequence[np.ndarray]) -> pd.DataFrame:
    """The runs table, closing means of each variant in columns of the largest of its windows.

    Seeds that stopped early have closing windows of their own; the mean over seeds is of all.
    """
    windows = floats(runs["window"])
    largest = windows.copy()
    for rows in members:
        largest[rows] = np.fmax.reduce(windows[rows])
    moved = windows < largest
    if not moved.any():
        return runs
    runs = runs.copy()
    for name in metric_columns(runs):
        generic, window = without_window(name)
        for other in np.unique(largest[moved & (windows == window)]):
            rows = moved & (windows == window) & (largest == other)
            runs.loc[rows, with_window(generic, int(other))] = runs.loc[rows, name]
            runs.loc[rows, name] = None
    return runs


def _summarised(
    runs: pd.DataFrame, metric: str, members: Sequence[np.ndarray], first: pd.DataFrame
) -> dict[str, list[Any]]:
    """The columns of one metric."""
    values = floats(runs[metric])
    sizes = examples_column(metric)
    examples: list[Any] = [None] * len(members)
    if sizes in first.columns:
        examples = [None if pd.isna(size) else int(size) for size in first[sizes]]
    noises = _noises(runs, metric, members)
    summaries = [
        summarise(values[rows], size, noise, bounds=bounds_named(metric))
        for rows, size, noise in zip(members, examples, noises, strict=True)
    ]
    columns: dict[str, list[Any]] = {
        metric: [item.mean for item in summaries],
        f"{metric}_n": [item.count for item in summaries],
        f"{metric}_sd": [item.deviation for item in summaries],
    }
    if not metric.endswith(_WITHOUT_INTERVAL):
        intervals = [item.interval for item in summaries]
        errors = [item.error for item in summaries]
        columns |= {
            f"{metric}_se": errors,
            f"{metric}_ci95_low": [None if item is None else item.low for item in intervals],
            f"{metric}_ci95_high": [None if item is None else item.high for item in intervals],
            f"{metric}_interval": [None if item is None else item.kind for item in intervals],
        }
    return columns


def _noises(runs: pd.DataFrame, metric: str, members: Sequence[np.ndarray]) -> list[WindowNoise]:
    """The noise between epochs of each variant's run, where one has it alone."""
    names = [metric + ending for ending in NOISE]
    if any(name not in runs.columns for name in names):
        return [UNKNOWN_NOISE] * len(members)
    errors, effective = (floats(runs[name]) for name in names)
    noises = []
    for rows in members:
        known = rows[~np.isnan(errors[rows])]
        single = len(known) == 1
        noises.append(
            WindowNoise(float(errors[known[0]]), float(effective[known[0]]))
            if single
            else UNKNOWN_NOISE
        )
    return noises


def _shared(values: pd.Series, members: Sequence[np.ndarray]) -> list[Any]:
    """The value that all runs of each variant have; None where they have several."""
    codes, _ = pd.factorize(values, use_na_sentinel=False)
    listed = values.to_numpy(dtype=object)
    return [listed[rows[0]] if (codes[rows] == codes[rows[0]]).all() else None for rows in members]


def _over(
    runs: pd.DataFrame, column: str, members: Sequence[np.ndarray], function: np.ufunc
) -> pd.Series:
    """A whole number of the runs of each variant, by `fmin` or `fmax`; missing without any run."""
    values = floats(runs[column])
    reduced = [float(function.reduce(values[rows])) for rows in members]
    # Not a list: beside a None pandas would turn the whole numbers of all variants into fractions.
    return pd.Series(reduced, dtype="float64").astype("Int64")


def _status(found: Sequence[str]) -> str:
    """The status that all seeds share, or how many have which."""
    counts = {status: found.count(status) for status in STATUSES if status in found}
    if len(counts) == 1:
        return next(iter(counts))
    return ", ".join(f"{count} {status}" for status, count in counts.items())
