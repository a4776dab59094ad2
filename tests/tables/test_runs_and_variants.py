"""The runs table has a row for every run asked for; the variants table summarises over seeds."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal, assert_series_equal

from nnrepro.measures.runs import Problem
from nnrepro.tables.columns import (
    metric_columns,
    metric_values,
    rows_of,
    setting_columns,
)
from nnrepro.tables.csvfile import TableError
from nnrepro.tables.runs import runs_table
from nnrepro.tables.variants import variants_table

CURVE = [0.1, 0.2, 0.3, 0.5, 0.4, 0.4, 0.4, 0.4, 0.6, 0.2]


def test_a_row_tells_identity_settings_windows_metrics_and_time(make_data):
    table = runs_table([make_data(CURVE, seconds=30.0, c1=90)])
    row = table.iloc[0]
    assert row["run_id"] == "tan/grid/a/seed0"
    assert (row["status"], row["c1"], row["learning_rate"]) == ("completed", 90, 0.001)
    assert (row["epochs_completed"], row["window_asked"], row["window"]) == (10, 5, 5)
    assert (row["smoothing_asked"], row["smoothing"]) == (3, 3)
    assert row["last5_mean_test_accuracy"] == pytest.approx(0.4, abs=1e-12)
    assert (row["train_seconds"], row["seconds_per_epoch"]) == (30.0, 3.0)
    assert row["device"] == "a processor"
    assert "window_mean_test_accuracy" not in table


def test_shared_settings_come_in_their_order_and_models_own_by_name(make_data):
    table = runs_table([make_data(CURVE, zeta=1, c2=20, c1=10)])
    assert setting_columns(table) == [
        *("train_examples", "test_examples", "comparison_test_examples", "epochs"),
        *("learning_rate", "c1", "c2", "zeta"),
    ]


def test_a_setting_named_like_a_column_gets_a_column_of_its_own(make_data):
    table = runs_table([make_data(CURVE, model="own", gap=3)])
    assert table["model"].tolist() == ["image_cnn"]
    assert table["setting_model"].tolist() == ["own"]
    assert table["setting_gap"].tolist() == [3]


def test_each_window_in_use_has_its_column_and_blanks_elsewhere(make_data):
    table = runs_table([make_data(CURVE, "a"), make_data(CURVE, "b", window=2)])
    assert [name for name in table if name.endswith("_mean_test_accuracy")][:2] == [
        "last2_mean_test_accuracy",
        "last5_mean_test_accuracy",
    ]
    assert np.isnan(table["last2_mean_test_accuracy"][0])
    assert np.isnan(table["last5_mean_test_accuracy"][1])
    assert metric_values(table, "last_window_mean_test_accuracy").tolist() == pytest.approx(
        [0.4, 0.4]
    )


def test_missing_and_damaged_runs_have_rows_without_metrics(make_data, make_run):
    runs = [make_run("a", c1=10), make_run("b", c1=30), make_run("c", c1=50)]
    problems = [
        Problem(runs[0], "history.json", "gone", "missing"),
        Problem(runs[2], "history.json", "broken", "damaged"),
    ]
    table = runs_table([make_data(CURVE, "b", c1=30)], problems, runs)
    assert table["status"].tolist() == ["missing", "unknown", "damaged"]
    assert table["c1"].tolist() == [10, 30, 50]
    assert table[metric_columns(table)].isna().all(axis=1).tolist() == [True, False, True]
    assert np.isnan(metric_values(table, "last_window_mean_test_accuracy")[0])


def test_without_a_record_time_and_device_are_unknown(make_data):
    row = runs_table([make_data(CURVE)]).iloc[0]
    assert row["status"] == "unknown"
    assert row[["train_seconds", "seconds_per_epoch", "device"]].isna().all()


def test_a_run_that_was_never_read_is_an_error(make_data, make_run):
    with pytest.raises(TableError, match="tan/grid/z/seed0"):
        runs_table([make_data(CURVE)], [], [make_run("a"), make_run("z")])


def test_a_study_without_any_history_still_has_its_tables(make_run):
    run = make_run()
    table = runs_table([], [Problem(run, "history.json", "gone", "missing")])
    assert table["status"].tolist() == ["missing"]
    variants = variants_table(table)
    assert (variants["seeds"][0], variants["seeds_asked"][0]) == (0, 1)
    assert np.isnan(metric_values(variants, "last_window_mean_test_accuracy")[0])


def test_the_larger_test_set_has_its_own_columns(make_data):
    table = runs_table([make_data([0.1, 0.2], comparison=[0.3, 0.4]), make_data([0.1, 0.2], "b")])
    assert table["comparison_max_test_accuracy"][0] == 0.4
    assert np.isnan(table["comparison_max_test_accuracy"][1])
    larger = metric_values(table, "max_test_accuracy", test_set="comparison")
    assert larger.tolist() == [0.4, 0.2]


def test_a_missing_run_changes_only_its_own_row(make_data, make_run):
    data = [make_data(CURVE, name, c1=index) for index, name in enumerate("abc")]
    runs = [item.run for item in data]
    whole = runs_table(data, [], runs)
    gap = [Problem(runs[1], "history.json", "gone", "missing")]
    assert_frame_equal(runs_table([data[0], data[2]], gap, runs).drop(index=1), whole.drop(index=1))


@settings(max_examples=25, deadline=None)
@given(order=st.permutations(range(6)))
def test_the_order_of_runs_decides_the_order_of_rows_and_nothing_else(make_data, order):
    data = [
        make_data(np.roll(CURVE, seed + 2 * v) * 0.9, "ab"[v], seed, c1=10 * v)
        for v in range(2)
        for seed in range(3)
    ]
    by_id = ["protocol", "experiment", "variant"]
    whole, mixed = runs_table(data), runs_table([data[index] for index in order])
    assert_frame_equal(
        whole.sort_values("run_id").reset_index(drop=True),
        mixed.sort_values("run_id").reset_index(drop=True),
    )
    assert_frame_equal(
        variants_table(whole).sort_values(by_id).reset_index(drop=True),
        variants_table(mixed).sort_values(by_id).reset_index(drop=True),
        check_exact=True,
    )


def test_seeds_give_mean_deviation_and_t_interval(make_data):
    data = [make_data([level], seed=seed) for seed, level in enumerate([0.4, 0.5, 0.6])]
    row = variants_table(runs_table(data)).iloc[0]
    assert (row["seeds"], row["seeds_asked"], row["max_test_accuracy_n"]) == (3, 3, 3)
    assert row["max_test_accuracy"] == pytest.approx(0.5)
    assert row["max_test_accuracy_sd"] == pytest.approx(0.1)
    half = 4.302652729911275 * 0.1 / np.sqrt(3)  # the t table's 97.5 % point with 2 degrees
    assert row["max_test_accuracy_ci95_low"] == pytest.approx(0.5 - half)
    assert row["max_test_accuracy_ci95_high"] == pytest.approx(0.5 + half)
    assert row["max_test_accuracy_interval"] == "seeds"


def test_one_seed_has_the_test_sets_interval_for_accuracies_alone(make_data):
    row = variants_table(runs_table([make_data([0.55], comparison=[0.55], seconds=9.0)])).iloc[0]
    assert row["max_test_accuracy_interval"] == "test set"
    widths = [
        row[f"{prefix}max_test_accuracy_ci95_high"] - row[f"{prefix}max_test_accuracy_ci95_low"]
        for prefix in ("", "comparison_")
    ]
    assert widths == pytest.approx([0.0436, 0.0195], abs=1e-4)  # 2,000 against 10,000 images
    for metric in ("max_test_loss", "train_seconds", "final_train_accuracy", "gap"):
        assert pd.isna(row[f"{metric}_interval"])


def test_seeds_that_are_missing_do_not_count(make_data, make_run):
    runs = [make_run(seed=seed) for seed in range(3)]
    problems = [Problem(runs[1], "history.json", "gone", "missing")]
    data = [make_data([0.4], seed=0), make_data([0.6], seed=2)]
    row = variants_table(runs_table(data, problems, runs)).iloc[0]
    assert (row["seeds"], row["seeds_asked"]) == (2, 3)
    assert row["status"] == "2 unknown, 1 missing"
    assert row["max_test_accuracy"] == pytest.approx(0.5)


def test_the_closing_mean_is_of_all_seeds_each_over_its_own_window(make_data):
    """As early stopping leaves them, with another variant whose window is the smaller one."""
    data = [make_data(CURVE, seed=0), make_data(CURVE[:4], seed=1), make_data(CURVE[:4], "b")]
    runs = runs_table(data)
    variants = variants_table(runs)
    row = variants.iloc[0]
    assert (row["epochs_completed"], row["window"]) == (4, 5)
    assert (row["last5_mean_test_accuracy_n"], row["last2_mean_test_accuracy_n"]) == (2, 0)
    each = metric_values(runs, "last_window_mean_test_accuracy")
    assert row["last5_mean_test_accuracy"] == pytest.approx(each[:2].mean())
    assert row["last5_mean_test_accuracy_sd"] == pytest.approx(each[:2].std(ddof=1))
    assert metric_values(variants, "last_window_mean_test_accuracy")[1] == pytest.approx(each[2])


def test_variants_keep_settings_and_come_in_the_order_of_their_runs(make_data):
    data = [make_data(CURVE, name, c1=c1) for name, c1 in (("z", 90), ("a", 10))]
    variants = variants_table(runs_table(data))
    assert variants["variant"].tolist() == ["z", "a"]
    assert_series_equal(variants["c1"], pd.Series([90, 10], name="c1", dtype="Int64"))


def test_rows_are_found_by_runs_in_their_order(make_data, make_run):
    variants = variants_table(runs_table([make_data(CURVE, name) for name in "abc"]))
    found = rows_of(variants, [make_run("c"), make_run("c", 1), make_run("a")])
    assert found["variant"].tolist() == ["c", "a"]
    with pytest.raises(TableError, match="tan/grid/x"):
        rows_of(variants, [make_run("x")])


def test_an_unknown_metric_is_answered_with_similar_names(make_data):
    table = runs_table([make_data(CURVE)])
    with pytest.raises(TableError, match="'max_test_accuracy'"):
        metric_values(table, "max_test_acuracy")
