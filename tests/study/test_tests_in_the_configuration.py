"""What a configuration may say of tests, of times to an accuracy and of collapses."""

from typing import Any

import pytest

from nnrepro.models.registry import catalogue
from nnrepro.study.config import ConfigError, load_study
from nnrepro.study.study import Study

TABLE = {
    "question": "B6",
    "kind": "tests",
    "title": "Tested",
    "runs": ["text_models", "channel_grid/selected"],
    "metrics": ["final_test_accuracy"],
}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "give one of the keys 'pairs', 'against'"),
        (
            {"against": "best", "pairs": [["text_models/char_cnn", "text_models/word_cnn"]]},
            "one of",
        ),
        ({"against": "text_models/char_cn"}, "did you mean 'char_cnn'?"),
        ({"against": "text_models"}, "must name one variant"),
        ({"against": "text_models/char_*"}, "must name one variant"),
        ({"against": "optimizers/adam"}, "'optimizers/adam' is not among its runs"),
        ({"pairs": [["text_models/char_cnn", "optimizers/adam"]]}, "is not among its runs"),
        ({"pairs": [["text_models/char_cnn", "text_models/word_cn"]]}, "did you mean 'word_cnn'?"),
        ({"against": "best", "kind": "test"}, "did you mean 'tests'?"),
        ({"kind": "stability", "accuracies": [50]}, "accuracies.0"),
        ({"kind": "stability", "accuracies": []}, "accuracies: is empty"),
    ],
)
def test_a_mistake_is_found_before_any_job(
    config: dict[str, Any], options: dict[str, Any], message: str
) -> None:
    config["tables"]["mine"] = TABLE | options
    with pytest.raises(ConfigError, match=r"tables\.mine") as error:
        load_study(config, catalogue())
    assert message in str(error.value)


@pytest.mark.parametrize(
    "options",
    [
        {"against": "best"},
        {"against": "channel_grid/selected"},
        {"pairs": [["channel_grid/selected", "text_models/char_cnn"]]},
    ],
)
def test_what_is_right_is_taken(config: dict[str, Any], options: dict[str, Any]) -> None:
    config["tables"]["mine"] = TABLE | options
    assert load_study(config, catalogue()).tables["mine"].options.keys() >= options.keys()


def test_levels_of_a_collapse_have_an_order(config: dict[str, Any]) -> None:
    config["settings"]["image"]["collapse_below"] = 5
    with pytest.raises(ConfigError, match="collapse_below: 5 must not exceed collapse_above"):
        load_study(config, catalogue())


def test_settings_of_the_analysis_retrain_nothing(study: Study, config: dict[str, Any]) -> None:
    config["settings"]["image"] |= {"classes": 2, "collapse_above": 1.9, "collapse_epochs": 7}
    changed = load_study(config, catalogue())
    before = {run.id: run.for_training() for run in study.runs}
    assert {run.id: run.for_training() for run in changed.runs} == before
    assert all(run.settings["classes"] == 2 for run in changed.runs if run.input == "image")


def test_accuracies_of_all_tables_are_collected_in_order(config: dict[str, Any]) -> None:
    table = {key: value for key, value in TABLE.items() if key != "metrics"}
    config["tables"]["mine"] = table | {"kind": "stability", "accuracies": [0.9, 0.4]}
    levels = load_study(config, catalogue()).accuracy_levels
    assert levels == tuple(sorted(set(levels))) and {0.4, 0.9} <= set(levels)
