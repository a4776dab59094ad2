"""The manifest of an archive: what each file should be, and how each group of runs was made."""

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from nnrepro.archive.provenance import origins
from nnrepro.files import read_stored
from nnrepro.study.folders import STUDY_FILE, epochs_in, run_folders, run_id_of
from nnrepro.study.paths import RUN_FILES
from nnrepro.study.record import RecordError, RunRecord, read_record, recorded_settings
from nnrepro.study.run import RunId
from nnrepro.study.selectors import Selector
from nnrepro.study.study import Study

FORMAT = 1

_Seeds = Mapping[tuple[str, str], set[int]]
"""The seeds that an archive has runs of, by protocol and experiment."""


class _Group(NamedTuple):
    """What the runs of a group have in common."""

    protocol: str
    experiment: str
    epochs: int


class _Archived(NamedTuple):
    """An archived run; without a record that can be read there is none."""

    run_id: RunId
    length: int
    record: RunRecord | None

    @property
    def epochs(self) -> int:
        """Epochs that were asked for: a run may end itself before, or diverge; else its length."""
        asked = recorded_settings(self.record).get("epochs")
        return asked if isinstance(asked, int) else self.length


def manifest(archive: Path, study: Study, name: str) -> dict[str, Any]:
    """The manifest of what lies in a folder, JSON-able, the same for the same files and study.

    It has the `format`; `groups`, one for each protocol, experiment and number of epochs, with its
    part, variants, seeds, statuses, origins (data, code, packages, machines, seconds) and the
    command that makes it again, where the archive is called `name`, without variants that the study
    does not declare, or no more: null where those are all; and `files`, with the SHA-256
    and the bytes of each file's plain content, by its path without `.gz`.
    """
    folders = list(run_folders(archive))
    runs = [
        _Archived(RunId.parse(run_id_of(folder)), epochs_in(folder), _record(folder))
        for folder in folders
    ]
    groups: dict[_Group, list[_Archived]] = {}
    for run in runs:
        group = _Group(run.run_id.protocol, run.run_id.experiment, run.epochs)
        groups.setdefault(group, []).append(run)
    seeds: dict[tuple[str, str], set[int]] = {}
    for run in runs:
        seeds.setdefault(run.run_id[:2], set()).add(run.run_id.seed)
    return {
        "format": FORMAT,
        "groups": [_told(study, name, group, groups[group], seeds) for group in sorted(groups)],
        "files": {path: _described(archive / path) for path in _files(archive, folders)},
    }


def _files(archive: Path, folders: Iterable[Path]) -> list[str]:
    """Paths of the runs' files inside the archive, without `.gz`."""
    return sorted(
        {
            file.relative_to(archive).as_posix().removesuffix(".gz")
            for folder in folders
            for file in folder.iterdir()
            if file.is_file() and not file.name.startswith(".")
        }
    )


def _described(path: Path) -> dict[str, Any]:
    content = read_stored(path)
    return {"sha256": sha256(content).hexdigest(), "bytes": len(content)}


def _record(folder: Path) -> RunRecord | None:
    try:
        return read_record(folder / RUN_FILES["record"])
    except (FileNotFoundError, RecordError):
        return None


def _told(
    study: Study, name: str, group: _Group, runs: list[_Archived], archived: _Seeds
) -> dict[str, Any]:
    """What the manifest tells of a group."""
    records = [run.record for run in runs if run.record is not None]
    statuses = ["unknown" if run.record is None else run.record["status"] for run in runs]
    seeds = sorted({run.run_id.seed for run in runs})
    variants = sorted({run.run_id.variant for run in runs})
    full = {run.protocol_epochs for run in study.runs_of(group.protocol, group.experiment)}
    declared = study.declared_variants.get(group.experiment, ())
    wanted = _wanted(study, group, [each for each in variants if each in declared])
    settings = {
        **_seeds(study, group, seeds, wanted, archived),
        "only": _only(study, group, wanted),
    }
    if full and group.epochs not in full:
        settings["budget"] = {"epochs": group.epochs}
    devices = [record.get("device", {}) for record in records]
    backends = {str(device.get("backend")) for device in devices}
    if len(backends) == 1 and not backends <= {study.backend, "None"}:
        settings["backend"] = next(iter(backends))
    if devices and all(device.get("kind") == "gpu" for device in devices):
        settings["training"] = {"gpus": 1}
    return {
        "part": _part(study, group.experiment),
        **group._asdict(),
        "full_length": group.epochs in full if full else None,
        "runs": len(runs),
        "variants": variants,
        "seeds": seeds,
        "statuses": {status: statuses.count(status) for status in sorted(set(statuses))},
        "backends": sorted(backends - {"None"}),
        **origins(records, {}, study.data_notes),
        "command": _command(name, settings) if wanted[group.experiment] else None,
    }


def _part(study: Study, experiment: str) -> str | None:
    """The part of the study that first asks about an experiment."""
    specs = [*study.tables.values(), *study.figures.values()]
    asked = {
        spec.question
        for spec in specs
        if any(Selector.parse(selector).experiment == experiment for selector in spec.runs)
    }
    return next((q.part for name, q in study.questions.items() if name in asked), None)


def _command(name: str, settings: Mapping[str, Any]) -> str:
    """The command that trains a group again, in the project's folder."""
    config = [f"{key}={json.dumps(value)}" for key, value in settings.items()]
    words = ["--configfile", f"{name}/{STUDY_FILE}", "--config", *config, "--", "training"]
    return f"snakemake --cores all {shlex.join(words)}"


def _wanted(study: Study, group: _Group, variants: Sequence[str]) -> dict[str, Sequence[str]]:
    """The variants of a group, and those that their parameters are selected from, by experiment."""
    wanted = {group.experiment: variants}
    experiment = study.experiments.get(group.experiment)
    while experiment and experiment.selects_from:
        source = experiment.selects_from
        experiment = study.experiments[source]
        wanted[source] = experiment.variants
    return wanted


def _seeds(
    study: Study, group: _Group, seeds: list[int], wanted: Iterable[str], archived: _Seeds
) -> dict[str, Any]:
    """The keys that have a group trained with its seeds, and what it selects from with its own."""
    asked = {
        name: seeds
        if name == group.experiment
        else sorted(
            archived.get((group.protocol, name))
            or {run.seed for run in study.runs_of(group.protocol, name)}
        )
        for name in wanted
    }
    own = any(study.experiments[name].own_seeds for name in wanted if name in study.experiments)
    if not own and all(each == seeds for each in asked.values()):
        return {"seeds": seeds}
    return {"experiments": {name: {"seeds": each} for name, each in asked.items()}}


def _only(study: Study, group: _Group, wanted: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The section `only` that leaves a group, and what its parameters are selected from."""
    only = {"protocols": [group.protocol], "experiments": list(wanted)}
    patterns = _patterns(study, wanted)
    return {**only, "variants": patterns} if patterns else only


def _patterns(study: Study, wanted: Mapping[str, Iterable[str]]) -> list[str]:
    """What `only.variants` must say to get these variants; nothing for experiments as a whole."""
    patterns = []
    for name, variants in wanted.items():
        declared = set(study.declared_variants.get(name, ()))
        kept = study.experiments[name].variants if name in study.experiments else ()
        if not set(variants) == declared == set(kept):
            patterns += [f"{name}/{variant}" for variant in variants]
    return patterns
