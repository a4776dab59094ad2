"""Tables of kind `pairs`: what a change did to each base variant."""

from dataclasses import dataclass

import pandas as pd

from nnrepro.document import wording
from nnrepro.document.grid import Cell, Column, Grid, Row
from nnrepro.report.metrics import SECONDS, Metric, metric
from nnrepro.report.page import Statement
from nnrepro.tables.content import TableContent, TableContext, flag, number


@dataclass(frozen=True)
class PairFacts:
    """What changed in one metric.

    Attributes:
        metric: the metric in words.
        count: pairs of which both values are known.
        unknown: pairs of which one is not.
        rises: labels of the changed variants whose value is higher than the base's.
        falls: labels of those whose value is lower.
        largest: label of the changed variant that changed most; empty when none changed.
        base: label of what it changed from.
        change: that change.
        apart: labels of the changed variants whose interval does not overlap the base's; None
            where the intervals are not known.
    """

    metric: str
    count: int
    unknown: int
    rises: tuple[str, ...] = ()
    falls: tuple[str, ...] = ()
    largest: str = ""
    base: str = ""
    change: str = ""
    apart: tuple[str, ...] | None = None


@dataclass(frozen=True)
class TimeFacts:
    """Smallest and largest factor by which training time changed; equal when there is one."""

    count: int
    least: str
    most: str


def pairs_content(context: TableContext) -> TableContent:
    """Base and changed variants of one protocol."""
    context.require("base", "changed", "label", "changed_label", "metric", "difference")
    shown = context.asked_metrics()
    frame = context.frame.assign(shown=[metric(str(m)).name for m in context.frame["metric"]])
    rows = tuple(
        _row(context, group, shown) for _, group in frame.groupby(["base", "changed"], sort=False)
    )
    headings = [Column("Changed variant", number=False)]
    for item in shown:
        headings.append(Column(f"{context.heading(item)}, from → to"))
        headings.append(Column("Factor" if item.quantity == SECONDS else item.difference_heading))
    grid = Grid(tuple(headings), rows)
    return TableContent(
        (("", grid),), _statements(context, frame, shown), {"": context.window_notes(shown)}
    )


def pair_facts(rows: pd.DataFrame, shown: Metric, phrase: str) -> PairFacts:
    """Facts on the rows of one metric.

    Args:
        rows: rows with `label`, `changed_label`, `difference` and, where known,
            `intervals_overlap`.
        shown: the metric.
        phrase: its name in a sentence.
    """
    known = rows[rows["difference"].notna()]
    unknown = len(rows) - len(known)
    if known.empty:
        return PairFacts(phrase, 0, unknown)
    change = known["difference"].astype("float64")
    largest = known.iloc[int(change.abs().to_numpy().argmax())]
    moved = float(largest["difference"]) != 0
    overlaps = [flag(value) for value in known.get("intervals_overlap", [])]
    told = bool(overlaps) and None not in overlaps
    return PairFacts(
        metric=phrase,
        count=len(known),
        unknown=unknown,
        rises=_labels(known, change > 0),
        falls=_labels(known, change < 0),
        largest=str(largest["changed_label"]) if moved else "",
        base=str(largest["label"]) if moved else "",
        change=f"{shown.change(float(largest['difference']))}{shown.change_unit}",
        apart=_labels(known, pd.Series([not o for o in overlaps], known.index)) if told else None,
    )


def _labels(rows: pd.DataFrame, chosen: pd.Series) -> tuple[str, ...]:
    return tuple(str(label) for label in rows.loc[chosen, "changed_label"])


def _row(context: TableContext, group: pd.DataFrame, shown: list[Metric]) -> Row:
    first = group.iloc[0]
    experiment, _, variant = str(first["changed"]).partition("/")
    head = context.label_cell(experiment, variant, str(first["changed_label"]))
    cells = [Cell(head.text, f"from {first['label']}", head.href, header=True)]
    for item in shown:
        found = group[group["shown"] == item.name]
        row = found.iloc[0] if len(found) else pd.Series(dtype="object")
        before, after = (number(row.get(name)) for name in ("base_value", "changed_value"))
        change = (
            wording.ratio(number(row.get("time_ratio")))
            if item.quantity == SECONDS
            else item.change(number(row.get("difference")))
        )
        cells.append(Cell(f"{item.number(before)} → {item.number(after)}", number=True))
        cells.append(Cell(change, number=True))
    return Row(tuple(cells))


def _statements(
    context: TableContext, frame: pd.DataFrame, shown: list[Metric]
) -> tuple[Statement, ...]:
    statements = []
    for item in shown:
        rows = frame[frame["shown"] == item.name]
        if rows.empty:
            continue
        if item.quantity == SECONDS:
            ratios = rows["time_ratio"].dropna().astype("float64")
            if len(ratios):
                facts = TimeFacts(
                    len(ratios), wording.ratio(ratios.min()), wording.ratio(ratios.max())
                )
                statements.append(Statement("time", facts))
            continue
        statements.append(Statement("pairs", pair_facts(rows, item, context.phrase(item))))
    return tuple(statements)
