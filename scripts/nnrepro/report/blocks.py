"""Figures and tables of the report: files with their captions, and CSV files as grids."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nnrepro.document import wording
from nnrepro.document.elements import Figure, Gap, Panels, Table
from nnrepro.document.text import OWNER, Text, linked, plain, small, spaced, text
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
            panel = _drawn(source, spec, protocol, file, (next(numbers), reading))
            told = told or (isinstance(panel, Figure) and bool(reading))
            made.append(panel)
        panels[title] = Panels(tuple(made))
    anchor = source.anchor(f"{FIGURE}-{spec.name}")
    return Exhibit(block(FIGURE, spec.title, anchor, panels.items()))


@dataclass(frozen=True)
class _File:
    """What an index tells of a file, where it lies below the folder of figures, how to read it."""

    shown: Drawn
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
    nothing = Drawn(spec.name, spec.name, tuple(run.id for run in runs), why=why)
    if why:
        return [_File(nothing, folder / f"{spec.name}.svg")]
    index = read_index(source.figures / folder)
    if index is None:
        return [_File(nothing, folder / INDEX)]
    return [
        _File(shown, folder / f"{shown.stem}.svg", index.reading)
        for shown in index.of(spec.name) or [nothing]
    ]


def _drawn(
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
        whose=_whose(source, protocol, shown, runs) if there else "",
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
    if elsewhere := _elsewhere(source, spec, runs):
        return Gap(anchor, words, (elsewhere,))
    lacking = missing(FIGURE, source.file(f"figures/{file.place.as_posix()}"))
    return Gap(anchor, words, (shown.why or lacking,))


def _elsewhere(source: Source, spec: Spec, runs: Iterable[Run]) -> Text:
    """Where a supplement has a figure of this kind of the same model, variant and protocol."""
    asked = {(run.protocol, run.model, run.label) for run in runs}
    for each in source.supplements:
        for other in each.study.figures.values():
            question = each.study.questions.get(other.question)
            if other.kind != spec.kind or question is None:
                continue
            shown = {
                (run.protocol, run.model, run.label)
                for protocol in each.study.protocols
                for file in _files(each, other, protocol)
                if (each.figures / file.place).is_file() and not file.shown.why
                for run in _runs(each, file.shown, file.place)
            }
            if asked & shown:
                link = each.anchor(f"{FIGURE}-{other.name}")
                named = linked(link, wording.sentence(f"{question.name} {question.title}"))
                return text("Another study has this figure of the same variant: ", named)
    return ()


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

    Args:
        source: what the report is made from.
        spec: the table.
        numbers: gives each grid its number.
        protocols: whose rows to show.

    Raises:
        ReportError: the table's file is damaged or lacks a column.
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
        for finding in _findings(source.protocol_title(protocol), content, firsts[protocol])
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


def _findings(owner: str, content: TableContent, number: int) -> Iterator[Text]:
    """What a table says of a protocol, the last sentence with a link to the table."""
    link = linked(f"{TABLE}-{number}", small(f"Table\N{NO-BREAK SPACE}{number}"))
    last = len(content.statements) - 1
    for place, said in enumerate(content.statements):
        name = plain(owner, OWNER) if place == 0 else ()
        yield spaced(name, said, link if place == last else ())
