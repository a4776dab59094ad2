"""Tables of the report: from a CSV file to panels, by the kind that the configuration names."""

from collections.abc import Iterable, Iterator, Sequence

from nnrepro.document.elements import Gap, Panels, Table
from nnrepro.document.text import OWNER, Text, linked, plain, small, spaced
from nnrepro.report.exhibits import (
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
from nnrepro.report.source import Source
from nnrepro.study.run import Run
from nnrepro.study.study import Spec
from nnrepro.tables.content import Shown, TableContent, TableContext
from nnrepro.tables.plain import show_table


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
            made.append(_panel(source, spec, protocol, shown, number=number, there=there))
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


def _panel(
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
