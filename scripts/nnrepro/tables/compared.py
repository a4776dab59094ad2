"""Runs and variants as the rows of one table are compared: none for longer than most of them."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from nnrepro.measures.runs import compared, read_runs
from nnrepro.study.extent import Extent
from nnrepro.study.folders import RunFolders
from nnrepro.study.run import Run
from nnrepro.study.settings import BUDGET_SETTINGS
from nnrepro.study.study import Study
from nnrepro.tables.csvfile import TableError
from nnrepro.tables.runs import runs_table
from nnrepro.tables.variants import variants_table

_NEEDED = ("run_id", "epochs_completed", "status")


class ComparedTables(NamedTuple):
    """What a table or figure of several variants is made from.

    Attributes:
        runs: one row per run.
        variants: one row per variant.
        shorter: the epochs at which the longer ones of its runs are compared, by run id.
    """

    runs: pd.DataFrame
    variants: pd.DataFrame
    shorter: Mapping[str, int]


def compared_tables(
    study: Study,
    listed: Iterable[Run],
    extent: Extent,
    by_experiment: tuple[pd.DataFrame, pd.DataFrame],
    folders: RunFolders | Path,
) -> ComparedTables:
    """The runs that are listed together, each with no more epochs than most of a protocol's.

    `by_experiment` are the tables of all runs, as these are compared within their experiments.

    Returns:
        `by_experiment` where that is so in it already, else tables of the listed runs.
    """
    listed = list(listed)
    shorter = extent.compared_among(listed)
    if all(extent.compared_epochs.get(run_id) == epochs for run_id, epochs in shorter.items()):
        return ComparedTables(*by_experiment, shorter)
    data, problems = read_runs(listed, folders)
    runs = runs_table(compared(data, shorter), problems, listed, study.accuracy_levels)
    return ComparedTables(runs, variants_table(runs), shorter)


def extent_by_table(study: Study, runs: pd.DataFrame) -> Extent:
    """How far runs went, by the runs table."""
    for name in _NEEDED:
        if name not in runs.columns:
            raise TableError(f"the runs table lacks the column '{name}'; make it again")
    columns = [name for name in BUDGET_SETTINGS if name != "epochs" and name in runs.columns]
    found = runs[runs["epochs_completed"].notna()]
    numbers = {
        row["run_id"]: {"epochs": int(row["epochs_completed"])}
        | {name: int(row[name]) for name in columns if not pd.isna(row[name])}
        for row in found[[*_NEEDED, *columns]].to_dict("records")
    }
    diverged = {*found.loc[found["status"] == "diverged", "run_id"]}
    done = {
        run.id: _done(run, numbers[run.id], diverged=run.id in diverged)
        for run in study.runs
        if run.id in numbers
    }
    generated: set[str] = set()
    if "generated" in found.columns:
        generated = set(found.loc[found["generated"].eq(True).fillna(False), "run_id"])
    return Extent(study, done, generated)


def _done(run: Run, numbers: dict[str, int], *, diverged: bool) -> Run:
    known = {name: n for name, n in numbers.items() if name in run.settings}
    return run.as_done(known, diverged=diverged)
