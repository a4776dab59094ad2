"""The section on what was read: damaged, missing, further and additional runs."""

from collections.abc import Iterable, Mapping
from typing import Any

from nnrepro.analysis.reading import damaged
from nnrepro.report import wording
from nnrepro.report.page import FoundHistory, Reading, Remark, RunNames, Several
from nnrepro.report.source import Source
from nnrepro.study import RunId


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
        extra=_grouped(found.get("extra", ())),
    )


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
    for run_id in map(RunId.parse, run_ids):
        title = f"{run_id.protocol}/{run_id.experiment}"
        groups.setdefault(title, []).append(f"{run_id.variant}/seed{run_id.seed}")
    return tuple(RunNames(title, tuple(names)) for title, names in groups.items())
