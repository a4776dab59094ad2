"""What reading a study's runs brought to light: damaged, further and additional ones."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nnrepro.errors import NnreproError
from nnrepro.measures.runs import Problem
from nnrepro.study.decisions import Decisions
from nnrepro.study.folders import HISTORY, ArchivedRuns, RunFolders, epochs_in
from nnrepro.study.record import FAILED
from nnrepro.study.study import Study

_NAMED = 20
"""How many runs and parts a message names."""


class IncompleteReportError(NnreproError):
    """A report had to do without runs or parts that the study asks for; the message names them."""


def inventory(
    study: Study,
    folders: RunFolders,
    problems: Iterable[Problem],
    undecided: Mapping[tuple[str, str], str] | None = None,
) -> dict[str, Any]:
    """What a reader has to know of the runs beside their numbers.

    `undecided` tells why nothing could be selected, by protocol and experiment.

    Returns:
        A JSON-able dictionary with `problems` (run, file, message, and the status of a run that was
        left out), `undecided` (why, by `<protocol>/<experiment>`), `several` (runs with more than
        one history: the folder and epochs of the one that is used, and of the others) and `extra`
        (ids of runs that are no part of the study) and `strangers` (those that pass for runs of it,
        and why they are others, by id). Paths are relative to the folder of the runs.
    """
    found = set(folders.placed) if isinstance(folders, ArchivedRuns) else set()
    return {
        "problems": [
            {
                "run": problem.run_id,
                "file": problem.file,
                "message": problem.message.replace(f"{folders.root}/", ""),
                "status": problem.status,
            }
            for problem in problems
        ],
        "undecided": {"/".join(key): why for key, why in (undecided or {}).items()},
        "several": [
            {"run": run.id, **_used(folders, run.id)}
            for run in study.runs
            if folders.others(run.id)
        ],
        "extra": sorted(found - {run.id for run in study.runs} - study.strangers.keys()),
        "strangers": dict(study.strangers),
    }


def _used(folders: RunFolders, run_id: str) -> dict[str, Any]:
    def described(folder: Any) -> dict[str, Any]:
        return {"folder": folders.shown(folder), "epochs": epochs_in(folder)}

    others = [described(folder) for folder in folders.others(run_id)]
    return {**described(folders.folder(run_id)), "others": others}


def damaged(problems: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Of the problems of `inventory`, damaged histories."""
    return [
        problem
        for problem in problems
        if problem["status"] == "damaged"
        or (problem["file"] == HISTORY and problem["status"] is None)
    ]


def failed(problems: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Of the problems of `inventory`, runs that could not be trained."""
    return [problem for problem in problems if problem["status"] == FAILED]


def check_results(
    problems: Iterable[Mapping[str, Any]],
    failures: Mapping[str, str],
    undecided: Mapping[str, str],
    allow_gaps: bool,
) -> list[str]:
    """Check that the report shows everything that the study asks for.

    What failed can be mended or left out of the study, so that nothing puts up with it. A damaged
    history of an archive may be lost for good, and what diverged may have to be told.

    Args:
        problems: those of `inventory`; missing runs are none.
        failures: why parts could not be made, by part.
        undecided: why nothing could be selected, by experiment.
        allow_gaps: whether damaged histories and selections of nothing are put up with.

    Returns:
        What is put up with, a line each.

    Raises:
        IncompleteReportError: something failed, is damaged or could not be selected; the message
            names it.
    """
    problems = list(problems)
    broken = [f"{problem['run']}: {problem['message']}" for problem in failed(problems)]
    broken += [f"{part}: {message}" for part, message in failures.items()]
    harmed = [f"{problem['run']}: {problem['message']}" for problem in damaged(problems)]
    found, remedies = list(broken), []
    if broken:
        remedies.append("mend what failed and run the same command again")
    nothing = [f"{experiment}: nothing selected: {why}" for experiment, why in undecided.items()]
    if harmed and not allow_gaps:
        remedies.append("train or copy damaged runs again")
    if nothing and not allow_gaps:
        remedies.append("give the selection a variant that does not diverge")
    if not allow_gaps and (harmed or nothing):
        found += harmed + nothing
        remedies.append("or set allow_gaps: true in the configuration, to put up with that")
    if found:
        more = [f"and {len(found) - _NAMED} more"] if len(found) > _NAMED else []
        listed = "\n".join(f"  - {line}" for line in [*found[:_NAMED], *more])
        raise IncompleteReportError(
            "what could be made is there, but it had to leave out what failed or is damaged:\n"
            f"{listed}\n{', '.join(remedies)}"
        )
    return harmed + nothing


def certain_decisions(study: Study, folders: RunFolders, decisions: Decisions) -> Decisions:
    """The decisions that tell with which parameters the runs depending on them were made.

    Where the study trains, that is every decision. Of an archive that lacks some of the runs that
    were selected from, nobody knows what was selected when the dependent runs were made.
    """

    def complete(runs: Sequence[Any]) -> bool:
        return all(folders.has(run.id) for run in runs)

    if study.archive is None:
        return decisions
    return {key: found for key, found in decisions.items() if complete(study.runs_of(*key))}
