"""Tables survive the way to disk and back, digit by digit, and always as the same bytes."""

import csv
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from nnrepro.tables.csvfile import TableError, read_csv, tidy_types, write_csv
from nnrepro.tables.runs import runs_table
from nnrepro.tables.variants import variants_table


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
    with pytest.raises(TableError, match=r"empty\.csv: the table is empty"):
        read_csv(tmp_path / "empty.csv")


FORMULAS = ["=1+1", "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "\uff1d1"]


@pytest.mark.parametrize(
    "text", [*FORMULAS, "a;=1", "a\t=1", "a\n=1", "'=1", "''=1", ";;=1", "- a"]
)
def test_a_formula_is_written_as_text_and_read_as_it_was(tmp_path, text):
    """In whichever column it stands, and as a column's name; other cells stay as they were."""
    frame = pd.DataFrame({"label": ["a", text], "remark": [text, "-0.5"], text: [-0.5, 2.0]})
    write_csv(frame, tmp_path / "t.csv")
    written = (tmp_path / "t.csv").read_text(encoding="utf-8")
    with open(tmp_path / "t.csv", encoding="utf-8", newline="") as file:
        for cell in (cell for row in csv.reader(file) for cell in row):
            for part in re.split(r"[;\t\r\n]", cell):
                assert not re.match(r"\s*[=+@\uff1d]|\s*-(?![0-9.]+$)", part), written
    assert "-0.5" in written.splitlines()[-1].split(",")
    assert_frame_equal(read_csv(tmp_path / "t.csv"), frame.astype({"label": "str"}))


@settings(deadline=None)
@given(st.text(st.sampled_from("\r\n=+-@'; \t1e.inf,\""), max_size=12))
def test_any_signs_of_formulas_are_read_as_they_were(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    write_csv(pd.DataFrame({"label": [text, "x"]}), path)
    assert [None if pd.isna(each) else each for each in read_csv(path)["label"]] == [
        text or None,
        "x",
    ]


@pytest.mark.parametrize("text", ["-0.5", "-3", "-1e-05", "-inf", "a - b", "a=b", "", "1;2", "'a'"])
def test_what_is_no_formula_is_written_as_it_is(tmp_path, text):
    write_csv(pd.DataFrame({"remark": [text]}), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text(encoding="utf-8") == f"remark\n{text or chr(34) * 2}\n"
