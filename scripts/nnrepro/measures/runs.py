"""Runs on disk: a results folder or an archive, which may lack files or hold damaged ones.

Only the history is needed. What a missing `run.json` would have told stays unknown; a run whose
history is missing or damaged is named in a `Problem` and left out.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from nnrepro.files import stored
from nnrepro.measures.collapses import blew_up
from nnrepro.measures.curves import RunCurves
from nnrepro.measures.folds import FoldHistory
from nnrepro.measures.history import (
    History,
    HistoryError,
    MissingHistoryError,
    read_history,
)
from nnrepro.measures.predictions import PredictionsError, vouched_predictions
from nnrepro.measures.recorded import as_recorded, differences, unlike_in_kind
from nnrepro.measures.side_histories import read_side_histories
from nnrepro.study.extent import Extent
from nnrepro.study.folders import RunFolders, content_sha256, epochs_in
from nnrepro.study.identity import most_alike, told_apart
from nnrepro.study.paths import RUN_FILES, SIDE_HISTORIES
from nnrepro.study.record import (
    FAILED,
    FINISHED,
    RecordedDevice,
    RecordError,
    RunRecord,
    is_of_another,
    read_record,
)
from nnrepro.study.run import Run
from nnrepro.study.study import Study

STATUSES = (*FINISHED, "unknown", FAILED, "damaged", "missing")
"""What a run can be; `unknown` has a sound history but no record of how it ended."""

_HISTORY, _RECORD = RUN_FILES["history"], RUN_FILES["record"]

_OWN_PROCESSOR = 0.8
"""Share of its time that a run must have had a processor for its time to mean anything."""

_SECONDS_BY_EPOCH = ("training", "evaluation", "cpu")
"""Seconds of a record that add up over the epochs."""


@dataclass(frozen=True, eq=False)
class RunData:
    """A run with what was found of it.

    Attributes:
        run: the run as the study declares it, with what its record tells of it: parameters that
            were selected, and epochs and examples where they are not those asked for.
        history: its per-epoch metrics.
        comparison: the same on the larger test set; None without one.
        record: the content of `run.json`; None where it is missing or damaged.
        folder: the folder that it was read from; None where it was not read from one.
        validation: as `comparison`, on the training examples that were held out.
        folds: right answers on the primary test set by folds; None where they are not counted.
    """

    run: Run
    history: History
    comparison: History | None = None
    record: RunRecord | None = None
    folder: Path | None = None
    validation: History | None = None
    folds: FoldHistory | None = None

    @property
    def train_seconds(self) -> float | None:
        """Seconds of training and evaluation together, as the reports timed the whole loop."""
        training, evaluation = self._seconds("training"), self._seconds("evaluation")
        return None if training is None or evaluation is None else training + evaluation

    @property
    def cpu_seconds(self) -> float | None:
        """Seconds that the run's threads had a processor in that time, summed over the threads."""
        return self._seconds("cpu")

    @property
    def timed_on_a_busy_machine(self) -> bool:
        """Whether the run waited for a processor so long that its seconds tell little.

        Only a CPU run whose record has its CPU seconds can tell.
        """
        on_cpu = self.device.get("kind") == "cpu"
        wall, cpu = self.train_seconds, self.cpu_seconds
        return on_cpu and wall is not None and cpu is not None and cpu < _OWN_PROCESSOR * wall

    def up_to(self, epochs: int) -> Self:
        """The run as it was after so many epochs, fewer than it has.

        Its epochs are taken to have lasted equally long.
        """
        share = epochs / self.history.epochs
        record = self.record
        if record is not None and "seconds" in record:
            told = {name: self._seconds(name) for name in _SECONDS_BY_EPOCH}
            shares = {name: share * value for name, value in told.items() if value is not None}
            record = {**record, "seconds": {**record["seconds"], **shares}}
        return replace(
            self,
            run=self.run.as_done({"epochs": epochs}),
            history=self.history.up_to(epochs),
            comparison=self.comparison and self.comparison.up_to(epochs),
            record=record,
            validation=self.validation and self.validation.up_to(epochs),
            folds=self.folds and self.folds.up_to(epochs),
        )

    def _seconds(self, name: str) -> float | None:
        return None if self.record is None else self.record.get("seconds", {}).get(name)

    @property
    def device(self) -> RecordedDevice:
        """What the record tells of the device; nothing without a record."""
        return {} if self.record is None else self.record.get("device", {})

    @property
    def machine(self) -> tuple[str | None, str | None, int] | None:
        """Device and threads, which times depend on; None where they are not recorded."""
        if self.record is None or "device" not in self.record or "threads" not in self.record:
            return None
        return self.device.get("kind"), self.device.get("name"), self.record["threads"]

    @property
    def blown_up(self) -> bool:
        """Whether its curves end in a blow-up, whose level is no limit of learning."""
        return blew_up(self.run, self.history, self.status)

    def curves(self, *, larger: bool = False) -> RunCurves:
        """Its curves, those of the test set on the larger one where that is asked for."""
        test = self.comparison if larger else None
        return RunCurves.of(
            self.run, self.history, test=test, validation=self.validation, blown=self.blown_up
        )

    @property
    def status(self) -> str:
        """`completed` or `diverged` as recorded, `unknown` without a record."""
        return "unknown" if self.record is None else self.record["status"]

    @property
    def generated(self) -> bool | None:
        """Whether the run was made with generated data; None where no record tells."""
        return None if self.record is None else self.record.get("data", {}).get("generated")

    @property
    def done(self) -> Run:
        """The run with the epochs that its history has, also where it diverged and stopped."""
        diverged = self.status == "diverged"
        return self.run.as_done({"epochs": self.history.epochs}, diverged=diverged)


