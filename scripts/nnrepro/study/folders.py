"""Where the folders of runs lie: below one root by their ids, or spread over an archive."""

import hashlib
import json
import math
import os
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from nnrepro.errors import NnreproError
from nnrepro.files import read_stored, stored
from nnrepro.study.run import RunId

HISTORY = "history.json"
MANIFEST = "manifest.json"
STUDY_FILE = "study.yaml"
MODELS_CHECKED = "models_checked.json"
"""What is left when models were built, beside the runs; `ARCHITECTURES_FILE` is of an archive."""
FEATURE_MAPS = "feature_maps"
"""The folder of what layers make of images, in a study's results and in an archive."""
ARCHITECTURES_FILE = "architectures.json"
PLUGINS = "plugins"
"""The folder of an archive with the plug-ins of its study."""

_ID_PARTS = 4


class ArchiveError(NnreproError):
    """An archive that cannot be read as a whole; the message says why."""


def plugins_named(
    archive: Path, asked: Iterable[str], named: Iterable[str | Path], how: str
) -> list[str]:
    """The files of an archived study's plug-ins, each as its reader has named it.

    An archive is data, maybe of somebody unknown, and plug-ins are programs: none of them runs
    because the archive says so.

    Args:
        archive: its folder.
        asked: the files that its study asks for.
        named: those that the reader has named, these ones or the archive's copies of them.
        how: how to name some, with `{files}` for their list, `{quoted}` for one in Python and
            `{words}` for one on a command line.

    Raises:
        ArchiveError: the reader has not named one.
    """
    known = {Path(file).resolve() for file in named}
    found: list[str] = []
    lacking: list[Path] = []
    for file in map(Path, asked):
        places = (file, archive / PLUGINS / file.name)
        own = [str(place) for place in places if place.resolve() in known]
        found += own[:1]
        lacking += () if own else places[1:]
    if not lacking:
        return found
    advice = "the archive holds them: read them, and if you trust them name them"
    there = [str(file) for file in lacking]
    if not all(file.is_file() for file in lacking):
        advice = (
            "the archive does not hold all of them: get them from whom it is from and name them"
        )
        there = [file.name for file in lacking]
    naming = how.format(
        files=f"[{', '.join(there)}]", quoted=json.dumps(there), words=shlex.join(there)
    )
    raise ArchiveError(
        f"{archive / STUDY_FILE}: plugins: the study has Python files of its own "
        f"({', '.join(file.name for file in lacking)}), and an archive runs none by itself; "
        f"{advice}, {naming}"
    )


@dataclass(frozen=True)
class RunFolders:
    """The folders of runs, all of which lie below `root`."""

    root: Path

    def folder(self, run_id: str) -> Path:
        """The folder of a run, whether or not it is there."""
        return self.root / run_id

    def others(self, run_id: str) -> tuple[Path, ...]:
        """Further folders of the same run, which are not read."""
        return ()

    def has(self, run_id: str) -> bool:
        """Whether there is a history of a run."""
        return stored(self.folder(run_id) / HISTORY) is not None

    def vouched(self, run_id: str) -> Mapping[str, str]:
        """SHA-256 that the files of a run should have, by name, where anything tells."""
        return {}

    def altered(self, run_id: str) -> list[Path]:
        """Files of a run whose checksum is not the one that they should have.

        A file of which nothing tells is as good as its content.
        """
        folder = self.folder(run_id)
        return [
            folder / name
            for name, expected in sorted(self.vouched(run_id).items())
            if stored(folder / name) is not None and content_sha256(folder / name) != expected
        ]

    def shown(self, path: Path) -> str:
        """A path as it is told to readers: relative to the root."""
        return Path(os.path.relpath(path, self.root)).as_posix()


