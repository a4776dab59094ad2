"""Which metrics a study records, and what it may ask of its runs by name."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from nnrepro.measures.names import lower_is_better, reading_named
from nnrepro.metrics.registry import catalogue
from nnrepro.models.registry import catalogue as models
from nnrepro.study.config import ConfigError, load_study
from nnrepro.study.metrics import in_settings, measure_names, ranked_by

CSV: dict[str, Any] = {
    "name": "own",
    "data": {"digits": {"source": "csv", "path": "digits.csv", "label": "kind"}},
    "experiments": {"first": {"model": "mlp", "epochs": 2}},
}


def study(**changes: Any) -> Any:
    return load_study({**CSV, **changes}, models())


def test_every_name_on_offer_is_a_measure_of_that_direction() -> None:
    for name in measure_names([*catalogue(), "loss"]):
        reading = reading_named(name)
        assert reading is not None and reading.level, name
        assert name.startswith("min_") <= lower_is_better(name), name


def test_metrics_are_a_setting_of_the_runs_where_they_are_given() -> None:
    own = {"model": "mlp", "metrics": ["accuracy", "auc"]}
    found = study(metrics=["f1_macro"], experiments={**CSV["experiments"], "second": own})
    asked = {run.experiment: run.settings.get("metrics") for run in found.runs}
    assert asked == {"first": "f1_macro", "second": "accuracy,auc"}
    assert "metrics" not in study().runs[0].settings


def test_the_first_metric_selects_and_ranks() -> None:
    def selection(**changes: Any) -> str:
        return study(**changes).selection_metric("main")

    data = {"houses": {"source": "csv", "path": "a.csv", "target": "price"}}
    assert selection().endswith("_accuracy")
    assert selection(metrics=["f1_macro"]).endswith("_f1_macro")
    assert selection(data=data).endswith("_mean_absolute_error")
    labels = {"tags": {"source": "csv", "path": "a.csv", "labels": ["red", "big"]}}
    assert ranked_by({**CSV, "data": labels}, {})[0] == "binary_accuracy"


def test_what_all_experiments_record_selects_and_else_the_loss() -> None:
    """Of metrics that an experiment names itself, and of data of several tasks."""

    def selection(*metrics: list[str]) -> str:
        own = {f"e{at}": {"model": "mlp", "metrics": names} for at, names in enumerate(metrics)}
        return study(experiments=own).selection_metric("main")

    assert selection(["f1_macro"]).endswith("_f1_macro")
    assert selection(["f1_macro", "auc"], ["accuracy", "auc"]).endswith("_auc")
    assert selection(["f1_macro"], ["accuracy"]).endswith("_loss")
    data = {"a": {"source": "csv", "path": "a.csv", "target": "price"}, **CSV["data"]}
    both = study(data=data | {"a": {**data["a"], "text": "words"}})  # models tell which they read
    assert both.selection_metric("main").endswith("_loss")
    two = {name: {"model": "mlp", "data": name} for name in data}
    assert study(data=data, experiments=two).selection_metric("main").endswith("_loss")


def test_each_experiment_is_selected_from_by_its_own_first_metric() -> None:
    """A table of several ranks them by the first that they have in common."""
    lists = {"a": ["f1_macro", "auc"], "b": ["auc"], "c": ["accuracy"]}
    own = {name: {"model": "mlp", "metrics": names} for name, names in lists.items()}
    found = study(experiments=own)
    metrics = [
        found.selection_metric("main", [name]).rpartition("validation_")[2] for name in lists
    ]
    assert metrics == ["f1_macro", "auc", "accuracy"]
    assert found.selection_metric("main", ["b/x*", "a/selected"]).endswith("_auc")
    assert found.selection_metric("main", ["[bc]"]).endswith("_loss")
    stated = study(protocols={"p": {"selection": "mean_test_loss"}}, experiments=own)
    assert {stated.selection_metric("p", [name]) for name in lists} == {"mean_test_loss"}


def test_an_experiment_is_not_selected_from_by_what_it_does_not_record() -> None:
    first = {"model": "mlp", "metrics": ["f1_macro"], "parameters": {"units": [2, 4]}}
    asked = {"title": "P", "selection": "max_test_accuracy"}
    with pytest.raises(
        ConfigError, match="of no metric that runs of 'first' record, which are 'f1"
    ):
        study(
            metrics=["accuracy"],
            protocols={"p": asked},
            experiments={"first": first, "second": {"select": "first", "seeds": 2}},
        )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"metrics": ["f1_makro"]}, ["metrics: 'f1_makro' is no metric", "'f1_macro'"]),
        ({"metrics": ["r2_score"]}, ["'r2_score' is for 'regression'"]),
        ({"metrics": []}, ["metrics"]),
        ({"metrics": "accuracy"}, ["metrics", "a list"]),
        (
            {"experiments": {"first": {"model": "mlp", "metrics": ["acuracy"]}}},
            ["experiments.first.metrics: 'acuracy' is no metric", "'accuracy'"],
        ),
        (
            {"protocols": {"p": {"selection": "max_validation_auc"}}},
            ["protocols.p.selection", "max_validation_auc"],
        ),
    ],
)
def test_what_is_no_metric_of_the_study_is_named(changes: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        study(**changes)
    for word in words:
        assert word in str(caught.value)


def test_a_study_that_says_nothing_has_the_settings_that_it_had(repository: Path) -> None:
    shipped = yaml.safe_load((repository / "config.yaml").read_text())
    full = {**shipped, "experiments": {}}
    assert in_settings(full) == full
