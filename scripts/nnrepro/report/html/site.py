"""The report as pages that link to one another: itself, and the appendix in pages of its own."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from nnrepro.document import wording
from nnrepro.document.elements import Document, Paragraph, Section
from nnrepro.document.text import linked
from nnrepro.report.html.printer import contents_list, html

MAIN = "index.html"
DETAILS = "details"
"""Folder of the appendix's pages."""

ANCHOR = "answers"
"""Id of the report's first section."""

_ID = re.compile(r' id="([^"]+)"')
_LINK = re.compile(r'(?<=<a href=")#([^"]+)(?=")')


def site(report: Document, appendix: Document) -> dict[str, str]:
    """Every page by its path: the report as one, and the appendix with a page per section.

    A link leads to where its element stands, on the same page first; a question of a part is a
    page, and so is every other section.
    """
    contents = contents_list(appendix.sections)
    printed = {MAIN: html(report)}
    for path, page in _pages(appendix):
        printed[path] = html(page, contents)
    places: dict[str, str] = {}
    for path in reversed(printed):
        places.update(dict.fromkeys(_ID.findall(printed[path]), path))
    return {path: _led(path, text, places) for path, text in printed.items()}


def _pages(appendix: Document) -> Iterator[tuple[str, Document]]:
    """The appendix's pages: its first one with what stands before all sections, then the others."""
    back = Paragraph(linked(ANCHOR, "\N{LEFTWARDS ARROW} The report"), "scope")
    first = replace(appendix, masthead=(back, *appendix.masthead), sections=())
    yield f"{DETAILS}/{MAIN}", first
    for anchor, section in _sections(appendix.sections):
        page = replace(appendix, masthead=(back,), answers=None, sections=(section,))
        yield f"{DETAILS}/{wording.slug(anchor)}.html", page


def _sections(sections: tuple[Section, ...]) -> Iterator[tuple[str, Section]]:
    """Sections that have pages, with the anchors that name them: those of parts one by one."""
    for section in sections:
        inner = [each for each in section.contents if isinstance(each, Section)]
        if section.role != "part" or not inner:
            yield section.anchor, section
            continue
        for each in inner:
            yield each.anchor, replace(section, contents=(each,))


def _led(path: str, text: str, places: Mapping[str, str]) -> str:
    """A page whose links lead to the pages that their elements stand on."""
    own = set(_ID.findall(text))
    folder = posixpath.dirname(path)

    def leads(found: re.Match[str]) -> str:
        place = places.get(found[1])
        if found[1] in own or place is None:
            return found[0]
        return f"{posixpath.relpath(place, folder or '.')}#{found[1]}"

    return _LINK.sub(leads, text)