@dataclass(frozen=True)
class ArchivedRuns(RunFolders):
    """The runs of an archive: each folder `[<anything>/]<run_id>` with a history.

    A run may be there more than once, for example made with several budgets. The folder with the
    most epochs is the one that is read; among equals the one with the shortest path, then the first
    by name. Where the archive has a manifest, its checksums tell whether a file was changed.

    Attributes:
        placed: folders by run id, the one that is read first.
        sums: SHA-256 of the content of files by their path below the root, without `.gz`.
    """

    placed: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    sums: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, archive: Path) -> "ArchivedRuns":
        """The runs of the archive in a folder.

        Raises:
            ArchiveError: there is no such folder, it holds no history at all, or its manifest is
                damaged.
        """
        archive = Path(archive)
        if not archive.is_dir():
            raise ArchiveError(f"archive: there is no folder '{archive}'; name one with histories")
        found: dict[str, list[Path]] = {}
        for folder in run_folders(archive):
            found.setdefault(run_id_of(folder), []).append(folder)
        if not found:
            raise ArchiveError(
                f"archive: '{archive}' holds no histories; expected "
                f"{archive}/<protocol>/<experiment>/<variant>/seed<k>/{HISTORY}"
            )
        placed = {run_id: tuple(_longest_first(found[run_id], archive)) for run_id in sorted(found)}
        return cls(archive, placed, manifest_sums(archive))

    def folder(self, run_id: str) -> Path:
        """The folder of a run, whether or not it is there."""
        return self.placed[run_id][0] if run_id in self.placed else self.root / run_id

    def others(self, run_id: str) -> tuple[Path, ...]:
        """Further folders of the same run, which are not read."""
        return self.placed.get(run_id, ())[1:]

    def vouched(self, run_id: str) -> Mapping[str, str]:
        """SHA-256 that the files of a run should have, by name, as the manifest tells."""
        return self._sums_in.get(self.shown(self.folder(run_id)), {})

    @cached_property
    def _sums_in(self) -> dict[str, dict[str, str]]:
        """Checksums by folder and name."""
        found: dict[str, dict[str, str]] = {}
        for path, expected in self.sums.items():
            folder, _, name = path.rpartition("/")
            found.setdefault(folder, {})[name] = expected
        return found

    @cached_property
    def listed(self) -> frozenset[str]:
        """Ids of the runs of which the archive has a history, or should have one."""
        names = [Path(name) for name in self.sums if Path(name).name == HISTORY]
        return frozenset((*self.placed, *(run_id_of(name.parent) for name in names)))


def run_folders(archive: Path) -> Iterator[Path]:
    """Every folder below `archive` that is a run's by its path and holds a history, by name."""
    for place, folders, files in os.walk(archive):
        folders.sort()
        if HISTORY in files or f"{HISTORY}.gz" in files:
            inside = Path(place).relative_to(archive)
            if len(inside.parts) >= _ID_PARTS and _is_run_id(run_id_of(inside)):
                yield Path(place)


def run_id_of(folder: Path) -> str:
    """The run id that a folder's path ends in."""
    return "/".join(folder.parts[-_ID_PARTS:])


class Length(NamedTuple):
    """How many epochs a run has, and whether its loss was finite in the last of them."""

    epochs: int
    finite: bool


def length_in(folder: Path) -> Length:
    """The length of the history of a run's folder; no epochs where it cannot be read."""
    try:
        loss = json.loads(read_stored(folder / HISTORY))["loss"]
        return Length(len(loss), loss[-1] is not None and math.isfinite(loss[-1]))
    except (OSError, NnreproError, ValueError, RecursionError, LookupError, TypeError):
        return Length(0, finite=False)


def epochs_in(folder: Path) -> int:
    """Epochs in the history of a run's folder; 0 where it cannot be read."""
    return length_in(folder).epochs


def content_sha256(path: Path) -> str | None:
    """SHA-256 of a file's content, compressed or not; None where there is none to read."""
    try:
        return hashlib.sha256(read_stored(path)).hexdigest()
    except (OSError, NnreproError):
        return None


def manifest_sums(archive: Path) -> dict[str, str]:
    """SHA-256 by file as the archive's manifest gives them; nothing without a manifest.

    Raises:
        ArchiveError: the manifest is damaged.
    """
    path = Path(archive) / MANIFEST
    if stored(path) is None:
        return {}
    try:
        files: Any = json.loads(read_stored(path))["files"]
        return {str(name): str(entry["sha256"]) for name, entry in files.items()}
    except (
        NnreproError,
        LookupError,
        TypeError,
        AttributeError,
        ValueError,
        RecursionError,
    ) as error:
        raise ArchiveError(
            f"{path} is no manifest of an archive; restore it, or remove it and lose the checksums"
        ) from error


def _is_run_id(text: str) -> bool:
    try:
        RunId.parse(text)
    except NnreproError:
        return False
    return True


def _longest_first(folders: list[Path], archive: Path) -> list[Path]:
    if len(folders) == 1:
        return folders

    def rank(folder: Path) -> tuple[int, int, str]:
        inside = folder.relative_to(archive)
        return (-epochs_in(folder), len(inside.parts), inside.as_posix())

    return sorted(folders, key=rank)
