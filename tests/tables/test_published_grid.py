"""The Tan report's printed grid, put through the same tables, gives its printed averages."""

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal

import pandas as pd
import pytest

from nnrepro.tables.cross import cross
from nnrepro.tables.ranking import ranking
from nnrepro.tables.runs import runs_table
from nnrepro.tables.selection import select
from nnrepro.tables.variants import variants_table

METRIC = "last_window_mean_test_accuracy"


@pytest.fixture(scope="module")
def published(repository):
    """The rows of the Tan report's channel grid, values as printed."""
    frame = pd.read_csv(repository / "published" / "results.csv", dtype=str, keep_default_na=False)
    return frame[(frame["protocol"] == "tan") & (frame["variant"] == "sgd")]


@pytest.fixture(scope="module")
def variants(published, make_data):
    """Runs whose every epoch has the printed last-200 mean, so that any window has it too."""
    full = published[published["note"].str.startswith("full 25-run list")]
    assert len(full) == 25
    data = [
        make_data([float(row.value)], f"c1-{row.c1}_c2-{row.c2}", c1=int(row.c1), c2=int(row.c2))
        for row in full.itertuples()
    ]
    return variants_table(runs_table(data))


def test_row_and_column_averages_recompute_to_the_printed_digits(published, variants):
    table = cross(variants, str, rows="c2", columns="c1", metrics=[METRIC])
    averages = {(str(row.c1), str(row.c2)): row.value for row in table.itertuples()}
    printed = published[published["metric"].isin(["row_average", "column_average"])]
    assert len(printed) == 10
    for row in printed.itertuples():
        key = (row.c1.replace("all", "average"), row.c2.replace("all", "average"))
        unit = Decimal(row.value).as_tuple().exponent
        step = Decimal(1).scaleb(unit)
        # The report cuts some averages and rounds others.
        computed = Decimal(averages[key])
        ways = {computed.quantize(step, mode) for mode in (ROUND_DOWN, ROUND_HALF_EVEN)}
        assert min(abs(way - Decimal(row.value)) for way in ways) <= step, key


def test_selection_picks_the_reports_pair(variants):
    assert select(variants, METRIC, ["c1", "c2"]) == {"variant": "c1-90_c2-40", "c1": 90, "c2": 40}


def test_the_reports_margin_is_below_the_test_sets_error(variants):
    table = ranking(variants, str, metrics=[METRIC], sort_by=METRIC)
    assert table["label"].head(2).tolist() == ["label of c1-90_c2-40", "label of c1-70_c2-100"]
    assert table["difference_to_best"][1] == pytest.approx(-0.0014749975502492)
    assert table["tied_with_best"].sum() > 10
