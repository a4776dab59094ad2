"""Figures and tables of the report: files with their captions, and CSV files as grids."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from nnrepro.document import wording
from nnrepro.document.elements import Figure, Gap, Panels, Paragraph, Table
from nnrepro.document.text import Text, linked, small, spaced, text
from nnrepro.figures.index import INDEX, NARROW, NO_RUNS, read_index
from nnrepro.figures.index import Shown as Drawn
from nnrepro.figures.specs import unavailable
from nnrepro.files import FileError, read_text
from nnrepro.report.exhibits import (
    FIGURE,
    TABLE,
    Exhibit,
    block,
    caption,
    failed,
    longer_notes,
    missing,
    nothing_selected,
    table,
)
from nnrepro.report.source import ReportError, Source
from nnrepro.study.run import Run
from nnrepro.study.study import Spec
from nnrepro.tables.content import Shown, TableContent, TableContext, show_table


def figure_block(
    source: Source, spec: Spec, numbers: Iterator[int], protocols: Iterable[str]
) -> Exhibit:
    """A figure with the files of some protocols, as the indexes of what was drawn tell.

    Raises:
        ReportError: a file is there but is no SVG, or an index tells of no run of the study.
        FileError: an index is damaged.
    """
    strips: dict[str, list[_File]] = {}
    said: list[Paragraph] = []
    for protocol in protocols:
        own = _files(source, spec, protocol)
        for file in _lent(source, own) or own:
            strips.setdefault(file.shown.strip, []).append(file)
            if file.shown.said and file.there:
                said.append(Paragraph(source.said_of(protocol, file.shown.said, _lender(file))))
    told = False
    panels: dict[str, Panels] = {}
    for title, members in strips.items():
        made = []
        for file in members:
            reading = "" if told else file.reading
            panel = _drawn(source, spec, file, (next(numbers), reading))
            told = told or (isinstance(panel, Figure) and bool(reading))
            made.append(panel)
        panels[title] = Panels(tuple(made))
    anchor = source.anchor(f"{FIGURE}-{spec.name}")
    shown = block(FIGURE, spec.title, anchor, panels.items())
    return Exhibit(replace(shown, contents=(*said, *shown.contents)))


@dataclass(frozen=True)
class _File:
    """What an index tells of a file, and where it lies.

    Attributes:
        source: the study whose file it is: that of the report, or a supplement that lends it.
        spec: the figure of that study.
        protocol: whose it is.
        shown: what the index tells.
        place: where it lies below the folder of figures.
        reading: how to read it.
    """

    source: Source
    spec: Spec
    protocol: str
    shown: Drawn
    place: Path
    reading: str = ""

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self.source.figures / self.place

    @property
    def there(self) -> bool:
        """Whether it was drawn."""
        return not self.shown.why and self.path.name != INDEX and self.path.is_file()

    @cached_property
    def runs(self) -> list[Run]:
        """The runs that it shows."""
        return _runs(self.source, self.shown, self.path)


def _files(source: Source, spec: Spec, protocol: str) -> list[_File]:
    """A protocol's files of a figure; none where it has no runs."""
    runs = source.shown_runs(protocol, spec.runs)
    if not runs and not nothing_selected(source, protocol, spec.runs):
        return []
    lacking = unavailable(source.study, source.study.kinds["figures"][spec.kind].reads)
    why = lacking if source.extent.runs(runs) else NO_RUNS
    folder = Path(protocol, spec.kind)
    nothing = Drawn(spec.name, spec.name, tuple(run.id for run in runs), why=why)
    if why:
        return [_File(source, spec, protocol, nothing, folder / f"{spec.name}.svg")]
    index = read_index(source.figures / folder)
    if index is None:
        return [_File(source, spec, protocol, nothing, folder / INDEX)]
    return [
        _File(source, spec, protocol, shown, folder / f"{shown.stem}.svg", index.reading)
        for shown in index.of(spec.name) or [nothing]
    ]


def _lent(source: Source, own: Sequence[_File]) -> list[_File]:
    """Files of a supplement for those that the study itself can never have.

    They are of a figure of the same kind, of runs of the same model, variant and protocol.
    """
    if not own or any(file.shown.why in ("", NO_RUNS) for file in own):
        return []
    spec, protocol = own[0].spec, own[0].protocol
    asked = {(run.model, run.label) for file in own for run in file.runs}
    for each in source.supplements:
        for other in each.study.figures.values():
            if other.kind != spec.kind or protocol not in each.study.protocols:
                continue
            found = [
                file
                for file in _files(each, other, protocol)
                if file.there and asked & {(run.model, run.label) for run in file.runs}
            ]
            if found:
                return found
    return []


def _lender(file: _File) -> Text:
    """Which other study a figure is from; empty for the report's own."""
    if not file.source.supplement:
        return ()
    title = linked(file.source.heading_anchor, file.source.study.title)
    return text("This is of another study, \u201c", title, "\u201d.")


