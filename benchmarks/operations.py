"""Floating-point operations that an epoch of training needs, by arithmetic.

A multiplication with an addition counts as two. Forward, the gradient of the weights and the
gradient of the input cost the same; the first layer needs no gradient of its input unless an
embedding lies before it. Left out, as small: activations, gates, pooling, biases, the loss and the
optimiser.
"""

from dataclasses import dataclass

from benchmarks.families import (
    DENSE_UNITS,
    EMBEDDING_SIZE,
    FILTER_HEIGHT,
    FILTERS,
    GATES,
    IMAGE_CLASSES,
    ONE_HOT_WIDTH,
    TEXT_CLASSES,
    TEXT_LENGTH,
    UNITS,
    Family,
)

_WINDOWS = TEXT_LENGTH - FILTER_HEIGHT + 1  # of the first convolution
_WINDOWS_2 = -(-_WINDOWS // 2) - FILTER_HEIGHT + 1  # of the second, after pooling
_FLAT = -(-_WINDOWS_2 // 2) * FILTERS


@dataclass(frozen=True)
class Operations:
    """Operations of an epoch.

    Attributes:
        needed: what the mathematics needs: a one-hot vector selects a row.
        one_hot: the same with products over one-hot vectors 256 wide, zeros and all.
    """

    needed: int
    one_hot: int


def operations_per_epoch(family: Family) -> Operations:
    """Operations of one epoch of `family`."""
    if family.input == "image":
        needed = one_hot = _image(family.parameters["c1"], family.parameters["c2"])
    elif family.is_recurrent:
        needed, one_hot = _recurrent(family)
    else:
        needed, one_hot = _text_cnn(family.input)
    return Operations(needed * family.examples, one_hot * family.examples)


def _image(c1: int, c2: int) -> int:
    first = 24 * 24 * product(9 * 9 * 3, c1)
    second = 8 * 8 * product(5 * 5 * c1, c2)
    dense = product(16 * c2, DENSE_UNITS) + product(DENSE_UNITS, IMAGE_CLASSES)
    return 2 * first + 3 * (second + dense)


def _text_cnn(input: str) -> tuple[int, int]:
    rest = 3 * _WINDOWS_2 * product(FILTER_HEIGHT * FILTERS, FILTERS)
    rest += 3 * product(_FLAT, TEXT_CLASSES)
    if input == "words":
        first = 3 * _WINDOWS * product(FILTER_HEIGHT * EMBEDDING_SIZE, FILTERS)
        total = first + rest + TEXT_LENGTH * EMBEDDING_SIZE
        return total, total
    selected = 2 * _WINDOWS * FILTER_HEIGHT * FILTERS
    multiplied = 2 * _WINDOWS * product(FILTER_HEIGHT * ONE_HOT_WIDTH, FILTERS)
    return selected + rest, multiplied + rest


def _recurrent(family: Family) -> tuple[int, int]:
    columns = GATES[family.parameters["cell"]] * UNITS
    layers = family.parameters["layers"]
    hidden = 3 * TEXT_LENGTH * product(UNITS, columns)
    rest = layers * hidden + (layers - 1) * hidden + 3 * product(UNITS, TEXT_CLASSES)
    if family.input == "words":
        projection = 3 * TEXT_LENGTH * product(EMBEDDING_SIZE, columns)
        total = projection + rest + TEXT_LENGTH * EMBEDDING_SIZE
        return total, total
    selected = 2 * TEXT_LENGTH * columns
    multiplied = 2 * TEXT_LENGTH * product(ONE_HOT_WIDTH, columns)
    return selected + rest, multiplied + rest


def product(inner: int, columns: int) -> int:
    """Operations of a row vector of length `inner` times a matrix of `columns` columns."""
    return 2 * inner * columns
