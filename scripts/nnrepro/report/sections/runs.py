"""All runs: the table, and on screen the runs one by one."""

import itertools
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from nnrepro.document import wording
from nnrepro.document.compact import compact_values
from nnrepro.document.elements import (
    PAPER,
    SCREEN,
    Code,
    Element,
    Facts,
    Fold,
    Histories,
    Only,
    Paragraph,
    Section,
    Table,
)
from nnrepro.document.grid import Cell, Row, entry, grid, number_field, text_field
from nnrepro.document.text import Text, Words, bold, code, small, spaced, text
from nnrepro.files import open_regular
from nnrepro.measures.inventory import certain_decisions
from nnrepro.measures.names import LAST_WINDOW
from nnrepro.measures.runs import RunData, read_runs
from nnrepro.metrics.registry import FRACTION, known
from nnrepro.report.exhibits import TABLE, missing
from nnrepro.report.source import RUNS_TABLE, ReportError, Source
from nnrepro.study.evaluation import AT_END, EVERY_EPOCH, tested
from nnrepro.study.paths import logs_of
from nnrepro.study.run import Run
from nnrepro.study.study import detailed_runs
from nnrepro.tables.columns import main_metric, metric_values
from nnrepro.tables.content import Record, metric_heading, records, window_note
from nnrepro.tables.metrics import Metric, metric

TITLE, ANCHOR = "All runs", "runs"
MOST_PRINTED = 500
"""Of more runs the PDF has no list: thousands take hundreds of pages and minutes to typeset."""


def runs(source: Source) -> Section:
    """Every run of the study, by protocol and experiment."""
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
    linked = detailed(source)

    def named(row: Record) -> Cell:
        href = f"#{source.details_anchor(row['run_id'])}" if row["run_id"] in linked else ""
        return Cell(str(row["label"]), detail=str(row["variant"]), href=href, header=True)

    fields = (
        text_field("Run", named),
        number_field("Seed", entry("seed", wording.whole)),
        text_field("Status", entry("status")),
        number_field("Epochs", _epochs),
        *(
            number_field(metric_heading(item, windows), entry(_VALUE + item.name, item.number))
            for item in shown
        ),
    )

    def line(row: Record, cells: tuple[Cell, ...]) -> Row:
        group = source.group_title(row["protocol"], row["experiment"])
        return Row(cells, anchor=source.run_anchor(row["run_id"]), group=group)

    values = frame.assign(**{_VALUE + item.name: _values(source, frame, item) for item in shown})
    percent = " in percent" if known(main).unit == FRACTION else ""
    by = "protocol and experiment" if source.study.several_ways else "experiment"
    of = "" if found - {EVERY_EPOCH} else "test "
    caption = f"Runs by {by}, {of}{known(main).words}{percent}."
    return Table(
        "runs-table", caption, grid(records(values), fields, line), window_note(windows), "runs"
    )


def _values(source: Source, frame: pd.DataFrame, shown: Metric) -> pd.Series:
    if shown.name not in frame.columns and not shown.closing:
        raise ReportError(
            f"{source.table_path(RUNS_TABLE)}: the table lacks the column '{shown.name}'; "
            "remove the file, so that it is made again"
        )
    return metric_values(frame, shown.name)


def _epochs(row: Record) -> str:
    done, asked = row["epochs_completed"], row["protocol_epochs"]
    short = done is not None and asked is not None and done < asked
    return f"{wording.whole(done)} of {wording.whole(asked)}" if short else wording.whole(done)


_VALUE = "value of "
"""Before the name of a metric in that of the column with each run's own closing window."""

LOG_LINES = 6
_LOG_BYTES = 20_000


def run_details(source: Source, total: int) -> tuple[Element, ...]:
    """The runs one by one, by protocol and experiment, and the histories that there are of them.

    Without the folders of the runs there is nothing to tell.

    Of a `total` of runs not all may be shown.
    """
    if source.folders is None:
        return ()
    study = source.study
    decisions = certain_decisions(study, source.folders, source.decisions)
    runs = [study.resolved(run, decisions) for run in detailed_runs(study.runs)]
    read, _ = read_runs(runs, source.folders)
    found = {data.run.id: data for data in read}
    folds = []
    for key, group in itertools.groupby(runs, key=lambda run: (run.protocol, run.experiment)):
        members = tuple(_details(source, run, found.get(run.id)) for run in group)
        count = wording.counted(len(members), "run")
        folds.append(Fold(spaced(source.group_title(*key), small(count)), members))
    series = {
        run_id: {name: compact_values(values) for name, values in data.history.series.items()}
        for run_id, data in found.items()
    }
    said = Paragraph(_shown(len(runs), total))
    contents: tuple[Element, ...] = (said, *folds, Histories(series))
    return (Section("Runs one by one", contents, "run-details"),)


def detailed(source: Source) -> set[str]:
    """Ids of the runs that are shown one by one."""
    return set() if source.folders is None else {r.id for r in detailed_runs(source.study.runs)}


