"""Tables of kind `cross`: one matrix per metric over two parameters, with averages."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from nnrepro.document import wording
from nnrepro.document.grid import Cell, Column, Grid, Row, numeric
from nnrepro.document.text import Text, bold, joined, spaced, text
from nnrepro.study.kinds import shows, table
from nnrepro.study.options import Metrics, Swept, TestSet
from nnrepro.tables.columns import (
    SelectionOf,
    floats,
    metric_name,
    metric_of,
    metric_values,
    require_column,
    standings_by,
)
from nnrepro.tables.content import (
    TIED,
    TIED_NOTE,
    Record,
    Shown,
    TableContent,
    TableContext,
    records,
)
from nnrepro.tables.csvfile import TableError, tidy_types
from nnrepro.tables.metrics import Metric

AVERAGE = "average"
"""Stands for the rows or columns that are averaged over."""


@table
def cross(
    variants: pd.DataFrame,
    selection: SelectionOf,
    *,
    metrics: Metrics,
    rows: Swept,
    columns: Swept,
    test_set: TestSet = "primary",
) -> pd.DataFrame:
    """Metrics over two parameters, in long form, with averages.

    A protocol has at most one variant for each pair of parameters.

    Returns:
        `protocol`, `metric`, the two parameters, `variant`, `value`, `ci95_low`, `ci95_high`,
        `tied_with_best` (in the 95 % set of those that may be the best), `probability_best`,
        `cells` (values in the average) and `cells_missing`. The full product of the parameters'
        values is given; `average` as a parameter marks averages over it, taken over the cells that
        there are.

    Raises:
        TableError: no such parameter or metric, a variant without the parameter, or two variants
            in one cell.
    """
    for name in (rows, columns):
        require_column(variants, name)
        lacking = variants[variants[name].isna()]
        if len(lacking):
            raise TableError(
                f"a cross table over {rows} and {columns}: the variant "
                f"'{lacking['variant'].iloc[0]}' has no value of {name}"
            )
    parts: list[dict[str, Any]] = []
    for protocol, here in variants.groupby("protocol", sort=False):
        for metric in dict.fromkeys(metric_of(name, str(protocol), selection) for name in metrics):
            common = {"protocol": protocol, "metric": metric_name(variants, metric)}
            cells = _cells(here, rows, columns, metric, test_set)
            parts += [common | cell for cell in (*cells, *_averages(cells, rows, columns))]
    return tidy_types(pd.DataFrame(parts))


def cross_matrix(table: pd.DataFrame) -> pd.DataFrame:
    """A cross table of one protocol and metric as a matrix, averages last.

    Returns:
        Values, with the rows' parameter as index and the columns' parameter as columns.
    """
    names = list(table.columns)
    rows, columns = names[names.index("metric") + 1 : names.index("variant")]
    matrix = table.pivot(index=rows, columns=columns, values="value")
    return matrix.reindex(index=table[rows].unique(), columns=table[columns].unique())


def _cells(
    variants: pd.DataFrame, rows: str, columns: str, metric: str, test_set: str
) -> list[dict[str, Any]]:
    """The cells of one protocol and metric, in the order of the parameters' values."""
    value, low, high = (
        floats(metric_values(variants, metric, test_set=test_set, suffix=suffix))
        for suffix in ("", "_ci95_low", "_ci95_high")
    )
    place = standings_by(variants, metric, test_set=test_set)
    found: dict[tuple[Hashable, Hashable], int] = {}
    names = list(variants["variant"])
    for position, key in enumerate(zip(variants[rows], variants[columns], strict=True)):
        if key in found:
            raise TableError(
                f"the variants '{names[found[key]]}' and '{names[position]}' share the cell "
                f"{rows} = {key[0]}, {columns} = {key[1]} of a cross table"
            )
        found[key] = position
    cells = []
    for row in _ordered(variants[rows]):
        for column in _ordered(variants[columns]):
            cell: dict[str, Any] = {rows: row, columns: column, "variant": None}
            if (row, column) in found:
                index = found[row, column]
                cell |= {
                    "variant": names[index],
                    "value": value[index],
                    "ci95_low": low[index],
                    "ci95_high": high[index],
                    "tied_with_best": place.tied[index],
                    "probability_best": place.probability[index],
                }
            present = not np.isnan(cell.get("value", np.nan))
            cells.append(cell | {"cells": int(present), "cells_missing": int(not present)})
    return cells


def _averages(cells: Sequence[dict[str, Any]], rows: str, columns: str) -> list[dict[str, Any]]:
    """Row averages, column averages and the average of all cells."""
    keys = [(cell[rows], AVERAGE) for cell in cells]
    keys += [(AVERAGE, cell[columns]) for cell in cells]
    return [
        _average(cells, {rows: row, columns: column})
        for row, column in dict.fromkeys([*keys, (AVERAGE, AVERAGE)])
    ]


