"""What a run records beside its history, where its settings ask for it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nnrepro.files import stored
from nnrepro.measures.folds import FoldHistory, read_fold_history
from nnrepro.measures.history import (
    History,
    HistoryError,
    MissingHistoryError,
    read_history,
)
from nnrepro.study.paths import COMPARISON_HISTORY, FOLDS_HISTORY, VALIDATION_HISTORY
from nnrepro.study.run import Run

SideHistory = History | FoldHistory

_SAME_ACCURACY = 1e-6


class _Side(NamedTuple):
    """The setting that asks for it, its file, its reader, and what comes of its damage."""

    setting: str
    file: str
    read: Callable[[Path, bool], SideHistory]
    without: str


def _read_curves(path: Path, diverged: bool) -> SideHistory:
    return read_history(path, allow_nonfinite=diverged, beside=True)


_SIDES = {
    "comparison": _Side(
        "comparison_test_examples",
        COMPARISON_HISTORY,
        _read_curves,
        "metrics on the larger test set are left blank",
    ),
    "validation": _Side(
        "validation_examples",
        VALIDATION_HISTORY,
        _read_curves,
        "metrics on the held-out training examples are left blank",
    ),
    "folds": _Side(
        "test_folds",
        FOLDS_HISTORY,
        lambda path, _: read_fold_history(path),
        "the optimism of a selection cannot be measured on it",
    ),
}
"""What may be recorded, by the name that a run's data give it."""


def read_side_history(path: Path, history: History, *, diverged: bool) -> SideHistory:
    """Read a file beside a run's history, with the reader of its name.

    Raises:
        HistoryError: it is missing or damaged, or does not go with the history.
    """
    side = next(item for item in _SIDES.values() if item.file == path.name).read(path, diverged)
    if side.epochs != history.epochs:
        raise HistoryError(f"{path}: has {side.epochs} epochs, the run's history {history.epochs}")
    if isinstance(side, FoldHistory):
        apart = np.abs(side.accuracy - history.val_accuracy) > _SAME_ACCURACY
        if apart.any():
            raise HistoryError(
                f"{path}, epoch {int(np.argmax(apart)) + 1}: the folds do not sum to the accuracy "
                "in the run's history"
            )
    return side


def read_side_histories(
    run: Run, folder: Path, history: History, *, diverged: bool
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Read what a run's settings ask for beside its history, with which it must go.

    Where it `diverged`, values that are not finite are allowed.

    Returns:
        The histories by name, and what is wrong with the others: file name and message. That the
        counts by folds are missing is no problem; what rests on them says so.
    """
    found: dict[str, Any] = {}
    problems = []
    for name, side in _SIDES.items():
        asked = int(run.settings.get(side.setting, 0))
        # Validation examples may be those of the data, of which the settings say nothing.
        if not asked and (name != "validation" or stored(folder / side.file) is None):
            continue
        try:
            found[name] = read_side_history(folder / side.file, history, diverged=diverged)
        except HistoryError as error:
            if not (name == "folds" and isinstance(error, MissingHistoryError)):
                problems.append((side.file, f"{error}; {side.without}"))
    return found, problems
