"""The settings that every model shares, and how a value is checked.

Settings are flat: data, training and analysis settings listed here, and the parameters that a
model's function declares. A configuration may give them per scope: `all`, an input (`image`,
`characters`, `words`) or a model's name, the narrower scope winning.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from nnrepro.study.class_weights import CLASS_WEIGHT, weight_problem
from nnrepro.study.evaluation import CHOICES, TEST_EVALUATION
from nnrepro.study.messages import choice, shown
from nnrepro.study.optimizers import OPTIMIZER_SETTINGS, SCHEDULE_SETTINGS
from nnrepro.study.options import Meaning, Parameter, Range
from nnrepro.study.run import Scalar
from nnrepro.study.sampling import distribution_problems

_FROM_ZERO, _FROM_ONE = Range(0), Range(1)
_ABOVE_ZERO = Range(0, exclusive=True)

_OF_NUMBERS = ("mean_squared_error", "mean_absolute_error", "huber")
"""Losses of a regression."""


class _ClassWeight(Parameter):
    """A text that stands for a section of its own."""

    def problem(self, value: Any) -> str | None:
        """As of any parameter."""
        return weight_problem(value)


_EXAMPLES = "How many examples are {}; all that there are by default."
_CLOSING = "Epochs {}; a tenth of the run's by default."

SETTINGS: dict[str, Parameter] = {
    "layout": Parameter(
        str,
        "planes",
        choices=("planes", "flat"),
        meaning=Meaning(
            "How an image's numbers are read - as `planes` of a colour, as they are stored, or "
            "`flat`, which scrambles them."
        ),
    ),
    "train_examples": Parameter(
        int, range=_FROM_ONE, meaning=Meaning(_EXAMPLES.format("trained on"))
    ),
    "test_examples": Parameter(
        int, range=_FROM_ONE, meaning=Meaning(_EXAMPLES.format("tested on"))
    ),
    TEST_EVALUATION: Parameter(
        str,
        choices=CHOICES,
        meaning=Meaning(
            "When the test set is evaluated - `every_epoch`, the default, `at_end` or `never`; see "
            "docs/selection.md."
        ),
    ),
    "comparison_test_examples": Parameter(
        int,
        0,
        range=_FROM_ZERO,
        meaning=Meaning("Examples of a second, larger test set; 0 for none."),
    ),
    "test_folds": Parameter(
        int,
        0,
        range=_FROM_ZERO,
        meaning=Meaning("Folds of the test set by which right answers are counted, too."),
    ),
    "validation_examples": Parameter(
        int,
        0,
        range=_FROM_ZERO,
        meaning=Meaning("Examples held out of training where the data have no validation set."),
    ),
    "epochs": Parameter(
        int,
        20,
        range=_FROM_ONE,
        meaning=Meaning("How often the training examples are gone through."),
    ),
    "batch_size": Parameter(int, 32, range=_FROM_ONE, meaning=Meaning("Examples in a step.")),
    **OPTIMIZER_SETTINGS,
    **SCHEDULE_SETTINGS,
    "early_stopping": Parameter(
        int,
        range=_FROM_ONE,
        meaning=Meaning(
            "Epochs without an improvement after which a run ends; see docs/training.md."
        ),
    ),
    "early_stopping_metric": Parameter(
        str, meaning=Meaning("What has to improve; the validation loss by default.")
    ),
    "label_smoothing": Parameter(
        float,
        range=Range(0, 1),
        meaning=Meaning("Share of a label that is spread over all classes."),
    ),
    CLASS_WEIGHT: _ClassWeight(
        str,
        meaning=Meaning("`balanced`, or a weight in the loss for each class by name or number."),
    ),
    "loss": Parameter(
        str,
        choices=("logits", "probabilities", *_OF_NUMBERS),
        meaning=Meaning("The loss, by the task where nothing is said; see docs/metrics.md."),
    ),
    "metrics": Parameter(str),
    "on_divergence": Parameter(
        str,
        "stop",
        choices=("continue", "stop"),
        meaning=Meaning("Whether a run whose loss is no longer finite ends or goes on."),
    ),
    "window": Parameter(
        int, range=_FROM_ONE, meaning=Meaning(_CLOSING.format("that closing means are taken over"))
    ),
    "smoothing": Parameter(
        int,
        range=_FROM_ONE,
        meaning=Meaning(_CLOSING.format("of the moving mean by which convergence is told")),
    ),
    "classes": Parameter(
        int,
        0,
        range=_FROM_ZERO,
        meaning=Meaning("Number of classes, by which a collapse is judged; 0 where it is unknown."),
    ),
    "collapse_below": Parameter(
        float,
        1.5,
        range=_ABOVE_ZERO,
        meaning=Meaning("Times chance below which an accuracy has collapsed."),
    ),
    "collapse_above": Parameter(
        float, 4.0, range=_ABOVE_ZERO, meaning=Meaning("Times chance that it had reached before.")
    ),
    "collapse_epochs": Parameter(
        int, 50, range=_FROM_ONE, meaning=Meaning("Epochs within which it is back.")
    ),
}
"""Settings outside the models' own parameters.

One without a default is no part of a run unless it is given: there are as many examples as the data
have, and the learning rate is Keras's for the optimiser. Window and smoothing follow from epochs.
"""

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

    Args:
        key: the section that they stand in.
        settings: by name, with one value, a list of them, or a distribution.
        models: those that the settings are for.
        others: what else could stand there, for hints.
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
