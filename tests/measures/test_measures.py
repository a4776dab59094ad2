"""Measures: what their text means, and what they give on curves whose answer is known."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nnrepro.measures.curves import CURVES, RunCurves
from nnrepro.measures.expressions import Mistake, parse_measure
from nnrepro.measures.functions import FUNCTIONS
from nnrepro.measures.names import (
    in_words,
    lower_is_better,
    reading_named,
    unit_named,
    with_window,
    without_window,
    words_named,
)
from nnrepro.measures.spans import Span

RISE = np.array([0.1, 0.3, 0.5, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6])


def value(text, accuracy=RISE, loss=None, window=4, width=1):
    curves = RunCurves(
        {
            "test_accuracy": accuracy,
            "test_loss": np.zeros(len(accuracy)) if loss is None else np.asarray(loss, float),
            "train_accuracy": accuracy + 0.1,
            "train_loss": np.arange(len(accuracy), 0, -1.0),
        },
        window,
        width,
        full_width=5,
    )
    return parse_measure(text).value(lambda r: r.span(curves) or Span(-math.inf, math.inf))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tail(test_accuracy)", 0.6),
        ("overall(test_accuracy)", RISE.mean()),
        ("best(test_accuracy)", 0.6),
        ("final(train_loss)", 1.0),
        ("mean(test_accuracy, 2, 3)", 0.4),
        ("mean(train_loss, -2)", 1.5),
        ("min(test_accuracy, 2)", 0.3),
        ("max(train_loss, 3, 5)", 8.0),
        ("gap", 0.1),
        ("slope(train_loss)", -1.0),
        ("slope(train_loss, -3)", -1.0),
        ("r_squared(train_loss)", 1.0),
        ("near(train_loss, 4)", 7.0),
        ("settled(test_accuracy)", 0.6),
        ("rise_epoch(test_accuracy)", 1),
        ("best_epoch(test_accuracy)", 4),
        ("lowest_epoch(train_loss)", 10),
        ("range(test_accuracy)", 0.0),
        ("change(train_loss)", -3.0),
        ("conv_epoch(test_accuracy)", 4),
        ("conv_epoch(test_accuracy, 0.35)", 2),
        ("drift(train_loss)", 2.0),
        ("final(train_loss) / max(train_loss) + 1", 1.1),
        ("2 * (final(train_loss) - 3)", -4.0),
    ],
)
def test_a_measure_is_what_its_text_says(text, expected):
    assert value(text).low == pytest.approx(expected)


def test_smoothing_goes_before_the_function():
    rough = np.array([0.0, 1.0, 0.0, 1.0, 0.0, 1.0])
    assert value("max(smooth(test_accuracy))", rough, width=3).low < 1
    assert value("max(test_accuracy)", rough, width=3).low == 1


def test_a_curve_that_never_settles_settles_beyond_its_end():
    falling = np.linspace(1, 0, 10)
    assert value("conv_epoch(test_accuracy)", falling) == Span(11, math.inf)
    assert value("conv_epoch(test_accuracy) / 2", falling).low == 5.5


def test_collapses_are_falls_from_above_the_ceiling_that_recover_in_time():
    curve = np.array([0.1, 0.5, 0.1, 0.1, 0.5, 0.1, 0.2, 0.2, 0.2, 0.5, 0.1])
    # The first low is no fall, the second recovers in 2 epochs, the third in 4, the last never.
    assert value("collapses(test_accuracy, 0.15, 0.4, 3)", curve).low == 1
    assert value("collapses(test_accuracy, 0.15, 0.4, 4)", curve).low == 2
    loss = [1, 1, 7, 9, 1, 3, 1, 1, 1, 1, 20]
    assert value("collapse_peak(test_loss, 0.15, 0.4, 4)", curve, loss).low == 9


def test_a_curve_without_collapses_has_no_peak():
    assert not value("collapse_peak(test_loss, 0.15, 0.4, 4)").bounded


def test_what_is_not_finite_has_no_value():
    broken = np.array([0.1, np.nan, 0.3, 0.4])
    assert not value("overall(test_accuracy)", broken).bounded
    assert value("final(test_accuracy)", broken).low == 0.4


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("tail(test_accuracy)", "fraction"),
        ("gap", "fraction"),
        ("conv_epoch(test_loss)", "epochs"),
        ("mean(test_loss, -10) / min(test_loss)", "ratio"),
        ("train_seconds / epochs", "seconds per epochs"),
        ("jitter(test_loss)", "loss"),
    ],
)
def test_units(text, unit):
    assert parse_measure(text).unit == unit


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("tial(test_accuracy)", "did you mean 'tail'?"),
        ("tail(test_acuracy)", "did you mean 'test_accuracy'?"),
        ("train_second", "did you mean 'train_seconds'?"),
        ("last200_mean_test_f1_macro", "a measure says it as tail(test_f1_macro)"),
        ("tail()", "needs a curve"),
        ("mean(test_loss)", "takes 1 to 2 numbers"),
        ("tail(test_accuracy", "cannot be read"),
        ("__import__('os')", "is no function"),
        ("tail(test_accuracy) ** 2", "neither a measure nor a number"),
        ("3", "measures nothing"),
        (True, "must be a measure"),
    ],
)
def test_a_wrong_measure_says_what_is_wrong(text, hint):
    with pytest.raises(Mistake) as caught:
        parse_measure(text)
    assert hint in str(caught.value)


spans = st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)).map(lambda e: Span(min(e), max(e)))


@example(Span(1.0, 1.0), Span(2.3e-311, 2.3e-311), 0.0, 0.0)
@example(Span(1e6, 1e6), Span(1e-305, 1e-305), 0.0, 0.0)
@example(Span(1e-300, 1e-300), Span(2.3e-311, 2.3e-311), 0.0, 0.0)
@given(spans, spans, st.floats(0, 1), st.floats(0, 1))
def test_arithmetic_on_spans_holds_the_result_for_any_number_inside(a, b, s, t):
    x, y = (span.low + share * (span.high - span.low) for span, share in ((a, s), (b, t)))
    x, y = min(max(x, a.low), a.high), min(max(y, b.low), b.high)
    for span, number in ((a + b, x + y), (a - b, x - y), (a * b, x * y)):
        assert span.low - 1e-3 <= number <= span.high + 1e-3
    if not b.low <= 0 <= b.high:
        quotient = a / b
        slack = 1e-9 * max(abs(quotient.low), abs(quotient.high), 1)
        assert quotient.low - slack <= x / y <= quotient.high + slack


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("conv_epoch(test_accuracy) about 35", "convergence epoch of test accuracy about 35"),
        (
            "lowest_epoch(smooth(test_loss)) at least 620",
            "epoch of the lowest test loss at least 620",
        ),
        (
            "collapses(test_accuracy, 0.15, 0.40, 50) at least 2",
            "collapses of test accuracy at least 2",
        ),
        (
            "conv_epoch(test_accuracy), ratio at most 0.9: a run has 4 epochs (1 more is short)",
            "convergence epoch of test accuracy, ratio at most 0.9: a run has 4 epochs "
            "(1 more is short)",
        ),
        ("train_seconds, ratio between 1.6 and 2.5", "training time, ratio between 1.6 and 2.5"),
        (
            "my(test_thing): no run of a/test_accuracy_b",
            "my(test_thing): no run of a/test_accuracy_b",
        ),
    ],
)
def test_measures_are_said_in_words_and_all_else_is_left(text, words):
    assert in_words(text) == words


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("curve", CURVES)
def test_no_measure_is_left_in_the_language_of_the_file(function, curve):
    assert "(" not in in_words(f"{function}({curve})") and "_" not in in_words(
        f"{function}({curve})"
    )


@pytest.mark.parametrize(
    ("name", "measure", "unit", "lower", "phrase"),
    [
        ("max_test_accuracy", "best(test_accuracy)", "fraction", False, "highest test accuracy"),
        ("min_test_loss", "min(test_loss)", "loss", True, "lowest test loss"),
        (
            "last200_mean_validation_accuracy",
            "tail(validation_accuracy)",
            "fraction",
            False,
            "closing mean held-out accuracy",
        ),
        (
            "final_train_mean_absolute_error",
            "final(train_mean_absolute_error)",
            "",
            True,
            "final training mean absolute error",
        ),
        ("max_test_f1", "best(test_f1)", "", False, "highest test f1"),
        ("comparison_mean_test_loss", "overall(test_loss)", "loss", True, None),
        ("max_test_accuracy_epoch", "best_epoch(test_accuracy)", "epochs", True, None),
        ("test_loss_convergence_epoch", "conv_epoch(test_loss)", "epochs", True, None),
        ("jitter_test_accuracy", "jitter(test_accuracy)", "fraction", True, None),
        ("train_seconds", "train_seconds", "seconds", True, "training time"),
        ("train_seconds_ratio", "None", "ratio", True, "train seconds ratio"),
        ("row_average", "None", "fraction", True, "row average"),
        ("gap", "None", "fraction", True, "gap"),
        ("what_ever", "None", "", True, "what ever"),
    ],
)
def test_names_of_metrics_are_names_of_measures(name, measure, unit, lower, phrase):
    assert str(reading_named(name)) == measure
    assert (unit_named(name), lower_is_better(name)) == (unit, lower)
    assert phrase in (None, words_named(name).phrase)


@pytest.mark.parametrize("name", [name for name, known in FUNCTIONS.items() if known.column])
def test_a_metric_is_found_by_its_name(name):
    column = FUNCTIONS[name].column.format("test_accuracy")
    assert reading_named(column) == parse_measure(f"{name}(test_accuracy)").readings[0]


def test_names_carry_the_number_of_the_window():
    assert with_window("last_window_mean_test_loss", 200) == "last200_mean_test_loss"
    assert with_window("max_test_loss", 200) == "max_test_loss"
    assert without_window("last200_mean_test_loss") == ("last_window_mean_test_loss", 200)
    assert without_window("max_test_loss") == ("max_test_loss", None)
