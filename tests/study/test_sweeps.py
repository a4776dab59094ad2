"""A sweep that is none, or that makes too many runs, is told before any run is made."""

import time
from typing import Any

import pytest

from nnrepro.models.registry import catalogue
from nnrepro.study.config import ConfigError, load_study

UNITS = "experiments.text_models.parameters.units"


def problems(config: dict[str, Any]) -> tuple[str, ...]:
    """What is wrong with a configuration."""
    with pytest.raises(ConfigError) as caught:
        load_study(config, catalogue())
    return caught.value.problems


@pytest.mark.parametrize(
    ("swept", "words"),
    [
        ([None, 8], f"{UNITS}.0: null must be a number or text or true or false"),
        ([8, [16]], f"{UNITS}.1: [16] must be a number or text or true or false"),
        (
            {"min": 1},
            f"{UNITS}.min: unknown key; allowed: 'choice', 'uniform', 'log_uniform', "
            "'int_uniform', 'log_int_uniform'",
        ),
        ([], f"{UNITS}: is empty; give at least 1"),
        ([8, 8.0], f"{UNITS}: [8, 8.0] lists an item more than once: 8.0"),
        ([1, True, 2, 2], f"{UNITS}: [1, True, 2, 2] lists an item more than once: 2"),
        ([1e-5, 0.00001], f"{UNITS}: [1e-05, 1e-05] lists an item more than once: 1e-05"),
    ],
)
def test_an_item_that_cannot_be_swept_over_is_named(
    config: dict[str, Any], swept: Any, words: str
) -> None:
    config["experiments"]["text_models"]["parameters"] = {"units": swept}
    assert problems(config) == (words,)


def test_a_pair_of_one_is_no_empty_list(config: dict[str, Any]) -> None:
    config["tables"]["text_dropout_effect"]["pairs"] = [["a/b"], ["a/b", "a/c", "a/d"]]
    assert problems(config) == (
        "tables.text_dropout_effect.pairs.0: has 1 of at least 2; give at least 2",
        "tables.text_dropout_effect.pairs.1: ['a/b', 'a/c', 'a/d'] has 3 items, more than 2",
    )


def test_a_budget_is_a_number_or_numbers_by_scope(config: dict[str, Any]) -> None:
    config["budget"] = {"epochs": [1], "train_examples": {"image": "x"}}
    assert problems(config) == (
        "budget.epochs: [1] must be a number or a section with keys",
        "budget.train_examples.image: 'x' must be a number",
    )


@pytest.mark.parametrize("kind", ["lists that multiply", "seeds", "named variants"])
def test_millions_of_runs_are_refused_with_their_number_at_once(
    config: dict[str, Any], kind: str
) -> None:
    experiment = config["experiments"]["text_models"]
    many = list(range(1, 3001))
    if kind == "seeds":
        config["seeds"] = many
    elif kind == "named variants":
        experiment["variants"] = {
            f"v{i}": {"model": "char_rnn", "units": many[:200]} for i in many[:300]
        }
    else:
        experiment["parameters"] = {"units": many, "dropout_rate": [i / 9000 for i in many]}
    began = time.monotonic()
    (problem,) = problems(config)
    assert time.monotonic() - began < 30
    assert "make " in problem and "runs, more than 100,000; give shorter lists" in problem
    if kind == "lists that multiply":
        assert problem.startswith(
            "experiments.text_models: has 36,000,000 (3,000 units x 3,000 dropout_rate) of "
            "36,000,041 variants, which with protocols (2) and seeds (1) make 72,000,082 runs"
        )


def test_thousands_of_runs_are_made(config: dict[str, Any]) -> None:
    config["seeds"] = list(range(100))
    assert len(load_study(config, catalogue()).runs) == 9000
