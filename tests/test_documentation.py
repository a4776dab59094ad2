"""The documentation is short: every page answers one question and names the next."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
DOCS = REPOSITORY / "docs"
PAGES = sorted(str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md"))
WRITTEN = [name for name in PAGES if not name.startswith("reference/")]
"""Those by hand; the reference is written by programs."""
MOST = 12_000


def test_what_is_written_by_hand_is_short() -> None:
    """As `wc -w docs/*.md` counts: blocks, tables and all."""
    counts = {name: len((DOCS / name).read_text(encoding="utf-8").split()) for name in WRITTEN}
    assert 0 < sum(counts.values()) <= MOST, sorted(counts.items(), key=lambda item: -item[1])


@pytest.mark.parametrize("name", PAGES)
def test_a_page_answers_a_question_and_names_the_next(name: str) -> None:
    text = (DOCS / name).read_text(encoding="utf-8")
    assert re.match(r"# .+\?\n", text)
    following = re.findall(r"^Next: .*?\]\(([\w./]+\.md)", text, re.MULTILINE)
    pages = [str(((DOCS / name).parent / page).resolve()) for page in following]
    others = {str(DOCS / page) for page in PAGES} - {str(DOCS / name)}
    assert name == "index.md" or (len(pages) == 1 and pages[0] in others)


@pytest.mark.parametrize("name", PAGES)
def test_no_number_that_ends_a_sentence_begins_a_line(name: str) -> None:
    """It would be printed as an item of a list, with another number."""
    text = (DOCS / name).read_text(encoding="utf-8")
    numbers = [int(number) for number in re.findall(r"^ *(\d+)\. ", text, re.MULTILINE)]
    following = zip([0, *numbers], numbers, strict=False)
    assert all(number in (1, before + 1) for before, number in following)
