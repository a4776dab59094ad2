"""What the engines ask of a model, so that nothing of it is dropped in silence.

The engines do what `keras.Model.fit` does with a model of one input and one output: they train its
trainable weights, keep its other state (moving statistics, random states), apply its constraints
and add its regularisers. What they have no place for is refused here, before any step.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from nnrepro.metrics.registry import CLASSIFICATION, MULTI_LABEL, REGRESSION
from nnrepro.models.device import device_kind
from nnrepro.models.registry import Task, catalogue
from nnrepro.training.errors import TrainingError

if TYPE_CHECKING:
    import keras

    from nnrepro.data.dataset import Dataset

_KNOWN_LAYERS = ("keras.", "nnrepro.models.layers.")
_OUTPUTS = {
    CLASSIFICATION: "a logit for each class",
    MULTI_LABEL: "a logit for each label",
    REGRESSION: "a number for each target",
}
_OWN_WAYS = ("train_step", "test_step", "compute_loss", "compute_metrics")


def task_of(dataset: "Dataset", *, seed: int = 0, inspected: bool = False) -> Task:
    """What a model of a data set is built for; seed and inspection as `Task` has them."""
    return Task(
        tuple(int(size) for size in dataset.train_x.shape[1:]),
        dataset.num_classes,
        dataset.vocabulary_size,
        seed,
        inspected,
        dataset.task,
        dataset.num_outputs,
        len(dataset.train_y),
    )


def needs_xla(model: "keras.Model", name: str) -> bool:
    """Whether training a model is slow unless XLA compiles it.

    Where its registration, under `name`, says so of the device, or a layer of it at any depth.
    """
    layers = model._flatten_layers()
    return device_kind() in catalogue()[name].xla_on or any(
        getattr(layer, "needs_xla", False) for layer in layers
    )


def check_model(model: "keras.Model", name: str, *, examples: np.dtype, task: Task) -> None:
    """Refuse a model of which training would drop or misread something, with the remedy.

    `examples` is the type of the examples that it will read, `task` what it is built for.
    """
    for problem in model_problems(model, examples, task):
        raise TrainingError(f"model '{name}' {problem}")


def model_problems(model: "keras.Model", examples: np.dtype, task: Task) -> Iterator[str]:
    """What is wrong, each as the end of a sentence; the later hold only without the earlier.

    Arguments as for `check_model`.
    """
    import keras

    if not isinstance(model, keras.Model) or not getattr(model, "outputs", None):
        yield "must give a keras.Model made of inputs and outputs"
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        yield f"has {len(model.inputs)} inputs and {len(model.outputs)} outputs, not one of each"
    if model.output_shape != (None, task.num_outputs):
        yield (
            f"gives outputs of shape {model.output_shape}, not (None, {task.num_outputs}): "
            f"{_OUTPUTS[task.kind]}"
        )
    if not model.trainable_variables:
        yield "has no weights to train"
    if model.compiled:
        yield "is compiled; leave that out, as loss and optimizer are settings of the study"
    for way in _OWN_WAYS:
        if getattr(type(model), way) is not getattr(keras.Model, way):
            yield f"has a {way} of its own, which is not called; make losses with add_loss"
    for metric in model.metrics:
        yield f"has a metric of its own, {metric.name}, which is not recorded; leave it out"
    ending = _ends_in(model)
    if task.kind != REGRESSION and ending:
        yield f"ends in a {ending}; leave it out, as the loss takes logits"
    reads = model.inputs[0].dtype
    if keras.backend.is_int_dtype(reads) and examples.kind == "f":
        yield f"reads {reads}, but the examples are {examples.name}"


def _ends_in(model: "keras.Model") -> str:
    """What makes probabilities of its logits; empty for nothing."""
    import keras

    last = model.layers[-1]
    activation = getattr(last, "activation", None)
    if isinstance(last, keras.layers.Softmax) or activation is keras.activations.softmax:
        return "softmax"
    return "sigmoid" if activation is keras.activations.sigmoid else ""


def treats_examples_apart(model: "keras.Model") -> bool:
    """Whether an example's share in a batch is known to depend on no other example of it.

    Then examples may be added to a batch with weight 0. Statistics over a batch (state that is
    neither trained nor random), penalties on activities, and layers of unknown making forbid that.
    """
    import keras

    layers = model._flatten_layers(include_self=False)
    return not any(
        isinstance(layer, keras.layers.Lambda)
        or getattr(layer, "activity_regularizer", None) is not None
        or not type(layer).__module__.startswith(_KNOWN_LAYERS)
        for layer in layers
    ) and not any(
        keras.backend.is_float_dtype(variable.dtype) for variable in model.non_trainable_variables
    )
