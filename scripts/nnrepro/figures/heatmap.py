"""Figures of kind `heatmap`: a metric over two parameters, averages set apart from the cells.

Where numbers were printed of the cells, three maps stand beside each other: printed, reproduced,
and their difference.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from nnrepro.figures.asked import Asked
from nnrepro.figures.drawing import NO_METRIC, Drawing, NothingToDraw
from nnrepro.measures.names import lower_is_better
from nnrepro.plots.fitting import cut_text, fit_labels, text_width, wrap_text
from nnrepro.plots.frame import Box, LegendEntry, add_axes, place_text, start_figure
from nnrepro.plots.metric_words import metric_phrase, metric_words
from nnrepro.plots.series import FloatArray, as_floats, format_value
from nnrepro.plots.style import (
    FONT_SIZE,
    INK,
    SMALL_SIZE,
    SOFT_INK,
    TINY_SIZE,
    is_narrow,
    page_width,
    styled,
)
from nnrepro.published.comparison import printed_values
from nnrepro.study.kinds import figure
from nnrepro.study.options import Metric, Swept
from nnrepro.tables.columns import floats, metric_values, rows_of
from nnrepro.tables.cross import AVERAGE, cross_matrix
from nnrepro.tables.cross import cross as cross_table

READING = (
    "The best cell has a thick frame; those with a thin dashed one cannot be told apart from it."
)

Cell = tuple[Any, Any]
"""A pair (column value, row value)."""

Levels = tuple[FloatArray, FloatArray]
"""Values, and differences from printed ones, that are to have the same colours; NaN for none."""

_ALONE: Levels = (np.empty(0), np.empty(0))

_COLORMAP, _DIFFERENCES = "YlGnBu", "PuOr"
_CELL_HEIGHT = 0.42
_MOST_CELL_WIDTH = 0.85
_GAP = 0.14
_LEFT, _BOTTOM, _TOP = 0.85, 0.1, 0.55
_BAR_ROOM = 1.05
_BAR_LINE = 0.15
_TICK_GAP = 0.06
_AXIS_NAME = 0.42
_LONGEST_TICK = 1.4
_LEAST_CELL = 0.13
_HEADING, _FOOT, _BAR = 0.22, 0.87, 0.12
_UNWRITTEN = "Cells too narrow for their numbers show colours alone; the table has the numbers."
_BEST_COLOR = "#D55E00"
_EMPTY: dict[str, Any] = {
    "ha": "center",
    "va": "center",
    "fontsize": SMALL_SIZE,
    "color": SOFT_INK,
}


@figure(reading=READING)
def heatmap(
    figure: Asked,
    variants: pd.DataFrame,
    published: pd.DataFrame | None,
    *,
    metric: Metric,
    rows: Swept,
    columns: Swept,
) -> Iterator[Drawing]:
    """A metric over the grid of two parameters: with averages, or beside printed numbers.

    Protocols that show the same metric have the same colours for the same values.
    """
    others = _others(figure, variants, published, metric)
    table, metric = rows_of(variants, figure.runs), figure.metric(metric)
    if not np.isfinite(floats(metric_values(table, metric))).any():
        raise NothingToDraw(NO_METRIC)
    selected = figure.selected(figure.runs)
    grid = _grid(table, rows, columns, metric, None if selected is None else selected.variant)
    printed = _printed(table, grid, printed_values(published, figure.protocol, metric))
    shown = f"{metric_phrase(metric)}, {rows} down and {columns} across"
    what = f"Heat map of {shown}, with averages"
    if beside := (printed - grid.cells).notna().to_numpy().sum() > 1:
        what = f"Heat maps of {shown}: as printed, as reproduced, and the difference"
    yield Drawing(
        figure.name,
        partial(
            draw_beside if beside else draw,
            *((printed, grid) if beside else (grid,)),
            metric=metric_words(table, metric),
            title=figure.titled(figure.spec.title),
            tied="95 %, multiple comparisons with the best",
            others=others,
        ),
        figure.runs,
        figure.alt(what, figure.runs),
        compared=True,
    )


@dataclass(frozen=True, eq=False)
class ParameterGrid:
    """A metric over every pair of two parameters' values.

    Attributes:
        rows: name of the parameter down the side.
        columns: name of the parameter across the top.
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
    tied: Collection[Cell] = ()
    unasked: Collection[Cell] = ()

    def __post_init__(self) -> None:
        for name in ("cells", "column_means", "row_means"):
            values: pd.DataFrame | pd.Series = getattr(self, name)
            drawn = values.astype(float).copy()
            drawn[:] = as_floats(drawn)
            object.__setattr__(self, name, drawn)


