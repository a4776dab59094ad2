"""What a run records beside its history, where its settings ask for it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnrepro.measures.folds import FoldHistory, read_fold_history
from nnrepro.measures.history import (
    ComparisonHistory,
    History,
    HistoryError,
    MissingHistoryError,
    read_comparison_history,
)
from nnrepro.study.paths import COMPARISON_HISTORY, FOLDS_HISTORY, VALIDATION_HISTORY
from nnrepro.study.run import Run

_SAME_ACCURACY = 1e-6


@dataclass(frozen=True, eq=False)
class SideHistories:
    """Histories of a run beside `history.json`; each None where there is none.

    Attributes:
        comparison: on the larger test set.
        validation: on the training examples that were held out.
        folds: right answers on the primary test set by folds.
    """

    comparison: ComparisonHistory | None = None
    validation: ComparisonHistory | None = None
    folds: FoldHistory | None = None


def read_side_history(path: Path, history: History, *, diverged: bool) -> Any:
    """Read a file beside a run's history, with the reader of its name.

    Raises:
        HistoryError: it is missing or damaged, or does not go with the history.
    """
    read = next(read for _, _, file, read, _ in _KINDS if file == path.name)
    return _checked(read(path, diverged), path, history)


def read_side_histories(
    run: Run, folder: Path, history: History, *, diverged: bool
) -> tuple[SideHistories, list[tuple[str, str]]]:
    """Read what a run's settings ask for beside its history.

    Args:
        run: the run.
        folder: the folder with its files.
        history: its history, which the others must go with.
        diverged: whether values that are not finite are allowed.

    Returns:
        The histories, and what is wrong with the others: file name and message. That the counts by
        folds are missing is no problem; what rests on them says so.
    """
    found: dict[str, Any] = {}
    problems = []
    for name, setting, file, _, without in _KINDS:
        if not int(run.settings.get(setting, 0)):
            continue
        path = folder / file
        try:
            found[name] = read_side_history(path, history, diverged=diverged)
        except HistoryError as error:
            if not (name == "folds" and isinstance(error, MissingHistoryError)):
                problems.append((file, f"{error}; {without}"))
    return SideHistories(**found), problems


def _checked(
    side: ComparisonHistory | FoldHistory, path: Path, history: History
) -> ComparisonHistory | FoldHistory:
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


_Reader = Callable[[Path, bool], ComparisonHistory | FoldHistory]


def _read_curves(path: Path, diverged: bool) -> ComparisonHistory:
    return read_comparison_history(path, allow_nonfinite=diverged)


def _read_folds(path: Path, diverged: bool) -> FoldHistory:
    return read_fold_history(path)


_KINDS: tuple[tuple[str, str, str, _Reader, str], ...] = (
    (
        "comparison",
        "comparison_test_examples",
        COMPARISON_HISTORY,
        _read_curves,
        "metrics on the larger test set are left blank",
    ),
    (
        "validation",
        "validation_examples",
        VALIDATION_HISTORY,
        _read_curves,
        "metrics on the held-out training examples are left blank",
    ),
    (
        "folds",
        "test_folds",
        FOLDS_HISTORY,
        _read_folds,
        "the optimism of a selection cannot be measured on it",
    ),
)
"""Name, the setting that asks for it, file, reader, and what comes of its damage."""
