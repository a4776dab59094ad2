"""Metrics are what Keras and their definitions say, and tell what is known of them."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnrepro.metrics import registry
from nnrepro.metrics.classification import class_counts
from nnrepro.metrics.registry import (
    CLASSIFICATION,
    DEFAULTS,
    MULTI_LABEL,
    REGRESSION,
    MetricNameError,
    catalogue,
    find,
    known,
    metric,
    names_for,
    recorded_metrics,
)
from nnrepro.training.losses import COUNTED

GENERATOR = np.random.default_rng(3)
CLASSES = GENERATOR.integers(0, 5, 80).astype(np.int32)
CHANCES = GENERATOR.dirichlet(np.ones(5), 80).astype(np.float32)
HOT = np.eye(5, dtype=np.float32)[CLASSES]
LABELS = (GENERATOR.random((80, 3)) > 0.6).astype(np.float32)
SURE = GENERATOR.random((80, 3)).astype(np.float32)
TRUE = GENERATOR.normal(3, 2, (80, 2)).astype(np.float32)
NUMBERS = (TRUE + GENERATOR.normal(0, 1, (80, 2))).astype(np.float32)
EXAMPLES = {
    CLASSIFICATION: (CLASSES, CHANCES),
    MULTI_LABEL: (LABELS, SURE),
    REGRESSION: (TRUE, NUMBERS),
}


@pytest.mark.parametrize(
    ("name", "theirs", "true", "answers"),
    [
        ("accuracy", keras.metrics.SparseCategoricalAccuracy(), CLASSES, CHANCES),
        ("top_2_accuracy", keras.metrics.SparseTopKCategoricalAccuracy(2), CLASSES, CHANCES),
        ("f1_macro", keras.metrics.F1Score(average="macro"), HOT, CHANCES),
        ("log_loss", keras.metrics.SparseCategoricalCrossentropy(), CLASSES, CHANCES),
        ("binary_accuracy", keras.metrics.BinaryAccuracy(), LABELS, SURE),
        ("f1_macro", keras.metrics.F1Score(average="macro", threshold=0.5), LABELS, SURE),
        ("mean_absolute_error", keras.metrics.MeanAbsoluteError(), TRUE, NUMBERS),
        ("mean_squared_error", keras.metrics.MeanSquaredError(), TRUE, NUMBERS),
        ("root_mean_squared_error", keras.metrics.RootMeanSquaredError(), TRUE, NUMBERS),
        ("r2_score", keras.metrics.R2Score(), TRUE, NUMBERS),
        ("log_cosh_error", keras.metrics.LogCoshError(), TRUE, NUMBERS),
    ],
)
def test_values_are_those_of_keras(name, theirs, true, answers):
    theirs.update_state(true, answers)
    ours = CLASSES if true is HOT else true
    assert find(name).value(ours, answers) == pytest.approx(float(theirs.result()), rel=1e-5)


def test_the_area_is_the_chance_of_being_ranked_right():
    """Over all pairs of an example of the class and one of another, ties counting half."""
    scores = np.round(SURE, 1)

    def area(column):
        inside, outside = (scores[LABELS[:, column] == value, column, None] for value in (1.0, 0.0))
        return np.mean((inside > outside.T) + 0.5 * (inside == outside.T))

    expected = np.mean([area(column) for column in range(3)])
    assert find("auc").value(LABELS, scores) == pytest.approx(expected)


def test_precision_and_recall_are_means_over_the_classes_that_occur():
    true = np.array([0, 0, 1, 1], np.int32)
    answers = np.eye(4, dtype=np.float32)[[0, 1, 1, 2]]
    right, answered, there = class_counts(true, answers)
    assert (right.tolist(), answered.tolist()) == ([1, 1, 0, 0], [1, 2, 1, 0])
    assert there.tolist() == [2, 2, 0, 0]
    assert find("precision_macro").value(true, answers) == pytest.approx((1 + 0.5 + 0) / 3)
    assert find("recall_macro").value(true, answers) == pytest.approx(0.5)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), task=st.sampled_from(registry.TASKS))
def test_every_metric_is_within_its_range_and_best_where_all_is_right(data, task):
    name = data.draw(st.sampled_from(names_for(task)))
    one, (true, answers) = find(name), EXAMPLES[task]
    rows = data.draw(st.lists(st.integers(0, 79), min_size=20, max_size=60))
    value = one.value(np.abs(true[rows]), np.abs(answers[rows]))
    perfect = HOT if task == CLASSIFICATION else true
    best = one.value(np.abs(true[rows]), np.abs(perfect[rows]))
    for found in (value, best):
        assert one.low is None or np.isnan(found) or found >= one.low - 1e-6
        assert one.high is None or np.isnan(found) or found <= one.high + 1e-6
    assert np.isnan(value) or (
        best <= value + 1e-6 if one.lower_is_better else best >= value - 1e-6
    )


@pytest.mark.parametrize("name", COUNTED)
def test_what_engines_count_is_the_metric(name):
    """From raw outputs, on the backend; the mean of the examples' values."""
    (task,) = find(name).tasks
    true, answers = EXAMPLES[task]
    raw = np.log(answers / (1 - answers)) if task == MULTI_LABEL else answers
    counted = np.asarray(COUNTED[name](true, keras.ops.convert_to_tensor(raw)), np.float64)
    assert counted.mean() == pytest.approx(find(name).value(true, answers), rel=1e-5)


