"""This project's engine, as a training job of a study uses it."""

from typing import Any

import numpy as np

import nnrepro
from benchmarks.arrays import Floats, fitted
from benchmarks.families import BATCH_SIZE, Family
from benchmarks.plain_keras import versions
from nnrepro.data.dataset import Dataset
from nnrepro.models.registry import Task, build_model
from nnrepro.training.backends import make_replicates
from nnrepro.training.contract import needs_xla
from nnrepro.training.device import prepare_device
from nnrepro.training.losses import Objective
from nnrepro.training.optimizers import make_optimizer
from nnrepro.training.seeding import batches, example_order


def prepare(threads: int) -> dict[str, str]:
    """Set the device up as a training job does; versions by package."""
    prepare_device(threads)
    return {"nnrepro": nnrepro.__version__, **versions("keras", "numpy", "tensorflow")}


class EnginePeer:
    """The engine with a family's model, or with several `runs` of it as one computation."""

    def __init__(
        self,
        family: Family,
        x: Any,
        y: Any,
        weights: list[Floats],
        runs: int = 1,
        **parameters: Any,
    ):
        settings = {
            "optimizer": family.optimizer,
            "learning_rate": family.learning_rate,
            **family.parameters,
            **parameters,
        }
        task = Task(x.shape[1:], family.classes, family.vocabulary_size, examples=len(x))
        models = []
        for _ in range(runs):
            model = build_model(family.model, settings, task)
            model.set_weights(fitted(weights, [weight.shape for weight in model.weights]))
            models.append((model, make_optimizer(settings)))
        dataset = Dataset(
            train_x=x,
            train_y=y,
            test_x=x[:BATCH_SIZE],
            test_y=y[:BATCH_SIZE],
            test_sizes=(BATCH_SIZE,),
            num_classes=family.classes,
            vocabulary_size=family.vocabulary_size,
            input=family.input,
            meta={},
        )
        xla = needs_xla(models[0][0], family.model)
        self._replicates = make_replicates(models, Objective(), dataset, xla=xla)
        self._runs = range(runs)
        self._examples = len(x)
        self._epoch = 0
        self.parameters = models[0][0].count_params()

    def train(self, steps: int, *, shuffle: bool) -> float:
        """See `benchmarks.peers.Peer.train`; of several runs, the mean loss of the first."""
        orders = [np.arange(self._examples, dtype=np.int32)] * len(self._runs)
        if shuffle:
            orders = [example_order(run, self._epoch, self._examples) for run in self._runs]
            self._epoch += 1
        indices = [batches(order, BATCH_SIZE) for order in orders]
        weights = indices[0][1]
        results = self._replicates.train(self._runs, [own for own, _ in indices], weights, 0, steps)
        return float(np.sum(results[0][0]) / np.sum(weights[:steps]))

    def warm_up(self) -> None:
        """See `benchmarks.peers.Peer.warm_up`: all batches have one size here."""


def build(family: Family, x: Any, y: Any, weights: list[Floats]) -> EnginePeer:
    """The engine, before it has compiled anything."""
    return EnginePeer(family, x, y, weights)
