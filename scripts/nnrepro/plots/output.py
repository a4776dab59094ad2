"""Writing figures: small files, the same bytes every time, never half of one."""

import base64
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import typst
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from nnrepro.files import atomic_write
from nnrepro.plots.fonts import fonts_for
from nnrepro.plots.style import styled
from nnrepro.plots.traces import Sheet

PNG_DPI = 150
_MOST_PIXELS = 30_000
_DRAWING = "drawing.svg"
_SHEET = f'#set page(width: auto, height: auto, margin: 0pt)\n#image("{_DRAWING}")'
"""A page of Typst's as large as the drawing on it."""

_PATH_DATA = re.compile(r'(<path (?:id="(?P<id>[^"]*)" )?d=")(?P<data>[^"]*)(")')
_NUMBER = re.compile(r"-?\d+\.?\d*(?:e-?\d+)?")
_POLYLINE = re.compile(r"[MLz\d\s.-]*")
_CORNERS = re.compile(r"[ML] (\S+) (\S+)|z")
_MARKER_LENGTH = 400
"""Characters of a path: one that has an id and more of them is no marker but a filled band."""

_EMBEDDED_PNG = re.compile(r"(data:image/png;base64,)\s*([A-Za-z0-9+/=\s]+)")
_PLACED = re.compile(r"<(?:use|text|rect|image) [^>]*>")
_NO_ROTATION = re.compile(r' transform="rotate\(-0 [^)]*\)"')
_COORDINATE = re.compile(r'( (?:x|y|width|height)=")(-?\d+\.\d+)"')
_TRACE_ID = re.compile(r'<g id="(trace-\d+)"')
_ROOT_TAG = re.compile(r"<svg[^>]*>")
_GROUP_ID = re.compile(r'<g id="[^"]*_\d+"')
_GROUP = re.compile(r"<g(?P<named> [^>]*(?<!/))?>\n?|</g>\n?")
"""Where a group begins or ends; an empty one, `<g class="trace-0"/>`, does neither."""
_ID = re.compile(r'<(?:path|clipPath) id="([^"]*)"')
_REFERENCE = re.compile(r'(<[^<>]* (?:id="|href="#|clip-path="url\(#))([^")]*)([")])')
_NOTHING = re.compile(r'<path d="(?:m[^ "]+ [^ "]+)?"[^>]*/>')
_COLOUR = re.compile(r"#(\w)\1(\w)\2(\w)\3\b")
_STYLE = re.compile(r'(?<= style=")[^"]*')
_FONT = "font-family: 'DejaVu Sans'; "
# Verdana has the same widths, so labels keep their places where DejaVu Sans is not installed.
_FONTS = """<svg font-family="'DejaVu Sans', Verdana, sans-serif" """


@styled
def save_figure(fig: Figure, stem: Path, formats: Sequence[str] = ("svg", "png")) -> list[Path]:
    """Write `fig` as `<stem>.<format>` for each format, atomically and reproducibly.

    Text in an SVG stays text (small, searchable, read aloud by screen readers), in DejaVu Sans
    with Verdana, which has the same widths, as its substitute. The SVG has no XML prologue and can
    stand inside an HTML page as it is. The PNG is the SVG as Typst draws it: both are one
    picture, and it costs a third of what matplotlib takes to draw again. No file holds a date or a
    version.

    Args:
        fig: a figure of this room.
        stem: path without a suffix; its folder is created.
        formats: "svg", "png" or both.

    Returns:
        The paths written, in the order of `formats`.

    Raises:
        OSError: a file cannot be written; what stood in its place before is untouched.
    """
    svg = _encode_svg(fig)
    contents = {name: svg if name == "svg" else _encode_png(svg, fig) for name in formats}
    written = []
    for name, content in contents.items():
        path = stem.parent / f"{stem.name}.{name}"
        with atomic_write(path) as temporary:
            temporary.write_bytes(content)
        written.append(path)
    return written


def words_of(fig: Figure) -> str:
    """All text that a figure shows, in one line."""
    return " ".join(text.get_text() for text in fig.findobj(Text))


