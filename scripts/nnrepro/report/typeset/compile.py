"""Typst at work: elements and figures in, the bytes of a PDF out."""

import json
from pathlib import Path
from typing import Any

import matplotlib
import typst

from nnrepro.report.errors import ReportError
from nnrepro.report.page import Page
from nnrepro.report.typeset.elements import anchors_of, as_data
from nnrepro.report.typeset.flow import flow, title_page
from nnrepro.report.typeset.panels import Pictures
from nnrepro.report.typeset.sentences import Sentences

TEMPLATES = Path(__file__).parent
MAIN = "main.typ"
FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
"""Holds the font of the figures' text, as matplotlib ships it; Typst brings the rest."""


def typeset(page: Page) -> bytes:
    """The report as PDF: the same page gives the same bytes, on every machine.

    Typst sees what it is given here and nothing else: no file, no font of the machine.

    Raises:
        ReportError: Typst cannot set it, for example for a figure that is no SVG.
    """
    files: Any = files_of(page)  # the types that come with Typst know no files in memory
    try:
        made = typst.compile(
            files,
            format="pdf",
            font_paths=[str(FONTS)],
            ignore_system_fonts=True,
            timestamp=0,
        )
    except typst.TypstError as error:
        raise ReportError(f"the report cannot be typeset: {error}") from error
    return bytes(made)


def files_of(page: Page) -> dict[str, bytes]:
    """Everything that Typst reads, by name: its templates, the page as JSON, figures."""
    sentences, pictures = Sentences(), Pictures()
    elements = list(flow(page, sentences, pictures))
    content = {
        "title_page": as_data(title_page(page, sentences)),
        "contents_title": "Contents",
        "hint": as_data(sentences.say("marks_in_print")),
        "flow": as_data(elements),
        "anchors": dict.fromkeys(anchors_of(elements), True),
    }
    templates = {path.name: path.read_bytes() for path in sorted(TEMPLATES.glob("*.typ"))}
    data = json.dumps(content, ensure_ascii=False, allow_nan=False).encode()
    return {MAIN: templates.pop(MAIN), **templates, "page.json": data, **pictures}
