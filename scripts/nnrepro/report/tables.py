"""Tables of the report: from a CSV file to panels, by the kind that the configuration names."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from nnrepro.report.convergence import convergence_content
from nnrepro.report.cross import cross_content
from nnrepro.report.factors import factors_content
from nnrepro.report.optimism import optimism_content
from nnrepro.report.page import TABLE, Block, Finding, Panel, Strip
from nnrepro.report.pairs import pairs_content
from nnrepro.report.plain import plain_content
from nnrepro.report.ranking import ranking_content
from nnrepro.report.reading import longer_notes, not_made, nothing_selected
from nnrepro.report.source import Source
from nnrepro.report.stability import stability_content
from nnrepro.report.tests import tests_content
from nnrepro.study.run import Run
from nnrepro.study.study import TableSpec
from nnrepro.tables.content import TableContent, TableContext

TABLE_KINDS: Mapping[str, Callable[[TableContext], TableContent]] = {
    "ranking": ranking_content,
    "cross": cross_content,
    "pairs": pairs_content,
    "convergence": convergence_content,
    "tests": tests_content,
    "stability": stability_content,
    "factors": factors_content,
    "optimism": optimism_content,
}
"""How each kind of table is shown; a kind that is not among them, with its columns as they are."""


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
    """
    runs = {name: source.shown_runs(name, spec.runs) for name in protocols}
    unselected = {name: nothing_selected(source, name, spec.runs) for name in runs}
    contents = {
        name: _content(source, spec, name, found) if found else None
        for name, found in runs.items()
        if found or unselected[name]
    }
    strips: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for protocol, content in contents.items():
        for title, shown in _shown(source, spec, content):
            strips.setdefault(title, []).append((protocol, shown))
    firsts: dict[str, Panel] = {}
    numbered = []
    for title, members in strips.items():
        panels = []
        for protocol, shown in members:
            panel = _panel(source, spec, protocol, runs[protocol], next(numbers))
            notes = (*unselected[protocol], *shown.get("notes", ()))
            if "missing" in shown:
                notes = not_made(source, TABLE, f"tables/{spec.name}") or notes
            else:
                notes += longer_notes(source, runs[protocol])
            panels.append(replace(panel, **{**shown, "notes": notes}))
            firsts.setdefault(protocol, panel)
        numbered.append(Strip(title, tuple(panels)))
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


def _shown(
    source: Source, spec: TableSpec, content: TableContent | None
) -> list[tuple[str, dict[str, Any]]]:
    """What each panel of a protocol shows, with the title of its strip; always at least one."""
    if content is None:
        return [("", {"missing": source.file(f"tables/{spec.name}.csv")})]
    shown: list[tuple[str, dict[str, Any]]] = [
        (title, {"grid": grid, "notes": content.notes.get(title, ())})
        for title, grid in content.grids
    ]
    return shown or [("", {})]


def _content(
    source: Source, spec: TableSpec, protocol: str, runs: Sequence[Run]
) -> TableContent | None:
    """The protocol's share of the table; None where there is no such file."""
    frame = source.table(spec.name, ("protocol",))
    if frame is None:
        return None
    rows = frame[frame["protocol"] == protocol].reset_index(drop=True)
    shown_as = TABLE_KINDS.get(spec.kind, plain_content)
    return shown_as(TableContext(source, spec, protocol, rows, runs))


def _panel(
    source: Source, spec: TableSpec, protocol: str, runs: Sequence[Run], number: int
) -> Panel:
    return Panel(
        kind=TABLE,
        number=number,
        anchor=f"table-{number}",
        title=spec.title,
        protocol=source.protocol_title(protocol),
        stamp=source.stamp(runs, compared=True),
        cut=source.cut(runs, compared=True),
    )
