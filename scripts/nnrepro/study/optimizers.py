"""What a configuration may ask of optimisers and of schedules of their learning rate.

The optimisers are Keras's by their names in small letters, their arguments settings of the same
names. They stand here as a table, so that a configuration is read without Keras, and means the same
whatever is installed; `tests/training/test_optimizers.py` holds it against Keras's signatures.
"""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Annotated, Any, Literal

from nnrepro.study.messages import nearest, one_of
from nnrepro.study.options import Meaning, Parameter, Range, described
from nnrepro.study.run import Scalar

OF_ALL: Mapping[str, Scalar | None] = {
    "learning_rate": 0.001,
    "weight_decay": None,
    "clipnorm": None,
    "clipvalue": None,
    "global_clipnorm": None,
    "use_ema": False,
    "ema_momentum": 0.99,
    "ema_overwrite_frequency": None,
    "gradient_accumulation_steps": None,
}
"""The arguments that every optimiser takes, with the defaults that most have."""

_ADAM: Mapping[str, Scalar] = {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}


def _keras(kind: str, **own: Scalar) -> tuple[str, Mapping[str, Scalar | None]]:
    """A class of Keras, and its arguments with their defaults: those of all, and its own."""
    return kind, {**OF_ALL, **own}


OPTIMIZERS: Mapping[str, tuple[str, Mapping[str, Scalar | None]]] = {
    "adadelta": _keras("Adadelta", rho=0.95, epsilon=1e-7),
    "adafactor": _keras(
        "Adafactor",
        beta_2_decay=-0.8,
        epsilon_1=1e-30,
        epsilon_2=1e-3,
        clip_threshold=1.0,
        relative_step=True,
    ),
    "adagrad": _keras("Adagrad", initial_accumulator_value=0.1, epsilon=1e-7),
    "adam": _keras("Adam", **_ADAM, amsgrad=False),
    "adamax": _keras("Adamax", **_ADAM),
    "adamw": _keras("AdamW", **_ADAM, weight_decay=0.004, amsgrad=False),
    "ftrl": _keras(
        "Ftrl",
        learning_rate_power=-0.5,
        initial_accumulator_value=0.1,
        l1_regularization_strength=0.0,
        l2_regularization_strength=0.0,
        l2_shrinkage_regularization_strength=0.0,
        beta=0.0,
    ),
    "lamb": _keras("Lamb", **_ADAM),
    "lion": _keras("Lion", beta_1=0.9, beta_2=0.99),
    "muon": _keras(
        "Muon",
        adam_beta_1=0.9,
        adam_beta_2=0.999,
        adam_weight_decay=0.004,
        epsilon=1e-7,
        weight_decay=0.004,
        exclude_embeddings=True,
        muon_a=3.4445,
        muon_b=-4.775,
        muon_c=2.0315,
        adam_lr_ratio=1.0,
        momentum=0.95,
        ns_steps=5,
        nesterov=True,
        rms_rate=0.2,
    ),
    "nadam": _keras("Nadam", **_ADAM),
    "rmsprop": _keras("RMSprop", rho=0.9, momentum=0.0, epsilon=1e-7, centered=False),
    "schedule_free_adamw": _keras(
        "ScheduleFreeAdamW", **{**_ADAM, "learning_rate": 0.0025, "epsilon": 1e-8}, warmup_steps=0
    ),
    "sgd": _keras("SGD", learning_rate=0.01, momentum=0.0, nesterov=False),
}
"""Keras's class and its arguments with their defaults, by the optimiser's name."""

NOT_TAKEN = ("name", "loss_scale_factor", "exclude_layers")
"""Arguments that are no settings: a name, what only half precision needs, and a list of layers."""

SCHEDULES: Mapping[str, tuple[str, ...]] = {
    "constant": (),
    "cosine": ("decay_to",),
    "exponential": ("decay_to",),
    "linear": ("decay_to",),
    "step": ("step_epochs", "step_factor"),
}
"""The options of each schedule."""

_NEEDED = ("step_epochs",)
"""Those without a default."""

