"""Typst at work: elements and figures in, the bytes of a PDF out."""

import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import typst

from nnrepro.document.elements import Document
from nnrepro.plots.fonts import SHIPPED, fallbacks, lacking, missing, missing_words
from nnrepro.report.pdf.printer import content
from nnrepro.report.source import ReportError

TEMPLATES = Path(__file__).parent
MAIN = "main.typ"
FONTS = SHIPPED
"""Holds the font of the figures' text, as matplotlib ships it; Typst brings the rest."""

MARKS = (
    "In tables, the best value of a ranking and what a note says of it stand in bold; a mark "
    "behind a number is explained below its table. Figures tell curves apart by dashes, markers "
    "and names as well as by colour."
)


def typeset(document: Document) -> bytes:
    """The report as PDF: the same document gives the same bytes, on every machine.

    Typst sees what it is given here and nothing else: no file, and of the machine's fonts those
    alone that have letters which the shipped ones lack. Letters that none has are named.

    Raises:
        ReportError: Typst cannot set it, for example for a figure that is no SVG.
    """
    files: Any = files_of(document)  # the types that come with Typst know no files in memory
    with tempfile.TemporaryDirectory() as more:
        for number, font in enumerate(_further_fonts(files["page.json"].decode())):
            shutil.copyfile(font, Path(more) / f"{number}{font.suffix}")
        try:
            made = typst.compile(
                files,
                format="pdf",
                font_paths=[str(FONTS), more],
                ignore_system_fonts=True,
                timestamp=0,
            )
        except typst.TypstError as error:
            raise ReportError(f"the report cannot be typeset: {error}") from error
    return bytes(made)


def page_count(pdf: bytes) -> int:
    """How many pages a PDF of `typeset` has."""
    return max(map(int, re.findall(rb"/Type/Pages/Count (\d+)", pdf)))


def _further_fonts(text: str) -> list[Path]:
    """Installed fonts for letters of a text that the shipped ones lack."""
    found = {Path(entry.fname) for entry in fallbacks(sorted(lacking(text))).values()}
    return sorted(font for font in found if FONTS not in font.parents)


def files_of(document: Document) -> dict[str, bytes]:
    """Everything that Typst reads, by name: its templates, the document as JSON, figures."""
    data, pictures = content(document)
    gone = missing_words(missing(json.dumps(data, ensure_ascii=False)))
    data["hint"] = MARKS + (f" In this file {gone}." if gone else "")
    templates = {path.name: path.read_bytes() for path in sorted(TEMPLATES.glob("*.typ"))}
    page = json.dumps(data, ensure_ascii=False, allow_nan=False).encode()
    return {MAIN: templates.pop(MAIN), **templates, "page.json": page, **pictures}
