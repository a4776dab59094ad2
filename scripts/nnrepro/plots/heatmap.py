"""A metric over two parameters, with row and column averages set apart from the cells."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from nnrepro.plots.frame import Box, LegendEntry, add_axes, start_figure, wrap_text
from nnrepro.plots.series import PlotDataError
from nnrepro.plots.style import FONT_SIZE, INK, SMALL_SIZE, SOFT_INK, styled

Cell = tuple[Any, Any]
"""A pair (column value, row value), such as the channels (C1, C2)."""

_COLORMAP = "YlGnBu"
_CELL_HEIGHT = 0.42
_MOST_CELL_WIDTH = 0.85
_GAP = 0.14
_LEFT, _BOTTOM, _TOP = 0.85, 0.1, 0.55
_BAR_ROOM = 1.05
_BAR_LINE = 0.15
_BEST_COLOR = "#D55E00"
_EMPTY: dict[str, Any] = {
    "ha": "center",
    "va": "center",
    "fontsize": SMALL_SIZE,
    "color": SOFT_INK,
}


@dataclass(frozen=True, eq=False)
class ParameterGrid:
    """A metric over every pair of two parameters' values.

    Attributes:
        rows: name of the parameter down the side, e.g. "c2".
        columns: name of the parameter across the top, e.g. "c1".
        cells: the metric, with row values as index and column values as columns; NaN for a
            missing run.
        column_means: the metric averaged over the rows, by column value.
        row_means: the metric averaged over the columns, by row value.
        mean: the average of all cells; None or NaN leaves the corner empty.
        best: the best pair as (column value, row value), or None.
        tied: pairs that cannot be told apart from the best, itself not among them.
        unasked: pairs that the study leaves out, whose cells are empty but not missing.
    """

    rows: str
    columns: str
    cells: pd.DataFrame
    column_means: pd.Series
    row_means: pd.Series
    mean: float | None = None
    best: Cell | None = None
    tied: Collection[Cell] = field(default_factory=tuple)
    unasked: Collection[Cell] = field(default_factory=tuple)

    def __post_init__(self) -> None:
        if self.cells.empty:
            raise PlotDataError("a heat map needs at least one cell")
        for name, means, wanted in (
            ("column_means", self.column_means, self.cells.columns),
            ("row_means", self.row_means, self.cells.index),
        ):
            if list(means.index) != list(wanted):
                raise PlotDataError(
                    f"heat map: {name} is for {list(means.index)}, the cells for {list(wanted)}"
                )
        for column, row in [*([self.best] if self.best else []), *self.tied]:
            if column not in self.cells.columns or row not in self.cells.index:
                raise PlotDataError(
                    f"heat map: the marked pair {self.columns} = {column}, "
                    f"{self.rows} = {row} is not in the grid"
                )


@styled
def heatmap(
    grid: ParameterGrid, *, metric: str, title: str = "", decimals: int = 3, tied: str = ""
) -> Figure:
    """Draw the grid, every value written in its cell.

    Args:
        grid: the values and marks.
        metric: label of the colour bar.
        title: title above the grid; none where empty.
        decimals: decimals of the written values.
        tied: how cells were found equal to the best, e.g. "paired difference, 95 %".

    Raises:
        PlotDataError: every cell is missing.
    """
    finite = grid.cells.to_numpy(dtype=float)
    finite = finite[np.isfinite(finite)]
    if not finite.size:
        raise PlotDataError("heat map: every run of the grid is missing")
    norm = Normalize(finite.min(), finite.max())
    rows, columns = grid.cells.shape
    body_height = _TOP + (rows + 1) * _CELL_HEIGHT + _GAP + _BOTTOM
    fig, body = start_figure(body_height, title, _legend(grid, tied))
    bar_height = (rows + 1) * _CELL_HEIGHT + _GAP
    bar_label = wrap_text(metric, FONT_SIZE, bar_height)
    room = body.width - _LEFT - _GAP - _BAR_ROOM - (len(bar_label) - 1) * _BAR_LINE
    wide = min(_MOST_CELL_WIDTH, room / (columns + 1))
    main = Box(
        _LEFT,
        body.bottom + _BOTTOM + _CELL_HEIGHT + _GAP,
        columns * wide,
        rows * _CELL_HEIGHT,
    )
    side = Box(main.left + main.width + _GAP, main.bottom, wide, main.height)
    foot = Box(main.left, body.bottom + _BOTTOM, main.width, _CELL_HEIGHT)
    corner = Box(side.left, foot.bottom, wide, _CELL_HEIGHT)
    form = f".{decimals}f"
    ax = _draw_block(fig, main, grid.cells, norm, form, unasked=grid.unasked)
    _label_cells(ax, grid)
    _draw_block(fig, side, grid.row_means.to_frame(), norm, form)
    _draw_block(fig, foot, grid.column_means.to_frame().T, norm, form)
    if grid.mean is not None and np.isfinite(grid.mean):
        _draw_block(fig, corner, pd.DataFrame([[grid.mean]]), norm, form)
    _label_means(ax, main, side, foot)
    bar_left = side.left + wide + 0.2
    bar = add_axes(fig, Box(bar_left, foot.bottom, 0.16, bar_height))
    _draw_bar(bar, norm, "\n".join(bar_label))
    return fig


def _draw_block(
    fig: Figure,
    place: Box,
    values: pd.DataFrame,
    norm: Normalize,
    form: str,
    *,
    unasked: Collection[Cell] = (),
) -> Axes:
    """Cells with their values, without axis labels."""
    ax = add_axes(fig, place)
    ax.grid(visible=False)
    sns.heatmap(
        values.astype(float),
        ax=ax,
        cmap=_COLORMAP,
        norm=norm,
        cbar=False,
        annot=True,
        fmt=form,
        annot_kws={"fontsize": FONT_SIZE},
        linewidths=0.8,
        linecolor="white",
        xticklabels=False,
        yticklabels=False,
    )
    ax.set(xlabel="", ylabel="")
    for i, j in np.argwhere(values.isna().to_numpy()):
        if (values.columns[j], values.index[i]) in unasked:
            ax.text(j + 0.5, i + 0.5, "not run", **_EMPTY)
            continue
        ax.add_patch(
            Rectangle((j, i), 1, 1, facecolor="white", edgecolor=SOFT_INK, hatch="///", lw=0.5)
        )
        ax.text(
            j + 0.5,
            i + 0.5,
            "missing",
            **_EMPTY,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
        )
    return ax


def _label_cells(ax: Axes, grid: ParameterGrid) -> None:
    """Parameter values along the top and left, and the marks of best and tied cells."""
    columns: list[Any] = [*grid.cells.columns]
    rows: list[Any] = [*grid.cells.index]
    ax.xaxis.tick_top()
    ax.xaxis.set_label_position("top")
    ax.set_xticks(np.arange(len(columns)) + 0.5, [str(value) for value in columns])
    ax.set_yticks(np.arange(len(rows)) + 0.5, [str(value) for value in rows], rotation=0)
    ax.tick_params(length=0, labelsize=FONT_SIZE)
    ax.set_xlabel(grid.columns, fontsize=FONT_SIZE, labelpad=6)
    ax.set_ylabel(grid.rows, fontsize=FONT_SIZE, labelpad=6)
    for column, row in grid.tied:
        ax.add_patch(_mark(columns.index(column), rows.index(row), tied=True))
    if grid.best is not None:
        column, row = grid.best
        ax.add_patch(_mark(columns.index(column), rows.index(row), tied=False))


def _mark(column: int, row: int, tied: bool) -> Rectangle:
    """A frame inside a cell: thick for the best, thin and dashed for those tied with it."""
    inset = 0.06
    return Rectangle(
        (column + inset, row + inset),
        1 - 2 * inset,
        1 - 2 * inset,
        fill=False,
        edgecolor=_BEST_COLOR,
        linewidth=1.3 if tied else 2.6,
        linestyle=(0, (2.0, 1.4)) if tied else "solid",
    )


def _legend(grid: ParameterGrid, tied: str) -> list[LegendEntry]:
    entries = []
    if grid.best is not None:
        column, row = grid.best
        best = f"best: {grid.columns} = {column}, {grid.rows} = {row}"
        entries.append(LegendEntry(_mark(0, 0, tied=False), best))
    if grid.tied:
        how = f" ({tied})" if tied else ""
        what = "the best" if grid.best is None else "it"
        entries.append(
            LegendEntry(_mark(0, 0, tied=True), f"cannot be told apart from {what}{how}")
        )
    return entries


def _label_means(ax: Axes, main: Box, side: Box, foot: Box) -> None:
    """Name the blocks of averages where the cells have their parameter values."""
    ax.text(
        (side.left + side.width / 2 - main.left) / main.width,
        1 + 0.05 / main.height,
        "mean",
        transform=ax.transAxes,
        ha="center",
        va="bottom",
        color=INK,
    )
    ax.text(
        -0.06 / main.width,
        (foot.bottom + foot.height / 2 - main.bottom) / main.height,
        "mean",
        transform=ax.transAxes,
        ha="right",
        va="center",
        color=INK,
    )


def _draw_bar(ax: Axes, norm: Normalize, metric: str) -> None:
    """A colour bar as tall as cells and averages together."""
    bar = ax.figure.colorbar(ScalarMappable(norm, _COLORMAP), cax=ax)
    bar.outline.set_linewidth(0.5)
    ax.grid(visible=False)
    ax.set_ylabel(metric, fontsize=FONT_SIZE)
