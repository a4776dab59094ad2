"""Tests of differences: against SciPy, by hand, and at their edges."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from scipy import stats

from nnrepro.measures.predictions import (
    Predictions,
    PredictionsError,
    common_answers,
    read_predictions,
)
from nnrepro.statistics.paired import (
    bootstrap_interval,
    compare_errors,
    compare_seeds,
    holm,
    mcnemar_p,
    paired_error,
)
from nnrepro.tables.csvfile import TableError
from nnrepro.tables.runs import runs_table
from nnrepro.tables.tests import tests as table_of_tests
from nnrepro.tables.variants import variants_table

FINAL = "final_test_accuracy"
CLOSING = "last_window_mean_test_accuracy"


def _table(*data, **options):
    runs = runs_table(list(data))
    given = {"metrics": [FINAL], "pairs": [["grid/a", "grid/b"]]} | options
    selection, answers = given.pop("selection", None), given.pop("answers", lambda _: None)
    return table_of_tests(variants_table(runs), runs, selection, answers, **given)


def _answers(**right):
    """Answers by variant, every label being 0."""
    return lambda run: _predicted(right[run.split("/")[2]])


def _predicted(right, label=0):
    """Predictions of two classes, where every label is the same."""
    classes = np.where(np.array(right, dtype=bool), label, 1 - label)
    return Predictions("classification", np.full(len(right), label), np.eye(2)[classes], ())


@given(st.lists(st.integers(-500, 500).map(lambda n: n / 1000), min_size=2, max_size=10))
def test_seeds_are_compared_by_the_paired_t_test(differences):
    found = compare_seeds(np.array(differences))
    assert found.difference == pytest.approx(np.mean(differences))
    if np.ptp(differences) > 0:
        expected = stats.ttest_rel(differences, np.zeros(len(differences)))
        assert found.p == pytest.approx(expected.pvalue, abs=1e-12)
        low, high = expected.confidence_interval(0.95)
        assert (found.low, found.high) == pytest.approx((low, high))
    elif differences[0] == 0:
        assert (found.low, found.high, found.p) == (0.0, 0.0, 1.0)
    else:
        assert np.isnan([found.low, found.high, found.p]).all() and found.test is None


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_the_exact_binomial_test_of_the_discordant(gained, lost):
    expected = stats.binomtest(gained, gained + lost).pvalue if gained + lost else 1.0
    assert mcnemar_p(gained, lost) == pytest.approx(expected, abs=1e-9)


@given(st.integers(0, 50), st.integers(0, 50), st.integers(100, 2000))
def test_the_bootstrap_interval_is_repeatable_and_mirrors(gained, lost, examples):
    interval = bootstrap_interval(gained, lost, examples)
    assert interval == bootstrap_interval(gained, lost, examples)
    assert interval[0] <= (gained - lost) / examples <= interval[1]
    if gained != lost:
        low, high = bootstrap_interval(lost, gained, examples)
        assert (-high, -low) == interval


def test_the_bootstrap_is_that_of_drawing_examples_again():
    generator = np.random.default_rng(8)
    differences = np.repeat([1, -1, 0], [60, 40, 600])
    draws = generator.choice(differences, (4000, 700)).mean(axis=1)
    expected = np.quantile(draws, [0.025, 0.975])
    assert bootstrap_interval(60, 40, 700) == pytest.approx(expected, abs=0.002)


def test_the_paired_interval_covers_the_difference():
    """Two networks of 60 and 62 % whose errors go together, judged on 700 examples."""
    generator = np.random.default_rng(4)
    shares = [0.55, 0.05, 0.07, 0.33]  # both right, base alone, changed alone, neither
    inside, widths, unpaired = [], [], 2 * 1.96 * np.sqrt(2 * 0.61 * 0.39 / 700)
    for _ in range(300):
        _, lost, gained, _ = generator.multinomial(700, shares)
        low, high = bootstrap_interval(gained, lost, 700)
        inside.append(low <= 0.02 <= high)
        widths.append(high - low)
    assert 0.92 <= np.mean(inside) <= 0.98
    assert np.mean(widths) < 0.6 * unpaired


@given(st.integers(0, 300), st.integers(0, 300))
def test_the_paired_error_is_never_zero_and_has_no_direction(gained, lost):
    assert paired_error(gained, lost, 700) == paired_error(lost, gained, 700) > 0


def test_holm_by_hand():
    # 4 tests: the smallest times 4, the next times 3, ..., never falling and at most 1.
    assert holm([0.01, 0.04, 0.03, 0.005]).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.7]).tolist() == pytest.approx([1.0, 1.0])
    found = holm([np.nan, 0.02, np.nan, 0.5])
    assert found[[1, 3]].tolist() == pytest.approx([0.04, 0.5])
    assert np.isnan(found[[0, 2]]).all()
    assert holm([]).tolist() == [] and np.isnan(holm([np.nan])).all()


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=8).flatmap(
        lambda values: st.tuples(st.just(values), st.permutations(range(len(values))))
    )
)
def test_holm_does_not_depend_on_order_and_never_lowers_p(drawn):
    values, order = drawn
    corrected = holm(values)
    # The closure of Bonferroni's correction: a test's largest p in all sets of tests with it.
    sets = [
        some
        for size in range(len(values))
        for some in itertools.combinations(range(len(values)), size + 1)
    ]
    for test, found in enumerate(corrected):
        within = [len(some) * min(values[at] for at in some) for some in sets if test in some]
        assert found == pytest.approx(min(1, max(within)))
    assert holm([values[i] for i in order]).tolist() == [corrected[i] for i in order]
    assert (corrected >= np.array(values) - 1e-15).all() and (corrected <= 1).all()


def test_an_unknown_error_gives_no_test():
    for error in (float("nan"), 0.0):
        found = compare_errors(0.1, error, "sampling error")
        assert found.test is None and np.isnan(found.p) and np.isnan(found.low)


def test_one_seed_with_predictions_is_tested_by_mcnemar(make_data):
    right = {"a": [1] * 50 + [0] * 50, "b": [1] * 62 + [0] * 38}
    data = [make_data([0.5], "a", test_examples=100), make_data([0.62], "b", test_examples=100)]
    row = _table(*data, answers=_answers(**right)).iloc[0]
    assert (row["test"], row["seeds"], row["test_examples"]) == ("exact McNemar", 1, 100)
    assert row["p"] == pytest.approx(2 * 0.5**12)
    assert row["difference"] == pytest.approx(0.12)
    assert (row["ci95_low"], row["ci95_high"]) == bootstrap_interval(12, 0, 100)
    assert bool(row["significant"]) is True


def test_a_window_mean_of_one_seed_has_the_paired_error_and_the_noise_of_its_epochs(make_data):
    noisy = [0.5, 0.56, 0.52, 0.58, 0.5, 0.57, 0.51, 0.55]
    size = {"test_examples": 100, "window": 8, "smoothing": 3}
    data = [make_data(noisy, "a", **size), make_data([0.6] * 8, "b", **size)]
    right = {"a": [1] * 50 + [0] * 50, "b": [1] * 55 + [0] * 45}
    row = _table(*data, metrics=[CLOSING], answers=_answers(**right)).iloc[0]
    assert row["test"] == "paired sampling error"
    error = (row["ci95_high"] - row["ci95_low"]) / (2 * 1.959964)
    assert error > paired_error(5, 0, 100)
    still = [make_data([np.mean(noisy)] * 8, "a", **size), data[1]]
    calm = _table(*still, metrics=[CLOSING], answers=_answers(**right)).iloc[0]
    assert (calm["ci95_high"] - calm["ci95_low"]) / (2 * 1.959964) == pytest.approx(
        paired_error(5, 0, 100), rel=1e-6
    )


def test_without_predictions_the_sampling_error_is_the_cautious_one(make_data):
    data = [make_data([0.5], "a"), make_data([0.52], "b")]
    right = {"a": [1] * 1000 + [0] * 1000, "b": [1] * 1040 + [0] * 960}
    bare = _table(*data).iloc[0]
    known = _table(*data, answers=_answers(**right)).iloc[0]
    assert bare["test"] == "sampling error"
    assert bare["p"] > known["p"]
    assert bare["ci95_high"] - bare["ci95_low"] > known["ci95_high"] - known["ci95_low"]


def test_different_test_sets_and_labels_are_not_paired(make_data):
    answers = _answers(a=[1] * 100, b=[1] * 50)
    mixed = [make_data([1.0], "a", test_examples=100), make_data([1.0], "b", test_examples=50)]
    row = _table(*mixed, answers=answers).iloc[0]
    assert row["test"] == "sampling error" and pd.isna(row["test_examples"])
    one, other = _predicted([1, 1]), _predicted([1, 1], label=1)
    assert common_answers(one, other, 2) is None
    assert common_answers(one, one, 3) is None
    assert common_answers(one, None, 1) is None


def test_without_its_size_a_test_set_has_no_sampling_error(make_data):
    """A run without a record whose test set the study's data decide, as an archive may have it."""
    data = [
        make_data([x], v, s, test_examples=9) for v, x in (("a", 0.5), ("b", 0.6)) for s in (0, 1)
    ]
    runs = runs_table(data).assign(test_examples=np.nan)
    pair = {"metrics": [FINAL], "pairs": [["grid/a", "grid/b"]]}
    row = table_of_tests(variants_table(runs), runs, {}, lambda _: None, **pair).iloc[0]
    assert row["seeds"] == 2 and pd.isna(row["test_examples"])


