"""The settings that every model shares, and how a value is checked.

Settings are flat: data, training and analysis settings listed here, and the parameters that a
model's function declares. A configuration may give them per scope: `all`, an input (`image`,
`characters`, `words`) or a model's name, the narrower scope winning.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from nnrepro.study.messages import nearest, one_of, shown
from nnrepro.study.optimizers import OPTIMIZER_SETTINGS, SCHEDULE_SETTINGS
from nnrepro.study.options import Parameter, Range
from nnrepro.study.run import Scalar

_FROM_ZERO, _FROM_ONE = Range(0), Range(1)
_ABOVE_ZERO = Range(0, exclusive=True)

_OF_NUMBERS = ("mean_squared_error", "mean_absolute_error", "huber")
"""Losses of a regression."""

SETTINGS: dict[str, Parameter] = {
    "layout": Parameter(str, required=True, choices=("planes", "flat")),
    "train_examples": Parameter(int, required=True, range=_FROM_ONE),
    "test_examples": Parameter(int, required=True, range=_FROM_ONE),
    "comparison_test_examples": Parameter(int, required=True, range=_FROM_ZERO),
    "test_folds": Parameter(int, 0, range=_FROM_ZERO),
    "validation_examples": Parameter(int, 0, range=_FROM_ZERO),
    "epochs": Parameter(int, required=True, range=_FROM_ONE),
    "batch_size": Parameter(int, required=True, range=_FROM_ONE),
    **OPTIMIZER_SETTINGS,
    **SCHEDULE_SETTINGS,
    "loss": Parameter(str, choices=("logits", "probabilities", *_OF_NUMBERS)),
    "metrics": Parameter(str),
    "on_divergence": Parameter(str, required=True, choices=("continue", "stop")),
    "window": Parameter(int, required=True, range=_FROM_ONE),
    "smoothing": Parameter(int, required=True, range=_FROM_ONE),
    "classes": Parameter(int, 0, range=_FROM_ZERO),
    "collapse_below": Parameter(float, 1.5, range=_ABOVE_ZERO),
    "collapse_above": Parameter(float, 4.0, range=_ABOVE_ZERO),
    "collapse_epochs": Parameter(int, 50, range=_FROM_ONE),
}
"""Settings outside the models' own parameters.

One that is neither required nor has a default is absent where nobody gives it.
"""

_OF_ONE_INPUT = {"layout": "image"}
"""Settings that apply to one input alone."""

BUDGET_SETTINGS = ("epochs", "train_examples", "test_examples")
SIZE_SETTINGS = ("comparison_test_examples", "test_folds", "validation_examples")
"""Settings of the sets of examples beside those that a budget may cap."""


class ModelSpec(Protocol):
    """What the study needs to know of a registered model."""

    @property
    def input(self) -> str:
        """What it reads: image, characters or words."""

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """Its own parameters by name."""


def setting(name: str, model: ModelSpec) -> Parameter:
    """A shared setting, or a parameter of a model."""
    return SETTINGS[name] if name in SETTINGS else model.parameters[name]


def setting_problems(
    key: str, settings: Mapping[str, Any], models: Sequence[ModelSpec]
) -> list[str]:
    """Settings that none of some models has, and values that they cannot have, as messages.

    Args:
        key: the section that they stand in.
        settings: by name, with one value or a list of them.
        models: those that the settings are for.
    """
    allowed = dict.fromkeys(name for model in models for name in known_settings(model))
    problems = []
    for name, value in settings.items():
        owner = next((model for model in models if name in known_settings(model)), None)
        if owner is None:
            problems.append(
                f"{key}.{name}: {shown(value)}: unknown setting{nearest(name, allowed)}; "
                f"allowed: {one_of(allowed)}"
            )
            continue
        for item in value if isinstance(value, list) else [value]:
            problem = setting(name, owner).problem(item)
            if problem:
                problems.append(f"{key}.{name}: {shown(item)} {problem}")
    return problems


def known_settings(model: ModelSpec) -> list[str]:
    """Names that a run of `model` accepts."""
    shared = [name for name in SETTINGS if _OF_ONE_INPUT.get(name, model.input) == model.input]
    return [*shared, *model.parameters]


def canonical(name: str, value: Scalar, model: ModelSpec) -> Scalar:
    """`value` in the setting's own type, so that 0 and 0.0 give one run, not two."""
    return float(value) if setting(name, model).type is float else value
