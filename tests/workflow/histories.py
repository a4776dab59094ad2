"""Histories to make archives from."""

import json
from pathlib import Path

import numpy as np


def write_history(archive: Path, run_id: str, epochs: int) -> None:
    """Curves of the run's own, with noise."""
    numbers = np.random.default_rng(list(run_id.encode()))
    history = {
        key: numbers.random(epochs).tolist()
        for key in ("loss", "accuracy", "val_loss", "val_accuracy")
    }
    (archive / run_id).mkdir(parents=True)
    (archive / run_id / "history.json").write_text(json.dumps(history))
