"""Published levels that can be drawn into a curve: whose they are, and what is none."""

from collections.abc import Callable

import pytest

from nnrepro.published.levels import CurveLevel, curve_levels, prints_levels
from nnrepro.published.numbers import PublishedNumber
from nnrepro.study.study import Study

CHAR_CNN = ("text_models", "char_cnn")
Make = Callable[..., PublishedNumber]


@pytest.mark.parametrize(
    ("metric", "level"),
    [
        ("max_test_accuracy", CurveLevel("test_accuracy", "max", 0.5)),
        ("mean_test_accuracy", CurveLevel("test_accuracy", "mean", 0.5)),
        ("min_test_loss", CurveLevel("test_loss", "min", 0.5)),
        ("final_train_accuracy", CurveLevel("train_accuracy", "mean", 0.5, 1)),
        ("last200_mean_test_accuracy", CurveLevel("test_accuracy", "mean", 0.5, 200)),
    ],
)
def test_levels_by_the_name_of_their_metric(
    study: Study, make_number: Make, metric: str, level: CurveLevel
) -> None:
    numbers = [make_number(metric=metric)]
    assert curve_levels(numbers, study, "koh", {}) == {CHAR_CNN: (level,)}
    assert prints_levels(numbers, "koh") and not prints_levels(numbers, "tan")


@pytest.mark.parametrize(
    "given",
    [
        {"metric": "test_accuracy_convergence_epoch"},
        {"metric": "train_seconds"},
        {"metric": "row_average"},
        {"runs": ("text_models/*_cnn",)},
        {"runs": ()},
        {"baseline": ("text_models/word_cnn",)},
        {"test_set": "comparison"},
        {"note": "upper_bound"},
        {"note": "repeat of Q1"},
        {"protocol": "tan"},
    ],
)
def test_what_is_no_level_of_one_curve_is_left_out(
    study: Study, make_number: Make, given: dict
) -> None:
    assert curve_levels([make_number(**given)], study, "koh", {}) == {}


def test_a_level_of_the_selected_variant_is_that_of_the_one_selected(
    study: Study, make_number: Make
) -> None:
    numbers = [make_number(runs=("channel_grid/selected",))]
    decisions = {("koh", "channel_grid"): {"variant": "c1-70_c2-100"}}
    assert list(curve_levels(numbers, study, "koh", decisions)) == [
        ("channel_grid", "c1-70_c2-100")
    ]
    assert curve_levels(numbers, study, "koh", {}) == {}


def test_the_shipped_numbers_give_every_text_run_of_one_report_two_levels(
    study: Study, numbers: list[PublishedNumber]
) -> None:
    """One report prints highest and mean of each text model, the other no accuracy of any."""
    found = curve_levels(numbers, study, "koh", {})
    text = [
        v
        for e in ("text_models", "text_dropout", "rnn_variants")
        for v in study.experiments[e].variants
    ]
    kinds = {key: sorted(level.kind for level in levels) for key, levels in found.items()}
    assert all(kinds[e, v] == ["max", "mean"] for e, v in kinds if v in text)
    assert len([v for _, v in kinds if v in text]) == len(text)
    assert {experiment for experiment, _ in curve_levels(numbers, study, "tan", {})} == {
        "channel_grid",
        "optimizers",
    }
