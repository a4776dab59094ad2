"""Writing a run's folder so that a half-finished one is never read as whole.

`run.json` says that the run is finished: it is removed before anything else is written and written
last, after `history.json`.
"""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnrepro.data.checksums import sha256_of
from nnrepro.data.dataset import COMPARISON, VALIDATION
from nnrepro.files import atomic_write, write_json
from nnrepro.metrics.registry import REGRESSION
from nnrepro.study.paths import (
    COMPARISON_HISTORY,
    FOLDS_HISTORY,
    MODEL_FILE,
    RUN_FILES,
    SIDE_HISTORIES,
    VALIDATION_HISTORY,
)
from nnrepro.training.history import History, finite, fold_counts, judged

if TYPE_CHECKING:
    import keras

HISTORY = RUN_FILES["history"]
PREDICTIONS = RUN_FILES["predictions"]
WEIGHTS = RUN_FILES["weights"]
RUN = RUN_FILES["record"]
FURTHER = {COMPARISON: COMPARISON_HISTORY, VALIDATION: VALIDATION_HISTORY}
"""The history file of each set beside the primary test set."""


def write_outputs(
    folder: Path,
    *,
    model: "keras.Model",
    task: str,
    answers: NDArray[np.float32],
    labels: NDArray[np.generic],
    names: Sequence[str],
    history: History,
    primary: int,
    description: Mapping[str, Any],
) -> None:
    """Write everything a finished run leaves.

    The model has its final weights; answers [examples, outputs] and labels are of the final epoch
    on the largest test set. By the `task`, they are probabilities, kept as float16, beside classes
    [examples] or labels [examples, outputs], or the numbers of a regression and its targets, kept
    as float32; `names` are those of the outputs, empty where nobody named them. `primary` is the
    size of the primary test set; to the description, the content of run.json, the files' SHA-256
    sums are added.
    """
    for name in (RUN, HISTORY, MODEL_FILE, *SIDE_HISTORIES):
        (folder / name).unlink(missing_ok=True)
    with atomic_write(folder / WEIGHTS) as temporary:
        # A disk that fills up under HDF5 makes it crash, so that room is tried first.
        temporary.write_bytes(bytes(_at_most(model)))
        model.save_weights(temporary)
    with atomic_write(folder / PREDICTIONS) as temporary:
        arrays = _predictions(task, answers, labels)
        if names:
            arrays["names"] = np.array(names)
        np.savez_compressed(temporary, **arrays)  # type: ignore[arg-type]
    written = [WEIGHTS, PREDICTIONS, HISTORY]
    for name, content in _side_histories(history, primary).items():
        write_json(folder / name, content)
        written.append(name)
    write_json(folder / HISTORY, history.to_json())
    sums = {name: sha256_of(folder / name) for name in sorted(written)}
    write_json(folder / RUN, {**description, "files": sums})


def _at_most(model: "keras.Model") -> int:
    """Bytes that a file of weights does not exceed, with HDF5's own around each of them."""
    weights = model.get_weights()
    return sum(each.nbytes for each in weights) + 2**12 * (len(weights) + 4)


def _predictions(
    task: str, answers: NDArray[np.float32], labels: NDArray[np.generic]
) -> dict[str, NDArray[np.generic]]:
    """The arrays of `predictions.npz`."""
    if task == REGRESSION:
        return {"outputs": answers.astype(np.float32), "targets": labels.astype(np.float32)}
    return {"probabilities": answers.astype(np.float16), "labels": labels.astype(np.int32)}


def pass_on(source: Path, folder: Path, further: Sequence[str] = ()) -> None:
    """Leave in a run's folder what another one holds of it, `further` files among that."""
    for name in (RUN, HISTORY, MODEL_FILE, *SIDE_HISTORIES):
        (folder / name).unlink(missing_ok=True)
    for name in (WEIGHTS, PREDICTIONS, *SIDE_HISTORIES, HISTORY, *further, RUN):
        if (source / name).is_file():
            with atomic_write(folder / name) as temporary:
                shutil.copyfile(source / name, temporary)


def _side_histories(history: History, primary: int) -> dict[str, Any]:
    """What is recorded beside history.json, by file name."""
    content: dict[str, Any] = {
        FURTHER[name]: {key: finite(values) for key, values in judged(curves).items()}
        for name, curves in history.further.items()
    }
    if history.folds:
        folds = len(history.folds[0])
        content[FOLDS_HISTORY] = {
            "folds": folds,
            "examples": fold_counts(np.ones(primary, dtype=bool), folds),
            "correct": history.folds,
        }
    return content
