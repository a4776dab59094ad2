"""What a typeset document consists of, in reading order; each kind is a function in `main.typ`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, ClassVar

from nnrepro.document.grid import Cell, Column
from nnrepro.document.text import Text


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 stands in the table of contents, others if `listed`.

    One of level 1 begins a page unless it is not `fresh`.
    """

    kind: ClassVar[str] = "heading"
    level: int
    text: Text
    anchor: str = ""
    listed: bool = False
    fresh: bool = True


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; its role is one of `body`, `asked`, `note`, `warning`, `stamp` and `none`."""

    kind: ClassVar[str] = "paragraph"
    text: Text
    role: str = "body"


@dataclass(frozen=True)
class Bullets:
    """A list of short texts."""

    kind: ClassVar[str] = "bullets"
    items: tuple[Text, ...]


@dataclass(frozen=True)
class Facts:
    """Names with what belongs to each: one text or several."""

    kind: ClassVar[str] = "facts"
    items: tuple[tuple[Text, tuple[Text, ...]], ...]


@dataclass(frozen=True)
class Works:
    """Works that the text refers to, each with its anchor."""

    kind: ClassVar[str] = "works"
    items: tuple[tuple[str, Text], ...]


@dataclass(frozen=True)
class Code:
    """A command, as it is typed."""

    kind: ClassVar[str] = "code"
    text: str


@dataclass(frozen=True)
class Picture:
    """A numbered figure.

    Attributes:
        anchor: what links to it name.
        caption: its caption.
        file: name of its SVG among the document's files.
        alt: what it shows, for readers who cannot see it.
    """

    kind: ClassVar[str] = "picture"
    anchor: str
    caption: Text
    file: str
    alt: str


@dataclass(frozen=True)
class Extent:
    """What a column's width is measured by: its longest texts, and its longest words."""

    texts: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """Rows of a table under one title, which may be empty; each row with its anchor."""

    title: str
    rows: tuple[tuple[str, bool, tuple[Cell, ...]], ...]


@dataclass(frozen=True)
class Tabular:
    """A numbered table.

    Attributes:
        anchor: what links to it name.
        caption: its caption.
        columns: headings.
        extents: what each column's width is measured by.
        groups: rows, each as its anchor, whether it is a summary, and its cells.
        spanning: a heading above all columns but the first.
        notes: what explains it.
    """

    anchor: str
    caption: Text
    columns: tuple[Column, ...]
    extents: tuple[Extent, ...]
    groups: tuple[Group, ...]
    spanning: str = ""
    notes: Text = ()


@dataclass(frozen=True)
class Tables:
    """Tables that belong together, one per protocol."""

    kind: ClassVar[str] = "tables"
    tables: tuple[Tabular, ...]


Element = Heading | Paragraph | Bullets | Facts | Works | Code | Picture | Tables


@dataclass(frozen=True)
class TitlePage:
    """What the first page shows.

    Attributes:
        title: title of the report.
        study: name of the study.
        about: what the study is, by its configuration.
        lead: how large the study is.
        alert: why it is less than its protocols ask for: a title and sentences.
        stamp: budget of the runs.
        remarks: sentences on the data and on runs.
        tallies: counts with their names, under a title each.
        answers_title: heading of the answers.
        answers: what the study comes to.
    """

    title: str
    study: str
    about: str
    lead: Text
    stamp: str
    alert: tuple[str, tuple[Text, ...]] | None
    remarks: tuple[Text, ...]
    tallies: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    answers_title: str
    answers: tuple[Text, ...]


def as_data(item: Any) -> Any:
    """Elements as what JSON can carry; each has its `kind`."""
    if is_dataclass(item):
        kind = {"kind": item.kind} if hasattr(item, "kind") else {}
        return kind | {field.name: as_data(getattr(item, field.name)) for field in fields(item)}
    if isinstance(item, str) or not isinstance(item, Iterable):
        return item
    return [as_data(member) for member in item]


def anchors_of(elements: Iterable[Element]) -> Iterator[str]:
    """Every anchor that a link can lead to."""
    for element in elements:
        if isinstance(element, Heading | Picture) and element.anchor:
            yield element.anchor
        for anchor, _ in element.items if isinstance(element, Works) else ():
            yield anchor
        for table in element.tables if isinstance(element, Tables) else ():
            yield table.anchor
            for group in table.groups:
                yield from (anchor for anchor, _, _ in group.rows if anchor)
