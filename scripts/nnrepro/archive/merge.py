"""What an archive takes of collected runs: longer histories win, different ones never silently."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from nnrepro.archive.collect import CollectedRun
from nnrepro.errors import NnreproError
from nnrepro.files import read_stored, stored
from nnrepro.study.folders import HISTORY, ArchivedRuns, epochs_in, run_folders


class ConflictError(NnreproError):
    """The archive holds other histories of the same length; the message names the runs."""


@dataclass(frozen=True)
class Placed:
    """A collected run with its folder's path inside the archive."""

    run: CollectedRun
    inside: str


@dataclass
class Merge:
    """What becomes of each collected run; of `same` and `shorter` there are the ids alone.

    `added` are runs that the archive did not have, `longer` replace a shorter history, `replaced` a
    different one of the same length, as was asked for, `completed` bring further files; the archive
    has `same` already, and a longer history of `shorter`.
    """

    added: list[Placed] = field(default_factory=list)
    longer: list[Placed] = field(default_factory=list)
    replaced: list[Placed] = field(default_factory=list)
    completed: list[Placed] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    shorter: list[str] = field(default_factory=list)

    @property
    def whole(self) -> list[Placed]:
        """Runs whose folder is written anew."""
        return [*self.added, *self.longer, *self.replaced]


def merge(runs: Iterable[CollectedRun], archive: Path, *, replace: bool = False) -> Merge:
    """Decide what an archive, which need not exist, takes of collected runs, each there once.

    Raises ConflictError where it holds a different history of the same length, which `replace` lets
    give way, or files that stay are damaged; ArchiveError where its manifest is damaged.
    """
    there = archive.is_dir() and any(run_folders(archive))
    held = ArchivedRuns.of(archive) if there else ArchivedRuns(archive)
    result, conflicts = Merge(), []
    for run in runs:
        if not _sort_in(run, held, replace, result):
            conflicts.append(run.run_id)
    if conflicts:
        raise ConflictError(
            f"nothing was archived: '{archive}' holds different histories of the same length for "
            f"{', '.join(conflicts)}; say REPLACE=1 (--replace) to take the new ones"
        )
    going = {placed.run.run_id for placed in result.whole}
    damaged = [
        str(file) for run_id in held.placed if run_id not in going for file in held.altered(run_id)
    ]
    if damaged:
        raise ConflictError(
            f"nothing was archived: in '{archive}' these files are not as the manifest has them: "
            f"{', '.join(damaged)}; restore them, or remove their runs"
        )
    return result


def _sort_in(run: CollectedRun, held: ArchivedRuns, replace: bool, result: Merge) -> bool:
    """Put a run where it belongs; False where it conflicts with an archived one."""
    if run.run_id not in held.placed:
        result.added.append(Placed(run, run.run_id))
        return True
    folder = held.folder(run.run_id)
    in_place = Placed(run, held.shown(folder))
    epochs = epochs_in(folder)
    if held.altered(run.run_id):
        result.added.append(in_place)
    elif epochs > run.epochs:
        result.shorter.append(run.run_id)
    elif epochs < run.epochs:
        result.longer.append(Placed(run, run.run_id))
    elif read_stored(folder / HISTORY) != run.files[HISTORY]:
        result.replaced.append(in_place)
        return replace
    elif any(stored(folder / name) is None for name in run.files):
        result.completed.append(in_place)
    else:
        result.same.append(run.run_id)
    return True
