"""Typst at work: the document as data for its templates, in reading order, and as a PDF."""

import itertools
import json
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import typst

from nnrepro.document.elements import (
    PAPER,
    Bullets,
    Code,
    Document,
    Element,
    Facts,
    Figure,
    Fold,
    Gap,
    Histories,
    Only,
    Panels,
    Paragraph,
    Section,
    Table,
    Tiles,
    Works,
)
from nnrepro.document.grid import Cell
from nnrepro.document.text import Words, spaced, text
from nnrepro.plots.fonts import fonts_for, missing, missing_words
from nnrepro.report.source import ReportError

TEMPLATES = Path(__file__).parent
MAIN = "main.typ"

MARKS = (
    "In tables, the best value of a ranking and what a note says of it stand in bold; a mark "
    "behind a number is explained below its table. Figures tell curves apart by dashes, markers "
    "and names as well as by colour."
)


IN_TEXT_HEIGHTS = (105, 98, 91)
"""How high figures that stand side by side may be, in mm, where the text has them: two rows of them
fit a page."""
FLOATING_HEIGHTS = range(160, 60, -3)
"""The same where they stand where a page has room, from what any needs to be set in letters of 7
points."""


def typeset(document: Document, most_pages: int | None = None) -> bytes:
    """The report as PDF: the same document gives the same bytes, on every machine.

    Figures side by side stand where the text has them; where that takes more than `most_pages`, on
    pages that have room for them, as large as can be. Typst sees what it is given here and nothing
    else: no file, and of the machine's fonts those alone that have letters which the shipped ones
    lack. Letters that none has are named.

    Raises:
        ReportError: Typst cannot set it, for example for a figure that is no SVG.
    """
    files: Any = files_of(document)  # the types that come with Typst know no files in memory
    with fonts_for(files["page.json"].decode()) as fonts:

        @cache
        def made(height: int, floating: bool) -> bytes:
            inputs = {"side-height": str(height), "floating": "yes" if floating else ""}
            return _compiled(files, fonts, inputs)

        def fits(height: int, floating: bool) -> bool:
            return most_pages is None or page_count(made(height, floating)) <= most_pages

        floating = not fits(IN_TEXT_HEIGHTS[-1], floating=False)
        heights = FLOATING_HEIGHTS if floating else IN_TEXT_HEIGHTS
        at = bisect_left(heights, True, key=lambda height: fits(height, floating))
        return made(heights[min(at, len(heights) - 1)], floating)


def _compiled(files: Any, fonts: typst.Fonts, inputs: dict[str, str]) -> bytes:
    try:
        made = typst.compile(files, format="pdf", font_paths=fonts, sys_inputs=inputs, timestamp=0)
    except typst.TypstError as error:
        raise ReportError(f"the report cannot be typeset: {error}") from error
    return bytes(made)


def page_count(pdf: bytes) -> int:
    """How many pages a PDF of `typeset` has."""
    return max(map(int, re.findall(rb"/Type/Pages/Count (\d+)", pdf)))


def files_of(document: Document) -> dict[str, bytes]:
    """Everything that Typst reads, by name: its templates, the document as JSON, figures."""
    data, pictures = content(document)
    gone = missing_words(missing(json.dumps(data, ensure_ascii=False)))
    data["hint"] = MARKS + (f" In this file {gone}." if gone else "")
    templates = {path.name: path.read_bytes() for path in sorted(TEMPLATES.glob("*.typ"))}
    page = json.dumps(data, ensure_ascii=False, allow_nan=False).encode()
    return {MAIN: templates.pop(MAIN), **templates, "page.json": page, **pictures}


MEASURED = 4
"""How many of a column's longest texts and words are measured; the widest is among them."""

SHORTEST_BROKEN = 10
"""Letters of a name that may be broken, as in tables.typ."""

_BREAKS = re.compile(r"[ -]")
_LONG = re.compile(r"\S{24,}")
_SIGNS = re.compile(r"(?<=[/_.,:;=])")

Data = dict[str, Any]


class Pictures(dict[str, bytes]):
    """The SVG files of a document, by their names in it."""

    def keep(self, figure: Figure) -> dict[str, str]:
        """Keep a figure's drawings; their names, as `narrow` that for a narrow page, if any."""
        drawings = {"file": figure.svg, "narrow": figure.narrow}
        names = {form: f"figures/{figure.anchor}-{form}.svg" for form in drawings}
        self.update((names[form], svg.encode()) for form, svg in drawings.items() if svg)
        return {form: names[form] if svg else "" for form, svg in drawings.items()}


def content(document: Document) -> tuple[Data, Pictures]:
    """What the templates set, and the pictures in it.

    The masthead stands before the list of contents, where there is one, and all else behind it.
    """
    pictures = Pictures()
    first = list(_flow(document.masthead, 1, pictures))
    answers = (document.answers,) if document.answers else ()
    flow = list(_flow((*answers, *document.sections), 1, pictures))
    anchors = dict.fromkeys(_anchors(flow), True)
    data = {
        "title": document.title,
        "short": document.short,
        "study": document.study,
        "first": first,
        "flow": flow,
        "anchors": anchors,
    }
    return data, pictures


