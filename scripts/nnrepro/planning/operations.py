"""Floating-point operations of an epoch, counted from a run's settings.

Counted are the products and sums of a model's layers as they are computed (a convolution over
one-hot characters is a look-up and a sum), a multiplication and an addition as two operations. A
training step counts three times a forward pass. Activations, pooling and the optimiser are left
out: counts serve to compare settings of one model.
"""

from collections.abc import Mapping

from nnrepro.models.registry import catalogue
from nnrepro.study.run import Run, Scalar

_ASSUMED = {"train": 10_000, "test": 2_000}
"""Examples of runs that do not say how many they have."""


def epoch_operations(run: Run) -> float | None:
    """Operations of training on the training set and evaluating on all other examples, once.

    None for a model that nothing is known of. Raises KeyError where a parameter of the model is
    still to be selected.
    """
    model = catalogue().get(run.model)
    if model is None or model.operations is None:
        return None
    return passes(run.settings) * model.operations(run.settings)


def passes(settings: Mapping[str, Scalar]) -> float:
    """An epoch's work in forward passes of one example.

    Of a run on all examples that there are, whose numbers only the data tell, some are assumed.
    """
    first = int(settings.get("test_examples", _ASSUMED["test"]))
    tested = max(first, int(settings["comparison_test_examples"]))
    held_out = int(settings.get("validation_examples", 0))
    return (
        3.0 * (int(settings.get("train_examples", _ASSUMED["train"])) - held_out)
        + tested
        + held_out
    )
