"""Writing a run's folder so that a half-finished one is never read as whole.

`run.json` says that the run is finished: it is removed before anything else is written and written
last, after `history.json`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnrepro.data.checksums import sha256_of
from nnrepro.files import atomic_write, write_json
from nnrepro.study.paths import COMPARISON_HISTORY, RUN_FILES
from nnrepro.training.history import History

if TYPE_CHECKING:
    import keras

HISTORY = RUN_FILES["history"]
COMPARISON = COMPARISON_HISTORY
PREDICTIONS = RUN_FILES["predictions"]
WEIGHTS = RUN_FILES["weights"]
RUN = RUN_FILES["record"]


def write_outputs(
    folder: Path,
    *,
    model: "keras.Model",
    probabilities: NDArray[np.float32],
    labels: NDArray[np.integer],
    history: History,
    description: Mapping[str, Any],
) -> None:
    """Write everything a finished run leaves.

    Args:
        folder: the run's folder.
        model: with its final weights.
        probabilities: of the final epoch on the largest test set, [examples, classes]; kept as
            float16.
        labels: of these examples.
        history: metrics per epoch.
        description: the content of run.json, to which the files' SHA-256 sums are added.
    """
    for name in (RUN, HISTORY, COMPARISON):
        (folder / name).unlink(missing_ok=True)
    with atomic_write(folder / WEIGHTS) as temporary:
        model.save_weights(temporary)
    with atomic_write(folder / PREDICTIONS) as temporary:
        np.savez_compressed(
            temporary,
            probabilities=probabilities.astype(np.float16),
            labels=labels.astype(np.int32),
        )
    written = [WEIGHTS, PREDICTIONS, HISTORY]
    if history.comparison_loss:
        write_json(folder / COMPARISON, history.comparison_to_json())
        written.append(COMPARISON)
    write_json(folder / HISTORY, history.to_json())
    sums = {name: sha256_of(folder / name) for name in sorted(written)}
    write_json(folder / RUN, {**description, "files": sums})
