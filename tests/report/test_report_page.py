"""The page as a whole: its order, its accessibility, and that it stands alone."""

import base64
import hashlib
import itertools
import re
from typing import Any


def test_parts_and_questions_come_in_the_order_of_the_study(
    whole: Any, report: str, outline: Any
) -> None:
    """A reader finds the reports' own order: part, question."""
    text = outline(report).text
    titles = []
    for part, title in whole.study.parts.items():
        titles.append(title)
        titles += [f"{q.name} {q.title}" for q in whole.study.questions.values() if q.part == part]
    body = text[text.index("Behind the numbers") :]
    places = [body.index(title) for title in titles]
    assert places == sorted(places)


def test_same_input_gives_same_bytes_without_paths_of_the_machine(whole: Any, report: str) -> None:
    """A rebuilt report can be compared byte by byte, wherever it was built."""
    assert whole.build() == report
    assert str(whole.root) not in report


def test_page_asks_nobody_for_anything_and_runs_its_own_script_alone(
    report: str, outline: Any
) -> None:
    """Self-contained: links lead into the page, images are data, one script by its checksum."""
    page = outline(report)
    (script,) = re.findall(r"<script>(.*?)</script>", report, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = (a["content"] for a in page.all("meta") if "http-equiv" in a)
    assert f"default-src 'none'; script-src 'sha256-{digest}'; img-src data:" in (policy or "")
    assert page.all("script") == [{}]
    assert not re.search(r"\beval\(|new Function|innerHTML|fetch\(|XMLHttp|import\(", script)
    assert not page.all("link", "iframe", "object", "embed", "base", "form")
    assert all((a["src"] or "").startswith("data:image/svg+xml,") for a in page.all("img"))
    assert all((a["href"] or "").startswith("#") for a in page.all("a"))
    assert "url(" not in report[: report.index("</style>")]
    assert "@import" not in report
    assert not any(name.startswith("on") for _, a in page.elements for name in a)


def test_every_link_leads_somewhere_and_ids_are_unique(report: str, outline: Any) -> None:
    """Anchors of runs, tables and questions resolve."""
    page = outline(report)
    assert len(page.ids) == len(set(page.ids))
    targets = {(a["href"] or "").removeprefix("#") for a in page.all("a")}
    assert targets <= set(page.ids)
    labels = {a["aria-labelledby"] for _, a in page.elements if "aria-labelledby" in a}
    assert labels <= set(page.ids)


def test_tables_and_figures_are_accessible(report: str, outline: Any) -> None:
    """Captions, header scopes, alternative texts, one first heading, no heading level skipped."""
    page = outline(report)
    assert report.count("<caption") == len(page.all("table"))
    assert all(a.get("scope") in ("col", "row", "colgroup", "rowgroup") for a in page.all("th"))
    assert all(len(a.get("alt") or "") > 20 for a in page.all("img"))
    assert report.count("<figcaption") == len(page.all("figure"))
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert page.elements[0] == ("html", {"lang": "en"})


def test_every_figure_and_table_of_the_study_is_there_with_its_budget(
    whole: Any, report: str, outline: Any
) -> None:
    """Nothing declared is left out, and no caption goes without its stamp."""
    page = outline(report)
    for spec in (*whole.study.figures.values(), *whole.study.tables.values()):
        assert spec.title in page.text
    assert "missing: there is no file" not in page.text
    captions = re.findall(r"<(?:fig)?caption.*?</(?:fig)?caption>", report, re.DOTALL)
    assert all('class="stamp' in c for c in captions if "runs-table-caption" not in c)
    curves = [s for s in whole.study.figures.values() if s.kind == "curves"]
    shown = sum(
        len({r.variant for r in whole.study.chosen(p, s.runs, whole.decisions)})
        for p in whole.study.protocols
        for s in curves
    )
    assert shown == 44
    assert len(page.all("img")) == shown + 2 * (11 + 5 + 1 + 2 * 5 + 1 + 1 + 3)


def test_every_run_has_a_row_that_its_variant_leads_to(
    whole: Any, report: str, outline: Any
) -> None:
    """Of any row of a table a reader can ask which run it is."""
    page = outline(report)
    assert {f"run-{run.id}" for run in whole.study.runs} <= set(page.ids)
    assert 'href="#run-koh/optimizers/adam/seed0"' in report


def test_figures_and_tables_are_numbered_in_reading_order(report: str) -> None:
    """Figure 1, 2, 3 ... and Table 1, 2, 3 ... down the page."""
    for kind in ("Figure", "Table"):
        found = [int(n) for n in re.findall(rf"<b>{kind}\u00a0(\d+)\.</b>", report)]
        assert found == list(range(1, len(found) + 1))
        assert found


def test_numbers_of_the_prose_are_those_of_the_tables(whole: Any, report: str) -> None:
    """The leader of a ranking and its value, as its CSV table has them."""
    from nnrepro.tables.csvfile import read_csv

    table = read_csv(whole.tables / "optimum_and_variants.csv")
    first = table[(table["protocol"] == "koh") & (table["rank"] == 1)].iloc[0]
    value = f"{100 * first['max_test_accuracy']:.2f}\u202f%"
    assert f"ighest test accuracy: <b>{first['label']}</b>, {value}" in report
