"""Sweeps, seeds, budgets and cut-down studies, by configuration alone."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnrepro.models.registry import catalogue
from nnrepro.study.config import ConfigError, load_study

Config = dict[str, Any]


def test_every_list_of_an_experiment_is_swept(config: Config) -> None:
    config["experiments"]["rates"] = {
        "title": "Learning rates",
        "model": "char_rnn",
        "parameters": {"learning_rate": [0.01, 0.001], "units": [10, 20, 40], "dropout_rate": 0.25},
    }
    study = load_study(config, catalogue())
    runs = study.runs_of("tan", "rates")
    assert len(runs) == 6
    assert runs[0].variant == "learning_rate-0.01_units-10"
    assert {run.settings["dropout_rate"] for run in runs} == {0.25}
    assert study.experiments["rates"].swept == {
        "learning_rate": (0.01, 0.001),
        "units": (10, 20, 40),
    }


def test_named_variants_can_be_swept_too(config: Config) -> None:
    config["experiments"]["optimizers"]["variants"]["adam"]["learning_rate"] = [0.01, 0.001]
    runs = load_study(config, catalogue()).runs_of("koh", "optimizers")
    swept = [run for run in runs if run.variant.startswith("adam")]
    assert [run.variant for run in swept] == ["adam_learning_rate-0.01", "adam_learning_rate-0.001"]
    assert [run.label for run in swept] == ["Adam (0.01)", "Adam (0.001)"]


def test_seeds_multiply_every_run(config: Config) -> None:
    config["seeds"] = [3, 1, 4]
    study = load_study(config, catalogue())
    assert len(study.runs) == 270
    assert [run.seed for run in study.runs[:4]] == [3, 1, 4, 3]


def test_numbers_in_quotation_marks_are_told(config: Config) -> None:
    config["seeds"] = ["0", 1.0]
    config["budget"] = {"epochs": {"image": "1e-1"}}
    with pytest.raises(ConfigError) as caught:
        load_study(config, catalogue())
    assert caught.value.problems == (
        "budget.epochs.image: '1e-1' must be a number; it is text: write 0.1, without quotation "
        "marks",
        "seeds.0: '0' must be a whole number; it is text: write 0, without quotation marks",
    )
    config |= {"seeds": [0], "budget": {}}
    config["experiments"]["optimizers"]["variants"]["adam"]["learning_rate"] = ["1e-3"]
    with pytest.raises(ConfigError, match=r"'1e-3' must be a number; it is text: write 0\.001"):
        load_study(config, catalogue())


def test_pair_of_which_half_is_left_out_is_dropped(config: Config) -> None:
    config["only"] = {"experiments": ["text_models"]}
    assert "text_dropout_effect" not in load_study(config, catalogue()).tables


def test_budget_caps_and_remembers_what_was_asked(config: Config) -> None:
    config["budget"] = {"epochs": {"image": 40, "char_rnn": 10}, "train_examples": 1000}
    study = load_study(config, catalogue())
    grid = study.runs_of("tan", "channel_grid")
    assert {run.settings["epochs"] for run in grid} == {40}
    assert {run.protocol_epochs for run in grid} == {1000}
    assert study.stamp(grid) == "40 of 1000 epochs, 1000 of 10000 training examples, 1 seed"
    cnn = study.select("tan", ["text_models/char_cnn"])
    assert cnn[0].settings["epochs"] == cnn[0].protocol_epochs == 250


def test_budget_above_what_is_asked_changes_nothing(config: Config) -> None:
    plain = load_study(config, catalogue())
    config["budget"] = {"epochs": 5000}
    assert load_study(config, catalogue()).runs == plain.runs


def test_budget_caps_the_second_test_set_too(config: Config) -> None:
    """Below the first test set's size both are the same, and all runs are compared on it."""
    config["budget"] = {"test_examples": 5000}
    grid = load_study(config, catalogue()).runs_of("koh", "channel_grid")[0].settings
    assert (grid["test_examples"], grid["comparison_test_examples"]) == (2000, 5000)
    config["budget"] = {"test_examples": 500}
    study = load_study(config, catalogue())
    grid = study.runs_of("koh", "channel_grid")[0].settings
    assert (grid["test_examples"], grid["comparison_test_examples"]) == (500, 0)
    assert study.runs_of("koh", "optimizers")[0].settings["test_examples"] == 500


def test_settings_that_nobody_gives_have_their_default(config: Config) -> None:
    text = load_study(config, catalogue()).runs_of("tan", "text_models")[0].settings
    assert (text["test_folds"], text["validation_examples"]) == (0, 0)


def test_budget_holds_out_the_same_share_of_fewer_training_examples(config: Config) -> None:
    config["settings"]["image"]["validation_examples"] = 2000
    config["budget"] = {"train_examples": {"image": 500}}
    run = load_study(config, catalogue()).runs_of("koh", "channel_grid")[0]
    assert (run.settings["train_examples"], run.settings["validation_examples"]) == (500, 100)
    assert run.protocol_settings["validation_examples"] == 2000


def test_overlay_selects_without_the_test_set(config: Config, repository: Path) -> None:
    overlay = yaml.safe_load((repository / "studies/honest_selection.yaml").read_text())
    config["settings"]["image"] |= overlay["settings"]["image"]
    for name, protocol in overlay["protocols"].items():
        config["protocols"][name] |= protocol
    config["only"] = overlay["only"]
    study = load_study(config, catalogue())
    assert {study.selection_metric(protocol) for protocol in study.protocols} == {
        "last_window_mean_validation_accuracy",
        "max_validation_accuracy",
    }
    assert all(run.settings["validation_examples"] == 2000 for run in study.runs)


def test_generated_data_is_stamped(config: Config) -> None:
    config["data"]["cifar10"] = {"source": "generated", "generate": {"train": 10, "test": 5}}
    study = load_study(config, catalogue())
    assert "generated data" in study.stamp(study.runs_of("tan", "channel_grid"))


def test_study_is_cut_down_by_configuration(config: Config) -> None:
    config["only"] = {
        "protocols": ["koh"],
        "experiments": ["channel_grid", "optimizers", "text_models"],
        "variants": ["channel_grid/c1-10_*", "text_models/*_cnn"],
    }
    study = load_study(config, catalogue())
    assert len(study.runs) == 5 + 4 + 2
    assert study.declared_runs == 90
    assert set(study.tables) >= {"grid_ranking", "text_models"}
    assert "rnn_variants" not in study.experiments
    assert "cells" not in study.figures


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_run_ids_are_distinct_and_stable_under_order(config: Config, data: st.DataObject) -> None:
    """Reordering protocols, variants or seeds permutes the runs and changes none."""
    plain = {run.id: run for run in load_study(config, catalogue()).runs}
    for key in ("protocols", "experiments"):
        names = data.draw(st.permutations(list(config[key])))
        config[key] = {name: config[key][name] for name in names}
    study = load_study(config, catalogue())
    assert {run.id: run for run in study.runs} == plain
    assert len({run.id for run in study.runs}) == len(study.runs)
