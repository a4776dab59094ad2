"""Gathering finished runs from results folders, and refusing what is damaged."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from nnrepro.analysis.history import HistoryError, read_history, read_json_object
from nnrepro.archive.records import with_note, without_places
from nnrepro.errors import NnreproError
from nnrepro.files import read_stored, stored
from nnrepro.study.failed import why_run_failed
from nnrepro.study.folders import HISTORY, run_folders, run_id_of
from nnrepro.study.paths import RUN_FILES, SIDE_HISTORIES
from nnrepro.study.run import FINISHED

RECORD = RUN_FILES["record"]
PREDICTIONS = RUN_FILES["predictions"]


class CollectError(NnreproError):
    """Runs cannot be archived; the message names each and says why."""


@dataclass(frozen=True)
class CollectedRun:
    """A finished run, ready for an archive.

    Attributes:
        run_id: its id.
        folder: where it was found.
        epochs: epochs of its history.
        files: contents by name, plain.
    """

    run_id: str
    folder: Path
    epochs: int
    files: Mapping[str, bytes]


def collect(
    sources: Sequence[Path], *, notes: Mapping[str, str], predictions: bool = False
) -> tuple[list[CollectedRun], list[str]]:
    """The finished runs below some folders, of each run the longest.

    Args:
        sources: results folders or archives.
        notes: remarks on the data that the runs were trained on, by data set.
        predictions: whether to take the predictions, too.

    Returns:
        The runs by id, and the ids of unfinished ones: those that failed or have no record.

    Raises:
        CollectError: a folder is missing or holds no runs, or runs are damaged; all are named.
    """
    found: dict[str, CollectedRun] = {}
    unfinished: set[str] = set()
    problems: list[str] = []
    for source in sources:
        folders = _folders(source)
        for folder in folders:
            if stored(folder / RECORD) is None or why_run_failed(folder) is not None:
                unfinished.add(run_id_of(folder))
                continue
            try:
                run = _collected(folder, notes, predictions)
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


def _collected(folder: Path, notes: Mapping[str, str], predictions: bool) -> CollectedRun:
    """The run in a folder.

    Raises:
        NnreproError: something of it is damaged or does not fit together.
    """
    record = read_json_object(folder / RECORD)
    status = record.get("status")
    if status not in FINISHED:
        raise CollectError(f"{folder / RECORD}: the status is {status!r}")
    history = read_history(folder / HISTORY, allow_nonfinite=status == "diverged")
    if record.get("epochs_completed", history.epochs) != history.epochs:
        raise CollectError(
            f"{folder / RECORD} says {record['epochs_completed']} epochs, the history has "
            f"{history.epochs}"
        )
    names = [HISTORY, *SIDE_HISTORIES, *([PREDICTIONS] if predictions else [])]
    files = dict(_contents(folder, names, record))
    files[RECORD] = plain_json(with_note(without_places(record), notes))
    return CollectedRun(run_id_of(folder), folder, history.epochs, files)


def _contents(
    folder: Path, names: Iterable[str], record: Mapping[str, Any]
) -> Iterable[tuple[str, bytes]]:
    """Contents of the files that are there, checked against the sums in the record."""
    sums = record.get("files") or {}
    for name in names:
        if stored(folder / name) is None:
            continue
        content = read_stored(folder / name)
        if sums.get(name, sha256(content).hexdigest()) != sha256(content).hexdigest():
            raise CollectError(
                f"{folder / name}: the checksum is not the one in {RECORD}; train the run again"
            )
        if name.endswith(".json") and not isinstance(json.loads(content), dict):
            raise HistoryError(f"{folder / name}: holds no JSON object")
        yield name, content


def plain_json(value: Any) -> bytes:
    """A JSON-able value as this project writes JSON."""
    return (json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()
