"""All runs: the table, and on screen the runs one by one."""

import pandas as pd

from nnrepro.document import wording
from nnrepro.document.elements import PAPER, SCREEN, Element, Only, Paragraph, Section, Table
from nnrepro.document.grid import Cell, Column, Grid, Row
from nnrepro.document.text import Text, code, text
from nnrepro.measures.names import LAST_WINDOW
from nnrepro.metrics.registry import FRACTION, known
from nnrepro.report.exhibits import TABLE, missing
from nnrepro.report.sections.run_details import detailed, run_details
from nnrepro.report.source import RUNS_TABLE, ReportError, Source
from nnrepro.study.evaluation import AT_END, EVERY_EPOCH, tested
from nnrepro.tables.columns import main_metric, metric_values
from nnrepro.tables.content import metric_heading, number, window_note
from nnrepro.tables.metrics import Metric, metric

TITLE, ANCHOR = "All runs", "runs"
MOST_PRINTED = 500
"""Of more runs the PDF has no list: thousands take hundreds of pages and minutes to typeset."""


def runs(source: Source) -> Section:
    """Every run of the study, by protocol and experiment.

    Raises:
        ReportError: the runs table lacks a metric.
    """
    frame = source.runs
    if frame is None or frame.empty:
        return no_runs()
    shown = Paragraph(
        text(
            "Every run that the study asks for. All parameters and metrics are in ",
            code("tables/runs.csv"),
            ", epoch by epoch in each run\u2019s ",
            code("history.json"),
            ".",
        )
    )
    contents: tuple[Element, ...] = (shown, *_busy(frame), _table(source, frame))
    if len(frame) > MOST_PRINTED:
        too_many = Paragraph(_too_many(len(frame)))
        contents = (Only(SCREEN, contents), Only(PAPER, (too_many,)))
    if details := run_details(source, len(frame)):
        contents = (*contents, Only(SCREEN, details))
    return Section(TITLE, contents, ANCHOR, "back", listed=True, fresh=True)


def no_runs() -> Section:
    """The section where there is nothing to list."""
    contents = (Paragraph(missing(TABLE, "tables/runs.csv"), "warning"),)
    return Section(TITLE, contents, ANCHOR, "back", listed=True, fresh=True)


def _busy(frame: pd.DataFrame) -> tuple[Paragraph, ...]:
    """That runs waited for a processor for so long that their times tell little."""
    busy = int(frame["busy"].eq(True).sum()) if "busy" in frame.columns else 0
    if not busy:
        return ()
    timed = wording.counted(busy, "run was", "runs were")
    said = text(
        f"{timed} timed while other work took the processors: the times are right and say little "
        "of how long the work takes. The seconds for which a run had a processor (",
        code("cpu_seconds"),
        " in ",
        code("tables/runs.csv"),
        ") say more.",
    )
    return (Paragraph(said),)


def _too_many(count: int) -> Text:
    return text(
        f"A list of all {wording.counted(count, 'run')} would be too long for paper. It is in ",
        code("tables/runs.csv"),
        " and in the report for the screen; ",
        code("tables/variants.csv"),
        " has the means over seeds.",
    )


def _table(source: Source, frame: pd.DataFrame) -> Table:
    windows = source.windows(source.study.runs)
    main = main_metric(frame)
    best = "min" if known(main).lower_is_better else "max"
    found = {tested(run.settings) for run in source.study.runs}
    levels = [f"{LAST_WINDOW}mean_test_", f"{best}_test_", "mean_test_"]
    if EVERY_EPOCH not in found and f"final_validation_{main}" in frame:
        levels = [f"{LAST_WINDOW}mean_validation_"]
    levels += ["final_test_"] if AT_END in found else []
    names = [f"{level}{main}" for level in levels]
    shown = [metric(name) for name in (*names, "train_seconds")]
    columns = (
        Column("Run", number=False),
        Column("Seed"),
        Column("Status", number=False),
        Column("Epochs"),
        *(Column(metric_heading(item, windows)) for item in shown),
    )
    linked = detailed(source)
    values = {item.name: _values(source, frame, item) for item in shown}
    rows = (
        _row(
            source,
            row,
            [item.number(number(values[item.name].iloc[index])) for item in shown],
            f"#{source.details_anchor(str(row['run_id']))}" if row["run_id"] in linked else "",
        )
        for index, (_, row) in enumerate(frame.iterrows())
    )
    percent = " in percent" if known(main).unit == FRACTION else ""
    by = "protocol and experiment" if source.study.several_ways else "experiment"
    of = "" if found - {EVERY_EPOCH} else "test "
    caption = f"Runs by {by}, {of}{known(main).words}{percent}."
    return Table("runs-table", caption, Grid(columns, tuple(rows)), window_note(windows), "runs")


def _values(source: Source, frame: pd.DataFrame, shown: Metric) -> pd.Series:
    if shown.name not in frame.columns and not shown.closing:
        raise ReportError(
            f"{source.table_path(RUNS_TABLE)}: the table lacks the column '{shown.name}'; "
            "remove the file, so that it is made again"
        )
    return metric_values(frame, shown.name)


def _row(source: Source, row: pd.Series, values: list[str], href: str) -> Row:
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
        ),
        anchor=source.run_anchor(str(row["run_id"])),
        group=source.group_title(str(row["protocol"]), str(row["experiment"])),
    )