def _shown(shown: int, total: int) -> Words:
    if shown == total:
        return (
            "What each run was made with, as it recorded it; what is not recorded is shown as "
            "unknown."
        )
    return text(
        f"Of {wording.counted(total, 'run')}, {wording.grouped(shown)} are shown here, first seeds "
        "before further ones; a page with all histories would be too large to use. What the others "
        "recorded is in their ",
        code("run.json"),
        ".",
    )


def _details(source: Source, run: Run, data: RunData | None) -> Fold:
    shown = run if data is None else data.run
    record: Mapping[str, Any] = {} if data is None or data.record is None else data.record
    told = _told_first(_facts(shown, data, record, source.statuses.get(run.id, wording.UNKNOWN)))
    facts: list[tuple[Words, tuple[Words, ...]]] = []
    facts += ((name, (value,)) for name, value in told)
    settings = tuple(
        text(f"{name} ", bold(wording.plain(value))) for name, value in _settings(shown)
    )
    facts.append(("Parameters", settings))
    if sums := tuple(text(f"{name} ", code(sum_)) for name, sum_ in _sums(record)):
        facts.append(("Checksums", sums))
    contents: tuple[Element, ...] = (Facts(tuple(facts), "facts"),)
    if log := _log_tail(source.logs, run):
        contents += (Paragraph("End of its log"), Code("\n".join(log)))
    title = spaced(f"{run.label}, seed {run.seed}", small(run.id))
    return Fold(title, contents, source.details_anchor(run.id), "" if data is None else run.id)


def _facts(
    run: Run, data: RunData | None, record: Mapping[str, Any], status: str
) -> Iterator[tuple[str, str]]:
    """What was done, on what, and how long it took; what nothing tells is unknown."""
    yield "Status", status
    if record.get("diverged_at_epoch") is not None:
        yield "Diverged at epoch", wording.plain(record["diverged_at_epoch"])
    if data is not None:
        asked = run.protocol_epochs
        done = wording.whole(data.history.epochs)
        short = data.history.epochs < asked
        yield "Epochs", f"{done} of {wording.whole(asked)}" if short else done
    seconds = record.get("seconds", {})
    for name, title in (
        ("setup", "Set-up"),
        ("training", "Training"),
        ("evaluation", "Evaluation"),
    ):
        yield title, wording.duration(seconds.get(name))
    yield "Machine", _machine(record)
    for earlier in record.get("earlier", ()):
        where = f"{_machine(earlier)}; {_packages(earlier)}"
        yield f"To epoch {_told(earlier.get('epochs'))}", where
    yield "Threads", _told(record.get("threads"))
    if "trained_together" in record:
        yield "Replicates in one computation", _told(record["trained_together"])
    yield "Trained parameters", _told(record.get("parameters"))
    yield "Packages", _packages(record)
    if not tuple(_sums(record)):
        yield "Checksums", wording.UNKNOWN


def _machine(record: Mapping[str, Any]) -> str:
    device = record.get("device", {})
    told = [str(device[key]) for key in ("name", "kind") if device.get(key)]
    return ", ".join(told) or wording.UNKNOWN


def _packages(record: Mapping[str, Any]) -> str:
    packages = record.get("packages", {})
    return ", ".join(f"{name} {packages[name]}" for name in sorted(packages)) or wording.UNKNOWN


def _told_first(facts: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """What is known, and one line that names what is not recorded."""
    every = tuple(facts)
    yield from (fact for fact in every if fact[1] != wording.UNKNOWN)
    if absent := [name.lower() for name, value in every if value == wording.UNKNOWN]:
        yield "Not recorded", wording.joined(absent)


def _settings(run: Run) -> Iterator[tuple[str, Any]]:
    """Everything that decides the run's result; a selected parameter that is open is unknown."""
    if run.model:
        yield "model", run.model
    yield "input", run.input
    yield "seed", run.seed
    yield from run.settings.items()
    for name in run.pending_parameters:
        yield name, wording.UNKNOWN


def _sums(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """SHA-256 of the code and of each data file, as the record tells them."""
    code = record.get("code", {}).get("sha256")
    if code:
        yield "code", str(code)
    sums = record.get("data", {}).get("sha256", {})
    for file in sorted(sums):
        yield file, str(sums[file])


def _log_tail(logs: Path | None, run: Run) -> tuple[str, ...]:
    """The last lines of a run's latest log; none without one, which an archive does not have."""
    found = [] if logs is None else [*logs_of(run, logs)]
    if not found:
        return ()
    path = max(found, key=lambda path: path.stat().st_mtime)
    with open_regular(path) as log:
        log.seek(max(0, os.fstat(log.fileno()).st_size - _LOG_BYTES))
        content = log.read(_LOG_BYTES)
    lines = content.decode("utf-8", errors="replace").splitlines()
    return tuple(line.rstrip() for line in lines if line.strip())[-LOG_LINES:]


def _told(value: Any) -> str:
    """A number or text of a record; unknown without one."""
    return wording.UNKNOWN if value is None else wording.plain(value)
