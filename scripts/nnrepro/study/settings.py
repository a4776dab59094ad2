"""The settings that every model shares, and how a value is checked.

Settings are flat: data, training and analysis settings listed here, and the parameters that a
model's function declares. A configuration may give them per scope: `all`, an input (`image`,
`characters`, `words`) or a model's name, the narrower scope winning.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Annotated, Any, Literal, Protocol

from nnrepro.metrics.losses import OF_KERAS, own_losses
from nnrepro.study.class_weights import CLASS_WEIGHT, weight_problem
from nnrepro.study.evaluation import CHOICES
from nnrepro.study.messages import choice, shown
from nnrepro.study.optimizers import OPTIMIZER_SETTINGS, SCHEDULE_SETTINGS
from nnrepro.study.options import Parameter, Range, described
from nnrepro.study.run import Scalar
from nnrepro.study.sampling import distribution_problems

_FromZero = Annotated[int, Range(0)]
_FromOne = Annotated[int, Range(1)]
_AboveZero = Annotated[float, Range(0, exclusive=True)]


class _ClassWeight(Parameter):
    """A text that stands for a section of its own."""

    def problem(self, value: Any) -> str | None:
        """As of any parameter."""
        return weight_problem(value)


class _Loss(Parameter):
    """The name of a loss of Keras's, or of one's own."""

    def problem(self, value: Any) -> str | None:
        """As of any parameter."""
        names = dict.fromkeys(chain(*OF_KERAS.values(), own_losses()))
        return Parameter(str, choices=tuple(names)).problem(value)


def _data_and_length(
    *,
    layout: Literal["planes", "flat"] = "planes",
    train_examples: _FromOne | None = None,
    test_examples: _FromOne | None = None,
    test_evaluation: Literal[CHOICES] | None = None,  # type: ignore[valid-type]
    comparison_test_examples: _FromZero = 0,
    test_folds: _FromZero = 0,
    validation_examples: _FromZero = 0,
    epochs: _FromOne = 20,
    batch_size: _FromOne = 32,
) -> None:
    """Settings of data and of how long is trained.

    Args:
        layout: How an image's numbers are read - as `planes` of a colour, as they are stored, or
            `flat`, which scrambles them.
        train_examples: How many examples are trained on; all that there are by default.
        test_examples: How many examples are tested on; all that there are by default.
        test_evaluation: When the test set is evaluated - `every_epoch`, the default, `at_end` or
            `never`; see docs/selection.md.
        comparison_test_examples: Examples of a second, larger test set; 0 for none.
        test_folds: Folds of the test set by which right answers are counted, too.
        validation_examples: Examples held out of training where the data have no validation set.
        epochs: How often the training examples are gone through.
        batch_size: Examples in a step.
    """


def _aim_and_reading(  # noqa: D417  metrics have a key of their own
    *,
    early_stopping: _FromOne | None = None,
    early_stopping_metric: str | None = None,
    label_smoothing: Annotated[float, Range(0, 1)] | None = None,
    class_weight: str | None = None,
    loss: str | None = None,
    metrics: str | None = None,
    on_divergence: Literal["continue", "stop"] = "stop",
    window: _FromOne | None = None,
    smoothing: _FromOne | None = None,
    classes: _FromZero = 0,
    collapse_below: _AboveZero = 1.5,
    collapse_above: _AboveZero = 4.0,
    collapse_epochs: _FromOne = 50,
) -> None:
    """Settings of what is learned and when that ends, and of how a history is read.

    Args:
        early_stopping: Epochs without an improvement after which a run ends; see docs/training.md.
        early_stopping_metric: What has to improve; the validation loss by default.
        label_smoothing: Share of a label that is spread over all classes.
        class_weight: `balanced`, or a weight in the loss for each class by name or number.
        loss: The loss, by the task where nothing is said; see docs/metrics.md.
        on_divergence: Whether a run whose loss is no longer finite ends or goes on.
        window: Epochs that closing means are taken over; a tenth of the run's by default.
        smoothing: Epochs of the moving mean by which convergence is told; a tenth of the run's by
            default.
        classes: Number of classes, by which a collapse is judged; 0 where it is unknown.
        collapse_below: Times chance below which an accuracy has collapsed.
        collapse_above: Times chance that it had reached before.
        collapse_epochs: Epochs within which it is back.
    """


SETTINGS: dict[str, Parameter] = {
    **described(_data_and_length),
    **OPTIMIZER_SETTINGS,
    **SCHEDULE_SETTINGS,
    **described(_aim_and_reading),
}
"""Settings outside the models' own parameters.

One without a default is no part of a run unless it is given: there are as many examples as the data
have, and the learning rate is Keras's for the optimiser. Window and smoothing follow from epochs.
"""
SETTINGS[CLASS_WEIGHT] = _ClassWeight(str, meaning=SETTINGS[CLASS_WEIGHT].meaning)
SETTINGS["loss"] = _Loss(str, meaning=SETTINGS["loss"].meaning)

CLOSING = ("window", "smoothing")
"""Settings that are a tenth of a run's epochs where nobody gives them."""

_OF_ONE_INPUT = {"layout": "image"}
"""Settings that apply to one input alone."""

BUDGET_SETTINGS = ("epochs", "train_examples", "test_examples")
SIZE_SETTINGS = ("comparison_test_examples", "test_folds", "validation_examples")
"""Settings of the sets of examples beside those that a budget may cap."""


class ModelSpec(Protocol):
    """What the study needs to know of a registered model."""

    @property
    def summary(self) -> str:
        """What it is, in a line."""

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
    key: str,
    settings: Mapping[str, Any],
    models: Sequence[ModelSpec],
    others: Iterable[str] = (),
) -> list[str]:
    """Settings that none of some models has, and values that they cannot have, as messages.

    Each setting has one value, a list of them, or a distribution; it stands in the section `key`,
    where the `others` could stand, too.
    """
    known = (name for model in models for name in known_settings(model))
    allowed = dict.fromkeys([*others, *known])
    problems = []
    for name, value in settings.items():
        owner = next((model for model in models if name in known_settings(model)), None)
        if owner is None:
            problems.append(
                f"{key}.{name}: {shown(value)}: unknown setting"
                f"{choice(name, allowed, where='docs/reference/keys.md')}"
            )
            continue
        if isinstance(value, Mapping):
            found = distribution_problems(value, setting(name, owner))
            problems += [f"{key}.{name}{problem}" for problem in found]
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