def _grid(
    table: pd.DataFrame, rows: str, columns: str, metric: str, selected: str | None
) -> ParameterGrid:
    """The metric over two parameters, with the best pair and those that equal it."""
    cross = cross_table(table, lambda _: metric, rows=rows, columns=columns, metrics=[metric])
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


def _others(
    figure: Asked, variants: pd.DataFrame, published: pd.DataFrame | None, metric: str
) -> Levels:
    """What the figures of other protocols show of the same metric."""
    own = figure.metric(metric)
    levels: list[FloatArray] = [np.empty(0)]
    differences: list[FloatArray] = [np.empty(0)]
    for protocol in figure.study.protocols:
        other = replace(figure, protocol=protocol)
        if protocol == figure.protocol or other.metric(metric) != own:
            continue
        given = printed_values(published, protocol, own)
        names = variants["experiment"] + "/" + variants["variant"]
        asked = {f"{run.experiment}/{run.variant}" for run in other.runs}
        table = variants[variants["protocol"].eq(protocol) & names.isin(asked)]
        shown = as_floats(floats(metric_values(table, own)))
        printed = as_floats(names[table.index].map(given).astype("float64"))
        levels += [shown, printed]
        differences.append(shown - printed)
    return np.concatenate(levels), np.concatenate(differences)


def _printed(table: pd.DataFrame, grid: ParameterGrid, values: dict[str, float]) -> pd.DataFrame:
    """The printed numbers in the order of the cells; NaN where none was printed."""
    printed = pd.DataFrame(np.nan, grid.cells.index, grid.cells.columns)
    for row in table.to_dict("records"):
        value = values.get(f"{row['experiment']}/{row['variant']}", np.nan)
        printed.loc[row[grid.rows], row[grid.columns]] = value
    return printed


def _best(cells: pd.DataFrame, metric: str, selected: str | None) -> int:
    """Position of the cell with the best value; among equals the selected one, else the first."""
    values = as_floats(floats(cells["value"]))
    best = np.nanmin(values) if lower_is_better(metric) else np.nanmax(values)
    equal = np.flatnonzero(values == best)
    chosen = np.flatnonzero((cells["variant"] == selected).fillna(False))
    return int(next((i for i in equal if i in chosen), equal[0]))


def _where(pairs: Iterable[Cell], marks: Iterable[bool]) -> list[Cell]:
    return [pair for pair, marked in zip(pairs, marks, strict=True) if marked]


@styled
def draw(
    grid: ParameterGrid,
    *,
    metric: str,
    title: str = "",
    tied: str = "",
    others: Levels = _ALONE,
) -> Figure:
    """The grid, every value written in its cell.

    `metric` is the label of the colour bar, `tied` how cells were found equal to the best, and
    `others` what other figures show in the same colours.
    """
    levels = np.concatenate([np.ravel(grid.cells.to_numpy(dtype=float)), others[0]])
    norm = Normalize(np.nanmin(levels), np.nanmax(levels))
    rows, columns = grid.cells.shape
    bar_height = (rows + 1) * _CELL_HEIGHT + _GAP
    bar_label = wrap_text(metric, FONT_SIZE, bar_height)
    ticks = _ticks(grid)
    widest_row, widest_column = (
        max(text_width(word, FONT_SIZE) for word in words) for words in ticks
    )
    left = max(_LEFT, widest_row + _AXIS_NAME)
    narrow = is_narrow()
    bar_room = _GAP if narrow else _BAR_ROOM + (len(bar_label) - 1) * _BAR_LINE
    room = page_width() - left - _GAP - bar_room
    wide = min(_MOST_CELL_WIDTH, room / (columns + 1))
    upright = widest_column + _TICK_GAP > wide
    top = max(_TOP, widest_column + _AXIS_NAME) if upright else _TOP
    text_size = _text_size((grid.cells, grid.row_means, grid.column_means), wide)
    bottom = _FOOT if narrow else _BOTTOM
    fig, body = start_figure(
        top + bar_height + bottom,
        title,
        _legend(grid, tied),
        [] if text_size else [_UNWRITTEN],
    )
    main = Box(
        left,
        body.bottom + bottom + _CELL_HEIGHT + _GAP,
        columns * wide,
        rows * _CELL_HEIGHT,
    )
    side = Box(main.left + main.width + _GAP, main.bottom, wide, main.height)
    foot = Box(main.left, body.bottom + bottom, main.width, _CELL_HEIGHT)
    corner = Box(side.left, foot.bottom, wide, _CELL_HEIGHT)
    form = _Form(norm, text_size, wide)
    ax = _draw_block(fig, main, grid.cells, form, unasked=grid.unasked)
    _label_cells(ax, grid, ticks, main, upright=upright, across=2 * main.left + main.width)
    _draw_block(fig, side, grid.row_means.to_frame(), form)
    _draw_block(fig, foot, grid.column_means.to_frame().T, form)
    if grid.mean is not None and np.isfinite(grid.mean):
        _draw_block(fig, corner, pd.DataFrame([[grid.mean]]), form)
    _label_means(ax, main, side, foot, upright=upright)
    colors = ScalarMappable(norm, _COLORMAP)
    if narrow:
        _draw_flat_bar(fig, Box(left, foot.bottom - _GAP - _BAR, main.width, _BAR), colors, metric)
        return fig
    bar = add_axes(fig, Box(side.left + wide + 0.2, foot.bottom, 0.16, bar_height))
    _draw_bar(bar, colors, "\n".join(bar_label))
    return fig


