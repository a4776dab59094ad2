"""From the page to HTML, by the templates of this package."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from nnrepro.report import wording
from nnrepro.report.page import Page

TEMPLATES = Path(__file__).parent / "templates"
STYLE = "style.css"


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
    return made


def render(page: Page) -> str:
    """The report as HTML."""
    style = (TEMPLATES / STYLE).read_text(encoding="utf-8")
    template = environment().get_template("report.html.j2")
    return template.render(page=page, style=Markup(style))  # our own file, not input
