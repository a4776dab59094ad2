"""How the PDF sets figures that stand side by side."""

import re
import shutil
import subprocess

import pytest

from nnrepro.document.elements import Document, Figure, Panels, Paragraph, Section
from nnrepro.report.pdf.printer import page_count, typeset


def drawing(width: int, height: int) -> str:
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><path d="M0 0h9v9z"/></svg>'


def document(pairs: int, narrow: str = "") -> Document:
    figures = (
        Figure(f"f{number}", "A figure.", drawing(504, 252), "", "curves", narrow)
        for number in range(2 * pairs)
    )
    panels = tuple(Panels(pair, beside=True) for pair in zip(figures, figures, strict=True))
    return Document("A report", "study", (), None, (Section("All", panels),), short=True)


def test_figures_side_by_side_are_as_large_as_the_pages_have_room_for() -> None:
    """Drawn for a narrow page, where their letters then are larger; smaller on few pages."""
    wide, large = document(6), document(6, drawing(252, 504))
    assert page_count(typeset(wide)) < page_count(typeset(large))
    fitted = typeset(large, 4)
    assert page_count(typeset(wide, 4)) < page_count(fitted) == 4
    assert typeset(large, 1) == typeset(large, 2)  # no smaller than the least


def test_a_page_limit_that_is_kept_changes_nothing() -> None:
    found = document(2, drawing(252, 504))
    assert typeset(found) == typeset(found, 12)


def test_no_figure_stands_above_its_heading_or_before_the_one_before_it() -> None:
    """However far down its page the heading is."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    sections = []
    for number in range(12):
        figures = tuple(
            Figure(f"f{number}{side}", f"Drawn-{number}-{side}.", drawing(252, 300), "", "curves")
            for side in "ab"
        )
        said = tuple(Paragraph(f"Sentence. {'More words. ' * 40}") for _ in range(number % 4 + 1))
        sections.append(Section(f"Asked-{number}", (*said, Panels(figures, beside=True), *said)))
    made = typeset(Document("A report", "study", (), None, tuple(sections), short=True))
    done = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=made, capture_output=True, check=True
    )
    shown = re.findall(r"Asked-\d+|Drawn-\d+(?=-a)", done.stdout.decode())
    places = {name: shown.index(name) for name in shown}
    assert all(places[f"Asked-{n}"] < places[f"Drawn-{n}"] for n in range(12))
    assert all(places[f"Drawn-{n}"] < places[f"Drawn-{n + 1}"] for n in range(11))
