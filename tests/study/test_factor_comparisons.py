"""Comparisons by one factor at a time, as a configuration declares them."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from nnrepro.models.registry import catalogue
from nnrepro.study.config import ConfigError, load_study
from nnrepro.study.run import Run
from nnrepro.study.sources import read_source

Config = dict[str, Any]


def merge(base: Config, overlay: Config) -> Config:
    """Merge as Snakemake does: sections deeply, everything else replaced."""
    for key, value in overlay.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            merge(base[key], value)
        else:
            base[key] = value
    return base


@pytest.fixture
def factors(config: Config, repository: Path) -> Config:
    """The shipped configuration with the comparison of the two reports."""
    return merge(config, read_source(repository / "studies/factors.yaml").values)


def shared_settings(run: Run) -> Config:
    """A run's settings but for the network's size, and for the test sets, which are a factor."""
    others = ["comparison_test_examples", "test_examples", "test_folds", "c1", "c2"]
    others += [] if run.settings["dropout_rate"] else ["dropout_placement"]
    return {name: value for name, value in run.settings.items() if name not in others}


def test_both_ends_are_what_the_two_protocols_do(factors: Config) -> None:
    """Otherwise the factors would not explain the gap between the reports."""
    factors["only"] = {}
    study = load_study(factors, catalogue())
    factor_runs = study.select("tan", ["image_factors", "text_factors"])
    ends = {
        "tan": ("plain", "dropout", "char_cnn", "word_cnn", "char_rnn", "word_rnn"),
        "koh": (
            "plain_layout",
            "dropout_all",
            "char_cnn_adam",
            "word_cnn_adam",
            "char_rnn_long",
            "word_rnn_long",
        ),
    }
    reported_as = (
        "channel_grid/c1-50_c2-60",
        "optimizers/sgd_dropout",
        "text_models/char_cnn",
        "text_models/word_cnn",
        "text_models/char_rnn_gru",
        "text_models/word_rnn_gru",
    )
    for protocol, variants in ends.items():
        for variant, reported in zip(variants, reported_as, strict=True):
            ours = next(run for run in factor_runs if run.variant == variant)
            theirs = study.select(protocol, [reported])[0]
            assert shared_settings(ours) == shared_settings(theirs), ours.id


def test_only_the_comparisons_runs_are_trained(factors: Config) -> None:
    study = load_study(factors, catalogue())
    assert {run.experiment for run in study.runs} == {"image_factors", "text_factors"}
    assert len(study.runs) == 3 * (6 + 8)
    assert set(study.tables) == {"image_factors", "text_factors"}


def test_a_short_budget_keeps_long_runs_longer_than_short_ones(
    factors: Config, repository: Path
) -> None:
    """As a cap they would be equal, and the factor would be gone."""
    merge(factors, yaml.safe_load((repository / "budgets/short.yaml").read_text()))
    study = load_study(factors, catalogue())
    epochs = {run.variant: run.settings["epochs"] for run in study.runs}
    assert (epochs["plain"], epochs["char_rnn"], epochs["char_rnn_long"]) == (10, 8, 20)


@pytest.mark.parametrize(
    ("share", "epochs"), [(0.5, 500), (0.0001, 1), (0.9999, 1000), (1, 1), (40.0, 40)]
)
def test_a_budget_below_one_is_a_share(config: Config, share: float, epochs: int) -> None:
    config["budget"] = {"epochs": {"image": share}}
    run = load_study(config, catalogue()).runs_of("tan", "channel_grid")[0]
    assert run.settings["epochs"] == epochs and isinstance(run.settings["epochs"], int)
    assert run.protocol_epochs == 1000


@pytest.mark.parametrize(
    ("budget", "message"),
    [
        ({"epochs": 2.5}, "budget.epochs: 2.5 must be a whole number, or below 1"),
        ({"epochs": {"image": 0}}, "budget.epochs"),
        ({"epochs": -0.5}, "budget.epochs"),
    ],
)
def test_a_budget_that_is_no_number_of_epochs(config: Config, budget: Any, message: str) -> None:
    config["budget"] = budget
    with pytest.raises(ConfigError, match=message):
        load_study(config, catalogue())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"factors": {"layout": {"run": "image_factors/plain_layuot"}}},
            "factors.layout.run: 'image_factors/plain_layuot' is not declared; "
            "did you mean 'image_factors/plain_layout'",
        ),
        (
            {"factors": {"layout": {"run": "text_factors/char_cnn"}}},
            "'text_factors/char_cnn' is not among its runs",
        ),
        ({"factors": {"rule": {"metric": "selection"}}}, "rule.metric: name the metric itself"),
        (
            {"factors": {"rule": {"metric": "max_test_acuracy"}}},
            "did you mean 'max_test_accuracy'",
        ),
        (
            {"factors": {"rule": {"metric": "final_test_accuracy"}}},
            "'final_test_accuracy' is neither that of 'from' nor that of 'to'",
        ),
        ({"factors": {"rule": {"metric": "min_test_loss"}}}, "of another kind"),
        ({"factors": {"rule": {"test_set": "primary"}}}, None),
        ({"factors": {"nothing": {"label": "x"}}}, "factors.nothing: changes nothing of 'from'"),
        ({"factors": {"layout": {"runs": "x"}}}, "did you mean 'run'"),
    ],
)
def test_a_wrong_comparison_stops_before_any_job(
    factors: Config, change: Config, message: str | None
) -> None:
    merge(factors["tables"]["image_factors"]["comparisons"]["without_dropout"], change)
    if message is None:
        load_study(factors, catalogue())
        return
    with pytest.raises(ConfigError) as caught:
        load_study(factors, catalogue())
    assert message in str(caught.value)


def test_a_first_end_needs_a_run_and_a_metric(factors: Config) -> None:
    factors["tables"]["text_factors"]["comparisons"]["char_cnn"]["from"] = {"label": "nothing"}
    with pytest.raises(
        ConfigError, match=r"comparisons\.char_cnn\.from: the key 'run', 'metric' is missing"
    ):
        load_study(factors, catalogue())


def test_a_second_test_set_has_to_be_asked_for(factors: Config) -> None:
    factors["experiments"]["image_factors"]["parameters"]["comparison_test_examples"] = 0
    with pytest.raises(ConfigError, match="has no second test set; set its 'comparison_test"):
        load_study(factors, catalogue())


def test_a_comparison_that_is_kept_in_part_is_dropped(factors: Config) -> None:
    factors["only"] = {
        "protocols": ["tan"],
        "experiments": ["image_factors"],
        "variants": ["image_factors/plain*"],
    }
    tables = load_study(factors, catalogue()).tables
    assert set(tables) == {"image_factors"}
    assert set(tables["image_factors"].options["comparisons"]) == {"without_dropout"}
