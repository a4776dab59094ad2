"""Heat maps, from the variants table."""

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from nnrepro.analysis.metrics import lower_is_better
from nnrepro.plots.drawing import Drawing, ProtocolFigures
from nnrepro.plots.heatmap import Cell, ParameterGrid, heatmap
from nnrepro.plots.metric_words import chosen_metric, metric_words
from nnrepro.plots.series import as_floats
from nnrepro.study import FigureSpec
from nnrepro.tables.columns import floats, metric_values, rows_of
from nnrepro.tables.cross import AVERAGE, cross_matrix
from nnrepro.tables.cross import cross as cross_table


def heatmap_drawings(figures: ProtocolFigures, variants: pd.DataFrame) -> Iterator[Drawing]:
    """A metric over the grid of two parameters, with averages and the best cell.

    A spec of which no run has the metric gives no figure.
    """
    for spec, runs in figures.specs("heatmap"):
        table = rows_of(variants, runs)
        metric = chosen_metric(figures, spec.options["metric"])
        if not np.isfinite(floats(metric_values(table, metric))).any():
            continue
        selected = figures.selected(runs)
        figure = heatmap(
            _grid(table, spec, metric, None if selected is None else selected.variant),
            metric=metric_words(table, metric),
            title=figures.titled(spec.title),
            tied="95 %, multiple comparisons with the best",
        )
        yield Drawing(spec.name, figure, runs)


def _grid(
    table: pd.DataFrame, spec: FigureSpec, metric: str, selected: str | None
) -> ParameterGrid:
    """The metric over two parameters, with the best pair and those that equal it."""
    rows, columns = spec.options["rows"], spec.options["columns"]
    cross = cross_table(table, {}, rows=rows, columns=columns, metrics=[metric])
    matrix = cross_matrix(cross)
    inside = cross[(cross[rows] != AVERAGE) & (cross[columns] != AVERAGE)]
    pairs = list(inside[[columns, rows]].itertuples(index=False, name=None))
    best = pairs[_best(inside, metric, selected)]
    is_tied = inside["tied_with_best"].fillna(False).astype(bool)
    return ParameterGrid(
        rows=rows,
        columns=columns,
        cells=matrix.drop(index=AVERAGE, columns=AVERAGE),
        column_means=matrix.T[AVERAGE].drop(AVERAGE),
        row_means=matrix[AVERAGE].drop(AVERAGE),
        mean=float(matrix[AVERAGE][AVERAGE]),
        best=best,
        tied=[pair for pair in _where(pairs, is_tied) if pair != best],
        unasked=_where(pairs, inside["variant"].isna()),
    )


def _best(cells: pd.DataFrame, metric: str, selected: str | None) -> int:
    """Position of the cell with the best value; among equals the selected one, else the first."""
    values = as_floats(floats(cells["value"]))
    best = np.nanmin(values) if lower_is_better(metric) else np.nanmax(values)
    equal = np.flatnonzero(values == best)
    chosen = np.flatnonzero((cells["variant"] == selected).fillna(False))
    return int(next((i for i in equal if i in chosen), equal[0]))


def _where(pairs: Iterable[Cell], marks: Iterable[bool]) -> list[Cell]:
    return [pair for pair, marked in zip(pairs, marks, strict=True) if marked]
