"""Selection picks the best variant by the metric and reports what it cannot be told apart from."""

import json

import pytest

from nnrepro.measures.runs import Problem
from nnrepro.tables.csvfile import TableError
from nnrepro.tables.runs import runs_table
from nnrepro.tables.selection import SelectionError, select, selection_table, selection_told
from nnrepro.tables.variants import variants_table


def _variants(*data, problems=()):
    return variants_table(runs_table(list(data), list(problems)))


def test_metrics_may_choose_different_variants(make_data):
    variants = _variants(
        make_data([0.9, 0.1, 0.1, 0.1], "peak", c1=10, c2=20),
        make_data([0.1, 0.1, 0.5, 0.5], "late", c1=30, c2=20),
        make_data([0.4, 0.4, 0.4, 0.4], "even", c1=50, c2=20),
    )
    assert select(variants, "max_test_accuracy", ["c1"]) == {"variant": "peak", "c1": 10}
    assert select(variants, "last_window_mean_test_accuracy", ["c1"]) == {
        "variant": "late",
        "c1": 30,
    }
    assert select(variants, "mean_test_accuracy", ["c1"]) == {"variant": "even", "c1": 50}


def test_parameters_can_be_named_and_are_plain_values(make_data):
    variants = _variants(make_data([0.5], c1=90, c2=40, dropout_rate=0.5, cell="gru"))
    decision = select(variants, "max_test_accuracy", ["c1", "c2", "dropout_rate", "cell"])
    assert json.loads(json.dumps(decision)) == {
        "variant": "a",
        "c1": 90,
        "c2": 40,
        "dropout_rate": 0.5,
        "cell": "gru",
    }
    assert type(decision["c1"]) is int


def test_losses_and_times_select_the_smallest(make_data):
    variants = _variants(
        make_data([0.5], "slow", seconds=20.0), make_data([0.5], "quick", seconds=10.0)
    )
    assert select(variants, "train_seconds")["variant"] == "quick"


def test_among_equals_the_first_declared_is_chosen_and_the_tie_reported(make_data):
    variants = _variants(*(make_data([0.5], name, c1=i) for i, name in enumerate("zab")))
    assert select(variants, "max_test_accuracy", ["c1"]) == {"variant": "z", "c1": 0}
    table = selection_table(variants, "max_test_accuracy")
    assert table["variant"].tolist() == ["z", "a", "b"]
    assert table["rank"].tolist() == [1, 1, 1]
    assert table["selected"].tolist() == [True, False, False]
    assert table["equal_to_selected"].tolist() == [False, True, True]


def test_the_table_shows_which_variants_cannot_be_told_apart(make_data):
    variants = _variants(*(make_data([x], str(x), c1=i) for i, x in enumerate((0.3, 0.55, 0.54))))
    table = selection_table(variants, "last_window_mean_test_accuracy", ["c1"])
    assert table["value"].tolist() == [0.55, 0.54, 0.3]
    assert table["metric"].unique().tolist() == ["last1_mean_test_accuracy"]
    assert table["tied_with_best"].tolist() == [True, True, False]
    assert table["difference_to_best"].tolist() == pytest.approx([0, -0.01, -0.25])
    assert table["c1"].tolist() == [1, 2, 0]


def test_missing_and_diverged_variants_are_not_chosen(make_data, make_run):
    gone = Problem(make_run("gone"), "history.json", "gone", "missing")
    data = [make_data([0.9], "blown", status="diverged"), make_data([0.5], "sound")]
    variants = _variants(*data, problems=[gone])
    assert select(variants, "max_test_accuracy")["variant"] == "sound"
    table = selection_table(variants, "max_test_accuracy").set_index("variant")
    assert table["eligible"].to_dict() == {"sound": True, "blown": False, "gone": False}
    assert table["value"]["blown"] == 0.9
    assert table["rank"].isna().to_dict() == {"sound": False, "blown": True, "gone": True}


def test_nothing_to_choose_from_is_an_error_that_says_why(make_run):
    variants = _variants(problems=[Problem(make_run(), "history.json", "gone", "missing")])
    with pytest.raises(SelectionError, match=r"tan/grid: .*missing"):
        select(variants, "max_test_accuracy")


def test_an_unknown_metric_is_refused(make_data):
    variants = _variants(make_data([0.5], c1=10))
    with pytest.raises(TableError, match="max_test_accuracy"):
        select(variants, "max_test_acc")


def test_several_go_on_with_their_models_and_ties_are_told(make_data):
    accuracies = {"a": [0.5], "b": [0.7], "c": [0.6], "d": [0.5], "e": [0.2]}
    variants = _variants(*(make_data(own, name, c1=5) for name, own in accuracies.items()))
    decision = select(variants, "max_test_accuracy", ["model", "c1"], top=3)
    model = variants["model"].iloc[0]
    assert decision["best"] == [
        {"variant": name, "model": model, "c1": 5} for name in ("b", "c", "a")
    ]
    assert decision["variant"] == "b" and decision["tied"] == ["d"]
    assert selection_told(decision, 3).startswith("'a' goes on in place 3, and 'd' with exactly")
    assert selection_told(select(variants, "max_test_accuracy", top=2), 2) == ""
    few = select(variants, "max_test_accuracy", top=9)
    assert selection_told(few, 9) == "5 variants alone can be selected, of 9 that were asked for"
