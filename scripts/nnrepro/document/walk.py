"""Going through the elements of a document."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from nnrepro.document.elements import (
    Bullets,
    Code,
    Document,
    Element,
    Facts,
    Figure,
    Fold,
    Gap,
    Only,
    Panels,
    Paragraph,
    Section,
    Table,
    Tiles,
    Works,
)
from nnrepro.document.text import Words, text, words_of


def every(elements: Iterable[Element]) -> Iterator[Element]:
    """Elements with all that they hold, in reading order."""
    for element in elements:
        yield element
        match element:
            case Section() | Fold() | Only():
                yield from every(element.contents)
            case Panels():
                yield from every(element.members)


def word_count(document: Document) -> int:
    """How many words a document has, those in tables counted and those in drawings not."""
    first = (document.answers,) if document.answers else ()
    elements = every(chain(document.masthead, first, document.sections))
    said = chain((document.title,), *(_SAID.get(type(e), lambda _: ())(e) for e in elements))
    return sum(len(words_of(text(words)).split()) for words in said)


def _cells(table: Table) -> Iterator[Words]:
    yield from (table.caption, table.notes, table.grid.spanning)
    yield from (column.heading for column in table.grid.columns)
    yield from dict.fromkeys(row.group for row in table.grid.rows)
    for row in table.grid.rows:
        yield from (f"{cell.text} {cell.detail} {cell.mark}" for cell in row.cells)


_SAID: Mapping[type, Callable[[Any], Iterable[Words]]] = {
    Section: lambda section: (section.title,),
    Fold: lambda fold: (fold.title,),
    Paragraph: lambda paragraph: (paragraph.text,),
    Bullets: lambda bullets: bullets.items,
    Facts: lambda facts: chain.from_iterable((name, *texts) for name, texts in facts.items),
    Works: lambda works: (work for _, work in works.items),
    Code: lambda code: (code.text,),
    Figure: lambda figure: (figure.caption,),
    Gap: lambda gap: (gap.caption, *gap.said),
    Table: _cells,
    Tiles: lambda tiles: chain((tiles.title,), *tiles.items),
}
"""The texts of elements themselves; others only hold some."""
