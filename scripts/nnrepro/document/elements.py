"""What a report consists of, in reading order.

Functions build these elements, and each form of the report has a printer for them. Whatever stands
in one form alone is in an `Only`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from nnrepro.document.grid import Grid
from nnrepro.document.text import Words, text, words_of

SCREEN, PAPER = "screen", "paper"


@dataclass(frozen=True)
class Section:
    """Contents under a heading, which is one level below that of the section around it.

    Attributes:
        title: the heading.
        contents: what stands below it.
        anchor: what links to it name; empty for none.
        role: what it is, for its look: `part`, `question`, `back`, `budget`, `block figures` ...
        listed: whether the list of contents names it.
        fresh: whether it begins a page where it is of the first level.
    """

    title: Words
    contents: tuple["Element", ...]
    anchor: str = ""
    role: str = ""
    listed: bool = False
    fresh: bool = False


@dataclass(frozen=True)
class Paragraph:
    """A paragraph.

    Its role is empty or one of `lead`, `scope`, `stamp` (of a shortened study), `stamp plain`,
    `asked` (what a question asks), `remark`, `warning`, `note` and `none` (in place of something).
    """

    text: Words
    role: str = ""


@dataclass(frozen=True)
class Bullets:
    """A list of short texts."""

    items: tuple[Words, ...]


@dataclass(frozen=True)
class Facts:
    """Names with what belongs to each: one text or several."""

    items: tuple[tuple[Words, tuple[Words, ...]], ...]
    role: str = ""


@dataclass(frozen=True)
class Works:
    """Works that the text refers to, each with its anchor."""

    items: tuple[tuple[str, Words], ...]


@dataclass(frozen=True)
class Code:
    """Lines as they are typed, or as a program wrote them."""

    text: str


@dataclass(frozen=True)
class Figure:
    """A numbered figure.

    Attributes:
        anchor: what links to it name.
        caption: its caption.
        svg: the drawing, an SVG document.
        alt: what it shows, for readers who cannot see it.
        kind: kind of drawing, for example `curves`.
        narrow: the same drawing for a narrow page; empty without one.
    """

    anchor: str
    caption: Words
    svg: str
    alt: str
    kind: str
    narrow: str = ""


@dataclass(frozen=True)
class Table:
    """A numbered table.

    Attributes:
        anchor: what links to it name.
        caption: its caption.
        grid: its cells.
        notes: what explains it.
        role: what it is, for its look: empty, `claims` or `runs`.
    """

    anchor: str
    caption: Words
    grid: Grid
    notes: Words = ()
    role: str = ""


@dataclass(frozen=True)
class Gap:
    """In place of a figure or table that is not there, or has no rows: its caption, and why."""

    anchor: str
    caption: Words
    said: tuple[Words, ...]


@dataclass(frozen=True)
class Panels:
    """Figures and tables that belong together, side by side where they fit.

    Attributes:
        members: the figures and tables.
        beside: whether figures are side by side on paper, too.
    """

    members: tuple[Figure | Table | Gap, ...]
    beside: bool = False


@dataclass(frozen=True)
class Tiles:
    """Counts with what they count."""

    title: str
    items: tuple[tuple[Words, Words], ...]
    role: str


@dataclass(frozen=True)
class Fold:
    """Contents that a reader of the screen unfolds.

    Attributes:
        title: the line that opens it.
        contents: what is in it.
        anchor: what links to it name; empty for none.
        run: id of the run whose history is charted in it; empty for none.
    """

    title: Words
    contents: tuple["Element", ...]
    anchor: str = ""
    run: str = ""


@dataclass(frozen=True)
class Histories:
    """Series by run and metric, which the charts of folds are drawn from."""

    series: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Only:
    """What stands in one form of the report alone, `SCREEN` or `PAPER`."""

    medium: str
    contents: tuple["Element", ...]


Element = (
    Section
    | Paragraph
    | Bullets
    | Facts
    | Works
    | Code
    | Figure
    | Table
    | Gap
    | Panels
    | Tiles
    | Fold
    | Histories
    | Only
)


@dataclass(frozen=True)
class Document:
    """The report.

    Attributes:
        title: its title.
        study: the study's name.
        masthead: what stands below the title.
        answers: the rest of the first screen; on paper its sections follow the list of contents.
        sections: everything else.
        short: whether paper does without a list of contents.
    """

    title: str
    study: str
    masthead: tuple[Element, ...]
    answers: Section | None
    sections: tuple[Section, ...]
    short: bool = False


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
