"""Figures and tables with their numbers, captions and notes, or what stands in their place."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from nnrepro.document import wording
from nnrepro.document.elements import Gap, Panels, Section, Table
from nnrepro.document.grid import Grid
from nnrepro.document.text import (
    BUDGET,
    STAMP,
    Text,
    Words,
    bold,
    code,
    plain,
    spaced,
    styled,
    text,
)

FIGURE = "figure"
TABLE = "table"


@dataclass(frozen=True)
class Numbers:
    """The next numbers of figures and of tables, in reading order."""

    figures: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    tables: Iterator[int] = field(default_factory=lambda: itertools.count(1))


@dataclass(frozen=True)
class Evidence:
    """A figure or table of the configuration, and what it says in words."""

    section: Section
    findings: tuple[Text, ...] = ()


def caption(
    kind: str, number: int, title: str, protocol: str, stamp: str, *more: Words, cut: bool = False
) -> Text:
    """What stands beside a figure or table.

    Args:
        kind: `figure` or `table`.
        number: its number.
        title: what it shows.
        protocol: the protocol's title; empty where there is nothing to tell apart.
        stamp: the budget of the runs behind it.
        more: what else there is to say.
        cut: whether that budget is less than the protocol asks for.
    """
    named = f"{title}, {protocol}." if protocol else f"{title}."
    return spaced(
        bold(f"{kind.capitalize()}\N{NO-BREAK SPACE}{number}."),
        named,
        styled(STAMP if cut else BUDGET, wording.sentence(stamp)),
        *more,
    )


def table(anchor: str, words: Text, grid: Grid | None, *notes: Text, role: str = "") -> Table | Gap:
    """A table with its caption and notes; without rows, that it has none."""
    if grid is None or not grid.rows:
        return Gap(anchor, words, (plain("This table has no rows."), *notes))
    return Table(anchor, words, grid, spaced(*notes), role)


def missing(kind: str, file: str) -> Text:
    """That the file of a figure or table is not there."""
    return text(f"This {kind} is missing: there is no file ", code(file), ".")


def not_made(kind: str, why: str) -> Text:
    """That a part of the report could not be made."""
    return plain(f"This {kind} could not be made: {why}")


def block(kind: str, title: str, anchor: str, strips: Iterable[tuple[str, Panels]]) -> Section:
    """A figure or table of the configuration: panels side by side, under a title where several."""
    contents = (Section(plain(name), (panels,)) if name else panels for name, panels in strips)
    return Section(plain(title), tuple(contents), anchor, f"block {kind}s")
