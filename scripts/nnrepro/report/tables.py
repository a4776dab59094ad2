"""Tables of the report: from a CSV file to panels, by the kind that the configuration names."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from nnrepro.report.page import TABLE, Block, Finding, Panel, Strip
from nnrepro.report.reading import longer_notes, not_made, nothing_selected
from nnrepro.report.source import Source
from nnrepro.study.kinds import kinds
from nnrepro.study.run import Run
from nnrepro.study.study import TableSpec
from nnrepro.tables import plain
from nnrepro.tables.content import TableContent, TableContext


def table_block(
    source: Source, spec: TableSpec, numbers: Iterator[int], protocols: Iterable[str]
) -> Block:
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
    runs = {name: source.shown_runs(name, spec.runs) for name in protocols}
    unselected = {name: nothing_selected(source, name, spec.runs) for name in runs}
    contents = {
        name: _content(source, spec, name, found) if found else None
        for name, found in runs.items()
        if found or unselected[name]
    }
    strips: dict[str, list[tuple[str, Panel]]] = {}
    for protocol, content in contents.items():
        empty = _panel(source, spec, protocol, runs[protocol])
        before, after = unselected[protocol], longer_notes(source, runs[protocol])
        if content is None:
            why = not_made(source, TABLE, f"tables/{spec.name}") or before
            missing = source.file(f"tables/{spec.name}.csv")
            panels = [("", replace(empty, missing=missing, notes=why))]
        else:
            panels = [
                (item.title, replace(empty, grid=item.grid, notes=(*before, *item.notes, *after)))
                for item in content.shown
            ] or [("", replace(empty, notes=(*before, *after)))]
        for title, panel in panels:
            strips.setdefault(title, []).append((protocol, panel))
    firsts: dict[str, Panel] = {}
    numbered = []
    for title, members in strips.items():
        counted = []
        for protocol, panel in members:
            number = next(numbers)
            counted.append(replace(panel, number=number, anchor=f"table-{number}"))
            firsts.setdefault(protocol, counted[-1])
        numbered.append(Strip(title, tuple(counted)))
    findings = tuple(
        Finding(
            source.protocol_title(name),
            content.statements,
            firsts[name].anchor,
            firsts[name].number,
        )
        for name, content in contents.items()
        if content and content.statements
    )
    anchor = source.anchor(f"table-{spec.name}")
    return Block(TABLE, spec.title, anchor, tuple(numbered), findings)


def _content(
    source: Source, spec: TableSpec, protocol: str, runs: Sequence[Run]
) -> TableContent | None:
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
    return getattr(kinds("tables")[spec.kind].module(), "show", plain.show)(context)


def _panel(source: Source, spec: TableSpec, protocol: str, runs: Sequence[Run]) -> Panel:
    """A panel without content, number and anchor."""
    return Panel(
        kind=TABLE,
        number=0,
        anchor="",
        title=spec.title,
        protocol=source.protocol_title(protocol),
        stamp=source.stamp(runs, compared=True),
        cut=source.cut(runs, compared=True),
    )
