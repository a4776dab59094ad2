"""How far runs went, by what was read of them or by the runs table."""

from collections.abc import Iterable

import pandas as pd

from nnrepro.analysis.archive import RunData
from nnrepro.analysis.csvfile import TableError
from nnrepro.study import Run, Study
from nnrepro.study.extent import Extent
from nnrepro.study.settings import BUDGET_SETTINGS

_NEEDED = ("run_id", "epochs_completed")


def extent_of(study: Study, data: Iterable[RunData]) -> Extent:
    """How far runs went, by their histories and records."""
    data = list(data)
    generated = {item.run.id for item in data if item.generated}
    return Extent(study, {item.run.id: item.done for item in data}, generated)


def extent_by_table(study: Study, runs: pd.DataFrame) -> Extent:
    """How far runs went, by the runs table.

    Raises:
        TableError: the table lacks a column that it takes.
    """
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
    done = {run.id: _done(run, numbers[run.id]) for run in study.runs if run.id in numbers}
    generated: set[str] = set()
    if "generated" in found.columns:
        generated = set(found.loc[found["generated"].eq(True).fillna(False), "run_id"])
    return Extent(study, done, generated)


def _done(run: Run, numbers: dict[str, int]) -> Run:
    return run.as_done({name: n for name, n in numbers.items() if name in run.settings})
