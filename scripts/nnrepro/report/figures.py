"""Figures of the report: the files that indexes tell of, with their captions."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nnrepro.document.elements import Figure, Gap, Panels
from nnrepro.document.text import spaced
from nnrepro.figures.index import INDEX, NARROW, NO_RUNS, Shown, read_index
from nnrepro.figures.specs import unavailable
from nnrepro.files import FileError, read_text
from nnrepro.report.exhibits import (
    FIGURE,
    Exhibit,
    block,
    caption,
    failed,
    longer_notes,
    missing,
    nothing_selected,
)
from nnrepro.report.source import ReportError, Source
from nnrepro.study.run import Run
from nnrepro.study.study import Spec


def figure_block(
    source: Source, spec: Spec, numbers: Iterator[int], protocols: Iterable[str]
) -> Exhibit:
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
    panels: dict[str, Panels] = {}
    for title, members in strips.items():
        made = []
        for protocol, file in members:
            reading = "" if told else file.reading
            panel = _panel(source, spec, protocol, file, (next(numbers), reading))
            told = told or (isinstance(panel, Figure) and bool(reading))
            made.append(panel)
        panels[title] = Panels(tuple(made))
    anchor = source.anchor(f"{FIGURE}-{spec.name}")
    return Exhibit(block(FIGURE, spec.title, anchor, panels.items()))


@dataclass(frozen=True)
class _File:
    """What an index tells of a file, where it lies below the folder of figures, how to read it."""

    shown: Shown
    place: Path
    reading: str = ""


def _files(source: Source, spec: Spec, protocol: str) -> list[_File]:
    """A protocol's files of a figure; none where it has no runs."""
    runs = source.shown_runs(protocol, spec.runs)
    if not runs and not nothing_selected(source, protocol, spec.runs):
        return []
    lacking = unavailable(source.study, source.study.kinds["figures"][spec.kind].reads)
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


def _panel(
    source: Source, spec: Spec, protocol: str, file: _File, told: tuple[int, str]
) -> Figure | Gap:
    """A file with its caption, or why it is not there.

    Args:
        source: what the report is made from.
        spec: the figure.
        protocol: whose it is.
        file: the file.
        told: its number, and how to read it where its caption is to say so.
    """
    shown, path = file.shown, source.figures / file.place
    number, reading = told
    runs = _runs(source, shown, path)
    there = path.name != INDEX and path.is_file()
    words = caption(
        FIGURE,
        number,
        f"{spec.title}: {shown.part}" if shown.part else spec.title,
        source.protocol_title(protocol),
        source.budget(runs, compared=shown.compared),
        reading if there else "",
    )
    anchor, unselected = f"{FIGURE}-{number}", nothing_selected(source, protocol, spec.runs)
    if there:
        notes = longer_notes(source, runs) if shown.compared else ()
        said = spaced(words, *unselected, *notes)
        narrow = source.figures / protocol / spec.kind / NARROW / f"{shown.stem}.svg"
        second = read_svg(narrow) if narrow.is_file() else ""
        return Figure(anchor, said, read_svg(path), shown.alt, spec.kind, second)
    if why := failed(source, FIGURE, *_parts(spec, protocol, shown)):
        return Gap(anchor, words, why)
    if unselected and shown.why == NO_RUNS:
        return Gap(anchor, words, unselected)
    lacking = missing(FIGURE, source.file(f"figures/{file.place.as_posix()}"))
    return Gap(anchor, words, (shown.why or lacking,))


def _runs(source: Source, shown: Shown, path: Path) -> list[Run]:
    try:
        return [source.study.run(run_id) for run_id in shown.runs]
    except KeyError as error:
        raise ReportError(
            f"{path.with_name(INDEX)}: tells of {error}, which is no run of the study; remove the "
            "folder and draw its figures again"
        ) from error


def _parts(spec: Spec, protocol: str, shown: Shown) -> Iterator[str]:
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
