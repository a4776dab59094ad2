"""From the page to HTML, by the templates of this package."""

import base64
import hashlib
from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from nnrepro.document import wording
from nnrepro.document.text import html
from nnrepro.report.page import Page, Said

TEMPLATES = Path(__file__).parent / "templates"
STYLE = "style.css"
SCRIPT = (
    "base.js",
    "theme.js",
    "contents.js",
    "values.js",
    "tables.js",
    "figures.js",
    "runs.js",
    "start.js",
)
"""Files of the script, in the order in which they stand in the page."""


def environment() -> Environment:
    """The templates' environment.

    Everything is escaped: titles, labels and notes come from a configuration that nobody vouches
    for. An unknown name in a template is an error.
    """
    made = Environment(
        loader=FileSystemLoader(TEMPLATES, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["joined"] = wording.joined
    made.filters["some"] = wording.some
    made.filters["counted"] = wording.counted
    made.filters["agree"] = wording.agree
    made.filters["grouped"] = wording.grouped
    made.filters["sentence"] = wording.sentence
    made.filters["anchor"] = wording.anchor
    made.filters["stated"] = partial(_stated, made)
    return made


def _stated(made: Environment, statement: Said) -> Markup:
    """A statement as HTML: styled text, or what its macro says of its facts."""
    if isinstance(statement, tuple):
        return html(statement)
    macro = getattr(made.get_template("sentences.html.j2").module, statement.macro)
    return Markup(macro(statement.facts))  # escaped by the macro


def render(page: Page) -> str:
    """The report as HTML.

    The script is allowed by its SHA-256 sum, so that a browser runs nothing else.
    """
    style = (TEMPLATES / STYLE).read_text(encoding="utf-8")
    script = page_script()
    template = environment().get_template("report.html.j2")
    return template.render(
        page=page,
        style=Markup(style),  # our own files, not input
        script=Markup(script),
        script_sum=script_sum(script),
    )


def page_script() -> str:
    """The page's script: the files of `SCRIPT` in their order, with names of their own."""
    parts = [(TEMPLATES / "script" / name).read_text(encoding="utf-8") for name in SCRIPT]
    return "\n".join(["(() => {", '"use strict";', *parts, "})();"])


def script_sum(script: str) -> str:
    """What a content security policy calls an inline script: the sum of the bytes in its element.

    The template puts the script between line breaks.
    """
    digest = hashlib.sha256(f"\n{script}\n".encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"
