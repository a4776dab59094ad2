"""Styled text: what every sentence of the report is, before it is printed to HTML or to Typst."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

BOLD, CODE, SMALL = "bold", "code", "small"
OWNER = "owner"
"""A protocol's name before what is said of it."""

BUDGET, STAMP = "budget", "stamp"
"""How far runs went; `STAMP` where that is less than their protocol asks for."""

NUMBER = "number"
"""The name of a question before its title."""

VERDICT = "verdict"
"""The word for how a claim was decided."""


@dataclass(frozen=True)
class Segment:
    """Text in one style.

    Attributes:
        text: the text.
        styles: of the styles above, sorted.
        anchor: id of the element of the report that it links to; empty for no link.
    """

    text: str
    styles: tuple[str, ...] = ()
    anchor: str = ""


Text = tuple[Segment, ...]
Words = str | Text


def text(*parts: Words) -> Text:
    """Parts one after the other, without anything between them."""
    return tuple(
        segment for part in parts for segment in (plain(part) if isinstance(part, str) else part)
    )


def plain(words: str, *styles: str) -> Text:
    """Text in one style; nothing for an empty string."""
    return (Segment(words, tuple(sorted(styles))),) if words else ()


def styled(style: str, *parts: Words) -> Text:
    """Parts with a style added."""
    return tuple(
        replace(segment, styles=tuple(sorted({*segment.styles, style}))) for segment in text(*parts)
    )


def bold(*parts: Words) -> Text:
    """Parts in bold."""
    return styled(BOLD, *parts)


def code(words: str) -> Text:
    """A name as it is written in files and on the command line."""
    return plain(words, CODE)


def small(*parts: Words) -> Text:
    """Parts in smaller type."""
    return styled(SMALL, *parts)


def linked(anchor: str, *parts: Words) -> Text:
    """Parts as a link to an element of the report."""
    return tuple(replace(segment, anchor=anchor) for segment in text(*parts))


def spaced(*parts: Words) -> Text:
    """Parts with a space between them, those that are empty left out."""
    return joined(" ", parts)


def joined(between: str, parts: Iterable[Words]) -> Text:
    """Parts with the same words between each two, those that are empty left out."""
    found: Text = ()
    for part in filter(None, map(text, parts)):
        found += (plain(between) if found else ()) + part
    return found


def words_of(styled_text: Iterable[Segment]) -> str:
    """Text without its styles."""
    return "".join(segment.text for segment in styled_text)
