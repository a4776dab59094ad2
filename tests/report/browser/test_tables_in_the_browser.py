"""Tables in a browser: sorting, filter and download, with the mouse and without."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

DASH = "\u2013"
VALUES = "scripts/nnrepro/report/html/script/values.js"


def column(table: Any, index: int, rows: str = "tr:not(.average)") -> list[str]:
    return table.locator(f"tbody {rows} > :nth-child({index})").all_inner_texts()


def ranking(page: Any) -> Any:
    """A table with an average at its end, and an index of a column of numbers."""
    return page.locator("table:has(tr.average)").first


def test_a_press_on_a_heading_sorts_and_says_so_and_averages_stay(page: Any) -> None:
    table = ranking(page)
    before = column(table, 1, "tr")
    head = table.locator("thead th.n").last
    index = table.locator("thead tr:last-child > *").count()
    orders = []
    for expected in ("descending", "ascending", None):
        head.locator("button").press("Enter")
        assert head.get_attribute("aria-sort") == expected
        orders.append([float(text.split()[0]) for text in column(table, index)])
        assert [
            i
            for i, row in enumerate(table.locator("tbody tr").all())
            if "average" in (row.get_attribute("class") or "")
        ] == [len(before) - 1]
    assert orders[0] == sorted(orders[0], reverse=True)
    assert orders[1] == sorted(orders[1])
    assert column(table, 1, "tr") == before


def test_runs_are_sorted_within_their_groups(page: Any) -> None:
    table = page.locator("table.runs")
    titles = table.locator("tr.group").all_inner_texts()
    table.get_by_role("button", name="Highest").click()
    assert table.locator("tr.group").all_inner_texts() == titles
    first = table.locator("tbody").first
    values = [
        float(text) for text in first.locator("tr:not(.group) > :nth-child(6)").all_inner_texts()
    ]
    assert values == sorted(values, reverse=True) and len(set(values)) > 1


def test_numbers_of_every_form_are_sorted_as_numbers(browser: Any, repository: Path) -> None:
    """True minus, narrow spaces, bounds; what is missing stands last in both directions."""
    page = browser.new_page()
    page.add_script_tag(content=(repository / VALUES).read_text(encoding="utf-8"))
    words = [
        "12\u202f000",
        DASH,
        "\u22120.5",
        "<\u202f1",
        "1",
        ">\u202f99",
        "99",
        "3 of 10",
        "+2.5",
    ]
    rising = [
        "\u22120.5",
        "<\u202f1",
        "1",
        "+2.5",
        "3 of 10",
        "99",
        ">\u202f99",
        "12\u202f000",
        DASH,
    ]
    sort = """([words, direction]) => {
        const cells = words.map(() => document.createElement("td"));
        cells.forEach((cell, index) => { cell.textContent = words[index]; });
        const keys = new Map(cells.map((cell) => [cell, sortKey(cell, true)]));
        cells.sort((a, b) => compareKeys(keys.get(a), keys.get(b), direction));
        return cells.map((cell) => cell.textContent);
    }"""
    assert page.evaluate(sort, [words, 1]) == rising
    assert page.evaluate(sort, [words, -1]) == [*rising[-2::-1], DASH]
    page.close()


def test_the_filter_keeps_rows_with_every_word_and_counts_them(page: Any) -> None:
    table = page.locator("table.runs")
    total = table.locator("tr[id]").count()
    field = page.get_by_role("searchbox", name="Runs by protocol")
    field.fill("koh ADAM")
    visible = table.locator("tr[id]:visible")
    assert 0 < visible.count() < total
    assert all("koh" in row.get_attribute("id") for row in visible.all())
    assert table.locator("tr.group:visible").count() == 1
    status = page.locator(".tools:has(input)", has=field).get_by_role("status")
    status.filter(has_text=f"{visible.count()} of {total} rows").wait_for()
    field.fill("")
    assert table.locator("tr[id]:visible").count() == total


def test_a_link_to_a_filtered_row_shows_it(page: Any) -> None:
    page.get_by_role("searchbox", name="Runs by protocol").fill("koh adam")
    hidden = page.locator("table.runs tr[id][hidden]").first
    anchor = hidden.get_attribute("id")
    page.evaluate("(anchor) => { location.hash = anchor; }", anchor)
    page.locator(f"[id='{anchor}']").wait_for(state="visible")


def test_a_table_is_downloaded_as_shown_with_plain_numbers(page: Any) -> None:
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download as CSV: Runs by protocol").press("Enter")
    text = Path(waiting.value.path()).read_text(encoding="utf-8")
    rows = list(csv.reader(io.StringIO(text)))
    table = page.locator("table.runs")
    assert waiting.value.suggested_filename == "runs-table.csv"
    assert len(rows) == 1 + table.locator("tr[id]").count()
    assert rows[0][:3] == ["Group", "Run", "Run, detail"]
    place = next(i for i, name in enumerate(rows[0]) if name.startswith("Highest"))
    assert all(0 < float(row[place]) <= 100 for row in rows[1:])
    assert not any(sign in text for sign in ("\u2212", "\u202f", "\u00a0"))
