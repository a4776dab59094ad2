"""What is still a statement or a panel, as styled text and elements."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from nnrepro.document import wording
from nnrepro.document.text import Text
from nnrepro.report.fragments import segments
from nnrepro.report.page import Said


def stated(statement: Said) -> Text:
    """A statement as styled text."""
    if isinstance(statement, tuple):
        return statement
    return segments(str(getattr(_macros(), statement.macro)(statement.facts)))


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