def _flow(elements: Iterable[Element], level: int, pictures: Pictures) -> Iterator[Data]:
    """Elements one after the other; headings of their sections are of a level."""
    for element in elements:
        match element:
            case Section(role="budget"):
                inner = list(_flow(element.contents, level + 1, pictures))
                yield {"kind": "alert", "title": _text(element.title), "contents": inner}
            case Section():
                yield _heading(element, level)
                yield from _flow(element.contents, level + 1, pictures)
            case Fold(title, contents):
                yield _heading(Section(title, contents), level)
                yield from _flow(contents, level + 1, pictures)
            case Only(medium, contents):
                yield from _flow(contents, level, pictures) if medium == PAPER else ()
            case Histories():
                pass
            case Panels(members, beside=True) if all(isinstance(m, Figure) for m in members):
                yield {"kind": "pictures", "pictures": list(_panels(members, pictures))}
            case Panels(members):
                yield from _panels(members, pictures)
            case Figure() | Table() | Gap():
                yield from _panels((element,), pictures)
            case _:
                yield _simple(element)


def _simple(element: Paragraph | Bullets | Facts | Works | Code | Tiles) -> Data:
    match element:
        case Paragraph(said, role):
            return {"kind": "paragraph", "text": _text(said), "role": role}
        case Bullets(items):
            return {"kind": "bullets", "items": [_text(item) for item in items]}
        case Facts(items):
            told = [[_text(name), [_text(one) for one in several]] for name, several in items]
            return {"kind": "facts", "items": told}
        case Works(items):
            return {"kind": "works", "items": [[anchor, _text(work)] for anchor, work in items]}
        case Code(lines):
            return {"kind": "code", "text": lines}
        case Tiles(title, items):
            counts = [[_text(name), _text(count)] for name, count in items]
            return {"kind": "tiles", "title": title, "items": counts}


def _heading(section: Section, level: int) -> Data:
    return {
        "kind": "heading",
        "level": level,
        "text": _text(section.title),
        "anchor": section.anchor,
        "listed": level == 1 or section.listed,
        "fresh": level == 1 and section.fresh,
    }


def _panels(members: Iterable[Figure | Table | Gap], pictures: Pictures) -> Iterator[Data]:
    """Figures one by one, tables that are neighbours together."""
    tables: list[Data] = []
    for member in members:
        if isinstance(member, Table):
            tables.append(_table(member))
            continue
        if tables:
            yield {"kind": "tables", "tables": tables}
            tables = []
        if isinstance(member, Figure):
            yield {
                "kind": "picture",
                "anchor": member.anchor,
                "caption": _text(member.caption),
                "alt": member.alt,
                **pictures.keep(member),
            }
        else:
            yield _simple(Paragraph(member.caption, "caption"))
            yield _simple(Paragraph(spaced(*member.said), "none"))
    if tables:
        yield {"kind": "tables", "tables": tables}


def _table(table: Table) -> Data:
    rows = table.grid.rows
    cells = [row.cells for row in rows]
    groups = itertools.groupby(rows, key=lambda row: row.group)
    return {
        "anchor": table.anchor,
        "caption": _text(table.caption),
        "columns": [asdict(column) for column in table.grid.columns],
        "extents": [
            _extent([row[index] for row in cells if index < len(row)])
            for index in range(len(table.grid.columns))
        ],
        "groups": [
            {
                "title": title,
                "rows": [
                    [row.anchor, row.summary, [asdict(cell) for cell in row.cells]] for row in own
                ],
            }
            for title, own in groups
        ],
        "spanning": table.grid.spanning,
        "notes": _text(table.notes),
    }


def _text(words: Words) -> list[Data]:
    return [asdict(segment) for segment in text(words)]


def _anchors(flow: Sequence[Data]) -> Iterator[str]:
    """Every anchor that a link can lead to."""
    for item in flow:
        if item.get("anchor"):
            yield item["anchor"]
        if item["kind"] == "works":
            yield from (anchor for anchor, _ in item["items"])
        yield from (picture["anchor"] for picture in item.get("pictures", ()))
        for table in item.get("tables", ()):
            yield table["anchor"]
            rows = (row for group in table["groups"] for row in group["rows"])
            yield from (anchor for anchor, _, _ in rows if anchor)


def _extent(cells: Sequence[Cell]) -> Mapping[str, Sequence[str]]:
    """What a column's width is measured by: its longest texts, and its longest words.

    Numbers are not broken.
    """
    texts = {f"{cell.text} {cell.detail}{cell.mark}".strip() for cell in cells}
    words: set[str] = set()
    for cell in cells:
        for part in (cell.text + cell.mark, cell.detail):
            words |= {part} if cell.number or _is_name(cell) else set(_words(part))
    return {"texts": _longest(texts), "words": _longest(words)}


def _is_name(cell: Cell) -> bool:
    """A short name, which tables.typ does not break at its signs."""
    return cell.header and len(cell.text) < SHORTEST_BROKEN and " " not in cell.text


def _words(cell: str) -> Iterator[str]:
    """Words of a text; long ones, such as paths, break behind their signs, as theme.typ does."""
    for word in _BREAKS.split(cell):
        yield from _SIGNS.split(word) if _LONG.fullmatch(word) else [word]


def _longest(texts: set[str]) -> list[str]:
    return sorted(texts, key=lambda text: (-len(text), text))[:MEASURED]