def test_losses_and_times_of_single_runs_are_not_tested(make_data):
    data = [make_data([0.5], "a", seconds=9.0), make_data([0.6], "b", seconds=7.0)]
    table = _table(*data, metrics=["train_seconds", "min_test_loss", FINAL])
    assert table["test"].isna().tolist() == [True, True, False]
    assert table["p_holm"].isna().tolist() == [True, True, False]
    assert table["difference"][0] == -2.0
    assert table["p_holm"][2] == table["p"][2]  # those that are not tested do not count


def test_common_seeds_are_paired_and_others_left_out(make_data):
    levels = {"a": [0.4, 0.5, 0.6], "b": [0.45, 0.56, 0.64, 0.1]}
    data = [make_data([x], v, s) for v, xs in levels.items() for s, x in enumerate(xs)]
    row = _table(*data).iloc[0]
    assert (row["test"], row["seeds"]) == ("paired t over seeds", 3)
    assert row["p"] == pytest.approx(stats.ttest_rel(levels["b"][:3], levels["a"]).pvalue)
    assert row["changed_value"] == pytest.approx(0.55)


def test_variants_without_common_seeds_are_compared_by_all_of_theirs(make_data):
    base, changed = [0.5, 0.6, 0.55], [0.7, 0.8]
    row = _table(
        *(make_data([value], "a", seed) for seed, value in enumerate(base)),
        *(make_data([value], "b", 7 + seed) for seed, value in enumerate(changed)),
    ).iloc[0]
    expected = stats.ttest_ind(changed, base, equal_var=False)
    assert (row["test"], row["seeds"]) == ("Welch\u2019s t over seeds", 2)
    assert (row["base_value"], row["changed_value"]) == pytest.approx((0.55, 0.75))
    assert row["p"] == pytest.approx(expected.pvalue)
    assert (row["ci95_low"], row["ci95_high"]) == pytest.approx(
        tuple(expected.confidence_interval(0.95))
    )


