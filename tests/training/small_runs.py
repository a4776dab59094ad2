"""Small runs for the tests of the training room; as a program, trains one of them.

    python small_runs.py <folder> <model>

trains in <folder> with a checkpoint after every chunk, so that a test can kill it at any moment.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np

from nnrepro.data.dataset import Dataset
from nnrepro.study.run import Run
from nnrepro.training.checkpoint import CheckpointPolicy
from nnrepro.training.train import train_run

SETTINGS: dict[str, Any] = {
    "epochs": 4,
    "batch_size": 32,
    "optimizer": "adam",
    "learning_rate": 0.01,
    "momentum": 0.0,
    "clipvalue": 0.0,
    "loss": "logits",
    "on_divergence": "continue",
}
MODELS: dict[str, dict[str, Any]] = {
    "image_cnn": {
        "c1": 4,
        "c2": 3,
        "dropout_rate": 0.5,
        "optimizer": "sgd",
        "momentum": 0.9,
    },
    "char_cnn": {"loss": "probabilities"},
    "word_cnn": {"loss": "probabilities", "optimizer": "rmsprop"},
    "char_rnn": {"dropout_rate": 0.5},
    "word_rnn": {"clipvalue": 2.0},
}
INPUTS = {"image_cnn": "image", "char_cnn": "characters", "char_rnn": "characters"}


def small_run(model: str, seed: int = 1, **settings: Any) -> Run:
    """A run of `model` with a few epochs; `settings` replace its own."""
    return Run(
        protocol="tan",
        experiment="small",
        variant=model,
        seed=seed,
        label=model,
        model=model,
        input=INPUTS.get(model, "words"),
        settings={**SETTINGS, **MODELS[model], **settings},
    )


def small_data(
    input: str, train: int = 200, test: tuple[int, ...] = (50,), validation: int = 0
) -> Dataset:
    """Random examples whose class shows a little, so that something can be learned."""
    generator = np.random.default_rng(11)
    tested = max(test)
    labels = generator.integers(0, 10, train + tested + validation).astype(np.int32)
    if input == "image":
        x = generator.random((len(labels), 32, 32, 3), dtype=np.float32)
        x[:, :9, :9, 0] += labels[:, None, None] / 5
    else:
        x = generator.integers(10, 30, (len(labels), 100)).astype(np.int32)
        x[:, 1::3] = labels[:, None]
    return Dataset(
        train_x=x[:train],
        train_y=labels[:train],
        test_x=x[train : train + tested],
        test_y=labels[train : train + tested],
        test_sizes=test,
        num_classes=10 if input == "image" else 15,
        vocabulary_size=0 if input == "image" else 30,
        input=input,
        meta={},
        validation_x=x[train + tested :] if validation else None,
        validation_y=labels[train + tested :] if validation else None,
    )


def train(run: Run, data: Dataset, folder: Path, **options: Any) -> Path:
    """Train `run` into `folder`/out with checkpoints in `folder`/checkpoint; return the former."""
    defaults: dict[str, Any] = {
        "checkpoint_dir": folder / "checkpoint",
        "threads": 1,
        "data_provenance": {"source": "generated", "generated": True, "sha256": {"x": "0"}},
        "code_sha256": "c0de",
    }
    train_run(run, data, folder / "out", **{**defaults, **options})
    return folder / "out"


def stop_at_an_epoch(line: str) -> None:
    """A log that asks this process to stop once a run has an epoch behind it."""
    if "epoch 1/" in line:
        os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Train the model named on the command line, everything recorded that can be."""
    folder, model = Path(sys.argv[1]), sys.argv[2]
    run = small_run(model, epochs=12, test_folds=10)
    data = small_data(run.input, test=(50, 70), validation=30)
    policy = CheckpointPolicy(every_seconds=0)
    train(run, data, folder, policy=policy, log=lambda line: print(line, flush=True))


if __name__ == "__main__":
    main()
