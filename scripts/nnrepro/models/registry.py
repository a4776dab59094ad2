"""The registry of models: what a configuration may name, read without importing Keras.

A model is a function that takes a `Task` and keyword-only parameters and returns a `keras.Model`
whose output are logits:

    @register(input="words")
    def bag_of_words(task: Task, *, units: Annotated[int, Range(1)] = 50) -> "keras.Model":
        "A mean of embeddings and a dense layer."
        import keras
        ...

Its name, parameters, types, defaults and allowed values are read from the signature; a parameter
without a default must be given by the configuration. Keras is imported inside the function only, so
that the catalogue costs nothing to read.
"""

import difflib
import importlib
import inspect
import pkgutil
import sys
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from nnrepro.environment import set_keras_defaults
from nnrepro.errors import NnreproError
from nnrepro.study.settings import nearest, one_of

if TYPE_CHECKING:
    import keras

Value = int | float | str | bool
Function = TypeVar("Function", bound=Callable[..., Any])
Operations = Callable[[Mapping[str, Any]], float]

_SCALARS = (bool, int, float, str)
_registered: dict[str, "ModelSpec"] = {}


class ModelError(NnreproError):
    """A model is declared wrongly, is unknown, or was given parameters it cannot take."""


@dataclass(frozen=True)
class Range:
    """Allowed numbers of a parameter, both ends included; None leaves an end open."""

    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class Task:
    """What a model is built for; it comes from the data and the run, not from the configuration.

    `input_shape` is that of one example: (32, 32, 3) for an image, (100,) for ids; `num_classes`
    the width of the output; `vocabulary_size` the number of ids in use (0 for images); `seed` the
    run's, which decides dropout masks (initial weights follow the global seed). `inspected` tells
    whether the output of every layer is asked for, so that none may be merged with the next for
    speed; weights are those of the model that is trained.
    """

    input_shape: tuple[int, ...]
    num_classes: int
    vocabulary_size: int = 0
    seed: int = 0
    inspected: bool = False


@dataclass(frozen=True)
class Parameter:
    """A parameter of a model: its default (None when required), and allowed values and numbers."""

    type: type
    default: Value | None = None
    required: bool = False
    choices: tuple[Value, ...] = ()
    range: Range = Range()

    def problem(self, value: Any) -> str | None:
        """What is wrong with `value`, as the end of a sentence; None when nothing is."""
        if self.choices and value not in self.choices:
            choices = [str(choice) for choice in self.choices]
            return f"must be one of {one_of(choices)}{nearest(value, choices)}"
        if not self._has_type(value):
            return f"must be of type {self.type.__name__}, not {type(value).__name__}"
        low, high = self.range.minimum, self.range.maximum
        if low is not None and value < low:
            return f"must be at least {low:g}"
        if high is not None and value > high:
            return f"must be at most {high:g}"
        return None

    def _has_type(self, value: Any) -> bool:
        """Whether `value` fits; an int fits a float, a bool fits a bool only."""
        if self.type is bool or isinstance(value, bool):
            return self.type is bool and isinstance(value, bool)
        return isinstance(value, int | float if self.type is float else self.type)


@dataclass(frozen=True)
class ModelSpec:
    """A registered model, under its function's name, with the first line of that one's docstring.

    `input` is what it reads: `image`, `characters`, `words`, or what a data set of one's own gives;
    `xla_on` names device kinds ("cpu", "gpu") where training is compiled by XLA, by measurement.
    `operations` counts those of a forward pass of one example, of the reports' size, from a run's
    settings, and `speed` is how many one thread of a server processor does in a second, measured:
    good for an order and for comparing runs of one model, no more.
    """

    name: str
    input: str
    parameters: Mapping[str, Parameter]
    summary: str
    function: Callable[..., "keras.Model"]
    xla_on: frozenset[str] = frozenset()
    operations: Operations | None = None
    speed: float = 0.0

    def own_parameters(self, settings: Mapping[str, Value]) -> dict[str, Value]:
        """The model's parameters out of a run's flat settings, defaults filled in.

        Raises ModelError where a required one is missing or a value is not allowed.
        """
        chosen: dict[str, Value] = {}
        for name, parameter in self.parameters.items():
            if name not in settings and parameter.required:
                raise ModelError(f"model {self.name}: parameter '{name}' is missing; set it")
            value = settings.get(name, parameter.default)
            problem = parameter.problem(value)
            if problem is not None or value is None:
                raise ModelError(f"model {self.name}: {name} = {value!r} {problem}")
            chosen[name] = value
        return chosen


