"""Which factors carry the gap between two ways of working."""

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from nnrepro.tables.csvfile import TableError
from nnrepro.tables.factors import factors
from nnrepro.tables.runs import runs_table
from nnrepro.tables.variants import variants_table

FINAL, MAX = "final_test_accuracy", "max_test_accuracy"
COMPARISONS = {
    "one": {
        "title": "From one way to the other",
        "from": {"run": "grid/base", "metric": FINAL},
        "factors": {
            "layout": {"label": "Layout", "run": "grid/layout"},
            "placement": {"label": "Placement", "run": "grid/placement"},
            "rule": {"label": "Rule", "metric": MAX},
        },
        "to": {"run": "grid/both", "metric": MAX},
    }
}


def table_of(data, comparisons=COMPARISONS, order=None):
    """The table of runs given in any order."""
    rows = list(data) if order is None else [data[index] for index in order]
    runs = runs_table(rows)
    return factors(variants_table(runs), runs, comparisons=comparisons)


def row_of(table, factor="", role="factor"):
    """The row of a factor, or the row with a role."""
    found = table[(table["role"] == role) & (table["factor"].fillna("") == factor)]
    assert len(found) == 1
    return found.iloc[0]


def four_runs(make_data, seeds=(0, 1, 2)):
    """Layout costs 0.10, placement 0.02, both 0.14; the best epoch is 0.03 above the last.

    Each gains or loses a little from seed to seed, 0 on average.
    """
    levels = {"base": 0.60, "layout": 0.50, "placement": 0.58, "both": 0.46}
    wobble = {"base": 0, "layout": 0.002, "placement": -0.001, "both": 0.001}
    return [
        make_data([value + 0.03 + (seed - 1) / 1000, value], name, seed)
        for name, level in levels.items()
        for seed in seeds
        for value in [level + seed / 50 + wobble[name] * (seed - 1)]
    ]


def test_effects_gap_shares_and_what_is_left_over(make_data):
    """Seeds differ by more than any factor, but pairs of one seed do not."""
    table = table_of(four_runs(make_data))
    effects = {name: row_of(table, name)["difference"] for name in COMPARISONS["one"]["factors"]}
    assert effects == pytest.approx({"layout": -0.10, "placement": -0.02, "rule": 0.03})
    gap, rest = row_of(table, role="to"), row_of(table, role="rest")
    assert gap["difference"] == pytest.approx(-0.14 + 0.03)
    assert rest["difference"] == pytest.approx(-0.11 - (-0.10 - 0.02 + 0.03))
    shares = table.loc[table["role"].isin(["factor", "rest"]), "share"]
    assert shares.sum() == pytest.approx(1)
    assert gap["share"] == 1
    assert set(table["interval"].dropna()) == {"seeds"}
    assert row_of(table, "layout")["apart"]


def test_intervals_are_of_paired_seeds(make_data):
    """Student's t interval of the three differences, worked out by hand."""
    base, changed = [0.50, 0.60, 0.70], [0.52, 0.65, 0.74]
    data = [make_data([x], "base", s) for s, x in enumerate(base)]
    data += [make_data([x], "both", s) for s, x in enumerate(changed)]
    section = {
        "title": "t",
        "from": {"run": "grid/base", "metric": FINAL},
        "factors": {"all": {"run": "grid/both"}},
        "to": {"run": "grid/both"},
    }
    row = row_of(table_of(data, {"one": section}), "all")
    differences = np.subtract(changed, base)
    half = 4.302652729911275 * differences.std(ddof=1) / math.sqrt(3)
    assert row["difference"] == pytest.approx(differences.mean())
    assert row["ci95_low"] == pytest.approx(differences.mean() - half)
    assert row["ci95_high"] == pytest.approx(differences.mean() + half)


def test_seeds_that_agree_exactly_tell_nothing_of_the_spread(make_data):
    """Two differences that happen to be equal are no proof; no difference at all is none."""
    data = [
        make_data([value], name, seed)
        for seed in (0, 1)
        for name, value in (("base", 0.5), ("layout", 0.52), ("placement", 0.5), ("both", 0.52))
    ]
    table = table_of(data)
    layout, placement = row_of(table, "layout"), row_of(table, "placement")
    assert layout["difference"] == pytest.approx(0.02) and math.isnan(layout["ci95_low"])
    assert layout.isna()["apart"] and table["share"].isna().all()
    assert (placement["ci95_low"], placement["ci95_high"], placement["apart"]) == (0, 0, False)


