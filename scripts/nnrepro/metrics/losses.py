"""The losses that a run can be trained by: Keras's for each task, and functions of one's own.

    @loss(task="classification")
    def focal(y_true, y_pred):
        "Cross-entropy that counts less where the answer is sure (Lin et al., ICCV 2017)."
        crossed = ops.sparse_categorical_crossentropy(y_true, y_pred, from_logits=True)
        return (1 - ops.exp(-crossed)) ** 2 * crossed

`y_true` is int32 [n] for a classification (with `label_smoothing`, float32 [n, classes]), float32
[n, outputs] for several labels (0 or 1) and for a regression; `y_pred` float32 [n, outputs] is what
the model gives: logits, or numbers. Those of a regression, and its labels, are in units of the
targets' spread in training. The function is of `keras.ops` and gives float32 [n], a loss for each
example; it is computed on the test set, too, and has to be one that training can differentiate.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nnrepro.errors import NnreproError
from nnrepro.metrics.registry import (
    CLASSIFICATION,
    MULTI_LABEL,
    REGRESSION,
    Function,
    definition_problem,
)
from nnrepro.registry import Registry

OF_KERAS: Mapping[str, tuple[str, ...]] = {
    CLASSIFICATION: ("logits", "probabilities"),
    MULTI_LABEL: ("logits",),
    REGRESSION: ("mean_squared_error", "mean_absolute_error", "huber"),
}
"""Keras's losses by task, the one that is taken where none is named first."""


class LossError(NnreproError):
    """A loss of one's own is declared wrongly."""


@dataclass(frozen=True)
class Loss:
    """A loss of one's own: the tasks that it is for, and the function that computes it."""

    tasks: tuple[str, ...]
    function: Callable[..., Any]


_registered: Registry[Loss] = Registry("loss", LossError)


def loss(*, task: str | Iterable[str]) -> Callable[[Function], Function]:
    """Register the decorated function as a loss under its own name, for a task or several.

    Raises:
        LossError: a task that there is not, the name of a loss of Keras's, or no docstring.
    """
    tasks = (task,) if isinstance(task, str) else tuple(task)

    def decorate(function: Function) -> Function:
        name = function.__name__
        if problem := definition_problem(function, tasks):
            raise LossError(f"loss {name}: {problem}")
        if any(name in names for names in OF_KERAS.values()):
            raise LossError(f"loss {name}: this name means Keras's; choose another")
        _registered.add(name, Loss(tasks, function), function.__module__)
        return function

    return decorate


def own_losses() -> Mapping[str, Loss]:
    """The losses of one's own by name; it follows what plug-ins come into force later."""
    return _registered


def losses_for(task: str) -> list[str]:
    """The names of all losses of a task, the one that is taken where none is named first."""
    own = [name for name, each in _registered.items() if task in each.tasks]
    return [*OF_KERAS[task], *own]
