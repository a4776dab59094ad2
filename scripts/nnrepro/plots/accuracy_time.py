"""Variants by accuracy, with the seconds that their training took beside it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from nnrepro.plots.frame import Box, add_axes, start_figure, text_width
from nnrepro.plots.series import PlotDataError
from nnrepro.plots.style import (
    FONT_SIZE,
    SMALL_SIZE,
    SOFT_INK,
    SeriesStyle,
    styled,
    text_color,
)

_ROW = 0.27
_FOOT = 0.46
_GAP = 0.25
_VALUE_ROOM = 0.62


@dataclass(frozen=True)
class AccuracyTime:
    """One variant's accuracy and training time.

    Attributes:
        key: variant name; decides the style.
        label: short human name.
        accuracy: as a fraction; None where the run is missing.
        low: lower end of the interval; None without one.
        high: upper end of the interval; given exactly when `low` is.
        seconds: training time; None where it is not known.
    """

    key: str
    label: str
    accuracy: float | None
    low: float | None = None
    high: float | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        if (self.low is None) != (self.high is None):
            raise PlotDataError(f"{self.key}: an interval needs both `low` and `high`")


@styled
def accuracy_time(
    rows: Sequence[AccuracyTime],
    styles: Mapping[str, SeriesStyle],
    *,
    metric: str = "Test accuracy",
    interval: str = "",
    title: str = "",
    ordered: bool = True,
) -> Figure:
    """Draw accuracies with their intervals as dots, and seconds of training as bars beside them.

    Args:
        rows: the variants.
        styles: style by key, from `series_styles` of the whole study.
        metric: axis label of the accuracies.
        interval: what the intervals are, e.g. "95 % interval, 5 seeds".
        title: title above the panels; none where empty.
        ordered: highest accuracy at the top; otherwise the order of `rows`.

    Raises:
        PlotDataError: no rows, a row without a style, or an interval that is not explained.
    """
    if not rows:
        raise PlotDataError("a comparison of accuracy and time needs at least one variant")
    unstyled = [row.key for row in rows if row.key not in styles]
    if unstyled:
        raise PlotDataError(
            f"no style for {', '.join(unstyled)}: make `styles` from all variants of the study"
        )
    with_interval = any(row.low is not None for row in rows)
    if with_interval and not interval:
        raise PlotDataError("rows have intervals, but `interval` does not say which")
    shown = sorted(rows, key=_rank) if ordered else list(rows)
    notes = [f"Lines through the dots: {interval}."] if with_interval else []
    fig, body = start_figure(_FOOT + (len(shown) + 0.4) * _ROW, title, notes=notes)
    side = 0.2 + max(text_width(row.label, FONT_SIZE) for row in shown)
    panels = body.inset(left=side, bottom=_FOOT, right=0.1, top=0.05)
    half = (panels.width - _GAP) / 2
    left = add_axes(fig, Box(panels.left, panels.bottom, half - _VALUE_ROOM, panels.height))
    right = add_axes(
        fig,
        Box(panels.left + half + _GAP, panels.bottom, half - _VALUE_ROOM, panels.height),
    )
    _draw_accuracies(left, shown, styles, metric)
    _draw_seconds(right, shown, styles)
    return fig


def _rank(row: AccuracyTime) -> tuple[bool, float]:
    """Sort key: highest accuracy first, unknown ones last."""
    return (row.accuracy is None, -(row.accuracy or 0.0))


def _rows_axis(ax: Axes, count: int) -> None:
    ax.set_ylim(count - 0.3, -0.7)
    ax.grid(visible=False, axis="y")
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def _draw_accuracies(
    ax: Axes, rows: Sequence[AccuracyTime], styles: Mapping[str, SeriesStyle], metric: str
) -> None:
    """Dots with intervals; the values stand in a column right of the panel."""
    _rows_axis(ax, len(rows))
    ax.set_yticks(range(len(rows)), [row.label for row in rows], fontsize=FONT_SIZE)
    ax.set_xlabel(metric)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]))
    ends: list[float] = []
    for i, row in enumerate(rows):
        if row.accuracy is None:
            _value(ax, i, "no run", SOFT_INK)
            continue
        style = styles[row.key]
        ax.axhline(i, color="#eeeeee", linewidth=0.8, zorder=0.5)
        if row.low is not None and row.high is not None:
            ax.plot([row.low, row.high], [i, i], color=style.color, linewidth=2.0, zorder=2)
            ends += [row.low, row.high]
        hollow = bool(style.dash)
        ax.plot(
            [row.accuracy],
            [i],
            marker=style.marker,
            markersize=6.5,
            markeredgecolor=style.color,
            markeredgewidth=1.5,
            markerfacecolor="white" if hollow else style.color,
            zorder=3,
        )
        ends.append(row.accuracy)
        _value(ax, i, f"{row.accuracy:.3f}", text_color(style.color))
    if ends:
        padding = 0.06 * (max(ends) - min(ends)) or 0.02
        highest = 1.0 if max(ends) <= 1 else math.inf
        ax.set_xlim(max(0.0, min(ends) - padding), min(highest, max(ends) + padding))


def _draw_seconds(
    ax: Axes, rows: Sequence[AccuracyTime], styles: Mapping[str, SeriesStyle]
) -> None:
    """Bars from zero; a time that nobody recorded is called unknown, not zero."""
    _rows_axis(ax, len(rows))
    ax.set_yticks([])
    ax.set_xlabel("Training time in seconds")
    ax.xaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]))
    known = [row.seconds for row in rows if row.seconds is not None]
    ax.set_xlim(0, 1.02 * max(known) if known and max(known) > 0 else 1.0)
    if not known:
        ax.set_xticks([])
    for i, row in enumerate(rows):
        if row.seconds is None:
            ax.text(0.0, i, " unknown", va="center", style="italic", color=SOFT_INK)
            continue
        color = styles[row.key].color
        ax.barh(i, row.seconds, height=0.55, color=color, alpha=0.75, linewidth=0)
        _value(ax, i, format_seconds(row.seconds), text_color(color))


def _value(ax: Axes, row: int, text: str, color: str) -> None:
    """Write a value in the column right of the panel."""
    ax.annotate(
        text,
        (1.0, row),
        xycoords=("axes fraction", "data"),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        fontsize=SMALL_SIZE,
        color=color,
    )


def format_seconds(seconds: float) -> str:
    """Seconds with as many digits as they deserve: 0.42 s, 8.3 s, 2,583 s."""
    digits = 2 if seconds < 1 else 1 if seconds < 10 else 0
    return f"{seconds:,.{digits}f} s"
