"""Which of an archive's runs are the study's: those that it asks for, and further seeds of these.

A folder of results, or an archive that was put together, may hold runs that an earlier form of the
study left: at seeds that it asks for no more, on other data, with other settings. Such a run would
pass for a further seed of its variant.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from nnrepro.errors import NnreproError
from nnrepro.files import read_stored
from nnrepro.study.folders import RunFolders
from nnrepro.study.identity import most_alike, told_apart
from nnrepro.study.paths import RUN_FILES
from nnrepro.study.run import ANALYSIS_SETTINGS, MODEL, Run, RunId

_FREE = ("test_folds", *ANALYSIS_SETTINGS)
"""Settings that change no number of a history."""


def seeds_with(asked: Sequence[int], listed: Iterable[str]) -> list[int]:
    """Seeds that a study asks for, in its order, then those that only an archive's runs have."""
    found = sorted({RunId.parse(run_id).seed for run_id in listed})
    return list(dict.fromkeys([*asked, *found]))


def archived(
    runs: Sequence[Run], listed: Collection[str], asked: Mapping[str, Sequence[int]]
) -> list[Run]:
    """Of the runs that a study could have, those that it has with an archive.

    That is every run that the archive has or should have, and besides, so that what lacks is named,
    each variant at the seeds asked for that the archive has of anything; at all seeds asked for
    where the archive has none of them and nothing of the variant.

    The study's `runs` are those at the seeds of `seeds_with`, `listed` the ids of the archive's,
    and `asked` the seeds of the configuration, by experiment.
    """
    known = [run for run in runs if run.id in listed]
    found = {run.seed for run in known}
    there = {run.combination for run in known}

    def wanted(run: Run) -> bool:
        own = asked[run.experiment]
        if run.id in listed or (run.seed in found and run.seed in own):
            return True
        return not found.intersection(own) and run.seed in own and run.combination not in there

    return [run for run in runs if wanted(run)]


def strangers(
    runs: Iterable[Run], folders: RunFolders, asked: Mapping[str, Collection[int]]
) -> dict[str, str]:
    """Runs of an archive that are on record as none of the study's, with the reason, by id.

    A protocol's runs of an experiment have the data of most of those at the seeds asked for, and
    one at a further seed has the settings of one of its variant at those seeds. What no record
    tells is not held against a run.

    The `runs` are as `archived` gives them, `asked` seeds of the configuration, by experiment.
    """
    groups: dict[tuple[str, str, str], list[Run]] = {}
    records: dict[str, Mapping[str, Any]] = {}
    for run in runs:
        if record := _record(folders.folder(run.id)):
            records[run.id] = record
            groups.setdefault((run.protocol, run.experiment, run.reads), []).append(run)
    found: dict[str, str] = {}
    for group in groups.values():
        data = {run.id: records[run.id].get("data", {}) for run in group}
        own = [run for run in group if run.seed in asked[run.experiment]]
        most = most_alike({run.id: data[run.id] for run in own or group})
        other = {run.id for run in group if told_apart(data[run.id], data[most[0]])}
        found |= dict.fromkeys(other, f"trained and judged on other data than {most[0]}")
        own = [run for run in own if run.id not in other]
        for run in group:
            like = [records[each.id] for each in own if each.combination == run.combination]
            unlike = [_unlike(records[run.id], record) for record in like]
            if run.id not in other and run not in own and like and all(unlike):
                found[run.id] = f"made with {unlike[0]}"
    return found


def _record(folder: Path) -> Mapping[str, Any]:
    """What the record in a folder tells; nothing where it is none, which is told elsewhere."""
    try:
        record = json.loads(read_stored(folder / RUN_FILES["record"]))
        sections = (record, record.get("data", {}), record.get("run", {}))
    except (OSError, NnreproError, ValueError, RecursionError, AttributeError):
        return {}
    sound = all(isinstance(section, dict) for section in sections)
    return record if sound and isinstance(sections[-1].get("settings", {}), dict) else {}


def _unlike(record: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """In what a run was made otherwise than another one; its epochs may be more.

    Records of earlier versions lack settings that were added since, which then had no effect.
    """
    mine, theirs = _made(record), _made(other)
    names = sorted(
        name
        for name in mine.keys() | theirs.keys()
        if (mine.get(name) or 0) != (theirs.get(name) or 0) and name not in _FREE
    )
    if names == ["epochs"] and _longer(mine["epochs"], theirs.get("epochs")):
        return ""
    of = other.get("run", {}).get("id", "its variant's other runs")
    return ", ".join(f"{n} = {mine.get(n)!r} where {of} has {theirs.get(n)!r}" for n in names)


def _made(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Model and settings of a run."""
    run = record.get("run", {})
    return {MODEL: run.get(MODEL), **run.get("settings", {})}


def _longer(epochs: Any, others: Any) -> bool:
    return isinstance(epochs, int) and isinstance(others, int) and epochs > others