def test_a_value_that_there_is_not_is_no_number():
    """No area with one class, no R2 of targets that are all the same."""
    assert np.isnan(find("auc").value(np.zeros(4, np.int32), np.full((4, 2), 0.5, np.float32)))
    assert np.isnan(find("r2_score").value(np.ones((4, 1)), np.zeros((4, 1))))


def test_what_a_study_records_follows_from_its_task():
    for task, names in DEFAULTS.items():
        assert [one.name for one in recorded_metrics(None, task, 3)] == list(names)
    found = recorded_metrics("f1_macro, top_2_accuracy", CLASSIFICATION, 3)
    assert [one.name for one in found] == ["f1_macro", "top_2_accuracy"]


@pytest.mark.parametrize(
    ("names", "task", "outputs", "words"),
    [
        ("accuracy", REGRESSION, 1, "'accuracy' is for classification"),
        ("f1_makro", CLASSIFICATION, 3, "no metric 'f1_makro'"),
        ("loss", CLASSIFICATION, 3, "no metric 'loss'"),
        ("top_5_accuracy", CLASSIFICATION, 5, "needs 6 classes or more, and there are 5"),
    ],
)
def test_what_does_not_fit_is_refused(names, task, outputs, words):
    with pytest.raises(MetricNameError, match=words):
        recorded_metrics(names, task, outputs)


def test_facts_are_told_of_what_nobody_knows_too():
    assert known("loss").lower_is_better and not known("own_metric").lower_is_better
    assert known("f1_macro").words == "macro F1" and known("own_metric").words == "own metric"
    assert catalogue()["accuracy"].share and not catalogue()["f1_macro"].share


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"task": "ranking", "better": "higher"}, "'ranking' is no task"),
        ({"task": (), "better": "higher"}, "for no task"),
        ({"task": REGRESSION, "better": "less"}, "better is 'less'"),
    ],
)
def test_a_metric_declared_wrongly_is_refused(arguments, words):
    def median_error(y_true, y_pred):
        """The median of the errors' sizes."""

    with pytest.raises(MetricNameError, match=words):
        metric(**arguments)(median_error)


def test_a_metric_that_fails_names_itself():
    one = registry.Metric("odd", function=lambda true, answers: true / 0)
    with pytest.raises(MetricNameError, match=r"odd cannot be computed \(ZeroDivisionError"):
        one.value(1, 1)
