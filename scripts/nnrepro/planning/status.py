"""Whether a run is done, stale or missing: its `run.json` against what the study asks for now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from nnrepro.data.prepared import prepared_arrays
from nnrepro.files import FileError, read_json
from nnrepro.planning.code import code_of
from nnrepro.study.decisions import read_decisions
from nnrepro.study.identity import departures, differing, in_words
from nnrepro.study.messages import some_of
from nnrepro.study.paths import RUN_FILES, StudyPaths
from nnrepro.study.record import FAILED, RecordError, read_record
from nnrepro.study.run import Run
from nnrepro.study.study import Study

DONE = "done"
STALE = "stale"
MISSING = "missing"


@dataclass(frozen=True)
class Status:
    """State of a run: `done`, `stale` or `missing`, and what differs where it is stale.

    `reasons` are `settings`, `selection`, `code`, `data`, `backend`, that `files` are gone, the
    record is `damaged`, or the run `failed`; `detail` is more of that in words.
    """

    state: str
    reasons: tuple[str, ...] = ()
    detail: str = field(default="", compare=False)


@dataclass(frozen=True)
class Asked:
    """What every run of a study is asked to be.

    `codes` are fingerprints of code, as `training_codes` gives them; `data` descriptions of the
    prepared data by what runs read, of which one that is not prepared is left out, so that nothing
    is said against the data of its runs; `decisions` parameters by (protocol, experiment), as far
    as decided.
    """

    codes: Mapping[str, str]
    backend: str
    data: Mapping[str, Mapping[str, Any]]
    decisions: Mapping[tuple[str, str], Mapping[str, Any]]

    @classmethod
    def of(cls, study: Study, paths: StudyPaths, codes: Mapping[str, str]) -> Self:
        """What `study` asks for, by the data that is prepared and the decisions that are made."""
        data = {name: npz.with_suffix(".json") for name, npz in prepared_arrays(study).items()}
        decisions = [file for file in paths.decisions(study) if file.is_file()]
        return cls(codes, study.backend, _read(data), read_decisions(decisions))

    def resolved(self, run: Run) -> Run:
        """`run` with the parameters of its selection, if that is made and tells them."""
        if run.selects_from is None:
            return run
        decision = self.decisions.get((run.protocol, run.selects_from), {})
        told = all(name in decision for name in run.selected_parameters)
        return run.resolved(decision) if told else run


def _read(files: Mapping[Any, Path]) -> dict[Any, Mapping[str, Any]]:
    """The descriptions in those of the files that are there."""
    read = {key: read_json(file) for key, file in files.items() if file.is_file()}
    for key, described in read.items():
        if not isinstance(described, dict):
            raise FileError(files[key], "is damaged (it describes nothing); remove it")
    return read


def status_of(run: Run, paths: StudyPaths, asked: Asked) -> Status:
    """State of `run` in the folders of its study."""
    try:
        record = read_record(paths.run(run.id, "record"))
    except FileNotFoundError:
        return Status(MISSING)
    except RecordError as error:
        return Status(STALE, ("damaged",), str(error))
    if record["status"] == FAILED:
        return Status(STALE, (FAILED,), f"it failed: {record.get('error', 'nothing says why')}")
    resolved = asked.resolved(run)
    # Of a model that is still to be selected nothing is said against its code.
    recorded = record.get("code", {}).get("sha256", "")
    code = code_of(resolved, asked.codes) if resolved.model else recorded
    departs = departures(
        record,
        resolved,
        code_sha256=code,
        backend=asked.backend,
        data=asked.data.get(run.reads),
    )
    files = (
        paths.runs.folder(run.id) / name for name in {*RUN_FILES.values(), *record.get("files", {})}
    )
    further = {
        "selection": bool(resolved.pending_parameters),
        "files": not all(file.is_file() for file in files),
    }
    reasons = (*departs, *(name for name, found in further.items() if found))
    if not reasons:
        return Status(DONE)
    return Status(STALE, reasons, in_words(differing(resolved.for_training(), record)))


def retrained(
    runs: Iterable[Run], paths: StudyPaths, asked: Asked
) -> tuple[dict[str, Status], list[str]]:
    """The runs to be trained again, because their records tell that they are other ones, by id.

    A run that waits for a selection is as good as the rest of its record. With them come lines that
    tell of them.
    """
    states = {run.id: status_of(run, paths, asked) for run in runs}
    found = {
        run_id: state
        for run_id, state in states.items()
        if state.state == STALE and set(state.reasons) != {"selection"}
    }
    alike: dict[str, list[str]] = {}
    for run_id, state in found.items():
        alike.setdefault(state.detail or ", ".join(state.reasons), []).append(run_id)
    return found, [
        f"{some_of(run_ids)}: {RUN_FILES['record']} tells of another training ({why}); "
        "trained again"
        for why, run_ids in alike.items()
    ]
