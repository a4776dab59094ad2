"""Writing an archive: a whole new folder beside the old one, then one takes the other's place.

One call at a time works on an archive; others wait for it.
"""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import replace as changed
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from nnrepro.archive.collect import collect, without_places
from nnrepro.archive.exchange import recover, take_place
from nnrepro.archive.manifest import manifest
from nnrepro.archive.merge import WRITTEN_ANEW, Fate, Merge, Placed, merge
from nnrepro.definitions import files_behind
from nnrepro.files import json_bytes, packed, read_bytes, stored, sync
from nnrepro.locks import wait_for_lock
from nnrepro.npz import NUMBERS, open_npz
from nnrepro.study.architectures import ARCHITECTURES, read_architectures, united
from nnrepro.study.archived import strangers
from nnrepro.study.folders import (
    ARCHITECTURES_FILE,
    FEATURE_MAPS,
    MANIFEST,
    MODELS_CHECKED,
    PLUGINS,
    STUDY_FILE,
    ArchivedRuns,
    ArchiveError,
    run_folders,
    run_id_of,
)
from nnrepro.study.paths import RUN_FILES
from nnrepro.study.plugins import plugin_files, plugin_folders
from nnrepro.study.record import RecordError, RunRecord, read_record
from nnrepro.study.run import RunId
from nnrepro.study.study import Study
from nnrepro.temporaries import remove, remove_abandoned, temporary_beside
from nnrepro.yamlfile import dump_yaml

_NOT_OF_THE_STUDY = ("archive", "results", "allow_gaps", "training", "notify")
"""Keys of the configuration that say how and where work is done, not what is studied."""


@dataclass(frozen=True)
class Outcome:
    """What `make_archive` did: how runs were merged, which were unfinished, and the size.

    `undeclared` are the archived runs, of `runs`, whose variant the study does not declare,
    `strangers` those that pass for the study's and are others, and `further` all others of its
    variants at seeds that it does not ask for.
    """

    merged: Merge
    unfinished: Sequence[str]
    runs: int
    undeclared: int
    further: int
    strangers: int
    bytes: int


def make_archive(
    sources: Sequence[Path],
    archive: Path,
    *,
    study: Study,
    config: Mapping[str, Any],
    notes: Mapping[str, str] | None = None,
    predictions: bool = False,
    replace: bool = False,
    compress: bool = False,
) -> Outcome:
    """Put finished runs into an archive, together with what it holds already.

    The archive is written as a whole under another name and put in place, so that nobody ever reads
    half of one. The same runs and study give the same bytes. `sources` are results folders or
    archives; `config` is kept as `study.yaml`; `notes` are remarks on the data that the runs from
    the sources were trained on, by data set, and go before those in the configuration; `replace`
    lets a different history of the same length take the archived one's place; `compress` stores the
    histories that come as `<name>.gz`, at a third of the size. The study's plug-ins are kept, too.

    Raises CollectError where runs to be archived are missing or damaged, ConflictError where the
    archive holds a different history of the same length, or damaged files, ArchiveError where what
    is in its place is no archive, or its manifest is damaged, and NnreproError and OSError where it
    cannot be locked or written; it is then as it was before.
    """
    archive = Path(os.path.realpath(archive))
    lock = wait_for_lock(
        archive.with_name(f".{archive.name}.lock"),
        lambda holder: print(f"waiting: {holder} is writing the same archive", file=sys.stderr),
        required=True,
    )
    try:
        recover(archive)
        _check_place(archive, sources)
        remove_abandoned(archive.parent)
        notes = {**study.data_notes, **(notes or {})}
        runs, unfinished = collect(sources, notes=notes, predictions=predictions)
        merged = merge(runs, archive, replace=replace)
        new = temporary_beside(archive)
        try:
            _fill(new, archive, merged, compress)
            _write_architectures(new, archive, sources)
            if predictions:
                _write_feature_maps(new / FEATURE_MAPS, sources)
            _write(new / STUDY_FILE, _study_text(config).encode())
            _write_plugins(new / PLUGINS)
            described = manifest(new, study, _named(archive))
            _write(new / MANIFEST, json_bytes(described))
            for folder, _, _ in os.walk(new):
                sync(Path(folder))
            take_place(new, archive)
        finally:
            remove(new)
    finally:
        lock.discard()
    size = sum(file.stat().st_size for file in archive.rglob("*") if file.is_file())
    ids = [RunId.parse(run_id_of(folder)) for folder in run_folders(archive)]
    declared = study.declared_variants
    others = sum(each.variant not in declared.get(each.experiment, ()) for each in ids)
    known = {(run.protocol, run.experiment, run.variant): run for run in study.runs}
    held = [changed(known[each[:3]], seed=each.seed) for each in ids if each[:3] in known]
    asked = {name: {r.seed for r in study.runs if r.experiment == name} for name in declared}
    left = strangers(held, ArchivedRuns.of(archive), asked)
    further = sum(run.seed not in asked[run.experiment] and run.id not in left for run in held)
    return Outcome(merged, unfinished, len(ids), others, further, len(left), size)


