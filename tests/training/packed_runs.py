"""A program that trains replicates together and alone, and tells how far apart their numbers are.

    python packed_runs.py <folder> <case>

prints JSON: by seed, the greatest difference of any value of the history, and what the case asks.
"""

import json
import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from beside_keras import judged_otherwise, register_models, table_data, table_run
from small_runs import MODELS, small_data, small_run, stop_at_an_epoch, train

from nnrepro.data.dataset import Dataset
from nnrepro.metrics.registry import REGRESSION
from nnrepro.models.registry import build_model
from nnrepro.study.run import Run
from nnrepro.training import train as training
from nnrepro.training.checkpoint import CheckpointPolicy
from nnrepro.training.errors import TrainingInterrupted
from nnrepro.training.train import Replicate, train_replicates

SEEDS = (1, 2, 3)
CASES: dict[str, dict[str, Any]] = {
    "image_cnn": {"model": "image_cnn", "schedule": "cosine", "warmup_epochs": 1.0},
    "char_cnn": {"model": "char_cnn", "optimizer": "adamw", "clipnorm": 0.1, "clipvalue": 0.0},
    "word_cnn": {"model": "word_cnn", "label_smoothing": 0.1, "use_ema": True},
    "char_rnn": {"model": "char_rnn", "global_clipnorm": 0.5, "clipvalue": 0.0},
    "word_rnn": {"model": "word_rnn", "optimizer": "nadam", "early_stopping": 1},
    "augmented": {"model": "image_cnn", "augment": "light", "schedule": "exponential"},
    "batch_statistics": {"model": "normalises_batches", "optimizer": "adam"},
    "regression": {"model": "has_nothing_to_add", "optimizer": "adam", "loss": ""},
    "stopped": {"model": "char_rnn"},
    "stopped_apart": {"model": "normalises_batches", "optimizer": "adam"},
    "at_end": {"model": "word_cnn", "test_evaluation": "at_end", "early_stopping": 1},
    "never": {"model": "word_cnn", "test_evaluation": "never"},
    "diverged": {"model": "word_cnn", "on_divergence": "stop"},
}
OPTIONS: dict[str, Any] = {
    "threads": 1,
    "data_provenance": {"source": "generated", "generated": True, "sha256": {"x": "0"}},
    "code_sha256": "c0de",
}


def poisoned(name: str, settings: Any, task: Any) -> Any:
    """The model, with weights of which nothing finite can come where the seed is the second."""
    model = build_model(name, settings, task)
    if task.seed == SEEDS[1]:
        model.set_weights([np.full_like(value, np.nan) for value in model.get_weights()])
    return model


def main() -> None:
    """Train the case named on the command line."""
    folder, case = Path(sys.argv[1]), sys.argv[2]
    runs, data = asked({"epochs": 3, **CASES[case]})
    if case == "diverged":
        training.build_model = poisoned
    places = [
        Replicate(run, folder / f"{run.seed}/out", folder / f"{run.seed}/checkpoint")
        for run in runs
    ]
    if case == "stopped":
        ended = train_replicates(
            places, data, log=stop_at_an_epoch, policy=CheckpointPolicy(every_seconds=0), **OPTIONS
        )
        assert all(isinstance(each, TrainingInterrupted) for each in ended), ended
        places = places[1:]  # one goes on alone, the others together
        train(runs[0], data, folder / "1")
    if case == "stopped_apart":
        try:  # of one an epoch is done, of the others none
            train(runs[0], data, folder / "1", log=stop_at_an_epoch)
            raise AssertionError("it was not stopped")
        except TrainingInterrupted:
            pass
    assert train_replicates(places, data, **OPTIONS) == [None] * len(places)
    told = {}
    for run in runs:
        alone = history(train(run, data, folder / f"alone{run.seed}"))
        together = history(folder / f"{run.seed}/out")
        assert alone.keys() == together.keys()
        told[run.seed] = max(difference(alone[name], together[name]) for name in alone)
    print(json.dumps(told))


def asked(settings: dict[str, Any]) -> tuple[list[Run], Dataset]:
    """Runs of each seed with these settings, and what they read."""
    model = settings.pop("model")
    if model in MODELS:
        runs = [small_run(model, seed, **settings) for seed in SEEDS]
        return runs, small_data(runs[0].input, test=(50, 70), validation=30)
    register_models()
    run = table_run(model, **settings)
    data = table_data() if settings.get("loss", "logits") else judged_otherwise(REGRESSION)
    return [replace(run, seed=seed) for seed in SEEDS], data


def history(out: Path) -> dict[str, list[float | None]]:
    """The content of a run's history."""
    return dict(json.loads((out / "history.json").read_text()))


def difference(one: list[float | None], other: list[float | None]) -> float:
    """The greatest between values of two curves; infinite where they are not of one form."""
    if [value is None for value in one] != [value is None for value in other]:
        return math.inf
    pairs = zip(one, other, strict=True)
    return max((abs(a - b) for a, b in pairs if a is not None and b is not None), default=0.0)


if __name__ == "__main__":
    main()
