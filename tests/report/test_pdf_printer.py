"""How the PDF sets figures that stand side by side."""

from nnrepro.document.elements import Document, Figure, Panels, Section
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
