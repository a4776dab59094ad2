"""Cross tables: a metric over two parameters, with the averages of rows and columns."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from nnrepro.measures.names import without_window
from nnrepro.tables.columns import (
    PRIMARY,
    floats,
    metric_name,
    metric_of,
    metric_values,
    require_column,
    standings_by,
)
from nnrepro.tables.csvfile import TableError, tidy_types

AVERAGE = "average"
"""Stands for the rows or columns that are averaged over."""


def cross_table(
    variants: pd.DataFrame,
    *,
    rows: str,
    columns: str,
    metrics: Sequence[str],
    test_set: str = PRIMARY,
    selection: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Metrics over two parameters, in long form.

    Args:
        variants: rows of the variants table; per protocol at most one for each pair of parameters.
        rows: parameter of the rows.
        columns: parameter of the columns.
        metrics: metrics to tabulate.
        test_set: `comparison` takes the larger test set for the variants that have one.
        selection: the metric by which each protocol selects.

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
    for protocol in dict.fromkeys(variants["protocol"]):
        here = variants[variants["protocol"] == protocol]
        for metric in dict.fromkeys(metric_of(name, protocol, selection) for name in metrics):
            common = {"protocol": protocol, "metric": metric_name(variants, metric)}
            cells = _cells(here, rows, columns, metric, test_set)
            parts += [common | cell for cell in (*cells, *_averages(cells, rows, columns))]
    return tidy_types(pd.DataFrame(parts))


def cross_matrix(table: pd.DataFrame, metric: str, protocol: str | None = None) -> pd.DataFrame:
    """One metric of a cross table as a matrix, averages last.

    Args:
        table: a cross table.
        metric: a metric in it, or the `last_window_` name of one.
        protocol: which protocol's; may be left out when there is only one.

    Returns:
        Values, with the rows' parameter as index and the columns' parameter as columns.

    Raises:
        TableError: the table has not exactly one such matrix.
    """
    here = table if protocol is None else table[table["protocol"] == protocol]
    found = [
        name for name in dict.fromkeys(here["metric"]) if metric in (name, without_window(name)[0])
    ]
    if len(found) != 1 or here["protocol"].nunique() != 1:
        raise TableError(
            f"the cross table has {len(found)} metrics '{metric}' of "
            f"{here['protocol'].nunique()} protocols, expected one of one"
        )
    here = here[here["metric"] == found[0]]
    names = list(here.columns)
    rows, columns = names[names.index("metric") + 1 : names.index("variant")]
    matrix = here.pivot(index=rows, columns=columns, values="value")
    order = list(dict.fromkeys(here[rows])), list(dict.fromkeys(here[columns]))
    return matrix.reindex(index=order[0], columns=order[1])


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
