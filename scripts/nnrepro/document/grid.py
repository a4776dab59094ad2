"""A table ready to be printed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Cell:
    """One cell of a table.

    Attributes:
        text: what stands in it.
        detail: shown smaller behind it, such as an interval.
        href: where its text links to; empty for no link.
        mark: a sign behind it that the panel's notes explain.
        number: whether it is aligned as a number.
        header: whether it names its row.
        best: whether it is the best of its table.
    """

    text: str
    detail: str = ""
    href: str = ""
    mark: str = ""
    number: bool = False
    header: bool = False
    best: bool = False

    @property
    def wide(self) -> bool:
        """Whether its text wants more room than a narrow column gives."""
        return len(self.text) > 10


@dataclass(frozen=True)
class Column:
    """A column's heading and alignment."""

    heading: str
    number: bool = True


@dataclass(frozen=True)
class Row:
    """A row of a table.

    Attributes:
        cells: one per column.
        summary: whether it is set apart, as averages are.
        anchor: what links to it name; empty for none.
        group: title above it and its neighbours of the same group; empty for none.
    """

    cells: tuple[Cell, ...]
    summary: bool = False
    anchor: str = ""
    group: str = ""


@dataclass(frozen=True)
class Grid:
    """A table ready to be written.

    Attributes:
        columns: headings.
        rows: rows, each with one cell per column.
        spanning: a heading above all columns but the first; empty for none.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    spanning: str = ""
