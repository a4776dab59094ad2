"""Runs one by one: parameters, machine, checksums, the end of the log, and histories for curves."""

import itertools
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from nnrepro.document import wording
from nnrepro.document.compact import compact_values
from nnrepro.document.elements import Code, Element, Facts, Fold, Histories, Paragraph, Section
from nnrepro.document.text import Words, bold, code, small, spaced, text
from nnrepro.files import open_regular
from nnrepro.measures.inventory import certain_decisions
from nnrepro.measures.runs import RunData, read_runs
from nnrepro.report.source import Source
from nnrepro.study.paths import logs_of
from nnrepro.study.run import Run
from nnrepro.study.study import detailed_runs

LOG_LINES = 6
_LOG_BYTES = 20_000


def run_details(source: Source, total: int) -> tuple[Element, ...]:
    """The runs one by one, by protocol and experiment, and the histories that there are of them.

    Without the folders of the runs there is nothing to tell.

    Args:
        source: what the report is made from.
        total: how many runs there are; not all of them may be shown.
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
    told = _told_first(_facts(shown, data, record, source.run_status(run.id) or wording.UNKNOWN))
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
