"""Tables of kind `tests`: differences between variants, each with its interval and test."""

from dataclasses import dataclass

import pandas as pd

from nnrepro.document import wording
from nnrepro.document.grid import Cell, Column, Grid, Row
from nnrepro.report.metrics import Metric, metric
from nnrepro.report.page import Statement
from nnrepro.statistics.intervals import CONFIDENCE
from nnrepro.statistics.paired import MCNEMAR, PAIRED_SAMPLING, PAIRED_T, SAMPLING
from nnrepro.tables.content import CONFIDENCE_LEVEL, TableContent, TableContext, flag, number

MEANINGS = {
    PAIRED_T: "differences seed by seed (Student\u2019s t)",
    MCNEMAR: "which test examples each answered right after its last epoch",
    PAIRED_SAMPLING: (
        "the sampling error on the same test examples, and for means over a window the noise "
        "between epochs"
    ),
    SAMPLING: "the sampling errors of both test results, as if these had nothing in common",
}
"""What each test goes by."""


@dataclass(frozen=True)
class Difference:
    """A variant and what it differs by, in words."""

    label: str
    base: str
    change: str


@dataclass(frozen=True)
class TestsFacts:
    """Which differences in one metric are significant.

    Attributes:
        metric: the metric in words.
        count: differences that were tested.
        unknown: differences that could not be.
        significant: those below the limit after the correction.
    """

    metric: str
    count: int
    unknown: int
    significant: tuple[Difference, ...]


@dataclass(frozen=True)
class TestsNote:
    """What the columns of a table of tests mean.

    Attributes:
        level: confidence level of the intervals, in percent.
        limit: the largest p that counts as significant, in percent.
        tests: name and meaning of each test in the table.
        single: whether some are of one seed.
    """

    level: str
    limit: str
    tests: tuple[tuple[str, str], ...]
    single: bool


def tests_content(context: TableContext) -> TableContent:
    """The tests of one protocol, a grid per metric."""
    context.require("metric", "base", "changed", "label", "changed_label", "difference", "p_holm")
    frame = context.frame
    names = frame["metric"].map(lambda name: metric(str(name)).name)
    grids: list[tuple[str, Grid]] = []
    statements: list[Statement] = []
    notes: dict[str, tuple[Statement, ...]] = {}
    for shown in context.asked_metrics():
        rows = frame[names == shown.name]
        if rows.empty:
            continue
        title = shown.phrase[:1].upper() + shown.phrase[1:]
        grids.append((title, _grid(context, rows, shown)))
        statements.append(Statement("tests", tests_facts(rows, shown, context.phrase(shown))))
        notes[title] = (*context.window_notes([shown]), Statement("tests_note", _note(rows)))
    return TableContent(tuple(grids), tuple(statements), notes)


def tests_facts(rows: pd.DataFrame, shown: Metric, phrase: str) -> TestsFacts:
    """Facts on the tests of one metric.

    Args:
        rows: rows of one protocol and metric.
        shown: the metric.
        phrase: its name in a sentence.
    """
    tested = rows[rows["p_holm"].notna()]
    found = tested[[bool(flag(value)) for value in tested["significant"]]]
    return TestsFacts(
        metric=phrase,
        count=len(tested),
        unknown=len(rows) - len(tested),
        significant=tuple(
            Difference(
                str(row["changed_label"]),
                str(row["label"]),
                f"{shown.change(number(row['difference']))}{shown.change_unit}",
            )
            for _, row in found.iterrows()
        ),
    )


def _grid(context: TableContext, rows: pd.DataFrame, shown: Metric) -> Grid:
    columns = (
        Column("Variant", number=False),
        Column(f"{shown.heading}, from \u2192 to"),
        Column(shown.difference_heading),
        Column("p"),
        Column("p (Holm)"),
        Column("Tested by", number=False),
    )
    return Grid(columns, tuple(_row(context, row, shown) for _, row in rows.iterrows()))


def _row(context: TableContext, row: pd.Series, shown: Metric) -> Row:
    experiment, _, variant = str(row["changed"]).partition("/")
    head = context.label_cell(experiment, variant, str(row["changed_label"]))
    before, after = (number(row[name]) for name in ("base_value", "changed_value"))
    low, high = (number(row[f"ci95_{end}"]) for end in ("low", "high"))
    interval = f"{shown.change(low)} to {shown.change(high)}" if None not in (low, high) else ""
    seeds = number(row["seeds"])
    test = "" if pd.isna(row["test"]) else str(row["test"])
    counted = wording.counted(round(seeds), "seed") if test and seeds and seeds > 1 else ""
    return Row(
        (
            Cell(head.text, f"against {row['label']}", head.href, header=True),
            Cell(f"{shown.number(before)} \u2192 {shown.number(after)}", number=True),
            Cell(
                shown.change(number(row["difference"])),
                interval,
                number=True,
                best=bool(flag(row["significant"])),
            ),
            Cell(wording.p_value(number(row["p"])), number=True),
            Cell(wording.p_value(number(row["p_holm"])), number=True),
            Cell(test or wording.EMPTY, counted),
        )
    )


def _note(rows: pd.DataFrame) -> TestsNote:
    used = set(rows["test"].dropna())
    meanings = tuple((name, words) for name, words in MEANINGS.items() if name in used)
    limit = wording.plain(round(100 * (1 - CONFIDENCE), 9))
    return TestsNote(CONFIDENCE_LEVEL, limit, meanings, bool(used - {PAIRED_T}))
