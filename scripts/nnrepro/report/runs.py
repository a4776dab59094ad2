"""The table of all runs."""

import itertools

import pandas as pd

from nnrepro.document import wording
from nnrepro.document.grid import Cell, Column, Row
from nnrepro.report.details import known_runs, run_details
from nnrepro.report.errors import ReportError
from nnrepro.report.metrics import Metric, metric
from nnrepro.report.page import RunGroup, RunList
from nnrepro.report.source import RUNS_TABLE, Source
from nnrepro.tables.columns import metric_values
from nnrepro.tables.content import metric_heading, number, window_note

METRICS = (
    "last_window_mean_test_accuracy",
    "max_test_accuracy",
    "mean_test_accuracy",
    "train_seconds",
)


def run_list(source: Source) -> RunList:
    """Every run of the study, by protocol and experiment; without a runs table none.

    Raises:
        ReportError: the runs table lacks a metric.
    """
    frame = source.runs
    windows = source.windows(source.study.runs)
    shown = [metric(name) for name in METRICS]
    columns = (
        Column("Run", number=False),
        Column("Seed"),
        Column("Status", number=False),
        Column("Epochs"),
        *(Column(metric_heading(item, windows)) for item in shown),
    )
    if frame is None:
        return RunList(columns, (), ())
    details, histories = run_details(source)
    known = known_runs(details)
    values = {item.name: _values(source, frame, item) for item in shown}
    rows = [
        (
            (str(row["protocol"]), str(row["experiment"])),
            source.run_anchor(str(row["run_id"])),
            _row(
                row,
                f"#{source.details_anchor(str(row['run_id']))}" if row["run_id"] in known else "",
                [item.number(number(values[item.name].iloc[index])) for item in shown],
            ),
        )
        for index, (_, row) in enumerate(frame.iterrows())
    ]
    groups = tuple(
        RunGroup(source.group_title(*key), tuple((anchor, row) for _, anchor, row in members))
        for key, members in itertools.groupby(rows, key=lambda item: item[0])
    )
    note = window_note(windows)
    notes = (note,) if note else ()
    return RunList(columns, groups, notes, details, len(frame), histories)


def _values(source: Source, frame: pd.DataFrame, shown: Metric) -> pd.Series:
    if shown.name not in frame.columns and not shown.closing:
        raise ReportError(
            f"{source.table_path(RUNS_TABLE)}: the table lacks the column '{shown.name}'; "
            "remove the file, so that it is made again"
        )
    return metric_values(frame, shown.name)


def _row(row: pd.Series, href: str, values: list[str]) -> Row:
    done, asked = number(row["epochs_completed"]), number(row["protocol_epochs"])
    epochs = wording.whole(done)
    if done is not None and asked is not None and done < asked:
        epochs = f"{epochs} of {wording.whole(asked)}"
    return Row(
        (
            Cell(str(row["label"]), detail=str(row["variant"]), href=href, header=True),
            Cell(wording.whole(number(row["seed"])), number=True),
            Cell(str(row["status"])),
            Cell(epochs, number=True),
            *(Cell(value, number=True) for value in values),
        )
    )
