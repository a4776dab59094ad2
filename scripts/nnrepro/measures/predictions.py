"""What a run answered on each test example in its last epoch: `predictions.npz`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnrepro.errors import NnreproError
from nnrepro.failures import was_made
from nnrepro.files import FileError
from nnrepro.metrics.registry import CLASSIFICATION, MULTI_LABEL, REGRESSION
from nnrepro.npz import Npz, open_npz
from nnrepro.study.folders import RunFolders, content_sha256
from nnrepro.study.paths import RUN_FILES
from nnrepro.study.record import RecordError, read_record

_LARGEST = 2**30


class PredictionsError(NnreproError):
    """Predictions that cannot be used; the message names the file and says why."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a trained network said of the examples of its largest test set.

    Attributes:
        task: `classification`, `multi_label` or `regression`.
        labels: classes, int64 [examples]; of other tasks labels (0 or 1) or targets, [examples,
            outputs].
        outputs: probabilities, or a regression's numbers, float64 [examples, outputs].
        names: of the outputs; their numbers where nobody named them.
    """

    task: str
    labels: NDArray[Any]
    outputs: NDArray[np.float64]
    names: tuple[str, ...]

    @property
    def answered(self) -> NDArray[np.int64]:
        """The most probable class of each example, the first of several, [examples]."""
        return self.outputs.argmax(axis=1)

    @property
    def right(self) -> NDArray[np.bool_]:
        """Which examples of a classification, or of several labels, are answered right."""
        if self.task == CLASSIFICATION:
            return self.answered == self.labels
        return np.all((self.outputs > 0.5) == (self.labels > 0.5), axis=1)


PredictionsOf = Callable[[str], Predictions | None]
"""Gives a run's predictions by its id; None where it has none that can be used."""

AnswersOf = PredictionsOf
"""The same for classifications alone, of which every answer is right or not."""

InputsOf = Callable[[str, int], str]
"""Gives what a run read as a test example, in words; empty where nobody knows."""


def read_predictions(path: Path) -> Predictions | None:
    """Read a run's predictions; None where there are none, as of a run that failed.

    Nor has any a run that does not evaluate the test set, whose file holds no example.

    Raises:
        PredictionsError: the file is damaged.
    """
    try:
        if not was_made(path):
            return None
        with open_npz(path, _LARGEST) as stored:
            found = _predictions(stored)
            return found if len(found.labels) else None
    except FileNotFoundError:
        return None
    except (FileError, OSError) as error:
        raise _unusable(path, error) from error


def _predictions(stored: Npz) -> Predictions:
    if "targets" in stored.names:
        task, labels = REGRESSION, stored.array("targets", "f", dimensions=2)
        outputs = stored.array("outputs", "f", dimensions=2)
    else:
        outputs = stored.array("probabilities", "f", dimensions=2)
        labels = stored.array("labels", "iu").astype(np.int64)
        task = CLASSIFICATION if labels.ndim == 1 else MULTI_LABEL
    if len(labels) != len(outputs) or (task != CLASSIFICATION and labels.shape != outputs.shape):
        raise ValueError(f"{len(labels)} labels and {len(outputs)} answers do not match")
    count = outputs.shape[1]
    if task == CLASSIFICATION and labels.size and not 0 <= labels.min() <= labels.max() < count:
        raise ValueError(f"a label is none of {count} classes")
    names = tuple(map(str, range(count)))
    if "names" in stored.names:
        named = tuple(map(str, stored.array("names", "U", dimensions=1)))
        names = named if len(named) == count else names
    return Predictions(task, labels, outputs.astype(np.float64), names)


def vouched_predictions(run_id: str, folders: RunFolders) -> Predictions | None:
    """What a run predicted; None where there are no predictions.

    Probabilities are kept as float16, so that one that is all but level with another may be told
    otherwise than in training.

    Raises:
        PredictionsError: they are damaged, or not those that the archive's manifest and the run's
            record vouch for.
    """
    path = folders.folder(run_id) / RUN_FILES["predictions"]
    found = read_predictions(path)
    if found is not None:
        recorded = _recorded(path.parent).get("files", {})
        ways = {"the archive's manifest": folders.vouched(run_id), RUN_FILES["record"]: recorded}
        for by, sums in ways.items():
            if sums.get(path.name) not in (None, content_sha256(path)):
                raise _unusable(path, f"its checksum is not the one in {by}")
    return found


def predictions_of(run_id: str, folders: RunFolders) -> Predictions | None:
    """What a run predicted; None where there are no predictions, or none that can be used."""
    try:
        return vouched_predictions(run_id, folders)
    except PredictionsError:
        return None


def usable_answers(run_id: str, folders: RunFolders) -> Predictions | None:
    """What a run answered after its last epoch; None where no usable predictions of classes tell.

    A run with early stopping predicts by the weights of its best epoch: what it answered after its
    last, of which its history tells, nobody knows where that is another one.
    """
    if not _of_the_last_epoch(folders.folder(run_id)):
        return None
    found = predictions_of(run_id, folders)
    return found if found is not None and found.task == CLASSIFICATION else None


def _of_the_last_epoch(folder: Path) -> bool:
    """Whether a run predicted by the weights of its last epoch, as far as its record tells."""
    record = _recorded(folder)
    return record.get("best_epoch") in (None, record.get("epochs_completed"))


def _recorded(folder: Path) -> Mapping[str, Any]:
    """What a run's record tells; nothing where there is none that can be read."""
    try:
        return read_record(folder / RUN_FILES["record"])
    except (FileNotFoundError, RecordError):
        return {}


def _unusable(path: Path, why: object) -> PredictionsError:
    return PredictionsError(
        f"{path}: no predictions can be read from it ({why}); remove it to do without, or train or "
        "copy the run again"
    )


def common_answers(
    first: Predictions | None, second: Predictions | None, examples: int
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
