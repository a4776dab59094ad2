"""Gathering finished runs from results folders, and refusing what is damaged."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from nnrepro.archive.records import with_note, without_places
from nnrepro.errors import NnreproError
from nnrepro.files import read_stored, stored
from nnrepro.measures.history import History, read_history
from nnrepro.measures.predictions import read_answers
from nnrepro.measures.side_histories import read_side_history
from nnrepro.study.folders import HISTORY, run_folders, run_id_of
from nnrepro.study.paths import RUN_FILES, SIDE_HISTORIES
from nnrepro.study.record import FAILED, RunRecord, read_record

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
    """The run in a folder of a source, of which the record is read.

    Raises:
        NnreproError: something of it is damaged or does not fit together.
    """
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
    for name in names:
        if stored(folder / name) is not None:
            _check_content(folder / name, history, diverged)
    files = dict(_contents(folder, names, record))
    files[RECORD] = plain_json(with_note(without_places(record), notes))
    return CollectedRun(run_id, folder, history.epochs, files)


def _check_place(path: Path, source: Path) -> None:
    """Refuse a link that leads out of the source: what lies elsewhere is nobody's to archive."""
    place = stored(path)
    if place is not None and not place.resolve().is_relative_to(source.resolve()):
        raise CollectError(f"{place} is a link to {place.resolve()}, outside '{source}'; remove it")


def _check_content(path: Path, history: History, diverged: bool) -> None:
    """Read a file of a run with the reader of its kind.

    Raises:
        NnreproError: it is damaged, or does not go with the run's history.
    """
    if path.name in SIDE_HISTORIES:
        read_side_history(path, history, diverged=diverged)
    elif path.name == PREDICTIONS:
        read_answers(path)


def _contents(folder: Path, names: Iterable[str], record: RunRecord) -> Iterable[tuple[str, bytes]]:
    """Contents of the files that are there, checked against the sums in the record."""
    sums = record.get("files", {})
    for name in names:
        if stored(folder / name) is None:
            continue
        content = read_stored(folder / name)
        if sums.get(name, sha256(content).hexdigest()) != sha256(content).hexdigest():
            raise CollectError(
                f"{folder / name}: the checksum is not the one in {RECORD}; train the run again"
            )
        yield name, content


def plain_json(value: Any) -> bytes:
    """A JSON-able value as this project writes JSON."""
    return (json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()
