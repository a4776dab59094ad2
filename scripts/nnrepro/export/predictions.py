"""What a network says, as a table: names of classes with probabilities, or numbers by target."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnrepro.metrics.registry import MULTI_LABEL, REGRESSION

if TYPE_CHECKING:
    import keras

_AT_ONCE = 256


def outputs_of(model: "keras.Model", examples: NDArray[Any]) -> NDArray[np.float64]:
    """A network's raw outputs for prepared examples, [examples, outputs]."""
    return np.asarray(model.predict(examples, batch_size=_AT_ONCE, verbose=0), dtype=np.float64)


def answers(outputs: NDArray[np.float64], meta: Mapping[str, Any]) -> pd.DataFrame:
    """Raw outputs as what they mean, by the description of the data that was trained on.

    Of a classification `class` and `probability_<class>`, by the softmax of the logits; of a
    multi-label task `probability_<label>`, by the logistic function; of a regression the targets.
    An example with an output that is no finite number has no class.
    """
    task = meta.get("task")
    named = meta.get("outputs") or meta.get("classes") or range(outputs.shape[1])
    names = [str(name) for name in named]
    if task == REGRESSION:
        return pd.DataFrame(outputs, columns=names)
    if task == MULTI_LABEL:
        return _probabilities(np.exp(-np.logaddexp(0, -outputs)), names)
    powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    table = _probabilities(powers / powers.sum(axis=1, keepdims=True), names)
    answered = [bool(np.isfinite(row).all()) for row in outputs]
    chosen = zip(outputs.argmax(axis=1), answered, strict=True)
    table.insert(0, "class", [names[at] if known else None for at, known in chosen])
    return table


def _probabilities(values: NDArray[np.float64], names: list[str]) -> pd.DataFrame:
    return pd.DataFrame(values, columns=[f"probability_{name}" for name in names])
