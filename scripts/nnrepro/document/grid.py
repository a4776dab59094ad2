"""A table ready to be printed, and how one is made of rows of any kind, column by column."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any


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


Field = tuple[Column, Callable[[Any], Cell]]
"""A column, and its cell of a row."""


def text_field(heading: str, cell: Callable[[Any], Cell | str], *, number: bool = False) -> Field:
    """A column of words, or of numbers; its cells may be given as text."""

    def shown(row: Any) -> Cell:
        found = cell(row)
        return Cell(found, number=number) if isinstance(found, str) else found

    return Column(heading, number), shown


number_field = partial(text_field, number=True)
"""A column of numbers."""


def entry(name: str, write: Callable[[Any], str] = str) -> Callable[[Any], str]:
    """Writes what a row has in a column of its table."""
    return lambda row: write(row[name])


def numeric(text: str, detail: str = "", mark: str = "", *, best: bool = False) -> Cell:
    """A cell that is aligned as a number."""
    return Cell(text, detail, mark=mark, number=True, best=best)


def grid(
    rows: Iterable[Any], fields: Sequence[Field], row: Callable[..., Row] | None = None
) -> Grid:
    """A table of rows.

    Args:
        rows: what each row is about.
        fields: the columns, from left to right.
        row: makes the table's row of what it is about and its cells, where that has more.
    """
    lines = ((about, tuple(cell(about) for _, cell in fields)) for about in rows)
    made = [Row(cells) if row is None else row(about, cells) for about, cells in lines]
    return Grid(tuple(column for column, _ in fields), tuple(made))
