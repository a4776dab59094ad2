"""Metrics that Keras has and that are not written here, under the snake case of their class's name.

Keras is imported when one is computed, in training; their facts are readable without it.
"""

from collections.abc import Callable
from typing import Any

from nnrepro.metrics.registry import REGRESSION, metric

_FACTS: dict[str, dict[str, Any]] = {
    "MeanAbsolutePercentageError": {"better": "lower", "low": 0},
    "MeanSquaredLogarithmicError": {"better": "lower", "low": 0},
    "LogCoshError": {"better": "lower", "low": 0},
    "CosineSimilarity": {"better": "higher", "low": -1, "high": 1},
    "PearsonCorrelation": {"better": "higher", "low": -1, "high": 1},
    "ConcordanceCorrelation": {"better": "higher", "low": -1, "high": 1},
}
"""Direction and range of classes in `keras.metrics`, all of them for regressions."""


def _computed_by(class_name: str) -> Callable[[Any, Any], float]:
    def compute(y_true: Any, y_pred: Any) -> float:
        import keras

        kind = getattr(keras.metrics, class_name)
        across = {"axis": 0} if class_name.endswith("Correlation") else {}
        state = kind(**across)
        state.update_state(y_true, y_pred)
        return float(keras.ops.mean(state.result()))

    compute.__doc__ = f"Keras's metric {class_name}."
    compute.__name__ = _snake(class_name)
    return compute


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


for _class_name, _facts in _FACTS.items():
    metric(task=REGRESSION, **_facts)(_computed_by(_class_name))
