"""Figures and tables of the page as elements of the typeset document."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from urllib.parse import unquote

from nnrepro.document.grid import Cell, Column, Grid, Row
from nnrepro.document.text import Text, spaced
from nnrepro.report.page import FIGURE, Panel, RunList
from nnrepro.report.typeset.elements import (
    Element,
    Extent,
    Group,
    Paragraph,
    Picture,
    Tables,
    Tabular,
)
from nnrepro.report.typeset.sentences import Sentences

MEASURED = 4
"""How many of a column's longest texts and words are measured; the widest is among them."""

SHORTEST_BROKEN = 10
"""Letters of a name that may be broken, as in tables.typ."""

Rows = Sequence[tuple[str, Row]]

_BREAKS = re.compile(r"[ -]")
_LONG = re.compile(r"\S{24,}")
_SIGNS = re.compile(r"(?<=[/_.,:;=])")


class Pictures(dict[str, bytes]):
    """The SVG files of a document, by their names in it."""

    def keep(self, panel: Panel) -> str:
        """Keep a figure's SVG; its name."""
        name = f"figures/{panel.number}.svg"
        self[name] = unquote(panel.image.partition(",")[2]).encode()
        return name


def strip_elements(
    panels: Sequence[Panel], sentences: Sentences, pictures: Pictures
) -> Iterator[Element]:
    """Figures or tables that belong together; in place of one that is not there, why."""
    tables: list[Tabular] = []
    for panel in panels:
        if panel.grid and not panel.missing and not panel.empty:
            tables.append(_table(panel, panel.grid, sentences))
            continue
        if tables:
            yield Tables(tuple(tables))
            tables = []
        if panel.kind == FIGURE and not panel.missing:
            caption = spaced(sentences.caption(panel), sentences.together(panel.notes))
            yield Picture(panel.anchor, caption, pictures.keep(panel), panel.alt)
        else:
            yield from _gap(panel, sentences)
    if tables:
        yield Tables(tuple(tables))


def _gap(panel: Panel, sentences: Sentences) -> Iterator[Element]:
    """Why a figure or table is not there."""
    yield Paragraph(sentences.caption(panel), "caption")
    notes = sentences.together(panel.notes)
    if not panel.missing:
        yield Paragraph(spaced(sentences.say("no_rows"), notes), "none")
    else:
        missing = sentences.say("missing", panel.kind, panel.missing)
        yield Paragraph(notes or missing, "none")


def _table(panel: Panel, grid: Grid, sentences: Sentences) -> Tabular:
    groups = [("", [("", row) for row in grid.rows])]
    notes = sentences.together(panel.notes)
    caption = sentences.caption(panel)
    table = tabular(panel.anchor, caption, grid.columns, groups, notes)
    return replace(table, spanning=grid.spanning)


def tabular(
    anchor: str,
    caption: Text,
    columns: Sequence[Column],
    groups: Sequence[tuple[str, Rows]],
    notes: Text = (),
) -> Tabular:
    """A table of groups of rows, each group with its title, each row with its anchor."""
    cells = [row.cells for _, rows in groups for _, row in rows]
    return Tabular(
        anchor=anchor,
        caption=caption,
        columns=tuple(columns),
        extents=tuple(
            _extent([row[index] for row in cells if index < len(row)])
            for index in range(len(columns))
        ),
        groups=tuple(
            Group(title, tuple((anchor, row.summary, row.cells) for anchor, row in rows))
            for title, rows in groups
        ),
        notes=notes,
    )


def runs_table(runs: RunList, sentences: Sentences) -> Tabular:
    """The table of all runs."""
    groups = [(group.title, group.rows) for group in runs.groups]
    caption = sentences.say("runs_caption")
    return tabular("runs-table", caption, runs.columns, groups, sentences.together(runs.notes))


def _extent(cells: Sequence[Cell]) -> Extent:
    """The longest texts of a column's cells and its longest words; numbers are not broken."""
    texts = {f"{cell.text} {cell.detail}{cell.mark}".strip() for cell in cells}
    words: set[str] = set()
    for cell in cells:
        for part in (cell.text + cell.mark, cell.detail):
            words |= {part} if cell.number or _is_name(cell) else set(_words(part))
    return Extent(_longest(texts), _longest(words))


def _is_name(cell: Cell) -> bool:
    """A short name, which tables.typ does not break at its signs."""
    return cell.header and len(cell.text) < SHORTEST_BROKEN and " " not in cell.text


def _words(text: str) -> Iterator[str]:
    """Words of a text; long ones, such as paths, break behind their signs, as theme.typ does."""
    for word in _BREAKS.split(text):
        yield from _SIGNS.split(word) if _LONG.fullmatch(word) else [word]


def _longest(texts: set[str]) -> tuple[str, ...]:
    return tuple(sorted(texts, key=lambda text: (-len(text), text))[:MEASURED])