@styled
def draw_beside(
    printed: pd.DataFrame,
    grid: ParameterGrid,
    *,
    metric: str,
    title: str = "",
    tied: str = "",
    others: Levels = _ALONE,
) -> Figure:
    """The printed and the reproduced grid in the same colours, and reproduced minus printed.

    They stand beside each other, on a narrow page below each other.

    Args:
        printed: the printed numbers, in the order of the cells; NaN for none.
        grid: the reproduced ones; the averages of rows and columns are not drawn.
        metric: label of the colour bar.
        title: title above all.
        tied: how cells were found equal to the best.
        others: what other figures show in the same colours.
    """
    difference = grid.cells - printed
    levels, spread = (
        np.concatenate([np.ravel(part) for part in parts])
        for parts in ((printed, grid.cells, others[0]), (difference, others[1]))
    )
    largest = np.nanmax(np.abs(spread)) or 1.0
    norms = (Normalize(np.nanmin(levels), np.nanmax(levels)), Normalize(-largest, largest))
    rows, columns = grid.cells.shape
    ticks = _ticks(grid)
    widest_row, widest_column = (
        max(text_width(word, FONT_SIZE) for word in words) for words in ticks
    )
    left = max(_LEFT, widest_row + _AXIS_NAME)
    narrow = is_narrow()
    room = page_width() - left - 3 * _GAP
    wide = min(_MOST_CELL_WIDTH, room / columns / (1 if narrow else 3))
    upright = widest_column + _TICK_GAP > wide
    top = (max(_TOP, widest_column + _AXIS_NAME) if upright else _TOP) + _HEADING
    height = rows * _CELL_HEIGHT
    text_size = _text_size((printed, grid.cells, difference), wide)
    unwritten = [] if text_size else [_UNWRITTEN]
    each = top + height + _FOOT
    whole = 3 * each if narrow else each
    fig, body = start_figure(whole, title, _legend(grid, tied), unwritten)
    maps = {"printed": printed, "reproduced": grid.cells, "difference": difference}
    bars = []
    for number, (name, cells) in enumerate(maps.items()):
        across, up = (0, 2 - number) if narrow else (number, 0)
        foot = body.bottom + up * each + _FOOT
        box = Box(left + across * (columns * wide + _GAP), foot, columns * wide, height)
        form = _Form(norms[number == 2], text_size, wide, (_COLORMAP, _DIFFERENCES)[number == 2])
        empty = "" if number == 1 else "none"
        ax = _draw_block(fig, box, cells, form, unasked=grid.unasked, empty=empty)
        marked = grid if number == 1 else replace(grid, best=None, tied=())
        _label_cells(ax, marked, ticks, box, upright=upright, across=box.width)
        if across:
            ax.set(ylabel="", yticks=[])
        words = f"{name}, mean {format_value(np.nanmean(cells.to_numpy()))}"
        heading = words if text_width(words, FONT_SIZE) <= box.width else name
        place_text(fig, box.left, foot + height + top - _HEADING, heading, SMALL_SIZE)
        bars.append(replace(box, bottom=foot - _GAP - _BAR, height=_BAR))
    if not narrow:  # printed and reproduced share theirs
        bars[:2] = [replace(bars[0], width=2 * bars[0].width + _GAP)]
    for number, bar in enumerate(bars):
        last = number == len(bars) - 1
        colors = ScalarMappable(norms[last], (_COLORMAP, _DIFFERENCES)[last])
        _draw_flat_bar(fig, bar, colors, "difference" if last else metric)
    return fig


def _ticks(grid: ParameterGrid) -> list[list[str]]:
    """The values of the rows and of the columns as they are written."""
    return [
        fit_labels([str(value) for value in values], FONT_SIZE, _LONGEST_TICK)
        for values in (grid.cells.index, grid.cells.columns)
    ]


def _text_size(parts: Iterable[pd.DataFrame | pd.Series], wide: float) -> float | None:
    """Font size at which every number fits its cell; None where none does."""
    numbers = np.concatenate([np.ravel(part.to_numpy()) for part in parts])
    words = [format_value(number) for number in numbers[np.isfinite(numbers)]]
    for size in (FONT_SIZE, SMALL_SIZE, TINY_SIZE):
        if max(text_width(word, size) for word in words) <= wide:
            return size
    return None


