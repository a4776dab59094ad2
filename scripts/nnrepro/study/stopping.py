"""What a configuration may ask of early stopping."""

from collections.abc import Iterator, Mapping
from typing import Any

SETS = ("validation", "test", "train")
_DEFAULT = "validation_loss"


def watched(settings: Mapping[str, Any]) -> tuple[str, str]:
    """The set of examples and the metric by which a run stops early."""
    of, _, metric = str(settings.get("early_stopping_metric", _DEFAULT)).partition("_")
    return of, metric


def stopping_problems(settings: Mapping[str, Any], *, held_out: bool) -> Iterator[str]:
    """What is wrong with a run's early stopping, as messages.

    `held_out` tells whether its data have a validation set without that the settings hold any out.
    """
    if "early_stopping" not in settings:
        if "early_stopping_metric" in settings:
            yield "early_stopping_metric: has no effect without 'early_stopping'"
        return
    of, metric = watched(settings)
    if of not in SETS or not metric:
        yield (
            f"early_stopping_metric: '{settings['early_stopping_metric']}' must be a set and a "
            "metric, as validation_loss or test_accuracy; sets: 'validation', 'test', 'train'"
        )
    if of == "validation" and not held_out and not settings.get("validation_examples"):
        yield (
            "early_stopping: watches the loss on validation examples, of which there are none; "
            "split some off the data or set validation_examples, or say early_stopping_metric: "
            "test_loss, which stops by the test set"
        )
    if settings.get("use_ema"):
        yield "use_ema: early stopping puts back the best epoch's weights; leave out one of the two"