def _drawn(source: Source, spec: Spec, file: _File, told: tuple[int, str]) -> Figure | Gap:
    """A file with its caption, or why it is not there.

    Args:
        source: what the report is made from.
        spec: the figure.
        file: the file.
        told: its number, and how to read it where its caption is to say so.
    """
    shown, runs, protocol = file.shown, file.runs, file.protocol
    number, reading = told
    there = [run for run in runs if run.id in file.source.extent.done]
    words = caption(
        FIGURE,
        number,
        f"{spec.title}: {shown.part}" if shown.part else spec.title,
        source.protocol_title(protocol) if {run.protocol for run in runs} <= {protocol} else "",
        file.source.budget(runs, compared=shown.compared),
        reading if file.there else "",
        whose=_whose(source, protocol, shown, there) if file.there else "",
    )
    anchor, unselected = f"{FIGURE}-{number}", nothing_selected(source, protocol, spec.runs)
    if file.there:
        notes = longer_notes(file.source, runs) if shown.compared else ()
        said = spaced(words, *unselected, *notes)
        folder = file.source.figures / protocol / spec.kind
        narrow = folder / NARROW / f"{shown.stem}.svg"
        second = read_svg(narrow) if narrow.is_file() else ""
        return Figure(anchor, said, read_svg(file.path), shown.alt, spec.kind, second)
    if why := failed(source, FIGURE, *_parts(spec, protocol, shown)):
        return Gap(anchor, words, why)
    if unselected and shown.why == NO_RUNS:
        return Gap(anchor, words, unselected)
    lacking = missing(FIGURE, source.file(f"figures/{file.place.as_posix()}"))
    return Gap(anchor, words, (shown.why or lacking,))


def _whose(source: Source, protocol: str, shown: Drawn, runs: Sequence[Run]) -> str:
    """Of which variant and seeds a file is, where it is of one variant alone.

    A supplement says under which protocol, too, where it has but one.
    """
    if len({(run.experiment, run.variant) for run in runs}) != 1:
        return ""
    alone = source.supplement and not source.several_protocols
    owner = source.study.protocols[protocol].title if alone else ""
    label = "" if runs[0].label in (shown.part, shown.strip) else runs[0].label
    return ", ".join(filter(None, (owner, label, wording.seeds([run.seed for run in runs]))))


def _runs(source: Source, shown: Drawn, path: Path) -> list[Run]:
    try:
        return [source.study.run(run_id) for run_id in shown.runs]
    except KeyError as error:
        raise ReportError(
            f"{path.with_name(INDEX)}: tells of {error}, which is no run of the study; remove the "
            "folder and draw its figures again"
        ) from error


def _parts(spec: Spec, protocol: str, shown: Drawn) -> Iterator[str]:
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
        content = read_text(path)
    except FileError as error:
        raise ReportError(
            f"{path}: not an SVG file: {error}; remove it and draw it again"
        ) from error
    if "<svg" not in content:
        raise ReportError(f"{path}: not an SVG file; draw it again")
    return content


def table_block(
    source: Source, spec: Spec, numbers: Iterator[int], protocols: Iterable[str]
) -> Exhibit:
    """A table of the configuration for some protocols.

    Raises:
        TableError: it lacks a column that its kind has.
    """
    contents = {}
    for protocol in protocols:
        runs = source.shown_runs(protocol, spec.runs)
        if runs or source.undecided_among(protocol, spec.runs):
            contents[protocol] = _content(source, spec, protocol, runs) if runs else None
    strips: dict[str, list[tuple[str, Shown | None]]] = {}
    for protocol, content in contents.items():
        for shown in (content and content.shown) or (None,):
            strips.setdefault(shown.title if shown else "", []).append((protocol, shown))
    firsts: dict[str, int] = {}
    panels: dict[str, Panels] = {}
    for title, members in strips.items():
        made = []
        for protocol, shown in members:
            number = next(numbers)
            firsts.setdefault(protocol, number)
            there = contents[protocol] is not None
            made.append(_grid(source, spec, protocol, shown, number=number, there=there))
        panels[title] = Panels(tuple(made))
    said = [
        finding
        for protocol, content in contents.items()
        if content
        for finding in _findings(source, protocol, content, firsts[protocol])
    ]
    anchor = source.anchor(f"{TABLE}-{spec.name}")
    return Exhibit(block(TABLE, spec.title, anchor, panels.items()), tuple(said))


def _content(source: Source, spec: Spec, protocol: str, runs: Sequence[Run]) -> TableContent | None:
    """The protocol's share of the table; None where there is no such file."""
    frame = source.table(spec.name, ("protocol",))
    if frame is None:
        return None
    context = TableContext(
        study=source.study,
        spec=spec,
        protocol=protocol,
        frame=frame[frame["protocol"] == protocol].reset_index(drop=True),
        runs=runs,
        windows=source.windows(runs, compared=True),
        path=source.table_path(spec.name),
        file=source.file(f"tables/{spec.name}.csv"),
        anchor=lambda experiment, variant: source.variant_anchor(protocol, experiment, variant),
    )
    return show_table(source.study.kinds["tables"][spec.kind], context)


def _grid(
    source: Source,
    spec: Spec,
    protocol: str,
    shown: Shown | None,
    *,
    number: int,
    there: bool,
) -> Table | Gap:
    """A grid of a protocol's share with its notes, or why it is not there."""
    runs = source.shown_runs(protocol, spec.runs)
    owner, budget = source.protocol_title(protocol), source.budget(runs, compared=True)
    words = caption(TABLE, number, spec.title, owner, budget)
    anchor, unselected = f"{TABLE}-{number}", nothing_selected(source, protocol, spec.runs)
    if not there:
        file = f"tables/{spec.name}"
        why = failed(source, TABLE, file) or unselected
        return Gap(anchor, words, why or (missing(TABLE, source.file(f"{file}.csv")),))
    grid, notes = (shown.grid, shown.notes) if shown else (None, ())
    return table(anchor, words, grid, *unselected, *notes, *longer_notes(source, runs))


def _findings(source: Source, protocol: str, content: TableContent, number: int) -> Iterator[Text]:
    """What a table says of a protocol, the last sentence with a link to the table."""
    link = linked(f"{TABLE}-{number}", small(f"Table\N{NO-BREAK SPACE}{number}"))
    last = len(content.statements) - 1
    for place, said in enumerate(content.statements):
        linking = spaced(said, link if place == last else ())
        yield linking if place else source.said_of(protocol, linking)