@dataclass(frozen=True)
class _Form:
    """How cells look: colours, size of the numbers (None: not written), inches across."""

    norm: Normalize
    text_size: float | None
    width: float
    colors: str = _COLORMAP


def _draw_block(
    fig: Figure,
    place: Box,
    values: pd.DataFrame,
    form: _Form,
    *,
    unasked: Collection[Cell] = (),
    empty: str = "",
) -> Axes:
    """Cells with their values, without axis labels; `empty` is said of those without one."""
    ax = add_axes(fig, place)
    ax.grid(visible=False)
    sns.heatmap(
        values.astype(float),
        ax=ax,
        cmap=form.colors,
        norm=form.norm,
        cbar=False,
        annot=values.map(format_value) if form.text_size else None,
        fmt="",
        annot_kws={"fontsize": form.text_size},
        linewidths=0.8,
        linecolor="white",
        xticklabels=False,
        yticklabels=False,
    )
    ax.set(xlabel="", ylabel="")
    for i, j in np.argwhere(values.isna().to_numpy()):
        if empty or (values.columns[j], values.index[i]) in unasked:
            _say_empty(ax, i, j, empty or "not run", form)
            continue
        ax.add_patch(
            Rectangle((j, i), 1, 1, facecolor="white", edgecolor=SOFT_INK, hatch="///", lw=0.5)
        )
        ground = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
        _say_empty(ax, i, j, "missing", form, bbox=ground)
    return ax


def _say_empty(ax: Axes, row: int, column: int, words: str, form: _Form, **style: Any) -> None:
    """Say in an empty cell why it is, where there is room."""
    if text_width(words, SMALL_SIZE) <= form.width:
        ax.text(column + 0.5, row + 0.5, words, **_EMPTY, **style)


def _label_cells(
    ax: Axes,
    grid: ParameterGrid,
    ticks: Sequence[Sequence[str]],
    place: Box,
    *,
    upright: bool,
    across: float,
) -> None:
    """Parameter values along the top and left, and the marks of best and tied cells.

    The name of the columns has `across` inches.
    """
    columns: list[Any] = [*grid.cells.columns]
    rows: list[Any] = [*grid.cells.index]
    ax.xaxis.tick_top()
    ax.xaxis.set_label_position("top")
    # Of columns narrower than a line of text every so many are named.
    step = max(1, math.ceil(_LEAST_CELL * len(columns) / place.width))
    ax.set_xticks(
        np.arange(len(columns))[::step] + 0.5,
        ticks[1][::step],
        rotation=90 if upright else 0,
    )
    ax.set_yticks(np.arange(len(rows)) + 0.5, ticks[0], rotation=0)
    ax.tick_params(length=0, labelsize=FONT_SIZE)
    ax.set_xlabel(cut_text(grid.columns, FONT_SIZE, across), fontsize=FONT_SIZE, labelpad=6)
    down = place.height + 2 * _CELL_HEIGHT
    ax.set_ylabel(cut_text(grid.rows, FONT_SIZE, down), fontsize=FONT_SIZE, labelpad=6)
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


def _label_means(ax: Axes, main: Box, side: Box, foot: Box, *, upright: bool) -> None:
    """Name the blocks of averages where the cells have their parameter values."""
    ax.text(
        (side.left + side.width / 2 - main.left) / main.width,
        1 + 0.05 / main.height,
        "mean",
        transform=ax.transAxes,
        ha="center",
        va="bottom",
        rotation=90 if upright else 0,
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


def _draw_bar(ax: Axes, colors: ScalarMappable, metric: str) -> None:
    """A colour bar, named beside it."""
    bar = ax.figure.colorbar(colors, cax=ax)
    bar.outline.set_linewidth(0.5)
    ax.grid(visible=False)
    ax.set_ylabel(metric, fontsize=FONT_SIZE)


def _draw_flat_bar(fig: Figure, place: Box, colors: ScalarMappable, metric: str) -> None:
    """A colour bar that lies below what it explains, with its ends written and its name."""
    ax = add_axes(fig, place)
    fig.colorbar(colors, cax=ax, orientation="horizontal").outline.set_linewidth(0.5)
    ax.grid(visible=False)
    ends = ax.get_xlim()
    ax.set_xticks(ends, map(format_value, ends))
    first, last = ax.get_xticklabels()
    first.set_horizontalalignment("left")
    last.set_horizontalalignment("right")
    lines = wrap_text(metric, FONT_SIZE, place.width, most=2)
    ax.set_xlabel("\n".join(lines), fontsize=FONT_SIZE)
