"""The tables that a configuration can ask for."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from nnrepro.measures.runs import Problem
from nnrepro.tables.convergence import convergence, epoch_cell
from nnrepro.tables.cross import cross, cross_matrix
from nnrepro.tables.csvfile import TableError
from nnrepro.tables.pairs import pairs
from nnrepro.tables.ranking import ranking
from nnrepro.tables.runs import runs_table
from nnrepro.tables.variants import variants_table

METRICS = ["last_window_mean_test_accuracy", "max_test_accuracy"]
SELECTION = {"tan": "last_window_mean_test_accuracy", "koh": "max_test_accuracy"}.__getitem__


def _variants(*data, problems=()):
    return variants_table(runs_table(list(data), list(problems)))


def _grid(make_data, values, **settings_of_all):
    return _variants(
        *(
            make_data([value], f"c1-{c1}_c2-{c2}", c1=c1, c2=c2, **settings_of_all)
            for (c1, c2), value in values.items()
        )
    )


def test_ranking_orders_each_protocol_by_its_own_selection(make_data):
    curves = {"early": [0.9, 0.1, 0.1, 0.1], "late": [0.1, 0.1, 0.5, 0.5]}
    variants = _variants(
        *(make_data(c, n, protocol=p) for p in ("tan", "koh") for n, c in curves.items())
    )
    table = ranking(variants, SELECTION, metrics=METRICS, sort_by="selection")
    rows = table[["protocol", "rank", "variant", "ranked_by"]].to_numpy().tolist()
    assert rows == [
        ["tan", 1, "late", "last2_mean_test_accuracy"],
        ["tan", 2, "early", "last2_mean_test_accuracy"],
        ["koh", 1, "early", "max_test_accuracy"],
        ["koh", 2, "late", "max_test_accuracy"],
    ]
    assert table["difference_to_best"].tolist() == pytest.approx([0, -0.4, 0, -0.4])
    assert {"last2_mean_test_accuracy", "max_test_accuracy"} <= set(table.columns)


def test_what_ranks_is_a_column_though_nobody_asked_to_see_it(make_data):
    """A reader of the table could not follow the order otherwise."""
    variants = _variants(make_data([0.1, 0.5], "a"), make_data([0.1, 0.7], "b"))
    table = ranking(variants, SELECTION, metrics=["final_test_loss"], sort_by="max_test_accuracy")
    assert table["variant"].tolist() == ["b", "a"]
    assert table["max_test_accuracy"].tolist() == [0.7, 0.5]


def test_declared_order_stays_and_the_first_metric_ranks(make_data):
    variants = _variants(
        *(make_data([x], n) for n, x in zip("abcd", [0.3, 0.5, 0.5, 0.1], strict=True))
    )
    table = ranking(variants, SELECTION, metrics=["max_test_accuracy"], sort_by="declared")
    assert table["variant"].tolist() == ["a", "b", "c", "d"]
    assert table["rank"].tolist() == [3, 1, 1, 4]


def test_equal_variants_keep_declared_order_when_sorted(make_data):
    variants = _variants(*(make_data([0.5], name) for name in "zma"))
    table = ranking(variants, SELECTION, metrics=["max_test_accuracy"], sort_by="max_test_accuracy")
    assert table["variant"].tolist() == ["z", "m", "a"]


def test_the_pruned_list_keeps_steady_variants_and_ranks_them_anew(make_data):
    variants = _variants(
        make_data([0.5, 0.9, 0.5, 0.9], "wild"),
        make_data([0.5, 0.5, 0.5, 0.55], "steady"),
        make_data([0.4, 0.4, 0.4, 0.4], "steadier"),
    )
    whole = ranking(variants, SELECTION, metrics=METRICS, sort_by="max_test_accuracy")
    assert whole["stable"].tolist() == [False, True, True]
    pruned = ranking(
        variants, SELECTION, metrics=METRICS, sort_by="max_test_accuracy", stable_below=0.15
    )
    assert pruned["variant"].tolist() == ["steady", "steadier"]
    assert pruned["rank"].tolist() == [1, 2]


def test_pruning_everything_leaves_an_empty_table_with_its_columns(make_data):
    variants = _variants(make_data([0.1, 0.9], window=10, smoothing=1))
    table = ranking(variants, SELECTION, metrics=METRICS, stable_below=0.01, sort_by="declared")
    assert len(table) == 0
    assert {"protocol", "rank", "stable"} <= set(table.columns)


def test_a_missing_variant_is_last_without_rank(make_data, make_run):
    gone = Problem(make_run("gone"), "history.json", "gone", "missing")
    table = ranking(
        _variants(make_data([0.1], "here"), problems=[gone]),
        SELECTION,
        metrics=METRICS,
        sort_by="max_test_accuracy",
    )
    assert table["variant"].tolist() == ["here", "gone"]
    assert table["rank"].isna().tolist() == [False, True]
    assert table["status"].tolist() == ["unknown", "missing"]
    assert table["stable"].isna().tolist() == [False, True]


def test_the_comparison_set_is_used_by_the_variants_that_have_one(make_data):
    variants = _variants(
        make_data([0.5], "both", comparison=[0.4]),
        make_data([0.45], "own", test_examples=10000),
    )
    table = ranking(
        variants,
        SELECTION,
        metrics=["max_test_accuracy"],
        sort_by="max_test_accuracy",
        test_set="comparison",
    )
    assert table["variant"].tolist() == ["own", "both"]
    assert table["max_test_accuracy"].tolist() == [0.45, 0.4]
    assert table["test_examples"].tolist() == [10000, 10000]
    unasked = ranking(
        variants, SELECTION, metrics=["max_test_accuracy"], sort_by="max_test_accuracy"
    )
    pd.testing.assert_frame_equal(unasked, table)  # nothing is ranked over two test sets


def test_variants_judged_on_test_sets_of_different_size_are_not_ranked_together(make_data):
    variants = _variants(make_data([0.5], "small"), make_data([0.45], "large", test_examples=10000))
    table = ranking(variants, SELECTION, metrics=["max_test_accuracy"], sort_by="max_test_accuracy")
    assert table["max_test_accuracy"].tolist() == [0.5, 0.45]
    assert table[["rank", "difference_to_best", "tied_with_best"]].isna().all(axis=None)


def test_mixed_windows_keep_the_general_name_and_tell_each_window(make_data):
    variants = _variants(make_data([0.5] * 10, "a"), make_data([0.4] * 10, "b", window=2))
    table = ranking(variants, SELECTION, metrics=METRICS, sort_by="declared")
    assert table["last_window_mean_test_accuracy"].tolist() == pytest.approx([0.5, 0.4])
    assert table["window"].tolist() == [5, 2]


def test_cross_averages_by_hand(make_data):
    variants = _grid(make_data, {(10, 20): 0.1, (10, 40): 0.2, (30, 20): 0.3, (30, 40): 0.6})
    table = cross(variants, SELECTION, rows="c2", columns="c1", metrics=["max_test_accuracy"])
    matrix = cross_matrix(table)
    assert list(matrix.index) == [20, 40, "average"]
    assert list(matrix.columns) == [10, 30, "average"]
    np.testing.assert_allclose(
        matrix.to_numpy(dtype=float), [[0.1, 0.3, 0.2], [0.2, 0.6, 0.4], [0.15, 0.45, 0.3]]
    )
    best = table[table["tied_with_best"].fillna(False)]
    assert best["variant"].tolist() == ["c1-30_c2-40"]


def test_a_hole_in_the_grid_is_counted_and_averaged_around(make_data):
    variants = _grid(make_data, {(10, 20): 0.1, (10, 40): 0.2, (30, 20): 0.3})
    table = cross(variants, SELECTION, rows="c2", columns="c1", metrics=["max_test_accuracy"])
    rows = {(r.c2, r.c1): r for r in table.itertuples()}
    assert (rows[40, "average"].value, rows[40, "average"].cells_missing) == (0.2, 1)
    assert (rows["average", "average"].cells, rows["average", "average"].cells_missing) == (3, 1)
    assert rows["average", "average"].value == pytest.approx(0.2)
    assert np.isnan(rows[40, 30].value)


@settings(max_examples=20, deadline=None)
@given(order=st.permutations(range(6)))
def test_a_cross_table_does_not_depend_on_the_order_of_runs(make_data, order):
    cells = [((c1, c2), c1 / 100 + c2 / 700) for c1 in (10, 30, 50) for c2 in (20, 100)]
    whole = _grid(make_data, dict(cells))
    mixed = _grid(make_data, dict(cells[index] for index in order))
    options = {"rows": "c2", "columns": "c1", "metrics": METRICS}
    assert_frame_equal(
        cross(whole, SELECTION, **options), cross(mixed, SELECTION, **options), check_exact=True
    )


def test_a_cross_table_refuses_two_variants_in_a_cell_and_unknown_parameters(make_data):
    variants = _variants(make_data([0.5], "a", c1=1, c2=2), make_data([0.5], "b", c1=1, c2=2))
    with pytest.raises(TableError, match=r"'a' and 'b' share the cell c2 = 2, c1 = 1"):
        cross(variants, SELECTION, rows="c2", columns="c1", metrics=METRICS)
    with pytest.raises(TableError, match="no column 'c3'"):
        cross(variants, SELECTION, rows="c3", columns="c1", metrics=METRICS)
    mixed = _variants(make_data([0.5], "a", c1=1, c2=2), make_data([0.5], "b", c1=1))
    with pytest.raises(TableError, match="'b' has no value of c2"):
        cross(mixed, SELECTION, rows="c2", columns="c1", metrics=METRICS)


def test_pairs_compare_changed_with_base(make_data):
    variants = _variants(
        make_data([0.5], "cnn", seconds=100.0), make_data([0.4], "cnn_dropout", seconds=80.0)
    )
    table = pairs(
        variants,
        SELECTION,
        pairs=[["grid/cnn", "grid/cnn_dropout"]],
        metrics=["max_test_accuracy", "train_seconds"],
    )
    row = table.iloc[0]
    assert (row["label"], row["changed_label"]) == ("label of cnn", "label of cnn_dropout")
    assert (row["base_value"], row["changed_value"]) == (0.5, 0.4)
    assert row["difference"] == pytest.approx(-0.1)
    assert row["relative"] == pytest.approx(-0.2)
    assert table["time_ratio"].tolist() == [0.8, 0.8]
    assert table["intervals_overlap"].isna().tolist() == [False, True]
    assert not row["intervals_overlap"]


def test_pairs_keep_unknown_times_blank_and_skip_protocols_without_them(make_data):
    variants = _variants(
        make_data([0.5], "a"), make_data([0.4], "b"), make_data([0.4], "c", protocol="koh")
    )
    table = pairs(variants, SELECTION, pairs=[["grid/a", "grid/b"]], metrics=["max_test_accuracy"])
    assert table["protocol"].tolist() == ["tan"]
    assert np.isnan(table["time_ratio"][0])


def test_a_pair_with_an_unknown_side_is_refused(make_data):
    variants = _variants(make_data([0.5], "alpha"))
    with pytest.raises(TableError, match=r"'grid/alpa'.*did you mean 'grid/alpha'"):
        pairs(variants, SELECTION, pairs=[["grid/alpha", "grid/alpa"]], metrics=METRICS)
    with pytest.raises(TableError, match="neither"):
        pairs(variants, SELECTION, pairs=[["x/y", "x/z"]], metrics=METRICS)


def test_convergence_counts_the_seeds_that_converged(make_data):
    level = [0.5] * 20
    drifting = list(np.linspace(0.1, 0.9, 20))
    late = [*np.linspace(0.1, 0.4, 4), *level[4:]]
    data = [make_data(own, seed=seed) for seed, own in enumerate((level, late, drifting))]
    row = convergence(_variants(*data), runs_table(data, [])).iloc[0]
    assert (row["seeds"], row["epochs"], row["test_accuracy_converged_seeds"]) == (3, 20, 2)
    assert bool(row["test_accuracy_converged"]) is True
    assert row["test_accuracy_convergence_epoch"] == 6.0  # the median, the drifting seed last
    assert row["test_loss_converged_seeds"] == 3
    assert epoch_cell("test_accuracy", row.to_dict()).detail == "in 2 of 3 seeds"
    few = {**row, "test_accuracy_converged": False, "test_accuracy_converged_seeds": 1}
    assert epoch_cell("test_accuracy", few).detail == "in 2 of 3 seeds"  # do not settle


def test_selection_is_the_protocols_own_metric(make_data):
    variants = _grid(make_data, {(10, 20): 0.1})
    options = {"rows": "c2", "columns": "c1", "metrics": ["selection"]}
    table = cross(variants, SELECTION, **options)
    assert table["metric"].unique().tolist() == ["last1_mean_test_accuracy"]
