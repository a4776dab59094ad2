"""Collapses, blow-ups and the time to an accuracy, by hand and by brute force."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnrepro.measures.collapses import (
    CollapseLevels,
    collapse_events,
    collapse_levels,
    ends_collapsed,
)
from nnrepro.measures.curves import first_epoch
from nnrepro.tables.convergence import convergence
from nnrepro.tables.csvfile import TableError
from nnrepro.tables.runs import runs_table
from nnrepro.tables.stability import stability
from nnrepro.tables.variants import variants_table

LEVELS = CollapseLevels(0.15, 0.40, 50)
COLLAPSING = {
    "classes": 10, "collapse_below": 1.5, "collapse_above": 4.0, "collapse_epochs": 50
}  # fmt: skip

accuracies = st.lists(st.sampled_from([0.1, 0.3, 0.5, np.nan]), min_size=1, max_size=60)


def _by_hand(values, levels):
    """The definition, epoch by epoch."""
    count, learned, fallen = 0, False, None
    for epoch, value in enumerate(values):
        if value > levels.high:
            if fallen is not None and epoch - fallen <= levels.within:
                count += 1
            learned, fallen = True, None
        elif value < levels.low and learned and fallen is None:
            fallen = epoch
    return count


@given(accuracies, st.integers(1, 20))
def test_collapses_follow_their_definition(values, within):
    levels = CollapseLevels(0.15, 0.40, within)
    assert len(collapse_events(np.array(values), levels)) == _by_hand(values, levels)


@pytest.mark.parametrize(
    ("values", "count"),
    [
        ([0.5, 0.1, 0.5], 1),
        ([0.1, 0.5, 0.1, 0.1, 0.3, 0.5, 0.1, 0.5], 2),
        ([0.1, 0.2, 0.5], 0),  # learning is no return
        ([0.5, 0.2, 0.5], 0),  # not low enough
        ([0.5, 0.1], 0),  # never back
        ([0.5, *[0.1] * 50, 0.5], 1),
        ([0.5, *[0.1] * 51, 0.5], 0),
        ([0.5], 0),
        ([np.nan, 0.5, np.nan, 0.1, np.nan, 0.5], 1),
    ],
)
def test_collapses_by_hand(values, count):
    assert len(collapse_events(np.array(values), LEVELS)) == count


def test_levels_are_multiples_of_chance_and_unknown_without_classes(make_run):
    levels = collapse_levels(make_run(**COLLAPSING))
    assert (levels.low, levels.high, levels.within) == pytest.approx((0.15, 0.4, 50))
    assert collapse_levels(make_run(**(COLLAPSING | {"classes": 0}))) is None
    assert collapse_levels(make_run()) is None
    assert collapse_levels(make_run(**(COLLAPSING | {"classes": 4}))) is None  # 4 x 1/4 is all


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50), st.floats(0, 1))
def test_the_first_epoch_at_or_above_a_level_is_found(values, level):
    found = first_epoch(np.array(values) >= level)
    reached = [epoch for epoch, value in enumerate(values, 1) if value >= level]
    assert found == (reached[0] if reached else None)


def test_a_run_that_blew_up_is_flat_but_not_converged(make_data):
    flat = [0.5] * 10 + [0.1] * 90
    lost = make_data(flat, "lost", **COLLAPSING)
    recorded = make_data([0.1] * 100, "recorded", status="diverged")
    untrained = make_data([0.1] * 100, "untrained", **COLLAPSING)
    assert [item.blown_up for item in (lost, recorded, untrained)] == [True, True, False]
    runs = runs_table([lost, recorded, untrained])
    table = convergence(variants_table(runs), runs)
    assert table["test_accuracy_converged"].tolist() == [False, False, True]
    assert table["test_loss_converged"].tolist() == [False, False, True]
    assert table["test_accuracy_convergence_epoch"].isna().tolist() == [True, True, False]


def test_a_loss_that_is_not_finite_is_a_blow_up(make_data, make_history, make_run):
    history = make_history([0.1] * 50, val_loss=[1.0] * 10 + [np.nan] * 40)
    data = make_data([0.1] * 50)
    blown = type(data)(data.run, history)
    assert blown.blown_up
    row = runs_table([blown]).iloc[0]
    assert bool(row["test_accuracy_converged"]) is False


@given(accuracies)
def test_a_curve_that_ends_collapsed_had_learned(values):
    curve = np.array(values)
    if ends_collapsed(curve, LEVELS):
        marked = curve[(curve > LEVELS.high) | (curve < LEVELS.low)]
        assert (curve > LEVELS.high).any() and marked[-1] < LEVELS.low


def test_the_table_tells_epochs_seconds_and_seeds(make_data):
    rising = list(np.linspace(0.1, 0.6, 6))
    data = [
        make_data(rising, seed=0, seconds=12.0, **COLLAPSING),
        make_data([0.1] * 6, seed=1, seconds=12.0, **COLLAPSING),
    ]
    runs = runs_table(data, levels=[0.5, 0.3, 0.5])
    assert runs["epochs_to_0.3_test_accuracy"].tolist()[0] == 3
    assert runs["seconds_to_0.5_test_accuracy"][0] == pytest.approx(10.0)
    row = stability(variants_table(runs), accuracies=[0.3]).iloc[0]
    assert (row["epochs_to_0.3_test_accuracy"], row["epochs_to_0.3_test_accuracy_n"]) == (3, 1)
    assert (row["epochs"], row["protocol_epochs"], row["shortened"]) == (6, 10, True)
    assert row["collapses"] == 0
    jitter = runs["jitter_test_accuracy"].mean()
    assert row["jitter_test_accuracy"] == pytest.approx(jitter, nan_ok=True)
    with pytest.raises(TableError, match=r"epochs_to_0\.9"):
        stability(variants_table(runs), accuracies=[0.9])


def test_without_classes_collapses_stay_blank(make_data):
    table = stability(variants_table(runs_table([make_data([0.5, 0.1, 0.5])])))
    assert table["collapses"].isna().all()
