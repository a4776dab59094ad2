"""Numbers of a report's own test sample: an offset that they share, and a residual of each."""

import numpy as np
import pytest
from scipy import stats

from nnrepro.measures.history import read_history
from nnrepro.published.comparison import compare_published, published_offsets
from nnrepro.published.offsets import Offset, Pair
from nnrepro.statistics.grid import as_grid, residual_spread

PAIRS = [(c1, c2) for c1 in (10, 30, 50, 70, 90) for c2 in (20, 40, 60, 80, 100)]


def simulated(rng, *, reports_seed=0.0061, extra=0.0):
    """A report's grid and ours: levels, samples that are harder or easier, seeds and own examples.

    Of the sampling error of 2,000 examples the variants of a grid share all but 0.4 points.
    """
    level = 0.5 + rng.normal(0, 0.01, (5, 1)) + rng.normal(0, 0.005, (1, 5))
    shared = rng.normal(0, np.sqrt(0.5 * 0.5 / 2000 - 0.004**2), 2)
    ours = level + shared[0] + rng.normal(0, 0.0061, (5, 5))
    theirs = level + shared[1] + extra + rng.normal(0, reports_seed, (5, 5))
    spread = residual_spread(ours)
    flat = zip((ours - theirs).ravel(), ours.ravel(), strict=True)
    pairs = [Pair(d, own, spread, 1, True, 2000, 2000) for d, own in flat]
    return theirs.ravel(), pairs


def test_offset_and_residuals_are_covered_as_often_as_they_say():
    rng = np.random.default_rng(0)
    fits, inside = [], []
    for _ in range(3000):
        theirs, pairs = simulated(rng)
        offset = Offset.of(pairs)
        fits.append(offset.fits)
        intervals = [offset.interval(pair) for pair in pairs]
        inside += [i.low <= one <= i.high for i, one in zip(intervals, theirs, strict=True)]
    assert np.mean(fits) == pytest.approx(0.96, abs=0.01)  # the shared part is taken as the whole
    assert np.mean(inside) == pytest.approx(0.957, abs=0.006)  # a run is in the residuals, too


def test_each_level_finds_what_is_wrong_on_it():
    rng = np.random.default_rng(1)
    _, pairs = simulated(rng, extra=0.08)
    assert not Offset.of(pairs).fits
    theirs, pairs = simulated(rng, reports_seed=0.05)
    offset = Offset.of(pairs)
    reached = [
        offset.interval(p).low <= t <= offset.interval(p).high
        for p, t in zip(pairs, theirs, strict=True)
    ]
    assert np.mean(reached) < 0.5
    assert offset.deviation > 3 * offset.expected


def test_the_documentation_has_the_shipped_grids_residuals(repository):
    page = (repository / "docs/statistics.md").read_text(encoding="utf-8")
    functions = (lambda c: np.mean(c[-200:]), max, np.mean)
    for protocol in ("tan", "koh"):
        cells = [
            read_history(
                repository / f"archive/{protocol}/channel_grid/c1-{c1}_c2-{c2}/seed0/history.json"
            ).val_accuracy
            for c1, c2 in PAIRS
        ]
        spreads = [
            residual_spread(np.reshape([of(c) for c in cells], (5, 5))).deviation
            for of in functions
        ]
        said = "{:.2f}, {:.2f} and {:.2f}".format(*(100 * spread for spread in spreads))
        assert f"{protocol.title()} {said}" in page


def test_a_grids_residuals_have_the_spread_of_seeds():
    rng = np.random.default_rng(2)
    found = [
        residual_spread(
            rng.normal(0, 1, (5, 1)) + rng.normal(0, 3, (1, 4)) + rng.normal(0, 2, (5, 4))
        )
        for _ in range(2000)
    ]
    assert {spread.degrees for spread in found} == {12}
    assert np.mean([s.deviation**2 for s in found]) == pytest.approx(4, rel=0.05)
    covered = stats.t.ppf(0.975, 12) * np.array([s.deviation for s in found])
    runs = rng.normal(0, 2, 2000)
    assert np.mean(np.abs(runs) <= covered) == pytest.approx(0.95, abs=0.012)


