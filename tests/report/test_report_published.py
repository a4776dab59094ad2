"""The sections on published numbers: complete, truthful about what is not judged, and linked."""

from typing import Any

import pytest

from nnrepro.report.source import ReportError
from nnrepro.tables.csvfile import read_csv


def test_every_printed_number_stands_in_the_report(whole: Any, report: str, outline: Any) -> None:
    page = outline(report)
    frame = read_csv(whole.tables / "published.csv", text=("value",))
    assert len(frame) == 343
    assert all(f">{value}" in report for value in frame["value"])
    assert {"published", "inconsistencies"} <= set(page.ids)
    assert report.count("<details") == 4  # two protocols, two parts
    assert "103 numbers" not in page.text  # parts are counted apart


def test_the_opening_sentence_counts_as_the_summary_does(
    whole: Any, report: str, outline: Any
) -> None:
    total = read_csv(whole.tables / "published_summary.csv").iloc[-1]
    text = outline(report).text
    assert (
        f"{total['reproduced']} of {total['rows']} printed numbers have a counterpart here." in text
    )


def test_inconsistencies_are_listed_with_their_numbers(report: str, outline: Any) -> None:
    text = outline(report).text
    assert "sgd momentum 0.5681024992465973, sgd dropout 0.559667500257492" in text
    assert text.count("by the text alone") == 8
    assert "Checks of the printed numbers" in text


def test_numbers_lead_to_their_runs(report: str) -> None:
    section = report[report.index('id="published"') : report.index('id="inconsistencies"')]
    assert 'href="#run-koh/channel_grid/c1-90_c2-100/seed0"' in section


def test_a_study_without_published_numbers_has_no_such_section(small: Any, outline: Any) -> None:
    results = small(published={})
    results.write_runs()
    results.write_tables()
    page = outline(results.build())
    assert not {"published", "inconsistencies"} & set(page.ids)
    assert "Printed beside reproduced" not in page.text


def test_a_damaged_table_is_named(small: Any) -> None:
    results = small()
    results.write_runs()
    results.write_tables()
    (results.tables / "published.csv").write_text("protocol\nkoh\n", encoding="utf-8")
    with pytest.raises(ReportError, match=r"published\.csv: the table lacks the column"):
        results.build()
