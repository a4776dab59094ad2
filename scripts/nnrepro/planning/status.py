"""Whether a run is done, stale or missing: its `run.json` against what the study asks for now."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnrepro.errors import NnreproError
from nnrepro.files import read_json
from nnrepro.study.failed import FAILED, why_run_failed
from nnrepro.study.paths import StudyPaths
from nnrepro.study.run import Run

DONE = "done"
STALE = "stale"
MISSING = "missing"


@dataclass(frozen=True)
class Status:
    """State of a run.

    Attributes:
        state: `done`, `stale` or `missing`.
        reasons: what differs where it is stale: `settings`, `selection`, `code`, `data`, `backend`;
            `files` are gone, the record is `damaged`, or the run `failed`.
    """

    state: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Asked:
    """What every run of a study is asked to be.

    Attributes:
        codes: fingerprints of the training code by model.
        backend: the Keras backend.
        data: descriptions of the prepared data by input; an input that is not prepared yet is
            left out, and nothing is said against the data of its runs.
        decisions: decided parameters by (protocol, experiment), as far as they are decided.
    """

    codes: Mapping[str, str]
    backend: str
    data: Mapping[str, Mapping[str, Any]]
    decisions: Mapping[tuple[str, str], Mapping[str, Any]]

    def resolved(self, run: Run) -> Run:
        """`run` with the parameters of its selection, if that is made."""
        if run.selects_from is None:
            return run
        decision = self.decisions.get((run.protocol, run.selects_from))
        return run if decision is None else run.resolved(decision)


def status_of(run: Run, paths: StudyPaths, asked: Asked) -> Status:
    """State of `run` in the folders of its study."""
    try:
        record = read_json(paths.run(run.id, "record"))
    except FileNotFoundError:
        return Status(MISSING)
    except NnreproError:
        return Status(STALE, ("damaged",))
    if not isinstance(record, Mapping):
        return Status(STALE, ("damaged",))
    if why_run_failed(paths.runs.folder(run.id)) is not None:
        return Status(STALE, (FAILED,))
    found = {
        "settings": _other_settings(run, record, asked),
        "selection": bool(asked.resolved(run).pending_parameters),
        "code": record.get("code") != {"sha256": asked.codes[run.model]},
        "data": _other_data(record.get("data"), asked.data.get(run.input)),
        "backend": _section(record, "device").get("backend") != asked.backend,
        "files": _files_gone(paths.runs.folder(run.id), record),
    }
    reasons = tuple(name for name, differs in found.items() if differs)
    return Status(STALE, reasons) if reasons else Status(DONE)


def _other_settings(run: Run, record: Mapping[str, Any], asked: Asked) -> bool:
    """Whether the record is of another run; parameters that are not selected yet do not count."""
    resolved = asked.resolved(run)
    wanted = resolved.for_training().to_dict()
    recorded = dict(_section(record, "run"))
    recorded["settings"] = {
        name: value
        for name, value in _section(recorded, "settings").items()
        if name not in resolved.pending_parameters
    }
    return recorded != wanted


def _other_data(recorded: Any, prepared: Mapping[str, Any] | None) -> bool:
    """Whether a run was trained on other data than is prepared now."""
    if not isinstance(recorded, Mapping):
        return True
    if prepared is None:
        return False
    return any(prepared.get(name) != value for name, value in recorded.items())


def _files_gone(folder: Path, record: Mapping[str, Any]) -> bool:
    return not all((folder / name).is_file() for name in _section(record, "files"))


def _section(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = record.get(name)
    return value if isinstance(value, Mapping) else {}
