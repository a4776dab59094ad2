"""What a run answered on each test example in its last epoch: `predictions.npz`."""

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nnrepro.analysis.csvfile import TableError


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers of a trained network on its largest test set.

    Attributes:
        labels: the true classes, shape [examples].
        right: which examples it answered right, shape [examples].
    """

    labels: NDArray[np.int64]
    right: NDArray[np.bool_]


AnswersOf = Callable[[str], Answers | None]
"""Gives a run's answers by its id; None where it has none."""


def read_answers(path: Path) -> Answers | None:
    """Read a run's predictions; None where there are none, as of a run that failed.

    The class with the highest probability is the answer, the first of several. Probabilities are
    kept as float16, so that one that is all but level with another may be told otherwise than in
    training.

    Raises:
        TableError: the file is damaged.
    """
    path = Path(path)
    if not path.is_file() or not path.stat().st_size:
        return None
    try:
        with np.load(path, allow_pickle=False) as stored:
            probabilities, labels = stored["probabilities"], stored["labels"]
        if probabilities.ndim != 2 or labels.shape != probabilities.shape[:1]:
            raise ValueError(f"shapes {probabilities.shape} and {labels.shape} do not match")
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise TableError(
            f"{path}: no predictions can be read from it ({error}); remove it to do without, or "
            "train or copy the run again"
        ) from error
    labels = labels.astype(np.int64)
    return Answers(labels, probabilities.argmax(axis=1) == labels)


def common_answers(
    first: Answers | None, second: Answers | None, examples: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]] | None:
    """Which of the first `examples` two runs answered right.

    None where a run has no answers, too few, or answered other examples.
    """
    if first is None or second is None:
        return None
    labels = first.labels[:examples], second.labels[:examples]
    if len(labels[0]) < examples or not np.array_equal(*labels):
        return None
    return first.right[:examples], second.right[:examples]
