"""The weights that a training left, for its model."""

from pathlib import Path
from typing import TYPE_CHECKING

from nnrepro.data.checksums import sha256_of
from nnrepro.errors import NnreproError
from nnrepro.files import read_json
from nnrepro.study.paths import RUN_FILES
from nnrepro.training.errors import TrainingError

if TYPE_CHECKING:
    import keras

    from nnrepro.study.run import Run


def load_weights(model: "keras.Model", run: "Run", weights: Path) -> None:
    """Give the model of a run the weights that its training left.

    Raises TrainingError where they are missing, are not those that the run's record vouches for, or
    do not fit.
    """
    if weights.is_file() and not weights.stat().st_size:
        raise TrainingError(f"{weights}: run {run.id} failed, so that it has no weights")
    try:
        _check_weights(weights)
        model.load_weights(weights)
    # Odd bytes can raise nearly anything; whatever it is, the file is what is wrong.
    except Exception as error:
        raise TrainingError(
            f"{weights}: not the weights of run {run.id} ({error}); train the run again"
        ) from error


def _check_weights(path: Path) -> None:
    """Check that weights are a regular file, and the one that the run's record vouches for."""
    found = sha256_of(path)
    try:
        vouched = read_json(path.with_name(RUN_FILES["record"]))["files"][path.name]
    except (NnreproError, OSError, LookupError, TypeError):
        return
    if found != vouched:
        raise ValueError(f"the checksum is not the one in {RUN_FILES['record']}")
