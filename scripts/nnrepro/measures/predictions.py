"""What a run answered on each test example in its last epoch: `predictions.npz`."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nnrepro.errors import NnreproError
from nnrepro.failures import was_made
from nnrepro.files import FileError
from nnrepro.npz import open_npz
from nnrepro.study.folders import RunFolders, content_sha256
from nnrepro.study.paths import RUN_FILES

_LARGEST = 2**30


class PredictionsError(NnreproError):
    """Predictions that cannot be used; the message names the file and says why."""


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
        PredictionsError: the file is damaged.
    """
    try:
        if not was_made(path):
            return None
        with open_npz(path, _LARGEST) as stored:
            probabilities = stored.array("probabilities", "f", dimensions=2)
            labels = stored.array("labels", "iu", dimensions=1).astype(np.int64)
            if len(labels) != len(probabilities):
                raise ValueError(
                    f"{len(labels)} labels and {len(probabilities)} answers do not match"
                )
            return Answers(labels, probabilities.argmax(axis=1) == labels)
    except FileNotFoundError:
        return None
    except (FileError, OSError) as error:
        raise _unusable(path, error) from error


def answers_of(run_id: str, folders: RunFolders) -> Answers | None:
    """What a run answered; None where there are no predictions.

    Raises:
        PredictionsError: they are damaged, or not those that the archive's manifest vouches for.
    """
    path = folders.folder(run_id) / RUN_FILES["predictions"]
    answers = read_answers(path)
    vouched = folders.vouched(run_id).get(path.name)
    if answers is not None and vouched not in (None, content_sha256(path)):
        raise _unusable(path, "its checksum is not the one in the archive's manifest")
    return answers


def usable_answers(run_id: str, folders: RunFolders) -> Answers | None:
    """What a run answered; None where there are no predictions, or none that can be used."""
    try:
        return answers_of(run_id, folders)
    except PredictionsError:
        return None


def _unusable(path: Path, why: object) -> PredictionsError:
    return PredictionsError(
        f"{path}: no predictions can be read from it ({why}); remove it to do without, or train or "
        "copy the run again"
    )


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
