"""Operation counts, shapes and scaling against numbers worked out by hand."""

import numpy as np
import pytest
from benchmarks.arrays import (
    fitted,
    initial_weights,
    make_examples,
    parameter_counts,
    weight_shapes,
)
from benchmarks.families import FAMILIES, Family
from benchmarks.operations import operations_per_epoch
from benchmarks.rounds import Plan, to_epoch


@pytest.mark.parametrize(
    ("name", "needed", "one_hot"),
    [
        # C1 24x24 x 2x243x50, twice; C2 8x8 x 2x1250x60, 960x300 and 300x10, three times
        ("image_50_60", 585_396_000_000, 585_396_000_000),
        # C1 81 x 2x400x10, C2 22 x 2x200x10 and 110x15, three times; 2,000 embedded numbers
        ("word_cnn", 12_431_440_000, 12_431_440_000),
        # hidden 100 x 2x20x20 and 20x15, three times; 100 rows of 20, or 2x256x20, twice
        ("char_vanilla", 1_376_480_000, 12_822_880_000),
        # C1 81 x 20 rows of 10, or 81 x 2x5120x10, twice; C2 and logits as the word CNN
        ("char_cnn", 1_715_280_000, 94_431_120_000),
    ],
)
def test_operations_are_those_worked_out_by_hand(name: str, needed: int, one_hot: int) -> None:
    operations = operations_per_epoch(FAMILIES[name])
    assert operations.needed == needed
    assert operations.one_hot == one_hot


def test_a_second_layer_adds_its_products_with_state_and_input() -> None:
    one, two = (operations_per_epoch(FAMILIES[f"char_gru{end}"]).needed for end in ("", "_2layer"))
    assert two - one == 5600 * 2 * 3 * 100 * 2 * 20 * 60


def test_parameter_counts_are_the_published_and_the_added_up_ones() -> None:
    tan_report = Family("x", "x", "image_cnn", "image", "sgd", 0.001, {"c1": 90, "c2": 40})
    assert parameter_counts(tan_report) == (307_310, 307_310)
    gru = 256 * 60 + 20 * 60 + 2 * 60 + 20 * 15 + 15
    assert parameter_counts(FAMILIES["char_gru"]) == (gru, gru - (256 - 39) * 60)
    assert parameter_counts(FAMILIES["word_gru"])[0] == 35_235 * 20 + 20 * 60 + 1635


@pytest.mark.parametrize("name", FAMILIES)
def test_weights_have_the_shapes_announced_and_repeat(name: str) -> None:
    family = FAMILIES[name]
    weights = initial_weights(family)
    assert [weight.shape for weight in weights] == weight_shapes(family)
    assert all(np.array_equal(*pair) for pair in zip(weights, initial_weights(family), strict=True))
    assert all(weight.dtype == np.float32 for weight in weights)


def test_weights_are_cut_to_narrower_one_hot_axes() -> None:
    kernel = np.arange(12, dtype=np.float32).reshape(4, 3)
    (cut,) = fitted([kernel], [(2, 3)])
    assert cut.tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize("name", ["char_cnn", "word_gru"])
def test_ids_and_labels_are_those_a_model_can_take(name: str) -> None:
    family = FAMILIES[name]
    x, y = make_examples(family)
    assert x.shape == (5600, 100)
    assert x.min() == 0
    assert x.max() == family.vocabulary_size - 1
    assert set(y.tolist()) == set(range(15))


def test_a_measurement_is_an_epoch_or_what_fits_but_never_too_little() -> None:
    plan = Plan(threads=2, repeats=3, seconds=1.0, fewest_steps=2)
    family = FAMILIES["char_gru"]
    assert plan.steps(family, 0.001) == family.steps_per_epoch == 44
    assert plan.steps(family, 0.1) == 10
    assert plan.steps(family, 5.0) == 2


def test_times_are_scaled_by_examples_as_the_last_batch_is_smaller() -> None:
    family = FAMILIES["char_gru"]
    assert to_epoch(family, 3.0, 44) == 3.0
    assert to_epoch(family, 1.0, 7) == 5600 / 896