@dataclass(frozen=True)
class Problem:
    """Something of a run that is missing or damaged.

    Attributes:
        run: the run.
        file: name of the file in the run's folder.
        message: what is wrong, where, and what to do.
        status: `failed`, `missing` or `damaged` when the run had to be left out; None when it could
            be kept.
    """

    run: Run
    file: str
    message: str
    status: str | None = None

    @property
    def run_id(self) -> str:
        """The id of the run."""
        return self.run.id

    @property
    def excludes(self) -> bool:
        """Whether the run was left out."""
        return self.status is not None


def read_runs(
    runs: Iterable[Run], folders: RunFolders | Path
) -> tuple[list[RunData], list[Problem]]:
    """Read what there is of each run.

    Args:
        runs: the runs asked for; their order is the order of the output.
        folders: where their folders are, or the folder that holds `<run_id>/history.json`.

    Returns:
        The runs with a sound history, and every problem met. A run without a usable history has
        one problem with `excludes` and no entry in the first list.
    """
    where = folders if isinstance(folders, RunFolders) else RunFolders(Path(folders))
    data: list[RunData] = []
    problems: list[Problem] = []
    for run in runs:
        found, met = _read_run(run, where)
        problems += [*met, *_unused(run, where)]
        if found is not None:
            data.append(found)
    return data, [*problems, *_on_other_data(data)]


def damaged_predictions(data: Iterable[RunData], folders: RunFolders) -> list[Problem]:
    """Runs whose predictions cannot be used, so that tests paired on examples do without them."""
    problems = []
    for item in data:
        try:
            vouched_predictions(item.run.id, folders)
        except PredictionsError as error:
            problems.append(Problem(item.run, RUN_FILES["predictions"], str(error)))
    return problems


def compared(data: Iterable[RunData], epochs: Mapping[str, int]) -> list[RunData]:
    """Runs as they are compared with others.

    `epochs` are those of the runs that went on for longer than others, as `Extent` tells.
    """
    return [item.up_to(epochs[item.run.id]) if item.run.id in epochs else item for item in data]


def extent_of(study: Study, data: Iterable[RunData]) -> Extent:
    """How far runs went, by their histories and records."""
    data = list(data)
    generated = {item.run.id for item in data if item.generated}
    return Extent(study, {item.run.id: item.done for item in data}, generated)


def folds_of(run: Run, folders: RunFolders | Path, epochs: int | None = None) -> FoldHistory | None:
    """A run's right answers by folds of the test set, up to an epoch where one is given.

    None where none can be read.
    """
    data, _ = read_runs([run], folders)
    folds = data[0].folds if data else None
    return folds if folds is None or epochs is None else folds.up_to(epochs)


