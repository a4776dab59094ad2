"""How the PDF sets figures that stand side by side."""

import re
import shutil
import subprocess

import pytest

from nnrepro.document.elements import Document, Figure, Panels, Paragraph, Section
from nnrepro.report.pdf.printer import page_count, typeset

BELOW_THE_HEAD = ("-x", "0", "-y", "55", "-W", "700", "-H", "800")


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


def asked(number: int) -> Section:
    """A question with a pair of drawings in the middle of its text, which is of other lengths."""
    figures = tuple(
        Figure(f"f{number}{side}", f"Drawn-{number}-{side}.", drawing(252, 300), "", "curves")
        for side in "ab"
    )
    said = tuple(Paragraph(f"Sentence. {'More words. ' * 40}") for _ in range(number % 4 + 1))
    return Section(f"Asked-{number}", (*said, Panels(figures, beside=True), *said))


def shown(pdf: bytes) -> list[str]:
    """Headings and drawings from the top to the bottom, below the head of each page."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    done = subprocess.run(
        ["pdftotext", "-layout", *BELOW_THE_HEAD, "-", "-"],
        input=pdf,
        capture_output=True,
        check=True,
    )
    return re.findall(r"Asked-\d+|Drawn-\d+(?=-a)", done.stdout.decode())


def test_figures_stand_where_the_text_has_them_as_far_as_pages_allow() -> None:
    """Else none stands above its heading, however far down its page that is, or out of order."""
    several = tuple(map(asked, range(12)))
    report = Document("A report", "study", (), None, several, short=True)
    in_text = typeset(report)
    assert shown(in_text) == [f"{what}-{n}" for n in range(12) for what in ("Asked", "Drawn")]
    floating = typeset(report, page_count(in_text) - 3)
    assert page_count(floating) < page_count(in_text)
    found = shown(floating)
    assert all(found.index(f"Asked-{n}") < found.index(f"Drawn-{n}") for n in range(12))
    assert [name for name in found if "Drawn" in name] == [f"Drawn-{n}" for n in range(12)]
