"""What training lowers and what it counts on the way: by the task, per example, on every backend.

Losses and scores are functions of a batch's labels and a model's raw outputs. Labels are int32
[batch] of a classification, float32 [batch, outputs] of other tasks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from nnrepro.metrics.losses import losses_for, own_losses
from nnrepro.metrics.registry import CLASSIFICATION, MULTI_LABEL, REGRESSION
from nnrepro.study.messages import one_of
from nnrepro.training.errors import TrainingError

EPSILON = 1e-7

_OF_LABELS: Mapping[str, tuple[str, ...]] = {
    "label_smoothing": (CLASSIFICATION, MULTI_LABEL),
    "class_weight": (CLASSIFICATION,),
}
"""Settings that change labels or their weights, by the tasks that they are for."""


@dataclass(frozen=True)
class Objective:
    """What a run is trained for.

    Attributes:
        task: `classification`, `multi_label` or `regression`.
        loss: its loss, of `nnrepro.metrics.losses`.
        counted: names of the metrics that are counted batch by batch, of `COUNTED`.
        units: of a regression, mean and spread of each target in training; the loss is of targets
            in these units, so that it is about 1 where nothing is learnt.
        smoothing: share of a label that is spread over all classes.
        class_weights: by which an example of each class counts in training; None for alike.
    """

    task: str = CLASSIFICATION
    loss: str = "logits"
    counted: tuple[str, ...] = ("accuracy",)
    units: tuple[tuple[float, ...], tuple[float, ...]] | None = None
    smoothing: float = 0.0
    class_weights: tuple[float, ...] | None = None

    def weighted(self, labels: Any, outputs: Any) -> Any:
        """The loss of every example in training, float [batch]."""
        losses = self.losses(labels, outputs)
        if self.class_weights is None:
            return losses
        return losses * ops.take(ops.convert_to_tensor(self.class_weights, "float32"), labels)

    def losses(self, labels: Any, outputs: Any) -> Any:
        """The loss of every example, float [batch]."""
        if self.units is not None:
            mean, spread = (ops.convert_to_tensor(each, "float32") for each in self.units)
            labels, outputs = (labels - mean) / spread, (outputs - mean) / spread
        if self.smoothing:
            labels = _smoothed(labels, outputs.shape[-1], self.smoothing, self.task)
        return per_example_loss(self.loss, labels, outputs, self.task)

    def scores(self, labels: Any, outputs: Any) -> Any:
        """The value of every counted metric for every example, float32 [batch, counted]."""
        found = [ops.cast(COUNTED[name](labels, outputs), "float32") for name in self.counted]
        return ops.stack(found, axis=-1) if found else ops.zeros((*outputs.shape[:1], 0))

    def answers(self, outputs: Any) -> Any:
        """What is told of outputs [batch, outputs]: probabilities, or a regression's numbers."""
        if self.task == CLASSIFICATION:
            return ops.softmax(outputs)
        return ops.sigmoid(outputs) if self.task == MULTI_LABEL else outputs


def loss_of(task: str, named: str | None) -> str:
    """The loss of a run of a task: the one that its settings name, or the task's own.

    Raises TrainingError where it is none for this task.
    """
    allowed = losses_for(task)
    loss = named or allowed[0]
    if loss not in allowed:
        raise TrainingError(
            f"loss '{loss}' is not for a {task.replace('_', '-')} task; allowed: {one_of(allowed)}"
        )
    return loss


