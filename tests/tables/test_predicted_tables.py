"""Tables of predictions: classes one by one, and the examples that most runs answer wrong."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnrepro.measures.predictions import Predictions, PredictionsError, read_predictions
from nnrepro.metrics.registry import CLASSIFICATION, MULTI_LABEL, REGRESSION
from nnrepro.tables.constant_answer import constant_answer
from nnrepro.tables.most_wrong import most_wrong
from nnrepro.tables.per_class import per_class
from nnrepro.tables.runs import runs_table
from nnrepro.tables.variants import variants_table

LABELS = np.array([0, 0, 1, 1, 2, 2])
NAMES = ("cat", "dog", "owl")


def answered(*classes: int, labels: Any = LABELS) -> Predictions:
    return Predictions(CLASSIFICATION, labels, np.eye(3)[list(classes)], NAMES)


def tables(make_data: Callable[..., Any], runs: dict[tuple[str, int], Any]) -> Any:
    """Variants, runs and predictions of runs by variant and seed."""
    data = [make_data([0.5], variant, seed) for variant, seed in runs]
    by_id = {item.run.id: found for item, found in zip(data, runs.values(), strict=True)}
    table = runs_table(data)
    return variants_table(table), table, by_id.get


def test_classes_are_told_one_by_one_as_means_over_seeds(make_data: Callable[..., Any]) -> None:
    seeds = {("a", 0): answered(0, 0, 1, 1, 1, 2), ("a", 1): answered(0, 0, 1, 1, 2, 2)}
    found = per_class(*tables(make_data, seeds))
    assert found["class"].tolist() == list(NAMES)
    assert found["examples"].tolist() == [2, 2, 2] and found["seeds"].tolist() == [2, 2, 2]
    assert found["precision"].tolist() == pytest.approx([1, (2 / 3 + 1) / 2, 1])
    assert found["recall"].tolist() == [1, 1, 0.75]
    assert found["f1"].tolist() == pytest.approx([1, (0.8 + 1) / 2, (2 / 3 + 1) / 2])


def test_the_test_set_of_most_runs_is_told_of(make_data: Callable[..., Any]) -> None:
    other = answered(0, 0, labels=LABELS[:2])
    seeds = {("a", seed): answered(0, 0, 1, 1, 2, 2) for seed in (1, 2)}
    found = per_class(*tables(make_data, {("a", 0): other, **seeds}))
    assert set(found["seeds"]) == {2} and set(found["examples"]) == {2}


def test_a_class_that_never_occurs_is_none_of_them(make_data: Callable[..., Any]) -> None:
    seen = answered(0, 0, 1, 1, labels=LABELS[:4])
    found = per_class(*tables(make_data, {("a", 0): seen}))
    assert found["class"].tolist() == ["cat", "dog"]


def test_a_class_without_examples_is_not_found_badly(make_data: Callable[..., Any]) -> None:
    """It is answered, wrongly; how much of it is found nobody knows."""
    found = per_class(*tables(make_data, {("a", 0): answered(0, 2, 1, 0, labels=LABELS[:4])}))
    assert found["class"].tolist() == list(NAMES)
    absent = found.iloc[2]
    assert (absent["examples"], absent["precision"]) == (0, 0)
    assert np.isnan(absent["recall"]) and np.isnan(absent["f1"])


def test_labels_of_which_several_hold_have_rows_and_numbers_have_none(
    make_data: Callable[..., Any],
) -> None:
    labels, sure = np.array([[1, 0], [1, 1]]), np.array([[0.9, 0.2], [0.1, 0.8]])
    several = Predictions(MULTI_LABEL, labels, sure, ("red", "big"))
    numbers = Predictions(REGRESSION, np.ones((2, 1)), np.ones((2, 1)), ("price",))
    runs = {("a", 0): several, ("b", 0): numbers, ("c", 0): None}
    found = per_class(*tables(make_data, runs))
    assert found[["variant", "class", "recall"]].values.tolist() == [
        ["a", "red", 0.5],
        ["a", "big", 1.0],
    ]
    assert several.right.tolist() == [True, False]


def test_examples_are_ordered_by_how_many_runs_answer_them_wrong(
    make_data: Callable[..., Any],
) -> None:
    runs = {
        ("a", 0): answered(0, 1, 1, 1, 1, 2),
        ("a", 1): answered(0, 1, 1, 0, 1, 2),
        ("b", 0): answered(0, 2, 1, 1, 1, 2),
        ("b", 1): answered(0, 0, 0, 0, 0, 0, labels=np.zeros(6, int)),  # of other examples
    }
    told = "row {}".format
    found = most_wrong(*tables(make_data, runs), lambda run, at: told(at), examples=2)
    assert found["input"].tolist() == ["row 1", "row 4"]
    assert found["example"].tolist() == [1, 4]
    assert found["answered"].tolist() == ["dog", "dog"]
    assert found[["wrong", "agreeing", "runs"]].values.tolist() == [[3, 2, 3], [3, 3, 3]]
    assert len(most_wrong(*tables(make_data, runs), lambda *_: "", examples=20)) == 3


def test_networks_stand_beside_one_answer_for_all(make_data: Callable[..., Any]) -> None:
    labels = np.array([0, 0, 0, 1, 1, 2])
    runs = {
        ("a", 0): answered(0, 0, 0, 1, 1, 2, labels=labels),
        ("a", 1): answered(0, 0, 0, 1, 1, 0, labels=labels),
        ("b", 0): answered(1, 1, 0, 0, 0, 0, labels=labels),
    }
    found = constant_answer(*tables(make_data, runs))
    assert found[["variant", "metric", "answer", "seeds"]].values.tolist() == [
        ["a", "final_test_accuracy", "cat", 2],
        ["b", "final_test_accuracy", "cat", 1],
    ]
    assert found["constant"].tolist() == [0.5, 0.5]
    even = constant_answer(*tables(make_data, {("a", 0): answered(0, 0, 1, 1, 2, 2)}))
    assert even["answer"].tolist() == [""]
    assert found["reached"].tolist() == pytest.approx([(1 + 5 / 6) / 2, 1 / 6])


def test_level_probabilities_are_told_as_training_recorded_them(
    make_data: Callable[..., Any],
) -> None:
    """In float16 two classes may be level: of three right answers of six it cannot tell one."""
    outputs = np.eye(3)[[0, 1, 1, 0, 2, 0]]
    outputs[1] = [0, 0.5, 0.5]
    labels = np.array([0, 2, 1, 1, 1, 1])
    known = {("a", 0): Predictions(CLASSIFICATION, labels, outputs, NAMES)}
    variants, runs, predictions = tables(make_data, known)
    for recorded, reached in ((0.5, 0.5), (1 / 3, 1 / 3), (0.9, 1 / 3)):
        told = constant_answer(variants, runs.assign(final_test_accuracy=recorded), predictions)
        assert told["reached"].tolist() == pytest.approx([reached])


def test_numbers_stand_beside_the_mean_of_the_targets(make_data: Callable[..., Any]) -> None:
    targets = np.array([[1.0], [2.0], [6.0]])
    near = Predictions(REGRESSION, targets, targets + 1, ("price",))
    variants, runs, predictions = tables(make_data, {("a", 0): near})
    names = ("mean_absolute_error", "r2_score", "cosine_similarity")  # the last is Keras's
    runs = runs.assign(**{f"final_test_{name}": 1.0 for name in names})
    found = constant_answer(variants, runs, predictions)
    assert found["metric"].tolist() == ["final_test_mean_absolute_error", "final_test_r2_score"]
    assert found["constant"].tolist() == pytest.approx([2, 0])
    assert found["reached"].tolist() == pytest.approx([1, 1 - 3 / 14])


def test_without_predictions_there_is_nothing(make_data: Callable[..., Any]) -> None:
    found = tables(make_data, {("a", 0): None})
    assert per_class(*found).empty and most_wrong(*found, lambda *_: "").empty
    assert constant_answer(*found).empty


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"probabilities": np.eye(3), "labels": np.zeros(2, int)}, "2 labels and 3 answers"),
        ({"probabilities": np.eye(3), "labels": np.full(3, 7)}, "none of 3 classes"),
        ({"outputs": np.eye(3), "targets": np.eye(2)}, "2 labels and 3 answers"),
        ({"labels": np.zeros(3, int)}, "probabilities"),
    ],
)
def test_predictions_that_do_not_hold_together_are_damage(
    arrays: dict[str, Any], words: str, tmp_path: Path
) -> None:
    np.savez_compressed(tmp_path / "p.npz", **arrays)
    with pytest.raises(PredictionsError, match=words):
        read_predictions(tmp_path / "p.npz")


def test_predictions_made_before_outputs_had_names_are_read(tmp_path: Path) -> None:
    path = tmp_path / "p.npz"
    np.savez_compressed(path, probabilities=np.eye(3, dtype=np.float16), labels=np.arange(3))
    found = read_predictions(path)
    assert found is not None and found.names == ("0", "1", "2") and found.right.all()
    np.savez_compressed(
        path, outputs=np.ones((2, 1), np.float32), targets=np.ones((2, 1)), names=np.array(["m"])
    )
    numbers = read_predictions(path)
    assert numbers is not None and (numbers.task, numbers.names) == (REGRESSION, ("m",))
