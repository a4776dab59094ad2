"""Operations are those of the layers, counted by hand for the shipped models."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from nnrepro.models.registry import catalogue
from nnrepro.planning.operations import epoch_operations, passes
from nnrepro.study.run import Run

COUNTS = {"train_examples": 1, "test_examples": 0, "comparison_test_examples": 0}


def one_step(model: str, **settings: Any) -> float | None:
    """Operations of one training example, which are those of three forward passes."""
    run = Run("p", "e", "v", 0, "v", model, "input", {**COUNTS, **settings})
    return epoch_operations(run)


def test_image_cnn() -> None:
    forward = 2 * (24 * 24 * 243 * 90 + 8 * 8 * 25 * 90 * 40 + 16 * 40 * 300 + 300 * 10)
    assert one_step("image_cnn", c1=90, c2=40, dense_units=300) == 3 * forward


def test_character_cnn_adds_where_the_word_cnn_multiplies() -> None:
    shared = 2 * (22 * 20 * 10 * 10) + 2 * 110 * 15
    assert one_step("char_cnn", filters=10) == 3 * (81 * 20 * 10 + shared)
    words = one_step("word_cnn", filters=10, embedding_size=20)
    assert words == 3 * (2 * 81 * 20 * 20 * 10 + shared)


@pytest.mark.parametrize(("cell", "gates"), [("vanilla", 1), ("gru", 3), ("lstm", 4)])
def test_recurrent_layers(cell: str, gates: int) -> None:
    logits = 2 * 20 * 15
    one = one_step("char_rnn", cell=cell, units=20, layers=1)
    assert one == 3 * (100 * 2 * 20 * 20 * gates + logits)
    two = one_step("word_rnn", cell=cell, units=20, layers=2, embedding_size=30)
    assert two == 3 * (100 * 2 * (30 + 20 + 20 + 20) * 20 * gates + logits)


def test_evaluation_counts_the_larger_test_set_once() -> None:
    sizes = {"train_examples": 100, "test_examples": 20, "comparison_test_examples": 50}
    assert passes(sizes) == 350


def test_what_is_held_out_is_evaluated_and_not_trained_on() -> None:
    sizes = {"train_examples": 100, "test_examples": 20, "comparison_test_examples": 0}
    assert passes({**sizes, "validation_examples": 30}) == 3 * 70 + 20 + 30


def test_every_shipped_model_is_counted_and_has_a_nominal_speed() -> None:
    for spec in catalogue().values():
        if spec.function.__module__.startswith("nnrepro.models."):
            assert spec.operations is not None and spec.speed > 0, spec.name


def test_unknown_model_has_no_count(small_study: Callable[..., Any]) -> None:
    assert epoch_operations(replace(small_study().runs[0], model="mystery")) is None