def _read_run(run: Run, where: RunFolders) -> tuple[RunData | None, list[Problem]]:
    folder = where.folder(run.id)

    def problem(file: str, message: str, status: str | None = None) -> Problem:
        return Problem(run, file, f"{folder / file}: {message}", status)

    # Altered predictions cost the tests that rest on them: see `damaged_predictions`.
    altered = [file for file in where.altered(run.id) if file.name != RUN_FILES["predictions"]]
    if altered:
        by = "the archive's manifest; damaged or changed, restore it or make the archive again"
        return None, [_otherwise(run, altered, by)]
    record, problems = _read_record(run, folder, problem)
    if record is not None and is_of_another(run, record):
        told = record.get("run", {}).get("id", "another run")
        message = (
            f"this is {told}, in the folder of {run.id}; remove the folder and train the run "
            "again, or restore it"
        )
        return None, [problem(_RECORD, message, "damaged")]
    if record is not None and record["status"] == FAILED:
        return None, [Problem(run, _RECORD, record.get("error", "it failed"), FAILED)]
    diverged = record is not None and record["status"] == "diverged"
    try:
        history = read_history(folder / _HISTORY, allow_nonfinite=diverged)
    except HistoryError as error:
        status = "missing" if isinstance(error, MissingHistoryError) else "damaged"
        return None, [*problems, Problem(as_recorded(run, record), _HISTORY, str(error), status)]
    recorded = as_recorded(run, record, history.epochs)
    unlike = _unlike_record(folder, record)
    if unlike:
        by = (
            f"{_RECORD}; damaged or changed: remove the file and train the run again, or restore it"
        )
        return None, [*problems, _otherwise(recorded, unlike, by)]
    side, met = read_side_histories(recorded, folder, history, diverged=diverged)
    problems += [Problem(run, name, message) for name, message in met]
    if record is not None and record.get("epochs_completed", history.epochs) != history.epochs:
        message = (
            f"says {record['epochs_completed']} epochs, the history has {history.epochs}; the "
            "history's number is used"
        )
        problems.append(problem(_RECORD, message))
    return RunData(recorded, history, record=record, folder=folder, **side), problems


def _unlike_record(folder: Path, record: RunRecord | None) -> list[Path]:
    """Histories of a run that are not those whose checksums its training wrote into its record."""
    sums = {} if record is None else record.get("files", {})
    files = [folder / name for name in (_HISTORY, *SIDE_HISTORIES) if name in sums]
    return [
        file
        for file in files
        if stored(file) is not None
        and content_sha256(file) not in (None, sums[file.name])  # None is told of elsewhere
    ]


def _otherwise(run: Run, files: Sequence[Path], by: str) -> Problem:
    """That files are not those whose checksums are on record."""
    message = f"{', '.join(map(str, files))}: the checksum is not the one in {by}"
    return Problem(run, files[0].name, message, "damaged")


def _unused(run: Run, where: RunFolders) -> list[Problem]:
    """Further histories of a run that are damaged: nobody can tell whether they are longer."""
    told = "cannot be read; another history of the run is used"
    return [
        Problem(run, _HISTORY, f"{folder / _HISTORY}: {told}")
        for folder in where.others(run.id)
        if not epochs_in(folder)
    ]


def other_data(a: RunData, b: RunData) -> bool:
    """Whether records tell that two runs had different data."""
    return told_apart(_told_of_data(a), _told_of_data(b))


def _told_of_data(item: RunData) -> Mapping[str, Any]:
    """What a run's record tells of its data."""
    record: Mapping[str, Any] = item.record or {}
    found: Mapping[str, Any] = record.get("data", {})
    return found


def _on_other_data(data: Iterable[RunData]) -> Iterator[Problem]:
    """Runs whose data set had become another than it was for most runs of their experiment.

    A folder of results, or an archive that was put together, may hold such from before; they would
    pass for further seeds of a variant, or for variants that can be compared.
    """
    groups: dict[tuple[str, str, str], list[RunData]] = {}
    for item in data:
        name = _told_of_data(item).get("name")
        if name is not None:
            groups.setdefault((item.run.protocol, item.run.experiment, name), []).append(item)
    for (_, experiment, name), group in groups.items():
        most = most_alike({item.run.id: _told_of_data(item) for item in group})
        for item in group:
            if item.run.id not in most:
                message = (
                    f"trained and judged on other data of the name '{name}' than {len(most)} of "
                    f"{len(group)} runs of '{experiment}', such as {most[0]}, with which it "
                    "does not belong in one mean or ranking; train it again, or take it out"
                )
                yield Problem(item.run, _RECORD, message)


def _read_record(
    run: Run, folder: Path, problem: Callable[[str, str], Problem]
) -> tuple[RunRecord | None, list[Problem]]:
    """The content of `run.json`; a missing one is no problem, as an archive need not have it."""
    try:
        record = read_record(folder / _RECORD)
        misfits = unlike_in_kind(run, record)
        if misfits:
            raise RecordError(f"{folder / _RECORD}: {misfits}")
    except FileNotFoundError:
        return None, []
    except RecordError as error:
        return None, [Problem(run, _RECORD, f"{error}; what it would tell is shown as unknown")]
    different = "" if record["status"] == FAILED else differences(run, record)
    if not different:
        return record, []
    return record, [problem(_RECORD, f"the run was made with {different}; train it again")]