_CLIPS = ("clipnorm", "clipvalue", "global_clipnorm")
_SHARE, _FROM_ZERO, _ABOVE_ZERO = Range(0, 1), Range(0), Range(0, exclusive=True)
_RANGES = {
    "learning_rate": _ABOVE_ZERO,
    "beta_2_decay": Range(),
    "learning_rate_power": Range(maximum=0),
    "gradient_accumulation_steps": Range(2),
    "ema_overwrite_frequency": Range(1),
    "ns_steps": Range(1),
    **dict.fromkeys(("muon_a", "muon_b", "muon_c"), Range()),
    **dict.fromkeys(("momentum", "ema_momentum", "rho", "adam_beta_1", "adam_beta_2"), _SHARE),
    **dict.fromkeys(("beta_1", "beta_2"), _SHARE),
}
_FIRST = ("learning_rate", "momentum", "clipvalue")
"""What stands first in tables of settings."""
_WHOLE = ("ema_overwrite_frequency", "gradient_accumulation_steps")


def _argument(name: str, default: Scalar | None) -> Parameter:
    kind = type(default) if default is not None else int if name in _WHOLE else float
    limits = Range() if kind is bool else _RANGES.get(name, _FROM_ZERO)
    return Parameter(kind, range=limits)


OPTIMIZER_SETTINGS: dict[str, Parameter] = {
    "optimizer": Parameter(
        str,
        "adam",
        choices=tuple(OPTIMIZERS),
        meaning=Meaning("One of Keras's; its arguments are settings, too, with Keras's defaults."),
    ),
    **{
        name: _argument(name, arguments[name])
        for _, arguments in (OPTIMIZERS["sgd"], *OPTIMIZERS.values())
        for name in (*_FIRST, *arguments)
        if name in arguments
    },
}
"""Settings of the optimiser; what is not given is Keras's default for that optimiser."""


def _schedule(
    *,
    schedule: Literal[*SCHEDULES] | None = None,  # type: ignore[valid-type]
    warmup_epochs: Annotated[float, _FROM_ZERO] | None = None,
    decay_to: Annotated[float, _SHARE] | None = None,
    step_epochs: Annotated[float, _ABOVE_ZERO] | None = None,
    step_factor: Annotated[float, Range(0, 1, exclusive=True)] | None = None,
) -> None:
    """Settings of the learning rate.

    Args:
        schedule: How the learning rate changes; see docs/training.md.
        warmup_epochs: Epochs in which it rises from nearly 0 along a line.
        decay_to: Share of it that a schedule comes down to.
        step_epochs: Epochs of a step of schedule `step`.
        step_factor: What each such step multiplies it by; 0.1 by default.
    """


SCHEDULE_SETTINGS: dict[str, Parameter] = described(_schedule)
"""Settings of the learning rate's schedule: constant where none is given."""


def optimizer_problems(settings: Mapping[str, Any]) -> Iterator[str]:
    """What an optimiser and a schedule cannot do with what is asked of them, as messages.

    An argument of 0 or false that the optimiser does not have asks nothing of it.
    """
    name = settings["optimizer"]
    arguments = OPTIMIZERS[name][1]
    given = {key: settings[key] for key in OPTIMIZER_SETTINGS if key in settings}
    for key, value in given.items():
        if value and key not in (*arguments, "optimizer"):
            yield (
                f"{key}: {value} is no argument of optimizer '{name}'{nearest(key, arguments)}; "
                f"it takes {one_of(arguments)}"
            )
    clips = [key for key in _CLIPS if given.get(key)]
    if len(clips) > 1:
        yield f"{clips[0]}: Keras clips in one way; leave out {one_of(clips[1:])}"
    if given.get("nesterov") and not given.get("momentum", arguments.get("momentum")):
        yield "nesterov: has no effect without momentum; give that, too"
    for key in ("ema_momentum", "ema_overwrite_frequency"):
        if key in given and not given.get("use_ema"):
            yield f"{key}: has no effect without 'use_ema: true'"
    yield from _schedule_problems(settings)


def _schedule_problems(settings: Mapping[str, Any]) -> Iterator[str]:
    name = settings.get("schedule", "constant")
    takes = SCHEDULES[name]
    for key in dict.fromkeys(chain.from_iterable(SCHEDULES.values())):
        if key in settings and key not in takes:
            having = [schedule for schedule, options in SCHEDULES.items() if key in options]
            yield f"{key}: schedule '{name}' takes none; it is for {one_of(having)}"
        if key in takes and key in _NEEDED and key not in settings:
            yield f"{key}: schedule '{name}' needs it; give a number of epochs"
    if name == "exponential" and settings.get("decay_to") == 0:
        yield "decay_to: an exponential decay never reaches 0; give a share of the learning rate"
