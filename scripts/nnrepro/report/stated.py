"""What is still a statement or a panel, as styled text and elements."""

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from nnrepro.document import wording
from nnrepro.document.elements import Figure, Gap, Panels
from nnrepro.document.text import Text, spaced
from nnrepro.report import figures
from nnrepro.report.evidence import FIGURE, Evidence, block, caption, missing
from nnrepro.report.fragments import segments
from nnrepro.report.page import Panel, Said
from nnrepro.report.source import Source
from nnrepro.study.study import FigureSpec


def stated(statement: Said) -> Text:
    """A statement as styled text."""
    if isinstance(statement, tuple):
        return statement
    return segments(str(getattr(_macros(), statement.macro)(statement.facts)))


def figure_block(
    source: Source, spec: FigureSpec, numbers: Iterator[int], protocols: Iterable[str]
) -> Evidence:
    """A figure of the configuration with the files of some protocols."""
    made = figures.figure_block(source, spec, numbers, protocols)
    strips = ((item.title, Panels(tuple(map(panel, item.panels)))) for item in made.strips)
    return Evidence(block(FIGURE, made.title, made.anchor, strips))


def panel(shown: Panel) -> Figure | Gap:
    """A figure with its caption, or why it is not there."""
    reading = () if shown.reading is None else stated(shown.reading)
    notes = tuple(map(stated, shown.notes))
    words = caption(
        FIGURE, shown.number, shown.title, shown.protocol, shown.stamp, reading, cut=shown.cut
    )
    if shown.missing:
        return Gap(shown.anchor, words, notes or (missing(FIGURE, shown.missing),))
    svg = unquote(shown.image.partition(",")[2])
    return Figure(shown.anchor, spaced(words, *notes), svg, shown.alt, shown.drawing)


@cache
def _macros() -> Any:
    return environment().get_template("sentences.html.j2").module


def environment() -> Environment:
    """The templates' environment: everything is escaped, and unknown names are errors."""
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates", encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in ("joined", "some", "counted", "agree", "grouped", "sentence"):
        made.filters[name] = getattr(wording, name)
    return made