def per_example_loss(kind: str, labels: Any, outputs: Any, task: str = CLASSIFICATION) -> Any:
    """The loss of every example, float [batch], of outputs [batch, outputs].

    Of a classification: sparse categorical cross-entropy, from logits where `kind` is "logits"; on
    the softmax of the logits, clipped to [1e-7, 1 - 1e-7] as
    `keras.losses.SparseCategoricalCrossentropy` clips probabilities, where it is "probabilities".
    (Keras leaves the clipping out where it sees that the probabilities come from a softmax; here it
    is always done, on every backend.) Of several labels: the mean of their binary cross-entropies.
    Of a regression: `keras.losses`' function of that name. Losses of one's own are as
    `nnrepro.metrics.losses` has them.

    Labels of a classification may be shares of classes, float [batch, classes].

    Raises TrainingError where a loss of one's own gives anything but a number for each example.
    """
    if kind in own_losses():
        losses = ops.convert_to_tensor(own_losses()[kind].function(labels, outputs), "float32")
        if len(losses.shape) != 1:
            raise TrainingError(
                f"loss '{kind}' gives values of shape {tuple(losses.shape)} for a batch; it has to "
                "give one for each example"
            )
        return losses
    if task == MULTI_LABEL:
        return keras.losses.binary_crossentropy(labels, outputs, from_logits=True)
    if task == REGRESSION:
        return getattr(keras.losses, kind)(labels, outputs)
    if kind == "probabilities":
        outputs = ops.log(ops.clip(ops.softmax(outputs), EPSILON, 1 - EPSILON))
    if len(labels.shape) > 1:
        return ops.categorical_crossentropy(labels, outputs, from_logits=True)
    return ops.sparse_categorical_crossentropy(labels, outputs, from_logits=True)


def loss_problem(kind: str, task: str, outputs: int) -> str | None:
    """What goes wrong when a loss of one's own is computed of three examples; None otherwise."""
    if kind not in own_losses():
        return None
    try:
        labels = ops.zeros(3, "int32") if task == CLASSIFICATION else ops.zeros((3, outputs))
        losses = per_example_loss(kind, labels, ops.ones((3, outputs)), task)
    except TrainingError as error:
        return str(error)
    except Exception as error:
        return f"loss '{kind}' cannot be computed ({type(error).__name__}: {error})"
    if losses.shape[0] != 3:
        return f"loss '{kind}' gives {losses.shape[0]} values for 3 examples"
    return None


def check_label_settings(settings: Mapping[str, Any], task: str) -> None:
    """Refuse label smoothing and class weights where there are no classes to them.

    Raises TrainingError.
    """
    for name, tasks in _OF_LABELS.items():
        if settings.get(name) and task not in tasks:
            raise TrainingError(f"{name} is for {one_of(tasks)}, not for a {task}; leave it out")


def _smoothed(labels: Any, classes: int, share: float, task: str) -> Any:
    """Labels of which a share is spread over all classes, or over yes and no, as Keras does it."""
    if task == MULTI_LABEL:
        return labels * (1 - share) + share / 2
    return ops.one_hot(labels, classes) * (1 - share) + share / classes


def _accuracy(labels: Any, outputs: Any) -> Any:
    return ops.equal(_most_probable(outputs, labels.dtype), labels)


def _most_probable(logits: Any, dtype: Any) -> Any:
    if keras.backend.backend() == "tensorflow":  # where Keras's own looks at signs of zeros first
        import tensorflow as tf

        return tf.argmax(logits, axis=-1, output_type=dtype)
    return ops.argmax(logits, axis=-1)


COUNTED = {
    "accuracy": _accuracy,
    "binary_accuracy": lambda labels, outputs: ops.mean(
        ops.cast(ops.equal(outputs > 0, labels > 0.5), "float32"), axis=-1
    ),
    "mean_absolute_error": lambda labels, outputs: ops.mean(ops.abs(labels - outputs), axis=-1),
    "mean_squared_error": lambda labels, outputs: ops.mean(ops.square(labels - outputs), axis=-1),
}
"""Metrics that are means over examples: the value of each, from labels and raw outputs."""


def with_penalties(loss: Any, penalties: Sequence[Any], examples: Any = 1) -> Any:
    """A batch's loss with what the model adds to it, as `keras.Model.fit` has it.

    The loss is a float, or one per example, and unchanged to the last bit without penalties. Those
    are `model.losses` after the batch's call: regularisers of weights and of activities, and what
    layers gave to `add_loss`; they are added `examples` times, for the sum over a batch.
    """
    for penalty in penalties:
        loss = loss + examples * ops.sum(ops.cast(penalty, "float32"))
    return loss