@settings(max_examples=10, deadline=None)
@given(st.permutations(range(8)))
def test_the_order_of_runs_and_seeds_decides_nothing(make_data, order):
    data = [
        make_data([0.3 + 0.1 * v + 0.013 * s * (v + 1)], "ab"[v], s)
        for v, s in itertools.product(range(2), range(4))
    ]
    assert_frame_equal(_table(*data), _table(*(data[i] for i in order)), check_exact=True)


def test_all_are_compared_with_one_or_with_the_best_and_corrected_by_protocol(make_data):
    data = [
        make_data([x], name, protocol=protocol)
        for protocol in ("tan", "koh")
        for name, x in (("a", 0.5), ("b", 0.54), ("c", 0.3))
    ]
    fixed = _table(*data, pairs=None, against="grid/a")
    assert fixed["changed"].tolist() == ["grid/b", "grid/c"] * 2
    assert fixed["p_holm"][0] == pytest.approx(fixed["p"][0])  # the larger of two
    assert fixed["p_holm"][1] == pytest.approx(2 * fixed["p"][1])
    best = _table(*data, pairs=None, against="best")
    assert best["base"].tolist() == ["grid/b"] * 4
    selected = {"against": "grid/selected", "selection": lambda protocol, of: "max_test_accuracy"}
    chosen = _table(*data, pairs=None, **selected)
    assert_frame_equal(chosen, best)


