"""The sections on published numbers: beside the reproduced ones, and where they do not fit."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from nnrepro.document import wording
from nnrepro.document.grid import Cell, Column, Grid, Row
from nnrepro.figures.specs import AGREEMENT, figure_specs
from nnrepro.published.comparison import ALL, INSIDE, OUTSIDE
from nnrepro.published.inconsistencies import KINDS
from nnrepro.published.numbers import NEEDED, RESULT_COLUMNS
from nnrepro.report.figures import figure_block
from nnrepro.report.page import TABLE, Comparison, Fold, Panel, Statement
from nnrepro.report.published_rows import number_row, records
from nnrepro.report.source import Source
from nnrepro.statistics.intervals import SEEDS, TEST_SET
from nnrepro.tables.content import CONFIDENCE_LEVEL, flag, number

PUBLISHED = "published"
SUMMARY = "published_summary"
INCONSISTENCIES = "inconsistencies"

_TEXT = ("value", "part", "question", "runs", "baseline", "c1", "c2", "reason", "remark", "note")
_COUNTS = {
    "rows": "Printed",
    "reproducible": "Reproducible",
    "reproduced": "Reproduced",
    "inside": "Inside",
    "outside": "Outside",
    "missing": "Missing",
}
_NUMBER_COLUMNS = (
    Column("Number", number=False),
    Column("Published"),
    Column("Reproduced"),
    Column("Difference"),
    Column("One further run"),
    Column("Mark", number=False),
    Column("Remarks", number=False),
)


@dataclass(frozen=True)
class ComparisonFacts:
    """How much of what was published is reproduced, and what it is judged by."""

    rows: int
    reproducible: int
    reproduced: int
    inside: int
    outside: int
    level: str
    seeds: bool
    test_set: bool


def comparison(
    source: Source, figure_numbers: Iterator[int], table_numbers: Iterator[int]
) -> Comparison | None:
    """Published numbers beside reproduced ones; None where the study has no such table.

    Raises:
        ReportError: a table or figure is there but damaged.
    """
    frame = source.table(PUBLISHED, (*NEEDED, *RESULT_COLUMNS), _TEXT)
    summary = source.table(SUMMARY, ("protocol", "part", "question", *_COUNTS), _TEXT)
    if frame is None or summary is None:
        return None
    facts = _facts(frame, summary)
    panel = _summary_panel(source, summary, next(table_numbers))
    figures = tuple(_figures(source, frame, figure_numbers))
    return Comparison(facts, panel, figures, tuple(_folds(source, frame, table_numbers)))


def comparison_facts(source: Source) -> ComparisonFacts | None:
    """How much of what was published is reproduced; None where the study has no such table.

    Raises:
        ReportError: a table is there but damaged.
    """
    frame = source.table(PUBLISHED, (*NEEDED, *RESULT_COLUMNS), _TEXT)
    summary = source.table(SUMMARY, ("protocol", "part", "question", *_COUNTS), _TEXT)
    return None if frame is None or summary is None else _facts(frame, summary)


def _facts(frame: pd.DataFrame, summary: pd.DataFrame) -> ComparisonFacts:
    total = summary.iloc[-1]
    kinds = set(frame["interval_kind"].dropna())
    names = ("rows", "reproducible", "reproduced", "inside", "outside")
    counts = {name: int(total[name]) for name in names}
    return ComparisonFacts(
        **counts, level=CONFIDENCE_LEVEL, seeds=SEEDS in kinds, test_set=TEST_SET in kinds
    )


def confirmed_inconsistencies(source: Source) -> Mapping[str, int]:
    """How many inconsistencies the published numbers themselves show, by protocol.

    Raises:
        ReportError: the table is damaged.
    """
    columns = ("id", "protocol", "kind", "confirmed")
    frame = source.table(INCONSISTENCIES, columns, ("shown", "protocol", "lines"))
    if frame is None:
        return {}
    shown = frame[(frame["kind"] == KINDS[0]) & frame["confirmed"].map(flag).eq(True)]
    return {name: int((shown["protocol"] == name).sum()) for name in source.study.protocols}


def inconsistencies(source: Source, numbers: Iterator[int]) -> tuple[Panel, ...]:
    """Tables of inconsistencies and of checks, by protocol; none without the file.

    Raises:
        ReportError: the table is damaged.
    """
    columns = ("id", "protocol", "kind", "statement", "shown", "confirmed")
    frame = source.table(INCONSISTENCIES, columns, ("shown", "protocol", "lines"))
    if frame is None:
        return ()
    panels = []
    for kind, title in zip(
        KINDS, ("What does not fit", "Checks of the printed numbers"), strict=True
    ):
        chosen = frame[frame["kind"] == kind]
        for protocol, rows in _split(chosen, "protocol"):
            panels.append(
                Panel(
                    kind=TABLE,
                    number=(n := next(numbers)),
                    anchor=f"table-{n}",
                    title=title,
                    protocol=_title(source, protocol),
                    stamp="printed numbers alone",
                    cut=False,
                    grid=_inconsistency_grid(rows),
                )
            )
    return tuple(panels)


def _inconsistency_grid(rows: pd.DataFrame) -> Grid:
    columns = (
        Column("Statement", number=False),
        Column("Numbers that show it", number=False),
        Column("Confirmed", number=False),
    )
    marks = {True: "yes", False: "no", None: "by the text alone"}
    return Grid(
        columns,
        tuple(
            Row(
                (
                    Cell(str(row["statement"]), header=True),
                    Cell("" if pd.isna(row["shown"]) else _spoken(str(row["shown"]))),
                    Cell(marks[flag(row["confirmed"])]),
                )
            )
            for row in records(rows)
        ),
    )


def _spoken(shown: str) -> str:
    """Looked up numbers with the names of metrics and variants as words."""
    shown = re.sub(r"\blast(\d+)_", r"last \1 ", shown)
    return re.sub(r"(?<=[a-z\d])_(?=[a-z\d])", " ", shown).replace(" | ", "; and ")


def _summary_panel(source: Source, summary: pd.DataFrame, position: int) -> Panel:
    columns = (
        Column("Question", number=False),
        *(Column(words) for words in _COUNTS.values()),
        Column("Median difference (points)"),
    )
    rows = []
    for row in records(summary):
        difference = number(row.get("median_absolute_difference"))
        cells = (
            Cell(_question(source, row), header=True),
            *(Cell(wording.whole(number(row[name])), number=True) for name in _COUNTS),
            Cell(wording.percent_number(difference), number=True),
        )
        rows.append(Row(cells, summary=row["question"] == ALL))
    runs = source.study.runs
    return Panel(
        kind=TABLE,
        number=position,
        anchor=f"table-{position}",
        title="Published numbers and how many of them are reproduced",
        protocol="",
        stamp=source.stamp(runs),
        cut=source.cut(runs),
        grid=Grid(columns, tuple(rows)),
        notes=(Statement("published_note", None),),
    )


def _question(source: Source, row: Mapping[str, Any]) -> str:
    """What a row of the summary counts."""
    if row["protocol"] == ALL:
        return "All"
    protocol = _title(source, str(row["protocol"]))
    if row["question"] == ALL:
        return f"{protocol}, all"
    words = [str(row[name]) for name in ("part", "question") if not pd.isna(row[name])]
    return " ".join([protocol, *filter(None, words)])


def _figures(source: Source, frame: pd.DataFrame, numbers: Iterator[int]) -> Iterator[Panel]:
    """The figure of each protocol of which something is reproduced."""
    reproduced = set(frame.loc[frame["reproduced"].notna(), "protocol"])
    there = [name for name in source.study.protocols if name in reproduced]
    spec = figure_specs(source.study, AGREEMENT)[-1]
    for strip in figure_block(source, spec, numbers, there).strips:
        yield from strip.panels


def _folds(source: Source, frame: pd.DataFrame, numbers: Iterator[int]) -> Iterator[Fold]:
    """Every number, a table per protocol and part."""
    shown = frame if "part" in frame.columns else frame.assign(part="")
    for protocol, own in _split(shown, "protocol"):
        runs = source.study.runs_of(protocol)
        for part, rows in _split(own, "part"):
            judged = rows["status"].isin((INSIDE, OUTSIDE)).sum()
            owner, position = _title(source, protocol), next(numbers)
            words = ", ".join(filter(None, (owner, source.study.parts.get(part, part))))
            panel = Panel(
                kind=TABLE,
                number=position,
                anchor=f"table-{position}",
                title="Every printed number",
                protocol=owner,
                stamp=source.stamp(runs) if runs else "no run of this study",
                cut=bool(runs) and source.cut(runs),
                grid=Grid(
                    _NUMBER_COLUMNS,
                    tuple(number_row(source, row) for row in records(rows)),
                ),
            )
            counted = wording.counted(len(rows), "number")
            yield Fold(f"{words}: {counted}, {wording.grouped(int(judged))} judged", panel)


def _split(frame: pd.DataFrame, column: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """Rows by what stands in a column, in the order in which it first does."""
    entries = frame[column].astype("object").where(frame[column].notna(), "").astype("str")
    for entry in dict.fromkeys(entries):
        yield entry, frame[entries == entry]


def _title(source: Source, protocol: str) -> str:
    """A protocol's title; its name where the study at hand has no run of it."""
    known = source.study.protocols.get(protocol)
    return known.title if known else protocol
