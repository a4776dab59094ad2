"""Figures of the report: finding their files, embedding them, saying what they show.

A figure becomes an `<img>` whose source is a data URI. Inlined as elements, dozens of SVGs from
one program would share ids (clip paths, markers) and restyle each other; as images each is a
document of its own, and none can load or run anything.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from nnrepro.document.text import text
from nnrepro.figures.index import INDEX, NO_RUNS, Shown, read_index
from nnrepro.figures.specs import unavailable
from nnrepro.files import FileError, read_text
from nnrepro.report.errors import ReportError
from nnrepro.report.page import FIGURE, Block, Panel, Said, Strip
from nnrepro.report.reading import longer_notes, not_made, nothing_selected
from nnrepro.report.source import Source
from nnrepro.study.kinds import kinds
from nnrepro.study.study import FigureSpec

# What may stand unescaped in the path of a valid URL.
_URL_SAFE = "/:;=?@,.!$()*+-_~"


_PATH_DATA = re.compile(r'(?<= d=")[^"]*')
_BETWEEN_NUMBERS = re.compile(r"(?<=\d) (?=[\d.-])")


def data_uri(svg: str) -> str:
    """An SVG document as a data URI, percent-encoded.

    Curves are long lists of numbers. A comma may stand between two of them as well as a space, and
    unlike a space it needs no escape; so the URI is hardly longer than the document, where base64
    would add a third.
    """
    text = " ".join(svg.split())
    text = _PATH_DATA.sub(lambda data: _BETWEEN_NUMBERS.sub(",", data[0]), text)
    return f"data:image/svg+xml,{quote(text, safe=_URL_SAFE)}"


def figure_block(
    source: Source, spec: FigureSpec, numbers: Iterator[int], protocols: Iterable[str]
) -> Block:
    """A figure with the files of some protocols, as the indexes of what was drawn tell.

    Args:
        source: what the report is made from.
        spec: the figure.
        numbers: gives each file its number.
        protocols: whose files to show.

    Raises:
        ReportError: a file is there but is no SVG, or an index tells of no run of the study.
        FileError: an index is damaged.
    """
    strips: dict[str, list[tuple[str, _File]]] = {}
    for protocol in protocols:
        for file in _files(source, spec, protocol):
            strips.setdefault(file.shown.strip, []).append((protocol, file))
    told = False

    def panel(protocol: str, file: _File) -> Panel:
        nonlocal told
        made = _panel(source, spec, protocol, file, next(numbers))
        if made.missing or told or not file.reading:
            return made
        told = True
        return replace(made, reading=text(file.reading))

    return Block(
        FIGURE,
        spec.title,
        source.anchor(f"figure-{spec.name}"),
        tuple(Strip(title, tuple(panel(*each) for each in own)) for title, own in strips.items()),
    )


@dataclass(frozen=True)
class _File:
    """What an index tells of a file, where it lies below the folder of figures, how to read it."""

    shown: Shown
    place: Path
    reading: str = ""


def _files(source: Source, spec: FigureSpec, protocol: str) -> list[_File]:
    """A protocol's files of a figure; none where it has no runs."""
    runs = source.shown_runs(protocol, spec.runs)
    if not runs and not nothing_selected(source, protocol, spec.runs):
        return []
    lacking = unavailable(source.study, kinds("figures")[spec.kind].reads)
    why = lacking if source.extent.runs(runs) else NO_RUNS
    folder = Path(protocol, spec.kind)
    nothing = Shown(spec.name, spec.name, tuple(run.id for run in runs), why=why)
    if why:
        return [_File(nothing, folder / f"{spec.name}.svg")]
    index = read_index(source.figures / folder)
    if index is None:
        return [_File(nothing, folder / INDEX)]
    return [
        _File(shown, folder / f"{shown.stem}.svg", index.reading)
        for shown in index.of(spec.name) or [nothing]
    ]


def _panel(source: Source, spec: FigureSpec, protocol: str, file: _File, number: int) -> Panel:
    shown, path = file.shown, source.figures / file.place
    try:
        runs = [source.study.run(run_id) for run_id in shown.runs]
    except KeyError as error:
        raise ReportError(
            f"{path.with_name(INDEX)}: tells of {error}, which is no run of the study; remove the "
            "folder and draw its figures again"
        ) from error
    missing = path.name == INDEX or not path.is_file()
    notes: tuple[Said, ...] = nothing_selected(source, protocol, spec.runs)
    if missing:
        why = notes if notes and shown.why == NO_RUNS else filter(None, [text(shown.why)])
        notes = not_made(source, FIGURE, *_parts(spec, protocol, shown)) or tuple(why)
    elif shown.compared:
        notes += longer_notes(source, runs)
    return Panel(
        kind=FIGURE,
        number=number,
        anchor=f"figure-{number}",
        title=f"{spec.title}: {shown.part}" if shown.part else spec.title,
        protocol=source.protocol_title(protocol),
        stamp=source.stamp(runs, compared=shown.compared),
        cut=source.cut(runs, compared=shown.compared),
        image="" if missing else data_uri(read_svg(path)),
        drawing=spec.kind,
        alt=shown.alt,
        notes=notes,
        missing=source.file(f"figures/{file.place.as_posix()}") if missing else "",
    )


def _parts(spec: FigureSpec, protocol: str, shown: Shown) -> Iterator[str]:
    """What a figure's file may have failed with: itself, its figure, what it was computed from."""
    for name in dict.fromkeys((shown.stem, spec.name)):
        yield f"figures/{protocol}/{spec.kind}/{name}"
        yield f"{spec.kind}/{protocol}/{name}"


def read_svg(path: Path) -> str:
    """The SVG document in a file.

    Raises:
        ReportError: it is no SVG.
    """
    try:
        text = read_text(path)
    except FileError as error:
        raise ReportError(
            f"{path}: not an SVG file: {error}; remove it and draw it again"
        ) from error
    if "<svg" not in text:
        raise ReportError(f"{path}: not an SVG file; draw it again")
    return text