def _check_place(archive: Path, sources: Sequence[Path]) -> None:
    """Raise ArchiveError where a file or something else is there, be it the results themselves."""
    if not archive.exists():
        return
    if not archive.is_dir():
        raise ArchiveError(f"'{archive}' is no folder; name another one for the archive")
    if not any(archive.iterdir()):
        return
    marked = (archive / MANIFEST).exists()
    if not marked and not any(run_folders(archive)):
        raise ArchiveError(
            f"'{archive}' holds something else than an archive; name another folder, an empty one "
            "or one that is not there yet"
        )
    for source in sources:
        place = Path(os.path.realpath(source))
        if place.is_relative_to(archive) and not (marked and place == archive):
            raise ArchiveError(
                f"'{archive}' holds results that runs are taken from ('{source}'); name another "
                "folder for the archive"
            )


def _fill(new: Path, archive: Path, merged: Merge, compress: bool) -> None:
    """The runs of the new archive: those that stay, then those that come."""
    new.mkdir()
    _copy(archive, new)
    whole = [placed for fate in WRITTEN_ANEW for placed in merged[fate]]
    if any((archive / placed.inside).exists() for placed in whole):
        remove(new / FEATURE_MAPS)  # they may be of a run that is another one now
    for placed in whole:
        shutil.rmtree(new / placed.inside, ignore_errors=True)
        _write_files(new, placed, compress)
    for placed in merged[Fate.COMPLETED]:
        _write_files(new, placed, compress)


def _write_files(new: Path, placed: Placed, compress: bool) -> None:
    """Those files of a run that are not there yet."""
    for name, content in sorted(placed.run.files.items()):
        path = new / placed.inside / name
        if stored(path) is not None:
            continue
        if compress and name.startswith("history"):
            _write(path.with_name(f"{name}.gz"), packed(content))
        else:
            _write(path, content)


def _write_plugins(folder: Path) -> None:
    """The plug-ins in force, and what they import from beside them."""
    remove(folder)
    homes = plugin_folders()
    for file in files_behind(plugin_files(), homes):
        home = next((own for own in homes if file.is_relative_to(own)), file.parent)
        _write(folder / file.relative_to(home), read_bytes(file))


def _write_architectures(new: Path, archive: Path, sources: Sequence[Path]) -> None:
    """What the models of the new archive's runs are made of, as far as its sources tell."""
    names = (MODELS_CHECKED, ARCHITECTURES_FILE)
    files = [folder / name for folder in (archive, *sources) for name in names]
    told = united(chain.from_iterable(map(read_architectures, filter(Path.is_file, files))))
    made: dict[str, list[RunRecord]] = {}
    for folder in run_folders(new):
        with suppress(FileNotFoundError, RecordError):
            combination = run_id_of(folder).rpartition("/")[0]
            made.setdefault(combination, []).append(read_record(folder / RUN_FILES["record"]))
    kept = []
    for each in told:
        of = [c for c in each.combinations if any(each.is_of(c, r) for r in made.get(c, ()))]
        kept += [changed(each, combinations=tuple(of))] if of else []
    remove(new / ARCHITECTURES_FILE)
    if kept:
        content = {ARCHITECTURES: [each.to_dict() for each in kept]}
        _write(new / ARCHITECTURES_FILE, json_bytes(content))


def _write_feature_maps(folder: Path, sources: Sequence[Path]) -> None:
    """What layers make of images in the sources, the latter's in place of the former's.

    Without the images, which are data: who archives runs need not have the right to pass them on.
    """
    for source in sources:
        for file in sorted((source / FEATURE_MAPS).glob("*/*.npz")):
            with open_npz(file) as stored:
                names = [name for name in stored.names if name != "images"]
                arrays = {name: stored.array(name, f"{NUMBERS}U") for name in names}
            written = BytesIO()
            np.savez_compressed(written, **arrays)  # type: ignore[arg-type]
            _write(folder / file.relative_to(source / FEATURE_MAPS), written.getvalue())


def _study_text(config: Mapping[str, Any]) -> str:
    """The study's configuration without what is of this machine."""
    kept = {key: value for key, value in config.items() if key not in _NOT_OF_THE_STUDY}
    text = dump_yaml(without_places(kept))
    return f"# The study that this archive holds runs of; see docs/archive.md.\n{text}"


def _copy(source: Path, target: Path) -> None:
    """What is in a folder, links as they are; files cost no second copy where hard links can be."""
    if not source.is_dir():
        return
    for entry in source.iterdir():
        copy = target / entry.name
        if entry.is_dir() and not entry.is_symlink():
            copy.mkdir()
            _copy(entry, copy)
            continue
        try:
            os.link(entry, copy, follow_symlinks=False)
        except OSError:
            shutil.copyfile(entry, copy, follow_symlinks=False)


def _write(path: Path, content: bytes) -> None:
    """Write and flush a file; one that is linked to the old archive's is not written through."""
    path.parent.mkdir(parents=True, exist_ok=True)
    remove(path)
    with open(path, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _named(archive: Path) -> str:
    """The archive's path below the working directory; its name alone where it lies elsewhere."""
    here, place = Path.cwd().resolve(), archive.resolve()
    return place.relative_to(here).as_posix() if place.is_relative_to(here) else archive.name
