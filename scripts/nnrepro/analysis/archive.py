"""Runs on disk: a results folder or an archive, which may lack files or hold damaged ones.

Only the history is needed. What a missing `run.json` would have told stays unknown; a run whose
history is missing or damaged is named in a `Problem` and left out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnrepro.analysis.history import (
    ComparisonHistory,
    History,
    HistoryError,
    MissingHistoryError,
    read_comparison_history,
    read_history,
    read_json_object,
)
from nnrepro.study import Run
from nnrepro.study.paths import COMPARISON_HISTORY, RUN_FILES

STATUSES = ("completed", "diverged", "unknown", "damaged", "missing")
"""What a run can be; `unknown` has a sound history but no record of how it ended."""

_FREE_SETTINGS = ("epochs", "window", "smoothing")
"""Settings in which a record may differ: the history's length rules, and analysis comes later."""


@dataclass(frozen=True, eq=False)
class RunData:
    """A run with what was found of it.

    Attributes:
        run: the run as the study declares it.
        history: its per-epoch metrics.
        comparison: the same on the larger test set; None without one.
        record: the content of `run.json`; None where it is missing or damaged.
    """

    run: Run
    history: History
    comparison: ComparisonHistory | None = None
    record: dict[str, Any] | None = None

    @property
    def status(self) -> str:
        """`completed` or `diverged` as recorded, `unknown` without a record."""
        return "unknown" if self.record is None else str(self.record["status"])


@dataclass(frozen=True)
class Problem:
    """Something of a run that is missing or damaged.

    Attributes:
        run: the run.
        file: name of the file in the run's folder.
        message: what is wrong, where, and what to do.
        status: `missing` or `damaged` when the run had to be left out; None when it could be kept.
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


def read_runs(runs: Iterable[Run], folder: Path) -> tuple[list[RunData], list[Problem]]:
    """Read what `folder` holds of each run.

    Args:
        runs: the runs asked for; their order is the order of the output.
        folder: the folder that holds `<run_id>/history.json`.

    Returns:
        The runs with a sound history, and every problem met. A run without a usable history has
        one problem with `excludes` and no entry in the first list.
    """
    data: list[RunData] = []
    problems: list[Problem] = []
    for run in runs:
        found, met = _read_run(run, Path(folder) / run.id)
        problems += met
        if found is not None:
            data.append(found)
    return data, problems


def _read_run(run: Run, folder: Path) -> tuple[RunData | None, list[Problem]]:
    record, problems = _read_record(run, folder)
    diverged = record is not None and record["status"] == "diverged"
    file = RUN_FILES["history"]
    try:
        history = read_history(folder / file, allow_nonfinite=diverged)
    except HistoryError as error:
        status = "missing" if isinstance(error, MissingHistoryError) else "damaged"
        return None, [*problems, Problem(run, file, str(error), status)]
    comparison = None
    if int(run.settings.get("comparison_test_examples", 0)) > 0:
        comparison, met = _read_comparison(run, folder, history.epochs, diverged)
        problems += met
    if record is not None and record.get("epochs_completed", history.epochs) != history.epochs:
        message = (
            f"{folder / RUN_FILES['record']}: says {record['epochs_completed']} epochs, the "
            f"history has {history.epochs}; the history's number is used"
        )
        problems.append(Problem(run, RUN_FILES["record"], message))
    return RunData(run, history, comparison, record), problems


def _read_comparison(
    run: Run, folder: Path, epochs: int, diverged: bool
) -> tuple[ComparisonHistory | None, list[Problem]]:
    path = folder / COMPARISON_HISTORY
    try:
        comparison = read_comparison_history(path, allow_nonfinite=diverged)
        if comparison.epochs != epochs:
            raise HistoryError(
                f"{path}: has {comparison.epochs} epochs, the run's history {epochs}"
            )
    except HistoryError as error:
        message = f"{error}; metrics on the larger test set are left blank"
        return None, [Problem(run, COMPARISON_HISTORY, message)]
    return comparison, []


def _read_record(run: Run, folder: Path) -> tuple[dict[str, Any] | None, list[Problem]]:
    """The content of `run.json`; a missing one is no problem, as an archive need not have it."""
    file = RUN_FILES["record"]
    try:
        record = read_json_object(folder / file)
        if record.get("status") not in ("completed", "diverged"):
            raise HistoryError(
                f"{folder / file}: the status is {record.get('status')!r}, "
                "expected 'completed' or 'diverged'"
            )
    except MissingHistoryError:
        return None, []
    except HistoryError as error:
        return None, [Problem(run, file, f"{error}; what it would tell is shown as unknown")]
    return record, _differences(run, record, folder / file)


def _differences(run: Run, record: dict[str, Any], path: Path) -> list[Problem]:
    """A problem when the record is of other settings than the study now asks for."""
    described = record.get("run")
    recorded = described.get("settings") if isinstance(described, dict) else None
    if not isinstance(recorded, dict):
        return []
    different = [
        f"{name} = {recorded[name]!r} where the study asks for {run.settings[name]!r}"
        for name in sorted(run.settings)
        if name in recorded and name not in _FREE_SETTINGS and recorded[name] != run.settings[name]
    ]
    if not different:
        return []
    message = f"{path}: the run was made with {', '.join(different)}; train it again"
    return [Problem(run, path.name, message)]
