"""How a metric behaves: on made-up answers, whose best and whose order are known."""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from nnrepro.errors import NnreproError
from nnrepro.metrics.registry import CLASSIFICATION, MULTI_LABEL, Metric

_EXAMPLES, _OUTPUTS = 60, 3
_CLOSE = 1e-6

Floats = NDArray[np.float32]


def metric_problems(metric: Metric) -> Iterator[str]:
    """What is wrong with a metric, each as the end of a sentence, over the tasks that it is for."""
    for task in metric.tasks:
        try:
            yield from _problems(metric, task)
        except NnreproError as error:
            yield f"cannot be computed for a {task}: {error}"


def _problems(metric: Metric, task: str) -> Iterator[str]:
    labels, answers, perfect = made_up(task, max(_OUTPUTS, metric.outputs))
    kept = labels.copy(), answers.copy()
    value, best = metric.value(labels, answers), metric.value(labels, perfect)
    if not (math.isfinite(value) and math.isfinite(best)):
        yield f"gives {value} for a {task} on made-up answers, and {best} on perfect ones"
        return
    for each in (value, best):
        low, high = metric.low, metric.high
        if (low is not None and each < low - _CLOSE) or (high is not None and each > high + _CLOSE):
            yield f"gives {each:g} for a {task}, outside its range of {low} to {high}"
    if (best > value) if metric.lower_is_better else (best < value):
        word = "lower" if metric.lower_is_better else "higher"
        yield (
            f"gives {best:g} on perfect answers and {value:g} on random ones of a {task}, though "
            f"{word} is said to be better"
        )
    order = np.random.RandomState(1).permutation(len(labels))
    other = metric.value(labels[order], answers[order])
    if not math.isclose(value, other, rel_tol=_CLOSE, abs_tol=_CLOSE):
        yield f"depends on the order of the examples of a {task}: {value:g}, and then {other:g}"
    if not all(np.array_equal(*pair) for pair in zip(kept, (labels, answers), strict=True)):
        yield f"changes the labels or answers of a {task} that it is given"


def made_up(task: str, outputs: int) -> tuple[NDArray, Floats, Floats]:
    """Labels, random answers and perfect answers of a task; shapes as a metric takes them."""
    random = np.random.RandomState(0)
    if task == CLASSIFICATION:
        labels = np.arange(_EXAMPLES, dtype=np.int32) % outputs
        shares = random.dirichlet(np.ones(outputs), _EXAMPLES).astype(np.float32)
        return labels, shares, np.eye(outputs, dtype=np.float32)[labels]
    if task == MULTI_LABEL:
        several = (random.random_sample((_EXAMPLES, outputs)) < 0.5).astype(np.float32)
        return several, random.random_sample(several.shape).astype(np.float32), several.copy()
    targets = random.normal(size=(_EXAMPLES, outputs)).astype(np.float32)
    noise = random.normal(size=targets.shape).astype(np.float32)
    return targets, targets + noise, targets.copy()
