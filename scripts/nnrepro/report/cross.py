"""Tables of kind `cross`: one matrix per metric over two parameters, with averages."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from nnrepro.document import wording
from nnrepro.document.grid import Cell, Column, Grid, Row
from nnrepro.report.metrics import Metric, metric
from nnrepro.report.page import Statement
from nnrepro.tables.content import TIED, TIED_FACTS, TableContent, TableContext, flag, number
from nnrepro.tables.cross import AVERAGE


@dataclass(frozen=True)
class AxisFacts:
    """The best average along one parameter.

    Attributes:
        parameter: the parameter.
        best: its value or values with the best average.
        value: that average.
        runner_up: the next best value or values; empty when all are equal.
        margin: how far they lie behind.
    """

    parameter: str
    best: tuple[str, ...]
    value: str
    runner_up: tuple[str, ...]
    margin: str


@dataclass(frozen=True)
class CrossFacts:
    """What a cross table says of one metric.

    Attributes:
        metric: the metric in words.
        cells: cells that have a value.
        missing: cells that have none.
        axes: the best averages, for each parameter that has several values.
    """

    metric: str
    cells: int
    missing: int
    axes: tuple[AxisFacts, ...]


def cross_content(context: TableContext) -> TableContent:
    """The matrices of one protocol, one per metric asked for."""
    rows, columns = str(context.spec.options["rows"]), str(context.spec.options["columns"])
    context.require("metric", rows, columns, "value")
    grids: list[tuple[str, Grid]] = []
    statements: list[Statement] = []
    notes: dict[str, tuple[Statement, ...]] = {}
    for shown in context.asked_metrics():
        cells = context.frame[_of_metric(context.frame, shown)]
        if cells.empty:
            continue
        title = shown.phrase[:1].upper() + shown.phrase[1:]
        grids.append((title, _matrix(context, cells, (rows, columns), shown)))
        facts = cross_facts(cells, (rows, columns), shown, context.phrase(shown))
        statements.append(Statement("cross", facts))
        notes[title] = (
            *context.window_notes([shown]),
            *((Statement("tied_note", TIED_FACTS),) if any(_tied(cells, shown)) else ()),
        )
    return TableContent(tuple(grids), tuple(statements), notes)


def cross_facts(
    cells: pd.DataFrame, axes: tuple[str, str], shown: Metric, phrase: str
) -> CrossFacts:
    """Facts on one metric of a cross table.

    Args:
        cells: rows of one protocol and metric, averages included.
        axes: the parameter of the rows and that of the columns.
        shown: the metric.
        phrase: its name in a sentence.
    """
    own = cells[(cells[axes[0]].astype(str) != AVERAGE) & (cells[axes[1]].astype(str) != AVERAGE)]
    present = int(own["value"].notna().sum())
    best = (_axis(cells, parameter, other, shown) for parameter, other in (axes[::-1], axes))
    return CrossFacts(
        phrase, present, len(own) - present, tuple(item for item in best if item is not None)
    )


def _axis(cells: pd.DataFrame, parameter: str, other: str, shown: Metric) -> AxisFacts | None:
    """The best average over `other`; None where there is nothing to compare."""
    averages = cells[
        (cells[other].astype(str) == AVERAGE) & (cells[parameter].astype(str) != AVERAGE)
    ]
    averages = averages[averages["value"].notna()]
    if len(averages) < 2:
        return None
    values = averages["value"].astype("float64")
    best = values.max() if shown.higher_is_better else values.min()
    # Averages of equal sums may differ in their last bit; that is no difference.
    behind = values[~_equal(values, best)]
    runner = behind.max() if shown.higher_is_better else behind.min()
    return AxisFacts(
        parameter=parameter,
        best=_values(averages, parameter, _equal(values, best)),
        value=shown.text(float(best)),
        runner_up=_values(averages, parameter, _equal(values, runner)) if len(behind) else (),
        margin=shown.margin(float(runner - best)) if len(behind) else "",
    )


def _equal(values: pd.Series, value: float) -> pd.Series:
    return (values - value).abs() <= 1e-12 * abs(value)


def _values(frame: pd.DataFrame, parameter: str, chosen: pd.Series) -> tuple[str, ...]:
    return tuple(wording.plain(value) for value in frame.loc[chosen, parameter])


def _of_metric(frame: pd.DataFrame, shown: Metric) -> pd.Series:
    return frame["metric"].map(lambda name: metric(str(name)).name == shown.name)


def _matrix(
    context: TableContext, cells: pd.DataFrame, axes: tuple[str, str], shown: Metric
) -> Grid:
    rows, columns = axes
    across = list(dict.fromkeys(cells[columns].astype(str)))
    own = cells[(cells[rows].astype(str) != AVERAGE) & (cells[columns].astype(str) != AVERAGE)]
    values = own["value"].dropna()
    best = None
    if len(values):
        best = float(values.max() if shown.higher_is_better else values.min())
    lines = []
    for name in dict.fromkeys(cells[rows].astype(str)):
        line = cells[cells[rows].astype(str) == name]
        by_column = {str(row[columns]): row for _, row in line.iterrows()}
        head = Cell("Average" if name == AVERAGE else name, header=True)
        found = (_value(context, by_column.get(key), shown, best) for key in across)
        lines.append(Row((head, *found), summary=name == AVERAGE))
    headings = (Column("Average" if key == AVERAGE else key) for key in across)
    return Grid(
        columns=(Column(f"{rows} ↓ {columns} →", number=False), *headings),
        rows=tuple(lines),
        spanning=context.heading(shown),
    )


def _value(context: TableContext, row: pd.Series | None, shown: Metric, best: float | None) -> Cell:
    if row is None:
        return Cell(wording.EMPTY, number=True)
    value = number(row["value"])
    variant = row.get("variant")
    average = pd.isna(variant)
    is_best = not average and value is not None and value == best
    href = ""
    if not average:
        experiment = context.runs[0].experiment
        anchor = context.source.variant_anchor(context.protocol, experiment, str(variant))
        href = f"#{anchor}" if anchor else ""
    tied = not is_best and flag(row.get("tied_with_best"))
    return Cell(
        shown.number(value), mark=TIED if tied else "", href=href, number=True, best=is_best
    )


def _tied(cells: pd.DataFrame, shown: Metric) -> Sequence[bool]:
    """Which cells bear the mark for not being told apart from the best."""
    values = cells["value"].astype("float64")
    own = values[cells.get("variant", pd.Series(dtype="str")).notna()]
    best = own.max() if shown.higher_is_better else own.min()
    ties = cells.get("tied_with_best", pd.Series(dtype="boolean"))
    return [bool(flag(tie)) and value != best for tie, value in zip(ties, values, strict=False)]
