"""The document as HTML, everything from elsewhere escaped."""

import base64
import hashlib
import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup, escape

from nnrepro.document import wording
from nnrepro.document.elements import (
    SCREEN,
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
from nnrepro.document.grid import Cell, Grid, Row
from nnrepro.document.text import Segment, Words, text, words_of

ROOM = Path(__file__).parent
SCRIPT = (
    *("base.js", "theme.js", "contents.js", "values.js", "tables.js", "figures.js"),
    *("runs.js", "start.js"),
)
"""Files of the script, in the order in which they stand in the page."""

_NARROW = "(max-width: 40rem)"
_BESIDE = f"{_NARROW}, (min-width: 56rem) and (max-width: 92rem)"
"""On which screens a drawing has a narrow place: alone, and beside another one as `style.css` sets
them, where letters of the wide drawing would be too small to read."""

_STYLES = {
    "bold": "<b>{}</b>",
    "code": "<code>{}</code>",
    "small": "<small>{}</small>",
    "owner": '<span class="protocol">{}</span>',
    "stamp": '<span class="stamp">{}</span>',
    "budget": '<span class="stamp plain">{}</span>',
    "number": '<span class="number">{}</span>',
}
"""How each style of text is written; that of a verdict depends on its word."""

# What may stand unescaped in the path of a valid URL.
_URL_SAFE = "/:;=?@,.!$()*+-_~'"
_PATH_DATA = re.compile(r'(?<= d=")[^"]*')
_BETWEEN_NUMBERS = re.compile(r"(?<=\d) (?=[\d.-])")
_VIEW = re.compile(r' viewBox="0 0 ([\d.]+) ([\d.]+)"')
_TAG = re.compile(r"<[a-zA-Z][^<>]*>")
_QUOTED = re.compile(r"""="([^"']*)\"""")


def html(document: Document, contents: Markup | None = None) -> str:
    """A document as one self-contained HTML file.

    Its script is allowed by its SHA-256 sum, so that a browser runs nothing else.

    Without a list of `contents` it has one of its own sections.
    """
    loader = FileSystemLoader(ROOM, encoding="utf-8")
    frame = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    script = page_script()
    return frame.get_template("report.html.j2").render(
        document=document,
        masthead=printed(document.masthead, 2),
        answers=printed([document.answers] if document.answers else [], 2),
        contents=contents_list(document.sections) if contents is None else contents,
        sections=printed(document.sections, 2),
        style=Markup((ROOM / "style.css").read_text(encoding="utf-8")),  # our own, not input
        script=Markup(script),
        script_sum=script_sum(script),
    )


def page_script() -> str:
    """The page's script: the files of `SCRIPT` in their order, with names of their own."""
    parts = [(ROOM / "script" / name).read_text(encoding="utf-8") for name in SCRIPT]
    return "\n".join(["(() => {", '"use strict";', *parts, "})();"])


def script_sum(script: str) -> str:
    """What a content security policy calls an inline script: the sum of the bytes in its element.

    The template puts the script between line breaks.
    """
    digest = hashlib.sha256(f"\n{script}\n".encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


def printed(elements: Iterable[Element], level: int) -> Markup:
    """Elements one after the other; headings of their sections are of a level."""
    return Markup("\n").join(_element(element, level) for element in elements)


def styled(words: Words) -> Markup:
    """Styled text."""
    return Markup("").join(map(_segment, text(words)))


def contents_list(sections: Sequence[Section]) -> Markup:
    """Links to the questions, by part where they have one, and to everything beside them."""
    parts = [section for section in sections if section.role == "part"]
    alone = [section for section in sections if section.role == "question"]
    behind = [s for s in sections if s.listed and s.role not in ("part", "question")]
    groups = [
        (_linked(part), [each for each in part.contents if isinstance(each, Section)])
        for part in parts
    ]
    if alone:
        groups.append((Markup("Results"), alone))
    shown = (
        Markup("<section>\n<h3>{}</h3>\n<ul>\n{}\n</ul>\n</section>").format(
            title, _lines("<li>{}</li>", map(_linked, members))
        )
        for title, members in (*groups, (Markup("Behind the numbers"), behind))
    )
    return Markup("\n").join(shown)


def data_uri(svg: str) -> str:
    """An SVG document as a data URI, percent-encoded.

    Curves are long lists of numbers. A comma may stand between two of them as well as a space, and
    unlike a space it needs no escape; so the URI is hardly longer than the document, where base64
    would add a third. For the same reason values of attributes stand in single quotes. As an image,
    a figure shares no ids with others and can load nothing.
    """
    short = " ".join(svg.split()).replace("> <", "><")
    short = _PATH_DATA.sub(lambda data: _BETWEEN_NUMBERS.sub(",", data[0]), short)
    short = _TAG.sub(lambda tag: _QUOTED.sub(r"='\1'", tag[0]), short)
    return f"data:image/svg+xml,{quote(short, safe=_URL_SAFE)}"


def _segment(segment: Segment) -> Markup:
    inner = escape(segment.text)
    for style in segment.styles:
        if style == "verdict":
            form = f'<span class="verdict {wording.slug(segment.text)}">{{}}</span>'
        else:
            form = _STYLES[style]
        inner = Markup(form).format(inner)
    if segment.anchor:
        return Markup('<a href="#{}">{}</a>').format(segment.anchor, inner)
    return inner


def _element(element: Element, level: int) -> Markup:
    match element:
        case Section():
            return _section(element, level)
        case Fold():
            return _fold(element, level)
        case Panels(members, beside):
            form = Markup("<div{}>\n{}\n</div>")
            role = "panels beside" if beside else "panels"
            places = _BESIDE if beside and len(members) > 1 else _NARROW
            shown = (
                _figure(each, places) if isinstance(each, Figure) else _element(each, level)
                for each in members
            )
            return form.format(_class(role), Markup("\n").join(shown))
        case Only(medium, contents):
            return printed(contents, level) if medium == SCREEN else Markup()
        case _:
            return _LEAVES[type(element)](element)


def _section(section: Section, level: int) -> Markup:
    """A heading with what stands below it, in an element where that has a name or a look."""
    place = Markup(' id="{}"').format(section.anchor) if section.anchor else ""
    heading = Markup("<h{0}{1}>{2}</h{0}>").format(level, place, styled(section.title))
    inner = Markup("{}\n{}").format(heading, printed(section.contents, level + 1))
    if not section.anchor and not section.role:
        return inner
    tag = "aside" if section.role == "budget" else "section" if section.anchor else "div"
    named = Markup(' aria-labelledby="{}"').format(section.anchor) if section.anchor else ""
    form = Markup("<{0}{1}{2}>\n{3}\n</{0}>")
    return form.format(tag, _class(section.role), named, inner)


def _paragraph(paragraph: Paragraph) -> Markup:
    return Markup("<p{}>{}</p>").format(_class(paragraph.role), styled(paragraph.text))


def _bullets(bullets: Bullets) -> Markup:
    return Markup("<ul>\n{}\n</ul>").format(_lines("<li>{}</li>", map(styled, bullets.items)))


def _works(works: Works) -> Markup:
    form = Markup('<li id="{}">{}</li>')
    lines = Markup("\n").join(form.format(place, styled(work)) for place, work in works.items)
    return Markup('<ul class="references">\n{}\n</ul>').format(lines)


def _code(code: Code) -> Markup:
    return Markup('<pre tabindex="0"><code>{}</code></pre>').format(code.text)


def _gap(gap: Gap) -> Markup:
    form = '<div class="panel" id="{}">\n<p class="caption">{}</p>\n{}\n</div>'
    why = _lines('<p class="none">{}</p>', map(styled, gap.said))
    return Markup(form).format(gap.anchor, styled(gap.caption), why)


def _tiles(tiles: Tiles) -> Markup:
    form = Markup('<div class="{}"><dt>{}</dt><dd>{}</dd></div>')
    counts = Markup("\n").join(
        form.format(wording.slug(words_of(text(name))), styled(name), styled(count))
        for name, count in tiles.items
    )
    return Markup('<dl class="{}">\n{}\n</dl>').format(tiles.role, counts)


def _histories(histories: Histories) -> Markup:
    form = '<script type="application/json" id="histories">{}</script>'
    return Markup(form).format(htmlsafe_json_dumps(histories.series))


def _facts(facts: Facts) -> Markup:
    """Names with what belongs to each, of facts about origins as a list where there is much."""
    form = Markup("<div>\n<dt>{}</dt>\n{}\n</div>")
    rows = []
    for name, texts in facts.items:
        if facts.role == "facts" and len(texts) > 1:
            lines = _lines("<li>{}</li>", map(styled, texts))
            told = Markup("<dd><ul>\n{}\n</ul></dd>").format(lines)
        else:
            told = _lines("<dd>{}</dd>", map(styled, texts))
        rows.append(form.format(styled(name), told))
    return Markup("<dl{}>\n{}\n</dl>").format(_class(facts.role), Markup("\n").join(rows))


def _figure(figure: Figure, places: str = _NARROW) -> Markup:
    return Markup(
        '<figure class="panel {kind}" id="{anchor}">\n{opening}\n'
        "{picture}\n</div>\n"
        '<figcaption id="{anchor}-caption">{caption}</figcaption>\n</figure>'
    ).format(
        kind=figure.kind,
        anchor=figure.anchor,
        opening=_scrolling(figure.anchor),
        picture=_picture(figure, places),
        caption=styled(figure.caption),
    )


def _picture(figure: Figure, places: str) -> Markup:
    """The drawing, in a narrow place the one that is made for it; the browser leaves them room.

    Side by side, drawings have a narrow place on screens of most widths, too.
    """
    form = '<img src="{}"{} alt="{}" decoding="async">'
    image = Markup(form).format(Markup(data_uri(figure.svg)), _size(figure.svg), figure.alt)
    if not figure.narrow:
        return image
    if figure.narrow == figure.svg:
        return Markup("<picture>{}</picture>").format(image)
    form = '<picture><source media="{}" srcset="{}"{}>{}</picture>'
    narrow = Markup(data_uri(figure.narrow))
    return Markup(form).format(places, narrow, _size(figure.narrow), image)


def _size(svg: str) -> Markup:
    """Width and height of a drawing in its own units, of which a page needs the ratio."""
    found = _VIEW.search(svg)
    if not found:
        return Markup()
    width, height = (round(float(number)) for number in found.groups())
    return Markup(' width="{}" height="{}"').format(width, height)


def _scrolling(anchor: str) -> Markup:
    """The beginning of a box whose wide content scrolls; its caption names it."""
    form = '<div class="scroll" role="region" aria-labelledby="{}-caption" tabindex="0">'
    return Markup(form).format(anchor)


def _table(table: Table) -> Markup:
    note = Markup('\n<p class="note">{}</p>').format(styled(table.notes)) if table.notes else ""
    return Markup(
        '<div class="panel" id="{anchor}">\n{opening}\n<table{role}>\n'
        '<caption id="{anchor}-caption">{caption}</caption>\n{head}\n{bodies}\n'
        "</table>\n</div>{note}\n</div>"
    ).format(
        anchor=table.anchor,
        opening=_scrolling(table.anchor),
        role=_class(table.role),
        caption=styled(table.caption),
        head=_head(table.grid),
        bodies=_bodies(table.grid),
        note=note,
    )


def _head(grid: Grid) -> Markup:
    form = Markup('<th scope="col"{}>{}</th>')
    headings = Markup("").join(
        form.format(_class("n" if column.number else ""), column.heading) for column in grid.columns
    )
    above = ""
    if grid.spanning:
        across = '<tr><td></td><th scope="colgroup" colspan="{}">{}</th></tr>\n'
        above = Markup(across).format(len(grid.columns) - 1, grid.spanning)
    return Markup("<thead>\n{}<tr>{}</tr>\n</thead>").format(above, headings)


def _bodies(grid: Grid) -> Markup:
    """Rows of each group under its title."""
    bodies = []
    for title, rows in itertools.groupby(grid.rows, key=lambda row: row.group):
        lines = [_row(row) for row in rows]
        if title:
            form = '<tr class="group"><th scope="rowgroup" colspan="{}"><span>{}</span></th></tr>'
            lines.insert(0, Markup(form).format(len(grid.columns), title))
        bodies.append(Markup("<tbody>\n{}\n</tbody>").format(Markup("\n").join(lines)))
    return Markup("\n").join(bodies)


def _row(row: Row) -> Markup:
    place = Markup(' id="{}"').format(row.anchor) if row.anchor else ""
    role = _class("average" if row.summary else "")
    return Markup("<tr{}{}>{}</tr>").format(role, place, Markup("").join(map(_cell, row.cells)))


def _cell(cell: Cell) -> Markup:
    tag, scope = ("th", Markup(' scope="row"')) if cell.header else ("td", "")
    classes = {
        "wide": cell.header and cell.wide,
        "n": cell.number,
        "best": cell.number and cell.best,
    }
    shown = Markup('<a href="{}">{}</a>').format(cell.href, cell.text) if cell.href else cell.text
    detail = Markup(" <small>{}</small>").format(cell.detail) if cell.detail else ""
    mark = Markup('<span class="mark">{}</span>').format(cell.mark) if cell.mark else ""
    named = _class(" ".join(name for name, applies in classes.items() if applies))
    return Markup("<{0}{1}{2}>{3}{4}{5}</{0}>").format(tag, scope, named, shown, detail, mark)


def _fold(fold: Fold, level: int) -> Markup:
    place = Markup(' id="{}"').format(fold.anchor) if fold.anchor else ""
    run = Markup(' data-run="{}"').format(fold.run) if fold.run else ""
    return Markup("<details{}{}{}>\n<summary>{}</summary>\n{}\n</details>").format(
        _class("fold details" if fold.anchor else "fold"),
        place,
        run,
        styled(fold.title),
        printed(fold.contents, level),
    )


_LEAVES: Mapping[type, Callable[[Any], Markup]] = {
    Paragraph: _paragraph,
    Bullets: _bullets,
    Facts: _facts,
    Works: _works,
    Code: _code,
    Figure: _figure,
    Table: _table,
    Gap: _gap,
    Tiles: _tiles,
    Histories: _histories,
}
"""How elements that hold no others are written."""


def _linked(section: Section) -> Markup:
    return Markup('<a href="#{}">{}</a>').format(section.anchor, styled(section.title))


def _class(role: str) -> Markup:
    return Markup(' class="{}"').format(role) if role else Markup()


def _lines(form: str, items: Iterable[Markup]) -> Markup:
    """Each item in an element of its own."""
    return Markup("\n").join(Markup(form).format(item) for item in items)