def test_noise_is_no_factor_and_gives_no_share(make_data):
    """A gap whose interval holds 0 is not divided up."""
    generator = np.random.default_rng(5)
    data = [
        make_data([0.5 + 0.02 * generator.standard_normal()], name, seed)
        for name in ("base", "layout", "placement", "both")
        for seed in range(4)
    ]
    comparisons = {"one": COMPARISONS["one"] | {"to": {"run": "grid/both"}}}
    table = table_of(data, comparisons)
    assert not row_of(table, role="to")["apart"]
    assert table["share"].isna().all()


def test_one_seed_has_the_sampling_error_of_its_test_sets(make_data):
    """Newcombe's interval of 56/70 against 48/80, his method 10, first example of his table II."""
    data = [
        make_data([56 / 70], "base", test_examples=70),
        make_data([48 / 80], "layout", test_examples=80),
    ]
    section = {
        "title": "t",
        "from": {"run": "grid/layout", "metric": FINAL},
        "factors": {"x": {"run": "grid/base"}},
        "to": {"run": "grid/base"},
    }
    row = row_of(table_of(data, {"one": section}), "x")
    assert row["interval"] == "test set"
    assert (row["ci95_low"], row["ci95_high"]) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_a_larger_test_set_that_holds_the_smaller_one(make_data):
    """The error of the difference is that of the examples that only one of them has."""
    data = [make_data([0.5], "base", comparison=[0.48])]
    section = {
        "title": "t",
        "from": {"run": "grid/base", "metric": FINAL},
        "factors": {"set": {"test_set": "comparison"}, "rule": {"metric": MAX}},
        "to": {"test_set": "comparison", "metric": MAX},
    }
    table = table_of(data, {"one": section})
    row = row_of(table, "set")
    half = 1.959963984540054 * math.sqrt(0.48 * 0.52 * (1 / 2000 - 1 / 10000))
    assert row["difference"] == pytest.approx(-0.02)
    assert row["ci95_high"] - row["difference"] == pytest.approx(half)
    assert row["test_examples"] == 10000
    rule = row_of(table, "rule")
    assert math.isnan(rule["ci95_low"]) and rule["difference"] == 0


def test_a_test_set_that_was_cut_away_is_not_compared(make_data):
    """Under a budget there may be no second test set; the effect is then unknown, not 0."""
    section = {
        "title": "t",
        "from": {"run": "grid/base", "metric": FINAL},
        "factors": {"set": {"test_set": "comparison"}},
        "to": {"test_set": "comparison"},
    }
    row = row_of(table_of([make_data([0.5], "base")], {"one": section}), "set")
    assert math.isnan(row["difference"]) and row["seeds"] == 0


def test_a_seed_that_one_side_lacks_is_left_out_of_that_effect_only(make_data):
    data = [
        item for item in four_runs(make_data) if (item.run.variant, item.run.seed) != ("layout", 2)
    ]
    table, whole = table_of(data), table_of(four_runs(make_data))
    assert row_of(table, "layout")["seeds"] == 2
    assert_frame_equal(
        table[table["factor"].isin(["placement", "rule"])],
        whole[whole["factor"].isin(["placement", "rule"])],
    )
    assert row_of(table, role="to").equals(row_of(whole, role="to"))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), values=st.lists(st.floats(0, 1), min_size=12, max_size=12))
def test_the_order_of_runs_does_not_matter(make_data, seed, values):
    names = ("base", "layout", "placement", "both")
    data = [make_data([value], names[index % 4], index // 4) for index, value in enumerate(values)]
    order = list(range(len(data)))
    random.Random(seed).shuffle(order)
    assert_frame_equal(table_of(data), table_of(data, order=order), check_exact=True)


def test_protocols_are_kept_apart_and_lacking_runs_named(make_data):
    data = four_runs(make_data)
    other = [make_data([0.3], "something", protocol="koh")]
    assert set(table_of([*data, *other])["protocol"]) == {"tan"}
    with pytest.raises(TableError, match="comparison one: 'grid/both' is not among"):
        table_of([item for item in data if item.run.variant != "both"])
    with pytest.raises(TableError, match="none of the comparisons one"):
        table_of(other)
