"""The registry of models: what a configuration may name, read without importing Keras.

A model is a function that takes a `Task` and keyword-only parameters and returns a `keras.Model`
whose outputs are raw: logits, or plain numbers for a regression:

    @register(input="words")
    def bag_of_words(task: Task, *, units: Annotated[int, Range(1)] = 50) -> "keras.Model":
        "A mean of embeddings and a dense layer."
        import keras
        ...

Its name, parameters, types, defaults and allowed values are read from the signature; a parameter
without a default must be given by the configuration. Keras is imported inside the function only, so
that the catalogue costs nothing to read.
"""

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from nnrepro.environment import set_keras_defaults
from nnrepro.errors import NnreproError
from nnrepro.metrics.registry import CLASSIFICATION
from nnrepro.registry import Registry
from nnrepro.study.messages import nearest
from nnrepro.study.options import (
    Parameter,
    Range,  # noqa: F401 - models of one's own import it from here
    SignatureError,
    parameters_of,
)
from nnrepro.study.run import Scalar

if TYPE_CHECKING:
    import keras

Function = TypeVar("Function", bound=Callable[..., Any])
Operations = Callable[[Mapping[str, Any]], float]


class ModelError(NnreproError):
    """A model is declared wrongly, is unknown, or was given parameters it cannot take."""


@dataclass(frozen=True)
class Task:
    """What a model is built for; it comes from the data and the run, not from the configuration.

    `input_shape` is that of one example: (32, 32, 3) for an image, (100,) for ids; `num_outputs`
    the width of the output, `num_classes` the same where there are classes, 0 for a regression;
    `vocabulary_size` the number of ids in use (0 for images); `seed` the run's, which decides
    dropout masks (initial weights follow the global seed). `inspected` tells whether the output of
    every layer is asked for, so that none may be merged with the next for speed; weights are those
    of the model that is trained. `kind` is `classification`, `multi_label` or `regression`.
    `examples` are those that an epoch trains with, 0 where the model is not built for training.
    """

    input_shape: tuple[int, ...]
    num_classes: int
    vocabulary_size: int = 0
    seed: int = 0
    inspected: bool = False
    kind: str = CLASSIFICATION
    num_outputs: int = 0
    examples: int = 0

    def __post_init__(self) -> None:
        if not self.num_outputs:
            object.__setattr__(self, "num_outputs", self.num_classes)


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

    def own_parameters(self, settings: Mapping[str, Scalar]) -> dict[str, Scalar]:
        """The model's parameters out of a run's flat settings, defaults filled in.

        Raises ModelError where a required one is missing or a value is not allowed.
        """
        chosen: dict[str, Scalar] = {}
        for name, parameter in self.parameters.items():
            if name not in settings and parameter.required:
                raise ModelError(f"model {self.name}: parameter '{name}' is missing; set it")
            value = settings.get(name, parameter.default)
            problem = parameter.problem(value)
            if problem is not None or value is None:
                raise ModelError(f"model {self.name}: {name} = {value!r} {problem}")
            chosen[name] = value
        return chosen


_registered: Registry[ModelSpec] = Registry("model", ModelError)


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
        summary = (inspect.getdoc(function) or "").partition("\n")[0]
        if not summary and sys.flags.optimize < 2:  # which leaves docstrings out
            raise ModelError(f"model {name}: its function has no docstring; say what it is")
        try:
            parameters = parameters_of(function)
        except SignatureError as error:
            raise ModelError(f"model {name}: {error}") from error
        spec = ModelSpec(
            name, input, parameters, summary, function, frozenset(xla_on), operations, speed
        )
        _registered.add(name, spec, function.__module__)
        return function

    return decorate


def catalogue() -> Mapping[str, ModelSpec]:
    """All models by name: those of every module directly in `nnrepro.models`, and a study's own.

    It follows what plug-ins come into force later.
    """
    package = importlib.import_module("nnrepro.models")
    for module in pkgutil.iter_modules(package.__path__):
        if not module.ispkg and not module.name.startswith("_"):
            importlib.import_module(f"nnrepro.models.{module.name}")
    return _registered


def build_model(name: str, settings: Mapping[str, Scalar], task: Task) -> "keras.Model":
    """Build the model `name` for `task` with its parameters taken from `settings`.

    Keras's global settings are put to their defaults before; initial weights follow its global
    seed. Raises ModelError where there is no such model, or its parameters are missing or not
    allowed.
    """
    models = catalogue()
    if name not in models:
        known = ", ".join(models)
        raise ModelError(f"there is no model '{name}'{nearest(name, models)}; known: {known}")
    spec = models[name]
    set_keras_defaults()
    return spec.function(task, **spec.own_parameters(settings))