def _average(cells: Sequence[dict[str, Any]], key: dict[str, Any]) -> dict[str, Any]:
    members = [
        cell for cell in cells if all(value in (AVERAGE, cell[name]) for name, value in key.items())
    ]
    present = [cell["value"] for cell in members if cell["cells"]]
    return key | {
        "value": float(np.mean(present)) if present else float("nan"),
        "cells": len(present),
        "cells_missing": len(members) - len(present),
    }


def _ordered(values: pd.Series) -> list[Hashable]:
    """Distinct values: numbers in rising order, others as declared."""
    distinct = list(dict.fromkeys(values.astype(object)))
    if all(isinstance(value, int | float) for value in distinct):
        return sorted(distinct)
    return distinct


@shows(cross)
def show(context: TableContext) -> TableContent:
    """The matrices of one protocol, one per metric asked for."""
    axes = str(context.options["rows"]), str(context.options["columns"])
    context.require("metric", *axes, "value")
    shown, statements = [], []
    for item, cells in context.by_metric():
        grid = _matrix(context, cells.astype(dict.fromkeys(axes, "str")), axes, item)
        marked = any(cell.mark for line in grid.rows for cell in line.cells)
        notes = (*context.window_notes(item), *((TIED_NOTE,) if marked else ()))
        shown.append(Shown(grid, context.title(item), notes))
        statements.append(words(cells, axes, item, context.phrase(item)))
    return TableContent(tuple(shown), tuple(statements))


def words(cells: pd.DataFrame, axes: tuple[str, str], shown: Metric, phrase: str) -> Text:
    """Which values of each parameter have the best average.

    The cells are those of one protocol and metric, averages included.
    """
    cells = cells.astype(dict.fromkeys(axes, "str"))
    own = _own_values(cells, axes)
    missing = int(own.isna().sum())
    if missing == len(own):
        return text(f"No cell has a value of {phrase}.")
    best = []
    for axis, other in (axes[::-1], axes):
        averages = cells[(cells[other] == AVERAGE) & (cells[axis] != AVERAGE)]
        averages = averages.dropna(subset="value")
        if len(averages) > 1:
            best.append(_best_average(averages[axis], averages["value"].astype("float64"), shown))
    said = text(f"By {phrase}, ", joined(", and ", best), ".") if best else ()
    lacking = wording.counted(missing, "cell has", "cells have")
    return spaced(said, f"{lacking} no value; averages are over the others." if missing else "")


def _best_average(parameter: pd.Series, values: pd.Series, shown: Metric) -> Text:
    """The values of a parameter with the best average, and how far the next ones lie behind."""
    order = values.sort_values(ascending=not shown.higher_is_better)
    # Averages of equal sums may differ in their last bit; that is no difference.
    behind = order[(order - order.iloc[0]).abs() > 1e-12 * abs(order.iloc[0])]

    def named(chosen: pd.Index) -> Text:
        found = [wording.plain(value) for value in parameter[parameter.index.isin(chosen)]]
        return bold(f"{parameter.name}\u00a0=\u00a0{wording.some(found)}")

    leaders = order.index.difference(behind.index)
    have = wording.agree(leaders.tolist(), "has", "share")
    said = text(named(leaders), f" {have} the best average, {shown.text(order.iloc[0])}")
    if behind.empty:
        return said
    next_ones = behind[(behind - behind.iloc[0]).abs() <= 1e-12 * abs(behind.iloc[0])].index
    return text(said, " (next: ", named(next_ones), f", {shown.text(behind.iloc[0])})")


def _own_values(cells: pd.DataFrame, axes: tuple[str, str]) -> pd.Series:
    """The values of the cells that are no averages."""
    return cells["value"][(cells[[*axes]] != AVERAGE).all(axis=1)].astype("float64")


def _matrix(
    context: TableContext, cells: pd.DataFrame, axes: tuple[str, str], shown: Metric
) -> Grid:
    rows, columns = axes
    values = _own_values(cells, axes)
    best = float(values.max() if shown.higher_is_better else values.min())
    found = {(row[rows], row[columns]): _cell(context, row, shown, best) for row in records(cells)}
    across = list(dict.fromkeys(cells[columns]))
    lines = [
        Row(
            (
                Cell(_heading(name), header=True),
                *(found.get((name, key), numeric(wording.EMPTY)) for key in across),
            ),
            summary=name == AVERAGE,
        )
        for name in dict.fromkeys(cells[rows])
    ]
    headings = (Column(_heading(key)) for key in across)
    return Grid(
        columns=(Column(f"{rows} ↓ {columns} →", number=False), *headings),
        rows=tuple(lines),
        spanning=context.heading(shown),
    )


def _heading(value: str) -> str:
    return "Average" if value == AVERAGE else value


def _cell(context: TableContext, row: Record, shown: Metric, best: float) -> Cell:
    value, variant = row["value"], row.get("variant")
    if variant is None:
        return numeric(shown.number(value))
    is_best = value == best
    tied = not is_best and row.get("tied_with_best")
    anchor = context.anchor(context.runs[0].experiment, str(variant))
    href = f"#{anchor}" if anchor else ""
    return Cell(shown.number(value), "", href, TIED if tied else "", number=True, best=is_best)
