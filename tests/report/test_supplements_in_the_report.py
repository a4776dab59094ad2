"""Questions of other studies in a report: told as theirs, and in nobody's way."""

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.report.conftest import BUDGET, Results, paragraphs, study_of

from nnrepro.document.elements import Figure, Gap, Paragraph, Section, every
from nnrepro.document.text import text, words_of
from nnrepro.report.blocks import figure_block
from nnrepro.report.build import collect, fitting
from nnrepro.report.source import Source


@pytest.fixture(scope="module")
def supplemented(
    whole: Results, repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Results, Any]:
    """The whole study, and the shipped study of factors to supplement it."""
    overlay = yaml.safe_load((repository / "studies" / "factors.yaml").read_text(encoding="utf-8"))
    factors = study_of(repository, {"budget": BUDGET, "seeds": [0, 1], **overlay})
    results = Results(factors, tmp_path_factory.mktemp("factors"))
    results.write_runs()
    results.write_tables()
    results.write_figures()
    return whole, results.as_supplement("factors")


def test_its_questions_stand_behind_the_studys_own_with_numbers_that_go_on(
    supplemented: Any, report: str, outline: Any
) -> None:
    whole, supplement = supplemented
    html = whole.build(supplements=[supplement])
    page = outline(html)
    text = page.text[page.text.rindex(supplement.study.title) :]
    assert f"another study, {supplement.study.name}, of" in text
    for spec in (*supplement.study.tables.values(), *supplement.study.figures.values()):
        assert spec.title in text
    for kind in ("Table", "Figure"):
        numbers, own = (
            [int(n) for n in re.findall(rf"<b>{kind}\u00a0(\d+)\.</b>", text)]
            for text in (html, report)
        )
        assert numbers == sorted(numbers)
        assert max(numbers) == len(numbers) > len(own)


def test_nothing_of_the_studys_own_changes(supplemented: Any, report: str, outline: Any) -> None:
    """Its runs count nowhere else: what stands before and behind it is as without it."""
    whole, supplement = supplemented
    text = outline(whole.build(supplements=[supplement])).text
    own = outline(report).text
    first = own[own.index("Part A") : own.index("Methods")]
    assert first[first.index("A1") :][:5000] in text
    behind = own[own.rindex("All runs") :]
    assert text.endswith(behind)


def test_links_lead_somewhere_and_the_differences_lead_to_it(
    supplemented: Any, outline: Any
) -> None:
    """Both studies have tables of the same names, and runs of which only one's are listed."""
    whole, supplement = supplemented
    page = outline(whole.build(supplements=[supplement]))
    assert len(page.ids) == len(set(page.ids))
    targets = {(a["href"] or "").removeprefix("#") for a in page.all("a")}
    assert targets <= set(page.ids)
    assert supplement.heading_anchor in targets
    assert f"How much single changes carry was measured: {supplement.study.title}." in page.text


def test_a_study_of_what_no_protocol_sets_differently_measures_no_difference(
    whole: Results, repository: Path, tmp_path: Path, outline: Any
) -> None:
    """Momentum and dropout one by one say nothing of how the reports differ."""
    overlay = yaml.safe_load(
        (repository / "studies" / "extensions.yaml").read_text(encoding="utf-8")
    )
    extensions = study_of(repository, {"budget": BUDGET, **overlay})
    assert {table.kind for table in extensions.tables.values()} >= {"factors"}
    supplement = Results(extensions, tmp_path).as_supplement("other")
    text = outline(whole.build(supplements=[supplement])).text
    assert extensions.title in text
    assert "How much single changes carry" not in text


def test_a_file_that_is_missing_is_named_where_it_would_be(
    small: Any, supplemented: Any, outline: Any, tmp_path: Path
) -> None:
    _, supplement = supplemented
    empty = Results(supplement.study, tmp_path / "empty").as_supplement("other")
    results = small()
    results.write_runs()
    results.write_tables()
    results.write_figures()
    page = outline(results.build(supplements=[empty]))
    assert "no file supplements/other/tables/image_factors.csv" in page.text
    assert "no file supplements/other/figures/tan/comparison/index.json" in page.text


def test_the_pdf_says_all_of_it(
    small: Any, supplemented: Any, pages: Callable[[bytes], str]
) -> None:
    _, supplement = supplemented
    results = small()
    results.write_runs()
    results.write_tables()
    results.write_figures()
    html = results.build(supplements=[supplement])
    words = pages(results.build_pdf(supplements=[supplement]))
    texts = paragraphs(html[html.index(f'id="{supplement.heading_anchor}"') - 10 :])
    assert len(texts) > 50
    assert [text for text in texts if text not in words] == []


def test_a_figure_that_only_a_supplement_has_stands_where_it_is_missed(
    supplemented: Any, tmp_path: Path
) -> None:
    """By the same kind, protocol, model and variant; of another protocol it says why it is not."""
    whole, factors = supplemented
    lacking = replace(whole.study, archive=tmp_path)  # an archive of histories has no maps
    study = replace(
        whole.study, name="others", figures={"grid": whole.study.figures["specified_network_maps"]}
    )
    other = replace(whole.as_supplement("others"), study=study)
    source = Source(
        lacking, whole.tables, tmp_path, whole.decisions, {}, supplements=[factors, other]
    )
    spec = lacking.figures["specified_network_maps"]
    block = figure_block(source, spec, count(1), ["tan"]).section
    figures = [each for each in every([block]) if isinstance(each, Figure)]
    assert [words_of(text(figure.caption)).partition(" (")[0] for figure in figures[:2]] == [
        f"Figure\N{NO-BREAK SPACE}1. {spec.title}: image 1, image and layers, Tan report",
        f"Figure\N{NO-BREAK SPACE}2. {spec.title}: image 2, image and layers, Tan report",
    ]
    (said,) = [each.text for each in every([block]) if isinstance(each, Paragraph)]
    assert f"This is of another study, \u201c{study.title}\u201d." in words_of(text(said))
    assert "others-supplement" in {part.anchor for part in text(said)}
    alone = figure_block(replace(source, supplements=[factors]), spec, count(1), ["tan"]).section
    (gap,) = [each for each in every([alone]) if isinstance(each, Gap)]
    assert "weights of a trained network" in words_of(text(gap.said[0]))


def test_the_report_answers_with_what_a_supplement_has(
    supplemented: Any, small: Any, tmp_path: Path
) -> None:
    """The first two of a network's pictures, below how large its maps are and whose they are."""
    whole, _ = supplemented
    study = replace(whole.study, name="others")
    other = replace(whole.as_supplement("others"), study=study)
    lacking = replace(whole.study, archive=tmp_path)
    source = Source(lacking, whole.tables, whole.figures, whole.decisions, {}, supplements=[other])
    report, _ = fitting(source, collect(source))
    (asked,) = [
        each
        for each in every(report.sections)
        if isinstance(each, Section) and each.anchor == "brief-question-A1"
    ]
    pictures = [
        each for each in every([asked]) if isinstance(each, Figure) and each.kind == "feature_maps"
    ]
    assert len(pictures) == 2
    assert "another study" in words_of(
        text(*(each.text for each in asked.contents if isinstance(each, Paragraph)))
    )
