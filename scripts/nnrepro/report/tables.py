"""Tables of the report: from a CSV file to panels, by the kind that the configuration names."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from nnrepro.document.elements import Gap, Panels, Table
from nnrepro.document.grid import Grid
from nnrepro.document.text import OWNER, Text, linked, plain, small, spaced
from nnrepro.report.convergence import convergence_content
from nnrepro.report.cross import cross_content
from nnrepro.report.evidence import TABLE, Evidence, block, caption, missing, table
from nnrepro.report.factors import factors_content
from nnrepro.report.notes import longer_notes, not_made, nothing_selected
from nnrepro.report.optimism import optimism_content
from nnrepro.report.pairs import pairs_content
from nnrepro.report.plain import plain_content
from nnrepro.report.ranking import ranking_content
from nnrepro.report.source import Source
from nnrepro.report.stability import stability_content
from nnrepro.report.stated import stated
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
) -> Evidence:
    """A table of the configuration for some protocols.

    Args:
        source: what the report is made from.
        spec: the table.
        numbers: gives each grid its number.
        protocols: whose rows to show.

    Raises:
        ReportError: the table's file is damaged or lacks a column.
    """
    contents = {}
    for protocol in protocols:
        runs = source.shown_runs(protocol, spec.runs)
        if runs or source.undecided_among(protocol, spec.runs):
            contents[protocol] = _content(source, spec, protocol, runs) if runs else None
    strips: dict[str, list[tuple[str, Grid | None, TableContent | None]]] = {}
    for protocol, content in contents.items():
        for title, grid in content.grids if content and content.grids else (("", None),):
            strips.setdefault(title, []).append((protocol, grid, content))
    firsts: dict[str, int] = {}
    panels: dict[str, Panels] = {}
    for title, members in strips.items():
        made = []
        for protocol, grid, content in members:
            number = next(numbers)
            firsts.setdefault(protocol, number)
            notes = None if content is None else tuple(map(stated, content.notes.get(title, ())))
            made.append(_panel(source, spec, protocol, (grid, notes), number=number))
        panels[title] = Panels(tuple(made))
    said = [
        finding
        for protocol, content in contents.items()
        if content and content.statements
        for finding in _findings(source.protocol_title(protocol), content, firsts[protocol])
    ]
    anchor = source.anchor(f"{TABLE}-{spec.name}")
    return Evidence(block(TABLE, spec.title, anchor, panels.items()), tuple(said))


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
    source: Source,
    spec: TableSpec,
    protocol: str,
    shown: tuple[Grid | None, Sequence[Text] | None],
    *,
    number: int,
) -> Table | Gap:
    """A grid of a protocol's share with its notes, or why there are neither."""
    grid, notes = shown
    runs = source.shown_runs(protocol, spec.runs)
    words = caption(
        TABLE,
        number,
        spec.title,
        source.protocol_title(protocol),
        source.stamp(runs, compared=True),
        cut=source.cut(runs, compared=True),
    )
    unselected = nothing_selected(source, protocol, spec.runs)
    if notes is None:
        file = f"tables/{spec.name}"
        why = not_made(source, TABLE, file) or unselected
        lacking = missing(TABLE, source.file(f"{file}.csv"))
        return Gap(f"{TABLE}-{number}", words, why or (lacking,))
    every = (*unselected, *notes, *longer_notes(source, runs))
    return table(f"{TABLE}-{number}", words, grid, *every)


def _findings(owner: str, content: TableContent, number: int) -> Iterator[Text]:
    """What a table says of a protocol, the last sentence with a link to the table."""
    for place, said in enumerate(map(stated, content.statements)):
        last = place == len(content.statements) - 1
        yield spaced(
            plain(owner, OWNER) if place == 0 else (),
            said,
            linked(f"{TABLE}-{number}", small(f"Table\N{NO-BREAK SPACE}{number}")) if last else (),
        )
