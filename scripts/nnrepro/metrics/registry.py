"""The registry of metrics: what a study may have recorded after each epoch, by name.

A metric is a function of the labels of a set of examples and of what a model answered on them:

    @metric(task="regression", better="lower")
    def median_error(y_true, y_pred):
        "The median of the errors' sizes."
        return np.median(np.abs(y_true - y_pred))

`y_true` is int32 [n] for a classification, float32 [n, outputs] for several labels (0 or 1) and for
a regression; `y_pred` float32 [n, outputs]: probabilities, or the numbers that a regression gives.
What is known of a metric beside its value stands in the decorator, so that tables and figures need
no more than its name.
"""

import functools
import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from nnrepro.errors import NnreproError
from nnrepro.registry import Registry

CLASSIFICATION, MULTI_LABEL, REGRESSION = "classification", "multi_label", "regression"
TASKS = (CLASSIFICATION, MULTI_LABEL, REGRESSION)

FRACTION = "fraction"
"""The unit of shares of right answers, which readers see as per cent."""

LOSS = "loss"

DEFAULTS: Mapping[str, tuple[str, ...]] = {
    CLASSIFICATION: ("accuracy",),
    MULTI_LABEL: ("binary_accuracy", "f1_macro"),
    REGRESSION: ("mean_absolute_error", "r2_score"),
}
"""What is recorded by task where a study does not say; the first is what variants are ranked by."""

Function = TypeVar("Function", bound=Callable[..., Any])

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_BETTER = ("higher", "lower")


class MetricNameError(NnreproError):
    """A metric is declared wrongly, is unknown, or does not fit what it is asked for."""


@dataclass(frozen=True)
class Metric:
    """A metric, under its function's name.

    Attributes:
        name: its name in `history.json` and, after the set, in measures.
        tasks: those that it is for, of `TASKS`.
        lower_is_better: whether a smaller value is the better one.
        unit: of its values; empty for a number without any.
        low: the smallest value that it can have; None without a bound.
        high: the largest.
        share: whether it is the share of examples answered right, one by one.
        outputs: how many outputs it needs at least.
        words: its name in a sentence.
        function: computes it from labels and answers; None for the loss.
    """

    name: str
    tasks: tuple[str, ...] = TASKS
    lower_is_better: bool = False
    unit: str = ""
    low: float | None = None
    high: float | None = None
    share: bool = False
    outputs: int = 1
    words: str = ""
    function: Callable[..., Any] | None = None

    @property
    def bounded(self) -> bool:
        """Whether it lies between 0 and 1, so that differences of it mean the same in any study."""
        return (self.low, self.high) == (0, 1)

    def value(self, y_true: Any, y_pred: Any) -> float:
        """Its value on a set of examples, not finite where it has none; shapes as above.

        Raises:
            MetricNameError: its function fails or gives no number.
        """
        if self.function is None:
            raise MetricNameError(f"metric {self.name} is recorded, not computed from answers")
        try:
            return float(self.function(y_true, y_pred))
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            raise MetricNameError(f"metric {self.name} cannot be computed ({reason})") from error


_registered: Registry[Metric] = Registry("metric", MetricNameError)


def metric(
    *,
    task: str | Iterable[str],
    better: str,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    share: bool = False,
    outputs: int = 1,
    words: str = "",
) -> Callable[[Function], Function]:
    """Register the decorated function as a metric under its own name; see `Metric`.

    Raises:
        MetricNameError: a task or direction that there is not, a name that is taken or cannot
            stand in a measure, or no docstring.
    """
    tasks = (task,) if isinstance(task, str) else tuple(task)

    def decorate(function: Function) -> Function:
        name = function.__name__
        if problem := definition_problem(function, tasks):
            raise MetricNameError(f"metric {name}: {problem}")
        if better not in _BETTER:
            raise MetricNameError(f"metric {name}: better is {better!r}; 'higher' or 'lower'")
        if not _NAME.fullmatch(name) or name in _RESERVED or name.startswith("val_"):
            raise MetricNameError(f"metric {name}: this name means something else; choose another")
        found = Metric(
            name=name,
            tasks=tasks,
            lower_is_better=better == "lower",
            unit=unit,
            low=low,
            high=high,
            share=share,
            outputs=outputs,
            words=words or _said(name),
            function=function,
        )
        _registered.add(name, found, function.__module__)
        return function

    return decorate


def definition_problem(function: Callable[..., Any], tasks: Sequence[str]) -> str | None:
    """What is wrong with a function declared for some tasks, as the end of a sentence."""
    unknown = [each for each in tasks if each not in TASKS]
    if unknown or not tasks:
        told = f"'{unknown[0]}' is no task" if unknown else "it is for no task"
        return f"{told}; allowed: {', '.join(TASKS)}"
    if not inspect.getdoc(function) and sys.flags.optimize < 2:  # which leaves docstrings out
        return "its function has no docstring; say what it is"
    return None


_RESERVED = {LOSS: Metric(LOSS, lower_is_better=True, unit=LOSS, low=0, words="loss")}
"""What every run records beside its metrics."""


def catalogue() -> Mapping[str, Metric]:
    """All metrics by name: those of every module directly in `nnrepro.metrics`, and one's own.

    It follows what plug-ins come into force later.
    """
    _load()
    return _registered


@functools.cache
def _load() -> None:
    package = importlib.import_module("nnrepro.metrics")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"nnrepro.metrics.{module.name}")


def find(name: str) -> Metric | None:
    """The metric of this name, or the loss; None where there is none."""
    if name in _RESERVED:
        return _RESERVED[name]
    _load()
    return _registered.get(name)


def known(name: str) -> Metric:
    """What is known of a recorded metric; of one of an unknown name, that more of it is better."""
    return find(name) or Metric(name, words=_said(name))


def parsed(names: str) -> tuple[str, ...]:
    """The metrics of a run's setting `metrics`, which has them with commas between."""
    return tuple(name.strip() for name in names.split(",") if name.strip())


def recorded_metrics(names: str | None, task: str, outputs: int) -> tuple[Metric, ...]:
    """The metrics that a run of a task records, by its setting `metrics` or the task's own.

    Raises:
        MetricNameError: one is unknown, or not for this task or so few outputs.
    """
    chosen = parsed(names) if names else DEFAULTS[task]
    found = []
    for name in chosen:
        one = find(name)
        if one is None or one.function is None:
            fitting = ", ".join(names_for(task))
            raise MetricNameError(f"metrics: there is no metric '{name}'; for this task: {fitting}")
        if task not in one.tasks:
            raise MetricNameError(
                f"metrics: '{name}' is for {' and '.join(one.tasks)}, and the labels are those of "
                f"a {task}; for this task: {', '.join(names_for(task))}"
            )
        if outputs < one.outputs:
            raise MetricNameError(
                f"metrics: '{name}' needs {one.outputs} classes or more, and there are {outputs}"
            )
        found.append(one)
    return tuple(found)


def names_for(task: str) -> list[str]:
    """Names of the metrics for a task."""
    return [name for name, one in catalogue().items() if task in one.tasks]


def primary(recorded: Sequence[str]) -> str:
    """The metric that variants are ranked by where nothing is said: the first that is no loss."""
    return next((name for name in recorded if name != LOSS), LOSS)


def _said(name: str) -> str:
    return name.replace("_", " ")
