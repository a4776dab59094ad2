"""The engine on PyTorch: steps one by one, on the device that Keras uses."""

import keras
import numpy as np
import torch

from nnrepro.data.dataset import Dataset
from nnrepro.training.engine import Engine, Evaluated, Floats, Indices
from nnrepro.training.losses import Objective, with_penalties


class TorchEngine(Engine):
    """See `nnrepro.training.engine.Engine`."""

    def __init__(
        self,
        model: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        objective: Objective,
        dataset: Dataset,
    ):
        super().__init__(model, optimizer, objective)
        to_tensor = keras.ops.convert_to_tensor
        self._train_x, self._train_y = to_tensor(dataset.train_x), to_tensor(dataset.train_y)
        self._test_x, self._test_y = (
            to_tensor(dataset.evaluation_x),
            to_tensor(dataset.evaluation_y),
        )

    def train(
        self, indices: Indices, weights: Floats, start: int, stop: int
    ) -> tuple[Floats, Floats]:
        """See `Engine.train`."""
        results = [self._train_step(indices[at], weights[at]) for at in range(start, stop)]
        counted = len(self._objective.counted)
        sums = np.array(results, np.float32).reshape(-1, 1 + counted)
        return sums[:, 0], sums[:, 1:]

    def evaluate(self, indices: Indices, start: int, stop: int) -> Evaluated:
        """See `Engine.evaluate`."""
        chosen = torch.as_tensor(indices[start:stop].reshape(-1), device=self._test_x.device)
        rows = len(chosen) // max(1, stop - start)
        with torch.no_grad():
            parts = [self._evaluate_step(batch) for batch in chosen.split(max(1, rows))]
            results = [torch.cat(part) for part in zip(*parts, strict=True)]
        return Evaluated(*map(keras.ops.convert_to_numpy, results))

    def _evaluate_step(self, chosen: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Losses, scores and answers of one batch."""
        labels = self._test_y[chosen]
        outputs = self._model(self._test_x[chosen], training=False)
        return (
            with_penalties(self._objective.losses(labels, outputs), self._model.losses),
            self._objective.scores(labels, outputs),
            self._objective.answers(outputs),
        )

    def _train_step(self, chosen: Indices, weights: Floats) -> list[float]:
        """One update; the summed loss and scores of its examples."""
        real = torch.as_tensor(chosen[weights > 0], device=self._train_x.device)
        labels = self._train_y[real]
        outputs = self._model(self._train_x[real], training=True)
        losses = self._objective.weighted(labels, outputs)
        self._model.zero_grad()
        penalties = self._model.losses
        with_penalties(losses.mean(), penalties).backward()
        trained = self._model.trainable_variables
        with torch.no_grad():
            self._optimizer.apply([variable.value.grad for variable in trained], trained)
        scores = self._objective.scores(labels, outputs).detach().sum(0)
        total = with_penalties(losses.sum(), penalties, len(real))
        return [float(total.detach()), *scores.tolist()]
