"""Tables of kind `factors`: from one way of working to another, one factor at a time."""

from dataclasses import dataclass

import pandas as pd

from nnrepro.document import wording
from nnrepro.document.grid import Cell, Column, Grid, Row
from nnrepro.report.metrics import Metric, metric
from nnrepro.report.page import Statement
from nnrepro.statistics.intervals import SEEDS, TEST_SET
from nnrepro.tables.content import (
    CONFIDENCE_LEVEL,
    IntervalFacts,
    TableContent,
    TableContext,
    flag,
    number,
)
from nnrepro.tables.factors import FACTOR, FROM, REST, TO

_COLUMNS = ("comparison", "title", "role", "label", "value", "difference", "apart", "share")


@dataclass(frozen=True)
class Carrier:
    """A factor whose effect is apart from 0, with its change and its share in words."""

    label: str
    change: str
    share: str


@dataclass(frozen=True)
class FactorsFacts:
    """What carries a gap.

    Attributes:
        title: the comparison.
        first: value at its first end.
        last: value at its last end.
        gap: their difference; empty where one is not known.
        interval: the gap's interval; empty where it is not known.
        level: confidence level in percent.
        apart: whether that interval leaves out 0; None where it is not known.
        carriers: factors whose interval leaves out 0.
        unclear: labels of the factors whose interval holds 0.
        unknown: labels of the factors of which there is no interval.
        rest: what the effects do not add up to; empty where it is nothing or not known.
        rest_apart: whether the interval of that leaves out 0; None where it is not known.
    """

    title: str
    first: str
    last: str
    gap: str
    interval: str = ""
    level: str = CONFIDENCE_LEVEL
    apart: bool | None = None
    carriers: tuple[Carrier, ...] = ()
    unclear: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    rest: str = ""
    rest_apart: bool | None = None


def factors_content(context: TableContext) -> TableContent:
    """One protocol's comparisons, each in a grid of its own."""
    context.require(*_COLUMNS)
    groups = [group for _, group in context.frame.groupby("comparison", sort=False)]
    grids = tuple((str(group["title"].iloc[0]), _grid(context, group)) for group in groups)
    statements = tuple(Statement("factors", factors_facts(group)) for group in groups)
    notes = {
        title: (Statement("factors_note", _interval_facts(context, group)),)
        for (title, _), group in zip(grids, groups, strict=True)
    }
    return TableContent(grids, statements, notes)


def factors_facts(rows: pd.DataFrame) -> FactorsFacts:
    """Facts on one comparison.

    Args:
        rows: its rows.
    """
    first, last = (_role(rows, role) for role in (FROM, TO))
    shown = metric(str(first["metric"]))
    factors = [row for _, row in rows[rows["role"] == FACTOR].iterrows()]
    gap = number(last["difference"])
    left = _role(rows, REST)
    rest = number(left["difference"])
    return FactorsFacts(
        title=str(first["title"]),
        first=shown.text(number(first["value"])),
        last=shown.text(number(last["value"])),
        gap="" if gap is None else _signed(shown, gap),
        interval=_ends(last, shown),
        apart=flag(last["apart"]),
        carriers=tuple(
            Carrier(str(row["label"]), _signed(shown, row["difference"]), _share(row))
            for row in factors
            if flag(row["apart"])
        ),
        unclear=tuple(str(row["label"]) for row in factors if flag(row["apart"]) is False),
        unknown=tuple(str(row["label"]) for row in factors if flag(row["apart"]) is None),
        rest="" if not rest else _signed(shown, rest),
        rest_apart=flag(left["apart"]),
    )


def _role(rows: pd.DataFrame, role: str) -> pd.Series:
    return rows[rows["role"] == role].iloc[0]


def _grid(context: TableContext, rows: pd.DataFrame) -> Grid:
    shown = metric(str(_role(rows, FROM)["metric"]))
    unit = shown.heading.removeprefix(shown.header).strip()
    headings = (
        Column("Changed", number=False),
        Column("Scored by", number=False),
        Column(f"Value {unit}".strip()),
        Column(shown.difference_heading),
        Column("Share of the gap (%)"),
        Column("Seeds"),
    )
    return Grid(headings, tuple(_row(context, row, shown) for _, row in rows.iterrows()))


def _row(context: TableContext, row: pd.Series, shown: Metric) -> Row:
    role = str(row["role"])
    if role == REST:
        cells = [Cell("Left over", header=True), Cell(wording.EMPTY), _blank()]
    else:
        cells = [
            _head(context, row, role),
            Cell(metric(str(row["metric"])).header, _test_set(row)),
            Cell(shown.number(number(row["value"])), number=True),
        ]
    seeds = number(row["seeds"])
    return Row(
        (
            *cells,
            _blank() if role == FROM else _change(row, shown),
            Cell(_share(row) or wording.EMPTY, number=True),
            Cell(wording.whole(seeds), number=True),
        ),
        summary=role in (TO, REST),
    )


def _head(context: TableContext, row: pd.Series, role: str) -> Cell:
    words = {FROM: "Nothing", TO: "Everything"}.get(role, str(row["label"]))
    return context.label_cell(str(row["experiment"]), str(row["variant"]), words)


def _test_set(row: pd.Series) -> str:
    examples = number(row.get("test_examples"))
    return "" if examples is None else wording.counted(round(examples), "test example")


def _blank() -> Cell:
    return Cell(wording.EMPTY, number=True)


def _change(row: pd.Series, shown: Metric) -> Cell:
    low, high = (number(row.get(f"ci95_{end}")) for end in ("low", "high"))
    detail = "" if low is None or high is None else f"{shown.change(low)} to {shown.change(high)}"
    return Cell(
        shown.change(number(row["difference"])), detail, number=True, best=bool(flag(row["apart"]))
    )


def _share(row: pd.Series) -> str:
    share = number(row.get("share"))
    return "" if share is None else wording.whole(100 * share)


def _ends(row: pd.Series, shown: Metric) -> str:
    low, high = (number(row.get(f"ci95_{end}")) for end in ("low", "high"))
    if low is None or high is None:
        return ""
    return f"{shown.change(low)} to {shown.change(high)}"


def _signed(shown: Metric, difference: float) -> str:
    unit = shown.margin(0.0).removeprefix(shown.number(0.0)).strip()
    return f"{shown.change(float(difference))} {unit}".strip()


def _interval_facts(context: TableContext, rows: pd.DataFrame) -> IntervalFacts:
    kinds = set(rows["interval"].dropna()) if "interval" in rows.columns else set()
    file = context.source.file(f"tables/{context.spec.name}.csv")
    return IntervalFacts(CONFIDENCE_LEVEL, SEEDS in kinds, TEST_SET in kinds, file)