@pytest.mark.parametrize("table", [[[1.0, 2.0]], [[1, 2], [2, 3]], [[1.0, 2.0], [np.nan, 3.0]]])
def test_a_table_without_residuals_tells_no_spread(table):
    assert residual_spread(np.array(table)) is None


def test_variants_make_a_grid_where_every_pair_of_two_settings_is_there_once():
    cells = [{"a": a, "b": b, "c": 1} for a in (1, 2) for b in "xyz"]
    assert as_grid(cells) == [[0, 1, 2], [3, 4, 5]]
    assert as_grid(cells[::-1]) == [[0, 1, 2], [3, 4, 5]]
    assert as_grid(cells[:-1]) is None
    assert as_grid([*cells, cells[0]]) is None
    assert as_grid([cell | {"c": cell["a"]} for cell in cells]) is None
    assert as_grid(cells[:3]) is None


@pytest.fixture(scope="module")
def single(make_study, reproduced):
    """Every image run of one seed."""
    only = {"experiments": ["channel_grid", "optimizers"]}
    return reproduced(make_study(seeds=[0], only=only)).evidence


@pytest.fixture(scope="module")
def printed(make_number, single):
    """A report that has the closing means of the grid 3 points higher, but for one number."""

    def number(c1, c2, more):
        run = f"channel_grid/c1-{c1}_c2-{c2}"
        history = single.data[f"tan/{run}/seed0"].history
        value = f"{np.mean(history.val_accuracy[-200:]) + more:.6f}"
        kind = "last200_mean_test_accuracy"
        return make_number(protocol="tan", metric=kind, runs=(run,), printed=value)

    return [number(c1, c2, 0.5 if (c1, c2) == (50, 60) else 0.03) for c1, c2 in PAIRS]


def test_numbers_of_one_sample_share_an_offset_and_are_judged_by_the_rest(printed, single):
    rows = compare_published(printed, single)
    offset = -(24 * 0.03 + 0.5) / 25
    assert rows["offset"].tolist() == pytest.approx([offset] * 25, abs=1e-6)
    assert (rows["residual"] + rows["offset"]).tolist() == pytest.approx(rows["difference"])
    assert set(rows["interval_kind"]) == {"grid residuals"}
    assert rows["status"].value_counts().to_dict() == {"outside": 25}  # no sample is so much easier
    odd = PAIRS.index((50, 60))
    assert "its residual is not one that another seed gives" in rows["remark"][odd]
    assert not rows["remark"].drop(odd).str.contains("residual").any()
    without = compare_published([n for i, n in enumerate(printed) if i != odd], single)
    assert set(without["status"]) == {"inside"}
    assert set(without["remark"]) == {""}


def test_the_table_of_offsets_tells_both_levels(printed, single):
    (row,) = published_offsets(printed, single).to_dict("records")
    assert (row["protocol"], row["numbers"], row["published_examples"]) == ("tan", 25, 2000)
    assert not row["fits"] and row["offset"] < row["offset_low"]
    assert row["residuals_inside"] == 24
    assert row["residual_sd"] == pytest.approx(0.47 / 5)


def test_without_a_sample_of_their_own_numbers_are_judged_one_by_one(
    make_study, reproduced, printed
):
    only = {"experiments": ["channel_grid", "optimizers"]}
    plain = {"results": "published/results.csv"}
    evidence = reproduced(make_study(seeds=[0], only=only, published=plain)).evidence
    rows = compare_published(printed, evidence)
    assert published_offsets(printed, evidence).empty
    assert rows["offset"].isna().all()
    table = np.array([float(v) for v in rows["reproduced"]]).reshape(5, 5)
    half = stats.t.ppf(0.975, 16) * np.sqrt(2) * residual_spread(table).deviation
    assert (rows["interval_high"] - rows["reproduced"]).tolist() == pytest.approx([half] * 25)


def test_several_seeds_tell_more_than_a_grid(printed, whole):
    rows = compare_published(printed, whole)
    assert set(rows["interval_kind"]) == {"seeds"}
    assert rows["offset"].notna().all()