def test_the_selected_variant_has_no_diverged_run(make_data):
    data = [
        make_data([0.9], "a", status="diverged"),
        make_data([0.5], "b"),
        make_data([0.4], "c"),
    ]
    selected = {"against": "grid/selected", "selection": lambda protocol, of: FINAL}
    table = _table(*data, pairs=None, **selected)
    assert set(table["base"]) == {"grid/b"}


def test_what_cannot_be_compared_is_said(make_data):
    data = [make_data([0.5], "a"), make_data([0.6], "b")]
    with pytest.raises(TableError, match=r"'grid/bb' is not among .*did you mean 'grid/b'"):
        _table(*data, pairs=[["grid/a", "grid/bb"]])
    assert len(_table(*data, pairs=[["other/selected", "grid/b"]])) == 0
    gone = _table(make_data([0.5], "a"), make_data([np.nan], "b", status="diverged")).iloc[0]
    assert gone["seeds"] == 0 and np.isnan(gone["p"]) and np.isnan(gone["changed_value"])
    both = [make_data([level], "a", seed=seed) for seed, level in enumerate((0.5, 0.7))]
    lost = [make_data([np.nan], "b", seed=seed, status="diverged") for seed in (0, 1)]
    assert _table(*both, *lost).iloc[0]["base_value"] == pytest.approx(0.6)


def test_predictions_are_read_and_damaged_ones_named(tmp_path):
    path = tmp_path / "predictions.npz"
    assert read_predictions(path) is None
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]], dtype=np.float16)
    np.savez_compressed(path, probabilities=probabilities, labels=np.array([0, 0, 0], np.int32))
    assert read_predictions(path).right.tolist() == [True, False, True]
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(PredictionsError, match=r"predictions\.npz"):
        read_predictions(path)
    np.savez(path, probabilities=probabilities, labels=np.zeros(2, np.int32))
    with pytest.raises(PredictionsError, match="do not match"):
        read_predictions(path)


def test_the_first_metric_alone_enters_holms_correction(make_data):
    data = [make_data([x], name) for name, x in (("a", 0.5), ("b", 0.54), ("c", 0.3))]
    one = _table(*data, pairs=None, against="grid/a", metrics=["max_test_accuracy"])
    metrics = ["max_test_accuracy", "final_test_accuracy"]
    two = _table(*data, pairs=None, against="grid/a", metrics=metrics)
    first = two[two["metric"] == "max_test_accuracy"]
    assert first["p_holm"].tolist() == one["p_holm"].tolist()
    further = two[two["metric"] == "final_test_accuracy"]
    assert further["p"].notna().all()
    assert further[["p_holm", "significant"]].isna().all(axis=None)
