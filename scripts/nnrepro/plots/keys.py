"""Keys beside a figure that has too many lines to label each at its end."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from nnrepro.plots.fitting import text_width
from nnrepro.plots.frame import Box, add_axes
from nnrepro.plots.lines import describe_ends
from nnrepro.plots.series import Series
from nnrepro.plots.style import INK, SMALL_SIZE, SOFT_INK, TINY_SIZE, SeriesStyle, grid_channels

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


def is_grid(series: Sequence[Series]) -> bool:
    """Whether every series is a pair of the channel grid, and the key has room for its numbers."""
    pairs = [grid_channels(each.key) for each in series]
    if not all(pairs):
        return False
    firsts, seconds = ({str(pair[i]) for pair in pairs if pair} for i in (0, 1))
    across = sum(text_width(number, TINY_SIZE) + _NUMBER_GAP for number in firsts)
    down = max(text_width(number, TINY_SIZE) for number in seconds)
    return across <= _GRID_WIDTH - _GRID_SIDE and down <= _GRID_SIDE - _GRID_NAME


def key_size(series: Sequence[Series], most: float) -> tuple[float, float]:
    """Width and height in inches that the key of these series takes, `most` being its room."""
    if is_grid(series):
        rows = len({pair[1] for each in series if (pair := grid_channels(each.key))})
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
    most: float,
    *,
    highlight: str | None = None,
) -> None:
    """Draw a key: for the channel grid in the grid's own shape, else as a list, best first.

    The channel grid has C1 across and C2 down; absent pairs stay empty, and the pairs that end
    highest are listed below.

    Args:
        fig: the figure.
        place: where; the key starts at its top left corner.
        series: the lines.
        styles: style by key.
        most: its room, as for `key_size`: words that had room there are not cut again.
        highlight: the key whose cell of the grid is framed, or None.
    """
    ax = add_axes(fig, place)
    ax.set_axis_off()
    ax.set_xlim(0, place.width)
    ax.set_ylim(-place.height, 0)
    ranked = sorted(series, key=lambda each: -(end[1] if (end := each.end()) else float("-inf")))
    last_epoch = _last_epoch(series)
    if not is_grid(series):
        _draw_list(ax, ranked, styles, last_epoch, most - _LIST_MARGINS, top=0.0)
        return
    foot = _draw_grid(ax, place, [each.key for each in series], styles, highlight)
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
    styles: Mapping[str, SeriesStyle],
    highlight: str | None,
) -> float:
    """Draw each pair's line sample at its place in the grid; return the depth of its foot."""
    pairs = {key: pair for key in keys if (pair := grid_channels(key))}
    firsts = sorted({c1 for c1, _ in pairs.values()})
    seconds = sorted({c2 for _, c2 in pairs.values()})
    wide = min(0.3, (place.width - _GRID_SIDE) / len(firsts))
    tall = min(0.22, (place.height - _GRID_HEAD - (_LEADERS + 1.5) * _ROW) / len(seconds))
    foot = _GRID_HEAD + tall * len(seconds)
    middle = _GRID_SIDE + wide * len(firsts) / 2
    ax.text(middle, -0.12, "channels C1", ha="center", fontsize=SMALL_SIZE)
    ax.text(0.0, -(_GRID_HEAD + foot) / 2, "C2", va="center", fontsize=SMALL_SIZE)
    small: dict[str, Any] = {"fontsize": TINY_SIZE, "color": SOFT_INK}
    for i, c1 in enumerate(firsts):
        x = _GRID_SIDE + (i + 0.5) * wide
        ax.text(x, -_GRID_HEAD + 0.07, str(c1), ha="center", **small)
    for j, c2 in enumerate(seconds):
        y = -_GRID_HEAD - (j + 0.5) * tall
        ax.text(_GRID_SIDE - 0.05, y, str(c2), ha="right", va="center", **small)
    for key, (c1, c2) in pairs.items():
        x = _GRID_SIDE + firsts.index(c1) * wide
        y = -_GRID_HEAD - (seconds.index(c2) + 0.5) * tall
        _sample(ax, x + 0.12 * wide, x + 0.88 * wide, y, styles[key])
        if key == highlight:
            frame = Rectangle((x, y - tall / 2), wide, tall, fill=False, edgecolor=INK)
            ax.add_patch(frame)
    return foot


def _sample(ax: Axes, left: float, right: float, y: float, style: SeriesStyle) -> None:
    ax.add_artist(
        Line2D([left, right], [y, y], color=style.color, linestyle=style.linestyle, linewidth=1.6)
    )
