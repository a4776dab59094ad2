"""Tables survive the way to disk and back, digit by digit, and always as the same bytes."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from nnrepro.analysis import TableError, read_csv, runs_table, variants_table, write_csv
from nnrepro.analysis.csvfile import tidy_types


def test_what_is_written(tmp_path):
    frame = pd.DataFrame(
        {
            "label": ["a,b", 'say "c"', None],
            "value": [0.1, 1 / 3, np.nan],
            "whole": pd.array([1, None, 3], dtype="Int64"),
            "truth": pd.array([True, False, None], dtype="boolean"),
        }
    )
    write_csv(frame, tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes() == (
        b'label,value,whole,truth\n"a,b",0.1,1,true\n"say ""c""",0.3333333333333333,,false\n,,3,\n'
    )


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1),
            st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)),
            st.one_of(st.none(), st.integers(-(2**40), 2**40)),
            st.one_of(st.none(), st.booleans()),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_reading_gives_back_what_was_written(tmp_path_factory, rows):
    frame = tidy_types(pd.DataFrame(rows, columns=["label", "x", "n", "flag"], dtype="object"))
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    write_csv(frame, path)
    assert_frame_equal(read_csv(path), frame, check_exact=True)


def test_runs_and_variants_tables_survive(tmp_path, make_data, make_run):
    data = [
        make_data(np.linspace(0.1, 0.7, 10) ** 2, "10", seconds=1.0, c1=10, cell="gru"),
        make_data([0.3, 0.4], "20", seed=1, comparison=[0.2, 0.1]),
    ]
    for frame in (runs_table(data), variants_table(runs_table(data))):
        write_csv(frame, tmp_path / "t.csv")
        assert_frame_equal(read_csv(tmp_path / "t.csv"), frame, check_exact=True)


def test_the_same_table_gives_the_same_bytes(tmp_path, make_data):
    for name in ("one.csv", "two.csv"):
        write_csv(runs_table([make_data([0.1, 0.2], seconds=3.0)]), tmp_path / name)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()


def test_labels_that_look_like_numbers_or_gaps_stay_labels(tmp_path):
    frame = pd.DataFrame({"label": ["010", "NA", "1e3"], "value": [1.0, 2.0, 3.0]})
    write_csv(frame, tmp_path / "t.csv")
    back = read_csv(tmp_path / "t.csv")
    assert back["label"].tolist() == ["010", "NA", "1e3"]
    assert back["value"].dtype == np.float64


def test_unreadable_tables_are_named(tmp_path):
    with pytest.raises(TableError, match="no such table"):
        read_csv(tmp_path / "absent.csv")
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(TableError, match=r"empty\.csv: not a CSV table"):
        read_csv(tmp_path / "empty.csv")
