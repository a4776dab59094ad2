"""The section on what was read: odd data, damaged, missing, further and additional runs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from nnrepro.document import wording
from nnrepro.measures.inventory import damaged, failed
from nnrepro.report.page import (
    FoundHistory,
    LongerRuns,
    OddData,
    Reading,
    Remark,
    RunNames,
    Several,
    Statement,
    Unmade,
)
from nnrepro.report.source import Source
from nnrepro.study.run import Run


def reading(source: Source, failures: Mapping[str, str] | None = None) -> Reading:
    """What reading the runs brought to light, and what could not be made.

    Args:
        source: what the report is made from.
        failures: why parts could not be made, by part; without it, those of the source.
    """
    found = source.reading
    problems = found.get("problems", ())
    severe, broken = damaged(problems), failed(problems)
    told = (*severe, *broken)
    others = [p for p in problems if p["status"] != "missing" and p not in told]
    unmade = source.failures if failures is None else failures
    return Reading(
        failed=tuple(_remark(source, problem) for problem in broken),
        undecided=tuple(
            Unmade(source.group_title(*key), why) for key, why in source.undecided.items()
        ),
        unmade=tuple(Unmade(*item) for item in unmade.items()),
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


def nothing_selected(
    source: Source, protocol: str, selectors: Sequence[str]
) -> tuple[Statement, ...]:
    """That a table or figure lacks a variant which should have been selected, and why."""
    found = source.undecided_among(protocol, selectors)
    return tuple(Statement("nothing_selected", Unmade(*item)) for item in found.items())


def not_made(source: Source, kind: str, *parts: str) -> tuple[Statement, ...]:
    """Why a table or figure could not be made; nothing where it failed in none of its parts."""
    why = source.why_failed(*parts)
    return () if why is None else (Statement("not_made", Unmade(kind, why)),)


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
