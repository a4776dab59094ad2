"""Keys beside a figure that has too many lines to label each at its end."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from nnrepro.plots.fitting import cut_text, text_width
from nnrepro.plots.frame import Box, add_axes
from nnrepro.plots.lines import describe_ends
from nnrepro.plots.series import Series
from nnrepro.plots.style import INK, SMALL_SIZE, SOFT_INK, TINY_SIZE, Grid, SeriesStyle

_ROW = 0.17
_SAMPLE = 0.3
_LIST_MARGINS = _SAMPLE + 0.25
_LIST_TEXT = _SAMPLE + 0.12
_GRID_WIDTH = 1.95
_GRID_HEAD = 0.38
_GRID_SIDE = 0.44
_GRID_NAME = 0.2
_NUMBER_GAP = 0.03
_LEADERS = 5


def shown_grid(series: Sequence[Series], grid: Grid | None) -> Grid | None:
    """The grid, where every series lies on it and the key has room for its numbers."""
    keys = [each.key for each in series]
    if grid is None or not set(keys) <= set(grid.pairs):
        return None
    firsts, seconds = (map(str, grid.axis(which, keys)) for which in (0, 1))
    across = sum(text_width(number, TINY_SIZE) + _NUMBER_GAP for number in firsts)
    down = max(text_width(number, TINY_SIZE) for number in seconds)
    fits = across <= _GRID_WIDTH - _GRID_SIDE and down <= _GRID_SIDE - _GRID_NAME
    return grid if fits else None


def key_size(series: Sequence[Series], most: float, grid: Grid | None) -> tuple[float, float]:
    """Width and height in inches that the key of these series takes.

    Args:
        series: the lines.
        most: room for its words.
        grid: the grid that they lie on, as `shown_grid` gives it.
    """
    if grid is not None:
        rows = len(grid.axis(1, [each.key for each in series]))
        return _GRID_WIDTH, _GRID_HEAD + 0.16 * rows + (_LEADERS + 1.5) * _ROW
    last_epoch = _last_epoch(series)
    words = describe_ends(series, last_epoch, SMALL_SIZE, most - _LIST_MARGINS)
    widest = max(text_width(text, SMALL_SIZE) for text in words)
    return widest + _LIST_MARGINS, len(series) * _ROW


def draw_key(
    fig: Figure,
    place: Box,
    series: Sequence[Series],
    styles: Mapping[str, SeriesStyle],
    *,
    most: float,
    grid: Grid | None = None,
    highlight: str | None = None,
) -> None:
    """Draw a key: for a grid in the grid's own shape, else as a list, best first.

    A grid has its first parameter across and its second down; absent pairs stay empty, and the
    pairs that end highest are listed below.

    Args:
        fig: the figure.
        place: where; the key starts at its top left corner.
        series: the lines.
        styles: style by key.
        most: its room, as for `key_size`: words that had room there are not cut again.
        grid: as for `key_size`.
        highlight: the key whose cell of the grid is framed, or None.
    """
    ax = add_axes(fig, place)
    ax.set_axis_off()
    ax.set_xlim(0, place.width)
    ax.set_ylim(-place.height, 0)
    ranked = sorted(series, key=lambda each: -(end[1] if (end := each.end()) else float("-inf")))
    last_epoch = _last_epoch(series)
    if grid is None:
        _draw_list(ax, ranked, styles, last_epoch, most - _LIST_MARGINS, top=0.0)
        return
    foot = _draw_grid(ax, place, [each.key for each in series], grid, styles, highlight=highlight)
    leaders = ranked[:_LEADERS]
    ax.text(0.05, -foot - 0.24, f"highest {len(leaders)} at the end:", fontsize=SMALL_SIZE)
    _draw_list(ax, leaders, styles, last_epoch, place.width - _LIST_TEXT, top=foot + 0.3)


def _last_epoch(series: Sequence[Series]) -> float:
    return max(float(each.epochs[-1]) for each in series)


def _draw_list(
    ax: Axes,
    ranked: Sequence[Series],
    styles: Mapping[str, SeriesStyle],
    last_epoch: float,
    width: float,
    *,
    top: float,
) -> None:
    """A line sample, name and end value of each series, from `top` inches downwards.

    Names and values take `width` inches at most.
    """
    words = describe_ends(ranked, last_epoch, SMALL_SIZE, width)
    for i, (each, text) in enumerate(zip(ranked, words, strict=True)):
        y = -top - (i + 0.5) * _ROW
        _sample(ax, 0.05, 0.05 + _SAMPLE, y, styles[each.key])
        ax.text(
            _LIST_TEXT,
            y,
            text,
            va="center_baseline",
            fontsize=SMALL_SIZE,
        )


def _draw_grid(
    ax: Axes,
    place: Box,
    keys: Sequence[str],
    grid: Grid,
    styles: Mapping[str, SeriesStyle],
    *,
    highlight: str | None,
) -> float:
    """Draw each pair's line sample at its place in the grid; return the depth of its foot."""
    firsts, seconds = (grid.axis(which, keys) for which in (0, 1))
    wide = min(0.3, (place.width - _GRID_SIDE) / len(firsts))
    tall = min(0.22, (place.height - _GRID_HEAD - (_LEADERS + 1.5) * _ROW) / len(seconds))
    foot = _GRID_HEAD + tall * len(seconds)
    middle = _GRID_SIDE + wide * len(firsts) / 2
    across = cut_text(grid.parameters[0], SMALL_SIZE, 2 * min(middle, place.width - middle))
    ax.text(middle, -0.12, across, ha="center", fontsize=SMALL_SIZE)
    upright = text_width(grid.parameters[1], SMALL_SIZE) > _GRID_NAME
    down = cut_text(grid.parameters[1], SMALL_SIZE, foot - _GRID_HEAD if upright else _GRID_NAME)
    turn = 90 if upright else 0
    ax.text(0.0, -(_GRID_HEAD + foot) / 2, down, va="center", fontsize=SMALL_SIZE, rotation=turn)
    small: dict[str, Any] = {"fontsize": TINY_SIZE, "color": SOFT_INK}
    for i, value in enumerate(firsts):
        x = _GRID_SIDE + (i + 0.5) * wide
        ax.text(x, -_GRID_HEAD + 0.07, str(value), ha="center", **small)
    for j, value in enumerate(seconds):
        y = -_GRID_HEAD - (j + 0.5) * tall
        ax.text(_GRID_SIDE - 0.05, y, str(value), ha="right", va="center", **small)
    for key in keys:
        first, second = grid.pairs[key]
        x = _GRID_SIDE + firsts.index(first) * wide
        y = -_GRID_HEAD - (seconds.index(second) + 0.5) * tall
        _sample(ax, x + 0.12 * wide, x + 0.88 * wide, y, styles[key])
        if key == highlight:
            frame = Rectangle((x, y - tall / 2), wide, tall, fill=False, edgecolor=INK)
            ax.add_patch(frame)
    return foot


def _sample(ax: Axes, left: float, right: float, y: float, style: SeriesStyle) -> None:
    ax.add_artist(
        Line2D([left, right], [y, y], color=style.color, linestyle=style.linestyle, linewidth=1.6)
    )