@contextmanager
def _quiet() -> Iterator[None]:
    """Without matplotlib's own warnings of missing letters, one for each time that it meets one."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font")
        yield


def _encode_svg(fig: Figure) -> bytes:
    buffer = BytesIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with _quiet():
        fig.savefig(buffer, format="svg", metadata=nothing)
    svg = compact_svg(buffer.getvalue().decode("utf-8"))
    return _with_readings(svg, fig).encode("utf-8")


def _with_readings(svg: str, fig: Figure) -> str:
    """The SVG with what its lines say, where the figure knows it; see `nnrepro.plots.traces`."""
    svg = _TRACE_ID.sub(r'<g class="\1"', svg)
    if not isinstance(fig, Sheet) or not fig.metadata:
        return svg
    metadata = f"<metadata>{escape(fig.metadata)}</metadata>"
    return _ROOT_TAG.sub(lambda tag: f"{tag[0]}\n{metadata}", svg, count=1)


def _encode_png(svg: bytes, fig: Figure) -> bytes:
    """A figure's SVG as PNG, with letters that the figures' font lacks from installed fonts."""
    files: Any = {"main.typ": _SHEET.encode(), _DRAWING: svg}
    with fonts_for(words_of(fig)) as fonts:
        made = typst.compile(
            files,
            format="png",
            ppi=min(PNG_DPI, _MOST_PIXELS / max(fig.get_size_inches())),
            font_paths=fonts,
        )
    return bytes(made)


def compact_svg(svg: str) -> str:
    """Shrink matplotlib's SVG without a visible change.

    Lines are written to a tenth of a point (a seventh of a pixel at report width), each point as
    its way from the last one, grey images with one channel instead of four; the font is named once;
    the prologue and groups that nothing refers to go. Named groups stay.
    """
    svg = svg[svg.index("<svg") :].replace("<svg ", _FONTS, 1)
    svg = _NOTHING.sub("", _PATH_DATA.sub(_shorten_path, svg))
    svg = _EMBEDDED_PNG.sub(_shrink_image, svg)
    svg = _GROUP_ID.sub("<g", svg)
    svg = _PLACED.sub(_shorten_placement, svg)
    svg = _STYLE.sub(_shorten_style, svg).replace("xlink:href=", "href=")
    return _with_short_ids(_without_bare_groups(re.sub(r"\n\s*", "\n", svg)))


def _shorten_style(match: re.Match[str]) -> str:
    """A style without spaces and what holds anyway, its colours of three digits where they can."""
    short = _COLOUR.sub(r"#\1\2\3", match[0].replace(": ", ":").replace("; ", ";"))
    return short.replace(";stroke-dashoffset:0", "").replace("text-anchor:start;", "")


def _with_short_ids(svg: str) -> str:
    """The drawing with ids of one letter and a number, in the order in which they occur."""
    ids = {found[1]: f"i{number}" for number, found in enumerate(_ID.finditer(svg))}
    return _REFERENCE.sub(lambda tag: f"{tag[1]}{ids.get(tag[2], tag[2])}{tag[3]}", svg)


def _without_bare_groups(svg: str) -> str:
    """The drawing without groups that have no name and no look."""
    kept: list[bool] = []

    def tag(match: re.Match[str]) -> str:
        if match[0].startswith("</"):
            return match[0] if kept.pop() else ""
        kept.append(match["named"] is not None)
        return match[0] if kept[-1] else ""

    return _GROUP.sub(tag, svg)


def _shorten_placement(match: re.Match[str]) -> str:
    """Round where an element stands, drop rotations by nothing and the font that all words have."""
    tag = _NO_ROTATION.sub("", match[0])
    tag = _COORDINATE.sub(lambda place: place[1] + _shorten_number(place[2], 2) + '"', tag)
    return tag.replace(_FONT, "")


def _shorten_path(match: re.Match[str]) -> str:
    """Round one path's coordinates; markers (which have an id) and curves keep more digits."""
    data = " ".join(match["data"].split())
    marker = match["id"] is not None and len(data) < _MARKER_LENGTH
    if marker or not _POLYLINE.fullmatch(data):
        data = _NUMBER.sub(lambda number: _shorten_number(number[0], 2), data)
    else:
        data = _relative(data)
    return match[1] + data + match[4]


def _relative(data: str) -> str:
    """A path of straight lines in tenths, every point but the first from the one before.

    A lower-case `m` begins each of its parts; the points after it need no letter.
    """
    at = start = (0, 0)
    parts: list[str] = []
    for corner in _CORNERS.finditer(data):
        if corner[0] == "z":
            parts.append("z")
            at = start
            continue
        to = (round(10 * float(corner[1])), round(10 * float(corner[2])))
        step = " ".join(_shorten_number(f"{(b - a) / 10}", 1) for a, b in zip(at, to, strict=True))
        at = to
        if corner[0].startswith("M"):
            start = to
            parts.append(f"m{step}")
        else:
            parts.append(step)
    return " ".join(parts).replace(" -", "-").replace(" m", "m").replace(" z", "z")


def _shorten_number(text: str, digits: int) -> str:
    short = f"{float(text):.{digits}f}".rstrip("0").rstrip(".")
    return "0" if short == "-0" else short


def _shrink_image(match: re.Match[str]) -> str:
    """Write an embedded opaque grey image with one channel; others stay as they are."""
    encoded = "".join(match[2].split())
    pixels = np.asarray(Image.open(BytesIO(base64.b64decode(encoded))).convert("RGBA"))
    grey = (pixels[..., :3] == pixels[..., :1]).all() and (pixels[..., 3] == 255).all()
    if grey:
        buffer = BytesIO()
        Image.fromarray(pixels[..., 0]).save(buffer, format="png", optimize=True)
        encoded = base64.b64encode(buffer.getvalue()).decode("ascii")
    return match[1] + encoded
