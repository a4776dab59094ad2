"""The section on what was read: odd data, damaged, missing, further and additional runs."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from nnrepro.analysis.reading import damaged
from nnrepro.report import wording
from nnrepro.report.page import (
    FoundHistory,
    LongerRuns,
    OddData,
    Reading,
    Remark,
    RunNames,
    Several,
    Statement,
)
from nnrepro.report.source import Source
from nnrepro.study import Run


def reading(source: Source) -> Reading:
    """What reading the runs brought to light."""
    found = source.reading
    problems = found.get("problems", ())
    severe = damaged(problems)
    others = [p for p in problems if p["status"] != "missing" and p not in severe]
    return Reading(
        damaged=tuple(_remark(source, problem) for problem in severe),
        missing=_grouped(p["run"] for p in problems if p["status"] == "missing"),
        remarks=tuple(_remark(source, problem) for problem in others),
        several=tuple(_several(source, item) for item in found.get("several", ())),
        longer=_longer(source),
        extra=_grouped(found.get("extra", ())),
        data=tuple(_odd_data(source)),
    )


def _odd_data(source: Source) -> Iterator[OddData]:
    recorded: Mapping[str, Any] = source.provenance.get("data") or {}
    for name in sorted(recorded):
        for odd in recorded[name].get("remarks") or ():
            yield OddData(str(odd["arrays"]), str(odd["message"]), bool(odd["telling"]))


def longer_notes(source: Source, runs: Iterable[Run]) -> tuple[Statement, ...]:
    """That some of the runs of a table or figure went on for longer than they are compared at."""
    groups: dict[tuple[int, int], list[str]] = {}
    for run, epochs, compared in source.longer(runs):
        groups.setdefault((epochs, compared), []).append(run.label)
    return tuple(
        Statement("longer_note", _longer_runs("", dict.fromkeys(labels), *lengths))
        for lengths, labels in groups.items()
    )


def _longer(source: Source) -> tuple[LongerRuns, ...]:
    """Runs that are compared at fewer epochs than they have, by experiment and lengths."""
    groups: dict[tuple[str, int, int], list[str]] = {}
    longer = source.longer(source.study.runs, source.extent.compared_epochs)
    for run, epochs, compared in longer:
        title = f"{run.protocol}/{run.experiment}"
        groups.setdefault((title, epochs, compared), []).append(f"{run.variant}/seed{run.seed}")
    return tuple(
        _longer_runs(title, names, epochs, compared)
        for (title, epochs, compared), names in groups.items()
    )


def _longer_runs(title: str, names: Iterable[str], epochs: int, compared: int) -> LongerRuns:
    return LongerRuns(title, tuple(names), wording.whole(epochs), wording.whole(compared))


def _remark(source: Source, problem: Mapping[str, Any]) -> Remark:
    return Remark(problem["run"], source.run_anchor(problem["run"]), problem["message"])


def _several(source: Source, item: Mapping[str, Any]) -> Several:
    others = tuple(_history(other) for other in item["others"])
    return Several(item["run"], source.run_anchor(item["run"]), _history(item), others)


def _history(item: Mapping[str, Any]) -> FoundHistory:
    count = int(item["epochs"])
    return FoundHistory(item["folder"], wording.counted(count, "epoch") if count else "unreadable")


def _grouped(run_ids: Iterable[str]) -> tuple[RunNames, ...]:
    """Runs by protocol and experiment, in the order in which these come."""
    groups: dict[str, list[str]] = {}
    for run_id in run_ids:
        # By the text: a further run may lie in `seed007`, which is not the folder of seed 7.
        *title, variant, seed = run_id.split("/")
        groups.setdefault("/".join(title), []).append(f"{variant}/{seed}")
    return tuple(RunNames(title, tuple(names)) for title, names in groups.items())
