"""The report as PDF: the words of the HTML, the same bytes every time, no markup from input."""

import re
import shutil
from bisect import bisect_left
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import typst
from tests.report.conftest import paragraphs, squeezed

from nnrepro.plots.fonts import SHIPPED
from nnrepro.report.build import collect
from nnrepro.report.pdf.printer import files_of
from nnrepro.report.sections import runs
from nnrepro.report.source import ReportError, Source

HOSTILE = '#panic("x") $a^b$ @ref <label> \\ *bold* _under_ `code` = // Δέλτα Łódź дом'


_LEAST, _BETWEEN_PAGES = 10, 300
"""Characters of a text before the end of a page; and of a foot and a head, at most."""


@pytest.fixture(scope="session")
def pdf(whole: Any, brief: str) -> bytes:
    """The whole study's appendix for print, which is written with its report."""
    return (whole.root / "report" / "details.pdf").read_bytes()


def test_every_sentence_and_caption_of_the_html_stands_in_the_pdf(
    report: str, pdf: bytes, pages: Callable[[bytes], str]
) -> None:
    """A paragraph that is added to the HTML alone fails here; numbers are the same in both."""
    words = pages(pdf)
    texts = paragraphs(report)
    captions = [text for text in texts if re.match(r"(Figure|Table)\d+\.", text)]
    assert len(captions) > 80
    assert [text for text in texts if not _stands_in(text, words)] == []


def _stands_in(text: str, words: str) -> bool:
    """Whether a text is among words, be it with what stands between two pages within it."""
    if text in words:
        return True
    begins = bisect_left(range(len(text)), True, key=lambda end: text[: end + 1] not in words)
    at = words.find(text[:begins]) + begins
    return begins >= _LEAST and text[begins:] in words[at : at + _BETWEEN_PAGES + len(text)]


def test_a_text_may_go_on_on_the_next_page_and_nowhere_else() -> None:
    words = "beforeonesentence7/9Runningheadthatgoesonafter" + "x" * 999 + "elsewhere"
    assert _stands_in("onesentencethatgoeson", words) and _stands_in("before", words)
    assert not _stands_in("onesentenceelsewhere", words) and not _stands_in("none", words)


def test_every_cell_of_every_table_stands_in_the_pdf(
    report: str, pdf: bytes, pages: Callable[[bytes], str]
) -> None:
    words = pages(pdf)
    cells = re.findall(r"<t[dh]\b[^>]*>(.*?)</t[dh]>", report, re.S)
    texts = {squeezed(unescape(re.sub(r"<[^>]+>", "", cell))) for cell in cells}
    assert len(texts) > 500
    assert [text for text in texts if len(text) < 20 and text not in words] == []


def test_the_same_results_in_another_folder_give_the_same_bytes(
    small: Any, tmp_path: Path, pdf: bytes, whole: Any
) -> None:
    moved = type(whole)(whole.study, tmp_path / "elsewhere")
    shutil.copytree(whole.root, moved.root)
    moved.decisions = whole.decisions
    assert moved.build_pdf() == pdf


def test_the_pdf_can_be_read_aloud(whole: Any) -> None:
    """It passes Typst's checks for PDF/UA: tags, alternative texts, language, title, headings."""
    source = Source(whole.study, whole.tables, whole.figures, whole.decisions, {})
    files = files_of(collect(source))
    compiler = typst.Compiler(files, font_paths=[str(SHIPPED)], ignore_system_fonts=True)
    assert compiler.compile(format="pdf", pdf_standards="ua-1").startswith(b"%PDF")


def test_nothing_in_a_configuration_is_read_as_markup(
    small: Any, pages: Callable[[bytes], str], repository: Path
) -> None:
    """Titles, labels and notes come out as they were written."""
    results = small(
        title=f"Title {HOSTILE}",
        data={"dbpedia": {"source": "download", "note": f"Note {HOSTILE}"}},
        experiments={
            "text_models": {
                "title": f"Experiment {HOSTILE}",
                "variants": {"char_cnn": {"label": f"Label {HOSTILE}", "model": "char_cnn"}},
            }
        },
        only={"protocols": ["tan"]},
        figures={},
        tables={
            "text_models": {
                "kind": "ranking",
                "title": f"Table {HOSTILE}",
                "question": "B1",
                "runs": ["text_models"],
                "metrics": ["max_test_accuracy"],
                "sort_by": "max_test_accuracy",
            }
        },
        published=None,
        claims=None,
    )
    results.write_runs()
    results.write_tables()
    results.write_figures()
    words = pages(results.build_pdf())
    for place in ("Title", "Note", "Experiment", "Label", "Table"):
        assert squeezed(f"{place} {HOSTILE}") in words


def test_nothing_at_all_still_gives_a_pdf_that_says_so(
    small: Any, pages: Callable[[bytes], str]
) -> None:
    words = pages(small().build_pdf(provenance={}))
    assert "thereisnofiletables/runs.csv" in words
    assert "thereisnofiletables/text_models.csv" in words
    assert "thereisnofilefigures/tan/comparison/index.json" in words


def test_a_study_of_ones_own_has_neither_claims_nor_published_numbers(
    small: Any, pages: Callable[[bytes], str]
) -> None:
    results = small(published=None, claims=None, title="A study of my own")
    results.write_runs()
    results.write_tables()
    results.write_figures()
    words = pages(results.build_pdf())
    assert "Astudyofmyown" in words
    assert "Allruns" in words
    assert "Printedbesidereproduced" not in words
    assert "Claimsonthisquestion" not in words


def test_thousands_of_runs_are_not_listed_on_paper(
    small: Any, pages: Callable[[bytes], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Typesetting 4,950 of them took three minutes and more than a gigabyte."""
    results = small()
    results.write_runs()
    results.write_tables()
    count = len(results.study.runs)
    for most, listed in ((count, True), (count - 1, False)):
        monkeypatch.setattr(runs, "MOST_PRINTED", most)
        words = pages(results.build_pdf())
        assert (squeezed("Runs by protocol and experiment") in words) == listed
        told = squeezed(f"A list of all {count} runs would be too long for paper")
        assert (told in words) != listed


def test_a_damaged_figure_is_named(small: Any) -> None:
    results = small()
    results.write_runs()
    results.write_tables()
    results.write_figures()
    figure = results.figures / "tan" / "comparison" / "text_models.svg"
    figure.write_text("<svg no document", encoding="utf-8")
    with pytest.raises(ReportError, match="typeset"):
        results.build_pdf()
