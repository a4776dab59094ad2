"""A trained network as Keras saves it."""

from pathlib import Path
from typing import TYPE_CHECKING

from nnrepro.export.models import write_keras
from nnrepro.study.paths import MODEL_FILE

if TYPE_CHECKING:
    import keras as of_keras


def keras(model: "of_keras.Model", *, to: Path) -> list[Path]:
    """The network of a run as `model.keras`, which any Keras loads."""
    path = to / MODEL_FILE
    write_keras(model, path)
    return [path]