def register(
    *,
    input: str,
    xla_on: Iterable[str] = (),
    operations: Operations | None = None,
    speed: float = 0.0,
) -> Callable[[Function], Function]:
    """Register the decorated function as a model under its own name; see `ModelSpec`.

    Raises ModelError where the name is taken, or the signature or the docstring says too little.
    """

    def decorate(function: Function) -> Function:
        name = function.__name__
        known = _registered.get(name)
        if known is not None and known.function.__module__ != function.__module__:
            raise ModelError(
                f"two models are called '{name}': {known.function.__module__} and "
                f"{function.__module__}; rename one"
            )
        summary = (inspect.getdoc(function) or "").partition("\n")[0]
        if not summary and sys.flags.optimize < 2:  # which leaves docstrings out
            raise ModelError(f"model {name}: its function has no docstring; say what it is")
        _registered[name] = ModelSpec(
            name,
            input,
            _parameters(function),
            summary,
            function,
            frozenset(xla_on),
            operations,
            speed,
        )
        return function

    return decorate


def catalogue() -> dict[str, ModelSpec]:
    """All models by name: those of every module directly in `nnrepro.models`."""
    package = importlib.import_module("nnrepro.models")
    for module in pkgutil.iter_modules(package.__path__):
        if not module.ispkg and not module.name.startswith("_"):
            importlib.import_module(f"nnrepro.models.{module.name}")
    return dict(sorted(_registered.items()))


def build_model(name: str, settings: Mapping[str, Value], task: Task) -> "keras.Model":
    """Build the model `name` for `task` with its parameters taken from `settings`.

    Keras's global settings are put to their defaults before; initial weights follow its global
    seed. Raises ModelError where there is no such model, or its parameters are missing or not
    allowed.
    """
    models = catalogue()
    if name not in models:
        close = difflib.get_close_matches(name, models, n=1)
        hint = f"; did you mean '{close[0]}'?" if close else ""
        raise ModelError(f"there is no model '{name}'{hint}; known: {', '.join(models)}")
    spec = models[name]
    set_keras_defaults()
    return spec.function(task, **spec.own_parameters(settings))


def _parameters(function: Callable[..., Any]) -> dict[str, Parameter]:
    """The keyword-only parameters of a model's function."""
    hints = typing.get_type_hints(function, localns={"keras": _NoKeras}, include_extras=True)
    return {
        name: _parameter(f"model {function.__name__}: parameter '{name}'", hints.get(name), item)
        for name, item in inspect.signature(function).parameters.items()
        if item.kind is inspect.Parameter.KEYWORD_ONLY
    }


def _parameter(where: str, hint: Any, item: inspect.Parameter) -> Parameter:
    limits = Range()
    if typing.get_origin(hint) is Annotated:
        hint, *extras = typing.get_args(hint)
        limits = next((extra for extra in extras if isinstance(extra, Range)), limits)
    choices: tuple[Value, ...] = ()
    if typing.get_origin(hint) is Literal:
        choices = typing.get_args(hint)
        hint = type(choices[0])
    if hint not in _SCALARS:
        raise ModelError(f"{where} must be annotated as int, float, bool, str or a Literal of them")
    required = item.default is inspect.Parameter.empty
    default = None if required else item.default
    return Parameter(hint, default, required, choices, limits)


class _NoKeras:
    """Stands in for the Keras module while annotations such as "keras.Model" are resolved."""

    Model = object
