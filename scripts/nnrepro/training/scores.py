"""What an epoch is scored by: counted metrics in training, all of them on other examples."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nnrepro.metrics.registry import CLASSIFICATION, Metric, recorded_metrics
from nnrepro.training.engine import Evaluated
from nnrepro.training.errors import TrainingError
from nnrepro.training.history import LOSS

if TYPE_CHECKING:
    from nnrepro.data.dataset import Dataset
    from nnrepro.study.run import Scalar

ACCURACY = "accuracy"


@dataclass(frozen=True)
class Scores:
    """The metrics that a run records, and what they are counted on.

    Attributes:
        metrics: those that the run records, in order.
        counted: names of those that the engine counts; in training there are no others, as they
            would need the answers of all of an epoch's examples at once. It may count `accuracy`
            for the folds alone.
        labels: of all examples that the run is evaluated on.
    """

    metrics: Sequence[Metric]
    counted: tuple[str, ...]
    labels: NDArray[np.generic]

    def trained(
        self, losses: Sequence[float], scores: Sequence[Sequence[float]], examples: int
    ) -> dict[str, float]:
        """Loss and counted metrics of an epoch of training, from the sums over its batches."""
        totals = dict(zip(self.counted, np.sum(scores, axis=0), strict=True)) if scores else {}
        values = {name: float(total) / examples for name, total in totals.items()}
        recorded = {one.name: values[one.name] for one in self.metrics if one.name in values}
        return {LOSS: float(np.sum(losses)) / examples, **recorded}

    def of(self, results: Evaluated, examples: slice) -> dict[str, float]:
        """Mean loss and every metric of a set of examples."""
        loss = np.mean(results.losses[examples], dtype=np.float64)
        means = results.scores[examples].mean(axis=0, dtype=np.float64).tolist()
        counted = dict(zip(self.counted, means, strict=True))
        labels, answers = self.labels[examples], results.answers[examples]
        values = {
            one.name: counted[one.name] if one.name in counted else one.value(labels, answers)
            for one in self.metrics
        }
        return {LOSS: float(loss), **values}

    @property
    def names(self) -> tuple[str, ...]:
        """What is told of a set of examples."""
        return (LOSS, *(one.name for one in self.metrics))

    def right(self, results: Evaluated, examples: slice) -> NDArray[np.bool_]:
        """Which examples of a set are answered right, bool [examples]."""
        return results.scores[examples, self.counted.index(ACCURACY)] > 0


def scores_of(
    settings: "Mapping[str, Scalar]", dataset: "Dataset", countable: Iterable[str]
) -> Scores:
    """What a run is scored by, of its settings and data; `countable` an engine can count.

    Raises TrainingError where right answers are to be counted by folds and there are none, and
    MetricNameError where a metric does not fit the data.
    """
    named = settings.get("metrics")
    task = dataset.task
    metrics = recorded_metrics(str(named) if named else None, task, dataset.num_outputs)
    counted = [one.name for one in metrics if one.name in countable]
    if settings.get("test_folds", 0):
        if task != CLASSIFICATION:
            raise TrainingError(
                "test_folds counts right answers, which only classes have; leave it out"
            )
        counted += [ACCURACY] if ACCURACY not in counted else []
    return Scores(metrics, tuple(counted), dataset.evaluation_y)
