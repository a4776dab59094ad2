"""Gathering finished runs from results folders, and refusing what is damaged."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from nnrepro.data.registry import dataset_of
from nnrepro.errors import NnreproError
from nnrepro.files import json_bytes, read_stored, stored
from nnrepro.measures.history import read_history
from nnrepro.measures.predictions import read_predictions
from nnrepro.measures.side_histories import read_side_history
from nnrepro.study.folders import HISTORY, run_folders, run_id_of
from nnrepro.study.paths import RUN_FILES, SIDE_HISTORIES
from nnrepro.study.record import FAILED, RunRecord, read_record

RECORD = RUN_FILES["record"]
PREDICTIONS = RUN_FILES["predictions"]

_LOCAL_KEYS = frozenset(("host", "hostname", "node", "user", "username", "cwd", "home", "folder"))
_ABSOLUTE = re.compile(r"^(/|~|[A-Za-z]:[\\/]|\\\\|file://)")


class CollectError(NnreproError):
    """Runs cannot be archived; the message names each and says why."""


@dataclass(frozen=True)
class CollectedRun:
    """A finished run, ready for an archive: contents of its files by name, plain."""

    run_id: str
    folder: Path
    epochs: int
    files: Mapping[str, bytes]


def collect(
    sources: Sequence[Path], *, notes: Mapping[str, str], predictions: bool = False
) -> tuple[list[CollectedRun], list[str]]:
    """The finished runs below some results folders or archives, of each run the longest.

    `notes` are remarks on the data that they were trained on, by data set. Gives the runs by id,
    and the ids of unfinished ones: those that failed or have no record. Raises CollectError, naming
    all, where a folder is missing or holds no runs, or runs are damaged.
    """
    found: dict[str, CollectedRun] = {}
    unfinished: set[str] = set()
    problems: list[str] = []
    for source in sources:
        folders = _folders(source)
        for folder in folders:
            if stored(folder / RECORD) is None:
                unfinished.add(run_id_of(folder))
                continue
            try:
                _check_place(folder / RECORD, source)
                record = read_record(folder / RECORD)
                if record["status"] == FAILED:
                    unfinished.add(run_id_of(folder))
                    continue
                run = _collected(folder, source, record, notes, predictions)
            except NnreproError as error:
                problems.append(f"{run_id_of(folder)}: {error}")
                continue
            earlier = found.get(run.run_id)
            if earlier is None or run.epochs > earlier.epochs:
                found[run.run_id] = run
            elif run.epochs == earlier.epochs and run.files[HISTORY] != earlier.files[HISTORY]:
                problems.append(
                    f"{run.run_id}: {folder} and {earlier.folder} hold different histories of "
                    f"{run.epochs} epochs; name only one of them"
                )
    if problems:
        listed = "\n".join(f"  - {problem}" for problem in problems)
        raise CollectError(f"nothing was archived, as runs are damaged:\n{listed}")
    return [found[run_id] for run_id in sorted(found)], sorted(unfinished - set(found))


def _folders(source: Path) -> list[Path]:
    if not source.is_dir():
        raise CollectError(f"there is no folder '{source}'; name one with a study's results")
    folders = list(run_folders(source))
    if not folders:
        raise CollectError(f"'{source}' holds no runs with a {HISTORY}; train them first")
    return folders


def _collected(
    folder: Path, source: Path, record: RunRecord, notes: Mapping[str, str], predictions: bool
) -> CollectedRun:
    """The run in a folder of a source, of which the record is read; raises where it is damaged."""
    names = [HISTORY, *SIDE_HISTORIES, *([PREDICTIONS] if predictions else [])]
    for name in names:
        _check_place(folder / name, source)
    run_id = run_id_of(folder)
    told = record.get("run", {}).get("id", run_id)
    if told != run_id:
        raise CollectError(f"{folder / RECORD} is of the run {told}")
    diverged = record["status"] == "diverged"
    history = read_history(folder / HISTORY, allow_nonfinite=diverged)
    if record.get("epochs_completed", history.epochs) != history.epochs:
        raise CollectError(
            f"{folder / RECORD} says {record['epochs_completed']} epochs, the history has "
            f"{history.epochs}"
        )
    files: dict[str, bytes] = {}
    for path in (folder / name for name in names if stored(folder / name) is not None):
        if path.name in SIDE_HISTORIES:
            read_side_history(path, history, diverged=diverged)
        elif path.name == PREDICTIONS:
            read_predictions(path)
        files[path.name] = content = read_stored(path)
        found = sha256(content).hexdigest()
        if record.get("files", {}).get(path.name, found) != found:
            raise CollectError(
                f"{path}: the checksum is not the one in {RECORD}; train the run again"
            )
    files[RECORD] = json_bytes(with_note(without_places(record), notes))
    return CollectedRun(run_id, folder, history.epochs, files)


def _check_place(path: Path, source: Path) -> None:
    """Refuse a link that leads out of the source: what lies elsewhere is nobody's to archive."""
    place = stored(path)
    if place is not None and not place.resolve().is_relative_to(source.resolve()):
        raise CollectError(f"{place} is a link to {place.resolve()}, outside '{source}'; remove it")


def without_places(value: Any) -> Any:
    """A JSON-able value with absolute paths cut to their last part and names of hosts left out.

    Kernels, processors and versions stay: they are what a number may depend on.
    """
    if isinstance(value, dict):
        return {k: without_places(v) for k, v in value.items() if str(k) not in _LOCAL_KEYS}
    if isinstance(value, list):
        return [without_places(item) for item in value]
    if isinstance(value, str) and _ABSOLUTE.match(value):
        return re.split(r"[\\/]", value.rstrip("\\/"))[-1]
    return value


def with_note(record: Mapping[str, Any], notes: Mapping[str, str]) -> dict[str, Any]:
    """A run's record with the note, by data set, on the one that it was trained on.

    A note that it has already stays: an archive's runs may come from several places.
    """
    data = record.get("data")
    name = data.get("name") if isinstance(data, dict) else None
    note = notes.get(dataset_of(str(name), notes))
    return {**record, "data": {"note": note, **data}} if data and note else dict(record)
