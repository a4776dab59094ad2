"""The report as data, ready for the templates: no file is read and no number computed from here on.

A `Section` (a question) holds `Block`s (one figure or table of the configuration), a block holds
`Strip`s (for example one per variant), and a strip holds one `Panel` per protocol, side by side.
"""

from dataclasses import dataclass
from typing import Any

from nnrepro.document.grid import Grid
from nnrepro.document.text import Text

FIGURE = "figure"
TABLE = "table"


@dataclass(frozen=True)
class Statement:
    """A sentence to be made: the macro of `sentences.html.j2` that makes it, and its facts."""

    macro: str
    facts: Any


Said = Statement | Text
"""A sentence, whether still to be made or made."""


@dataclass(frozen=True)
class Panel:
    """A numbered figure or table of one protocol.

    Attributes:
        kind: `figure` or `table`.
        number: its number among the figures or the tables of the report.
        anchor: id of its element.
        title: what its caption says.
        protocol: the protocol's title; empty where the study has one protocol only.
        stamp: the budget of the runs behind it.
        cut: whether that budget is less than what the protocol asks for.
        image: data URI of a figure.
        drawing: kind of a figure, for example `curves`.
        alt: text in place of a figure.
        grid: a table's content.
        notes: sentences that explain it.
        reading: how to read a figure; None where one before it says so.
        missing: name of the file that is not there; the panel then shows that.
    """

    kind: str
    number: int
    anchor: str
    title: str
    protocol: str
    stamp: str
    cut: bool
    image: str = ""
    drawing: str = ""
    alt: str = ""
    grid: Grid | None = None
    notes: tuple[Said, ...] = ()
    reading: Said | None = None
    missing: str = ""

    @property
    def empty(self) -> bool:
        """Whether it is a table without rows."""
        return self.kind == TABLE and not self.missing and not (self.grid and self.grid.rows)


@dataclass(frozen=True)
class Strip:
    """Panels side by side, one per protocol."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class Finding:
    """What a table says in words.

    Attributes:
        protocol: the protocol's title; empty where the study has one protocol only.
        statements: sentences.
        anchor: id of the table.
        number: the table's number.
    """

    protocol: str
    statements: tuple[Said, ...]
    anchor: str
    number: int


@dataclass(frozen=True)
class Block:
    """A figure or a table that the configuration asks for."""

    kind: str
    title: str
    anchor: str
    strips: tuple[Strip, ...]
    findings: tuple[Finding, ...] = ()
