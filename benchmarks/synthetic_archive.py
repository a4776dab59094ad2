"""An archive of made-up histories, to measure what the report takes.

PYTHONPATH=scripts python -m benchmarks.synthetic_archive FOLDER
time make report ARCHIVE=FOLDER OUT=results/synthetic
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from nnrepro.files import write_text
from nnrepro.models.registry import catalogue
from nnrepro.study.config import load_study
from nnrepro.study.run import Run

COMPARISON = ("val_loss", "val_accuracy")


def main() -> None:
    """Write the archive that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the archive goes")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--epochs", type=int, help="of every run, whatever its protocol asks for")
    asked = parser.parse_args()
    config = yaml.safe_load(Path("config.yaml").read_text(encoding="utf-8"))
    study = load_study({**config, "seeds": asked.seeds}, catalogue())
    for run in study.runs:
        epochs = asked.epochs or run.protocol_epochs
        for name, content in synthetic_files(run, epochs).items():
            write_text(asked.folder / run.id / name, json.dumps(content, indent=1))


def synthetic_files(run: Run, epochs: int) -> dict[str, dict[str, Any]]:
    """Contents of a run's files by name: curves that rise to the variant's own level, with noise.

    Args:
        run: the run; the same run and length give the same content.
        epochs: epochs of the history.
    """
    numbers = np.random.default_rng([*run.variant.encode(), *run.protocol.encode(), run.seed])
    level = 0.5 + 0.1 * numbers.random()
    rise = 1 - np.exp(-np.arange(1, epochs + 1) / (0.12 * epochs))
    examples = int(run.settings["test_examples"])
    accuracy = np.clip(level * rise + numbers.normal(0, 0.01, epochs), 0, 1)
    history = {
        "loss": (2.2 - 1.4 * rise + numbers.normal(0, 0.01, epochs)).tolist(),
        "accuracy": np.clip(1.2 * level * rise, 0, 1).tolist(),
        "val_loss": (2.25 - rise + numbers.normal(0, 0.01, epochs)).tolist(),
        "val_accuracy": (np.round(accuracy * examples) / examples).tolist(),
    }
    seconds = {"setup": 5.0, "training": 0.9 * epochs, "evaluation": 0.1 * epochs}
    record = {
        "run": {**run.for_training().to_dict(), "id": run.id},
        "status": "completed",
        "epochs_completed": epochs,
        "seconds": {**seconds, "total": sum(seconds.values())},
        "device": {"kind": "cpu", "name": "synthetic", "backend": "none"},
    }
    files: dict[str, dict[str, Any]] = {"history.json": history, "run.json": record}
    if run.settings["comparison_test_examples"]:
        files["history_comparison.json"] = {name: history[name] for name in COMPARISON}
    return files


if __name__ == "__main__":
    main()
