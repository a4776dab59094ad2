"""What an archive takes of collected runs: longer histories win, different ones never silently."""

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from nnrepro.archive.collect import CollectedRun
from nnrepro.errors import NnreproError
from nnrepro.files import read_stored, stored
from nnrepro.study.folders import HISTORY, ArchivedRuns, epochs_in, run_folders


class ConflictError(NnreproError):
    """The archive holds other histories of the same length; the message names the runs."""


class Fate(Enum):
    """What becomes of a collected run, in words."""

    ADDED = "new"
    LONGER = "longer than those that were there"
    REPLACED = "in place of different ones"
    COMPLETED = "with further files"
    SAME = "there already"
    SHORTER = "left out, as a longer history is there"


WRITTEN_ANEW = (Fate.ADDED, Fate.LONGER, Fate.REPLACED)


class Placed(NamedTuple):
    """A collected run with its folder's path inside the archive."""

    run: CollectedRun
    inside: str


Merge = Mapping[Fate, Sequence[Placed]]


def merge(runs: Iterable[CollectedRun], archive: Path, *, replace: bool = False) -> Merge:
    """Decide what an archive, which need not exist, takes of collected runs, each there once.

    Raises ConflictError where it holds a different history of the same length, which `replace` lets
    give way, or files that stay are damaged; ArchiveError where its manifest is damaged.
    """
    there = archive.is_dir() and any(run_folders(archive))
    held = ArchivedRuns.of(archive) if there else ArchivedRuns(archive)
    result: dict[Fate, list[Placed]] = {fate: [] for fate in Fate}
    for run in runs:
        fate, inside = _fate(run, held)
        result[fate].append(Placed(run, inside))
    conflicts = [placed.run.run_id for placed in result[Fate.REPLACED]]
    if conflicts and not replace:
        raise ConflictError(
            f"nothing was archived: '{archive}' holds different histories of the same length for "
            f"{', '.join(conflicts)}; say REPLACE=1 (--replace) to take the new ones"
        )
    going = {placed.run.run_id for fate in WRITTEN_ANEW for placed in result[fate]}
    damaged = [
        str(file) for run_id in held.placed if run_id not in going for file in held.altered(run_id)
    ]
    if damaged:
        raise ConflictError(
            f"nothing was archived: in '{archive}' these files are not as the manifest has them: "
            f"{', '.join(damaged)}; restore them, or remove their runs"
        )
    return result


def _fate(run: CollectedRun, held: ArchivedRuns) -> tuple[Fate, str]:
    """What becomes of a run, and where it goes."""
    if run.run_id not in held.placed:
        return Fate.ADDED, run.run_id
    folder = held.folder(run.run_id)
    inside = held.shown(folder)
    epochs = epochs_in(folder)
    if held.altered(run.run_id):
        return Fate.ADDED, inside
    if epochs != run.epochs:
        return (Fate.SHORTER, inside) if epochs > run.epochs else (Fate.LONGER, run.run_id)
    if read_stored(folder / HISTORY) != run.files[HISTORY]:
        return Fate.REPLACED, inside
    lacking = any(stored(folder / name) is None for name in run.files)
    return Fate.COMPLETED if lacking else Fate.SAME, inside
