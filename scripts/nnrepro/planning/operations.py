"""Floating-point operations of an epoch, counted from a run's settings.

Counted are the products and sums of the layers as they are computed (a convolution over one-hot
characters is a look-up and a sum), a multiplication and an addition as two operations. A training
step counts three times a forward pass. Activations, pooling and the optimiser are left out: counts
serve to compare settings of one model.
"""

from collections.abc import Callable, Mapping

from nnrepro.study.run import Run, Scalar

Settings = Mapping[str, Scalar]

TEXT_LENGTH = 100
TEXT_CLASSES = 15
IMAGE_CLASSES = 10

_GATES = {"vanilla": 1, "gru": 3, "lstm": 4}


def epoch_operations(run: Run) -> float | None:
    """Operations of training on the training set and evaluating on all other examples, once.

    None for a model that nothing is known of.

    Raises:
        KeyError: a parameter of the model is still to be selected.
    """
    count = _FORWARD.get(run.model)
    return None if count is None else passes(run.settings) * count(run.settings)


def passes(settings: Settings) -> float:
    """An epoch's work in forward passes of one example."""
    tested = max(int(settings["test_examples"]), int(settings["comparison_test_examples"]))
    held_out = int(settings.get("validation_examples", 0))
    return 3.0 * (int(settings["train_examples"]) - held_out) + tested + held_out


def _image_cnn(settings: Settings) -> float:
    """9x9 and 5x5 VALID convolutions on 32x32x3, each pooled by 2, and two dense layers."""
    c1, c2, dense = (int(settings[name]) for name in ("c1", "c2", "dense_units"))
    first = 24 * 24 * (9 * 9 * 3) * c1
    second = 8 * 8 * (5 * 5 * c1) * c2
    return 2.0 * (first + second + 4 * 4 * c2 * dense + dense * IMAGE_CLASSES)


def _word_cnn(settings: Settings) -> float:
    filters, width = int(settings["filters"]), int(settings["embedding_size"])
    return 2.0 * 81 * 20 * width * filters + _text_cnn_rest(filters)


def _char_cnn(settings: Settings) -> float:
    """The first convolution is a look-up, so it only adds."""
    filters = int(settings["filters"])
    return 81.0 * 20 * filters + _text_cnn_rest(filters)


def _text_cnn_rest(filters: int) -> float:
    """From 81 rows pooled to 41: the second convolution, 20 rows high; 22 rows pooled to 11."""
    return 2.0 * (22 * 20 * filters * filters + 11 * filters * TEXT_CLASSES)


def _char_rnn(settings: Settings) -> float:
    """The first layer's input projection is a look-up."""
    return _recurrent(settings, first_projection=0)


def _word_rnn(settings: Settings) -> float:
    return _recurrent(settings, first_projection=int(settings["embedding_size"]))


def _recurrent(settings: Settings, first_projection: int) -> float:
    units, layers = int(settings["units"]), int(settings["layers"])
    columns = units * _GATES[str(settings["cell"])]
    inputs = first_projection + (layers - 1) * units
    return 2.0 * TEXT_LENGTH * columns * (inputs + layers * units) + 2.0 * units * TEXT_CLASSES


_FORWARD: Mapping[str, Callable[[Settings], float]] = {
    "char_cnn": _char_cnn,
    "char_rnn": _char_rnn,
    "image_cnn": _image_cnn,
    "word_cnn": _word_cnn,
    "word_rnn": _word_rnn,
}
