"""The settings that every model shares, and how a value is checked.

Settings are flat: data, training and analysis settings listed here, and the parameters that a
model's function declares. A configuration may give them per scope: `all`, an input (`image`,
`characters`, `words`) or a model's name, the narrower scope winning.
"""

import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from nnrepro.study.run import Scalar
from nnrepro.yamlfile import YamlError, plain_value


@dataclass(frozen=True)
class Setting:
    """A setting outside the models' own parameters.

    Attributes:
        type: int, float or str.
        minimum: smallest allowed number; None for strings.
        choices: allowed strings; empty when any number from `minimum` on is allowed.
        inputs: the inputs that it applies to; empty for all.
        exclusive: whether `minimum` itself is not allowed.
        default: its value where no scope gives one; None when one has to.
    """

    type: type
    minimum: float | None = None
    choices: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    exclusive: bool = False
    default: Scalar | None = None


SETTINGS: dict[str, Setting] = {
    "layout": Setting(str, choices=("planes", "flat"), inputs=("image",)),
    "train_examples": Setting(int, minimum=1),
    "test_examples": Setting(int, minimum=1),
    "comparison_test_examples": Setting(int, minimum=0),
    "test_folds": Setting(int, minimum=0, default=0),
    "validation_examples": Setting(int, minimum=0, default=0),
    "epochs": Setting(int, minimum=1),
    "batch_size": Setting(int, minimum=1),
    "optimizer": Setting(str, choices=("sgd", "rmsprop", "adam")),
    "learning_rate": Setting(float, minimum=0, exclusive=True),
    "momentum": Setting(float, minimum=0),
    "clipvalue": Setting(float, minimum=0),
    "loss": Setting(str, choices=("logits", "probabilities")),
    "on_divergence": Setting(str, choices=("continue", "stop")),
    "window": Setting(int, minimum=1),
    "smoothing": Setting(int, minimum=1),
    "classes": Setting(int, minimum=0, default=0),
    "collapse_below": Setting(float, minimum=0, default=1.5, exclusive=True),
    "collapse_above": Setting(float, minimum=0, default=4.0, exclusive=True),
    "collapse_epochs": Setting(int, minimum=1, default=50),
}

_LONGEST_SHOWN = 200
_JSON_TYPES = {
    int: {"integer", "number"},
    float: {"number"},
    bool: {"boolean"},
    type(None): {"null"},
}

BUDGET_SETTINGS = ("epochs", "train_examples", "test_examples")
SIZE_SETTINGS = ("comparison_test_examples", "test_folds", "validation_examples")
"""Settings of the sets of examples beside those that a budget may cap."""


class ParameterSpec(Protocol):
    """What the study needs to know of one parameter of a model."""

    @property
    def type(self) -> type:
        """int, float, bool or str."""

    @property
    def required(self) -> bool:
        """Whether it has no default."""

    @property
    def default(self) -> Any:
        """Its default; meaningless when required."""

    def problem(self, value: Any) -> str | None:
        """What is wrong with `value`, as the end of a sentence; None when nothing is."""


class ModelSpec(Protocol):
    """What the study needs to know of a registered model."""

    @property
    def input(self) -> str:
        """What it reads: image, characters or words."""

    @property
    def parameters(self) -> Mapping[str, ParameterSpec]:
        """Its own parameters by name."""


def nearest(word: str, allowed: Iterable[str]) -> str:
    """A hint "; did you mean 'x'?" for the most similar allowed word, or an empty string."""
    close = difflib.get_close_matches(str(word), [str(item) for item in allowed], n=1, cutoff=0.6)
    return f"; did you mean '{close[0]}'?" if close else ""


def one_of(allowed: Iterable[str]) -> str:
    """Allowed words as a list for a message."""
    return ", ".join(f"'{item}'" for item in allowed)


def shown(value: Any) -> str:
    """A value for a message, as YAML spells it, and no longer than a line or two."""
    if value is None:
        return "null"
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def quotation_hint(value: Any, wanted: Iterable[str]) -> str:
    """A hint "; without quotation marks ..." where text spells what is wanted, or nothing.

    Args:
        value: the value that is not of a wanted type.
        wanted: the types as JSON names them.
    """
    if isinstance(value, str):
        try:
            meant = plain_value(value)
        except YamlError as error:
            return f"; {error}" if {"integer", "number"} & set(wanted) else ""
        if _JSON_TYPES.get(type(meant), set()) & set(wanted):
            return f"; it is text: write {shown(meant)}, without quotation marks"
    elif "string" in wanted and isinstance(value, bool | int | float | date):
        return "; put it into quotation marks"
    return ""


def check_setting(name: str, value: Any, model: ModelSpec | None) -> str | None:
    """What is wrong with `value` for the setting `name`, as a message; None when it is fine.

    Args:
        name: a shared setting, or a parameter of `model`.
        value: one value (a sweep is checked value by value).
        model: the model that the setting is for.
    """
    if name in SETTINGS:
        return _check_shared(SETTINGS[name], value)
    assert model is not None
    return model.parameters[name].problem(value)


def known_settings(model: ModelSpec) -> list[str]:
    """Names that a run of `model` accepts."""
    shared = [n for n, s in SETTINGS.items() if not s.inputs or model.input in s.inputs]
    return [*shared, *model.parameters]


def canonical(name: str, value: Scalar, model: ModelSpec) -> Scalar:
    """`value` in the setting's own type, so that 0 and 0.0 give one run, not two."""
    kind = SETTINGS[name].type if name in SETTINGS else model.parameters[name].type
    return float(value) if kind is float else value


def _check_shared(setting: Setting, value: Any) -> str | None:
    problem = _check_type(setting.type, value)
    if problem is not None:
        return problem
    if setting.choices and value not in setting.choices:
        return f"must be one of {one_of(setting.choices)}{nearest(value, setting.choices)}"
    if setting.minimum is None or value > setting.minimum:
        return None
    if value == setting.minimum and not setting.exclusive:
        return None
    return f"must be {'greater than' if setting.exclusive else 'at least'} {setting.minimum:g}"


def _check_type(kind: type, value: Any) -> str | None:
    if kind is bool:
        hint = quotation_hint(value, ("boolean",))
        return None if isinstance(value, bool) else f"must be true or false{hint}"
    if kind is str:
        return None if isinstance(value, str) else "must be a word"
    wanted = "a whole number" if kind is int else "a number"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"must be {wanted}{quotation_hint(value, ('number',))}"
    if not math.isfinite(value):
        return "must be finite"
    if kind is int and not isinstance(value, int):
        return f"must be {wanted}"
    return None
