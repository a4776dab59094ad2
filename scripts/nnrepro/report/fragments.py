"""Fragments of HTML as styled text: what the templates' sentences become outside a browser."""

import re
from collections.abc import Sequence
from html.parser import HTMLParser

from nnrepro.document.text import Segment, Text

_STYLES = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "code": "code",
    "small": "small",
    "a": "",
    "span": "",
}
"""Style of each tag that a sentence may have; `span` has one by its class alone."""

_CLASSES = {"protocol": "owner", "stamp": "stamp", "stamp plain": ""}
_SPACES = re.compile(r"[ \t\r\n\f]+")


def segments(html: str) -> Text:
    """The text of a fragment of HTML in its styles, white space collapsed as browsers do.

    Raises:
        ValueError: it has a tag that no sentence should have, or one that is not closed.
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    if reader.open:
        raise ValueError(f"a sentence leaves <{reader.open[-1][0]}> open: {html!r}")
    return tuple(_collapsed(reader.found))


class _Reader(HTMLParser):
    """Collects text with the styles of the tags around it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, str, str]] = []
        self.found: list[Segment] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _STYLES:
            raise ValueError(f"a sentence holds <{tag}>, which the PDF has no style for")
        given = dict(attrs)
        style = _STYLES[tag] or _CLASSES.get(given.get("class") or "", "")
        href = given.get("href") or ""
        self.open.append((tag, style, href[1:] if href.startswith("#") else ""))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1][0] != tag:
            raise ValueError(f"a sentence closes <{tag}>, which is not open")
        self.open.pop()

    def handle_data(self, data: str) -> None:
        styles = {style for _, style, _ in self.open if style}
        anchor = next((anchor for _, _, anchor in reversed(self.open) if anchor), "")
        self.found.append(Segment(data, tuple(sorted(styles)), anchor))


def _collapsed(found: Sequence[Segment]) -> list[Segment]:
    """Segments without needless white space: none at the ends, one space within."""
    kept: list[Segment] = []
    ends_in_space = True
    for segment in found:
        text = _SPACES.sub(" ", segment.text)
        if ends_in_space:
            text = text.removeprefix(" ")
        if text:
            kept.append(Segment(text, segment.styles, segment.anchor))
            ends_in_space = text.endswith(" ")
    if kept and ends_in_space:
        last = kept.pop()
        if text := last.text.removesuffix(" "):
            kept.append(Segment(text, last.styles, last.anchor))
    return kept
