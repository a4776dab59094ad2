"""Drawing lines by epoch: bands, end labels that keep out of each other's way, axis ranges."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from nnrepro.plots.fitting import POINTS, fit_labels, text_width
from nnrepro.plots.frame import LegendEntry
from nnrepro.plots.series import (
    LARGE,
    LARGEST,
    SMALL,
    FloatArray,
    Series,
    digits,
    format_value,
    isolated,
    thin_band,
    thin_line,
)
from nnrepro.plots.style import (
    FONT_SIZE,
    SMALL_SIZE,
    SOFT_INK,
    TRAIN_GREY,
    SeriesStyle,
    is_narrow,
    text_color,
)
from nnrepro.plots.traces import mark_of, note

METRIC_MARGIN = 0.68
"""Inches left of a panel that tick labels and the metric's name need."""

_SHORT_STEPS = [1, 2, 10]
_FEW_POINTS = 12
_FIRST_EPOCHS = 3
BAND_ALPHA = 0.2
"""Opacity of a band where few of them lie over each other."""

_RAW_ALPHA = 0.35
_LABEL_OFFSET = 0.08
_LEADER = 0.14
LABEL_ROOM = _LABEL_OFFSET + _LEADER
"""Inches that an end label needs beside its words."""


@dataclass(frozen=True)
class Limits:
    """A y range and what it leaves out.

    Attributes:
        low: lower end.
        high: upper end.
        outside: how many values of the raw lines lie beyond the range.
        total: how many values the raw lines have.
        extreme: the value farthest out; NaN where none is outside.
    """

    low: float
    high: float
    outside: int = 0
    total: int = 0
    extreme: float = float("nan")

    def note(self, what: str) -> str:
        """A sentence that owns up to values off the axis; empty where there are none."""
        huge = max(abs(self.low), abs(self.high)) >= LARGEST
        drawn = f"{what}: values beyond {digits(LARGEST, 1)} are drawn there." if huge else ""
        if not self.outside:
            return drawn
        beyond = abs(self.extreme) >= LARGEST
        extreme = format_value(self.extreme) if beyond else f"at {digits(self.extreme, 3)}"
        return (
            f"{what}: {self.outside} of {self.total} values lie beyond the axis, "
            f"the farthest {extreme}."
        )


@dataclass(frozen=True)
class EndLabel:
    """Words at the right end of a line: their data height, text, the line's colour and trace."""

    y: float
    text: str
    color: str
    bold: bool = False
    trace: str = ""


def draw_series(
    ax: Axes,
    series: Series,
    style: SeriesStyle,
    *,
    columns: int,
    width: float = 1.5,
    raw: bool = True,
    band_alpha: float = BAND_ALPHA,
    zorder: float = 3.0,
    trace: str = "",
) -> None:
    """Draw a band, faint raw epochs under a smoothed line, and the line itself.

    Args:
        ax: where to draw.
        series: the data.
        style: colour, dash and marker.
        columns: pixel columns that the panel offers; more points than that are thinned, on a narrow
            page, which has to be small, to half as many.
        width: line width in points.
        raw: draw the raw epochs faintly where the series has a smoothed line and no band.
        band_alpha: opacity of the band.
        zorder: higher lines lie on top.
        trace: what a reader calls the line; the series' label where empty.
    """
    trace = trace or series.label
    columns = columns // 2 if is_narrow() else columns
    group: dict[str, Any] = {"gid": mark_of(ax, trace)}
    note(ax, trace, style, series)
    if series.low is not None and series.high is not None:
        x, low, high = thin_band(series.epochs, series.low, series.high, columns)
        ax.fill_between(
            x,
            low,
            high,
            color=style.color,
            alpha=band_alpha,
            linewidth=0,
            zorder=zorder - 1,
            **group,
        )
    elif raw and series.smoothed is not None:
        x, y = thin_line(series.epochs, series.mean, columns)
        ax.plot(
            x, y, color=style.color, alpha=_RAW_ALPHA, linewidth=0.6, zorder=zorder - 0.5, **group
        )
    marked = (
        np.arange(series.epochs.size)
        if series.epochs.size <= _FEW_POINTS
        else isolated(series.drawn)
    )
    x, y = thin_line(series.epochs, series.drawn, columns)
    ax.plot(
        x,
        y,
        color=style.color,
        linestyle=style.linestyle,
        linewidth=width,
        zorder=zorder,
        **group,
    )
    if marked.size:
        ax.plot(
            series.epochs[marked],
            series.drawn[marked],
            color=style.color,
            linestyle="none",
            marker=style.marker,
            markersize=4.0,
            zorder=zorder,
            **group,
        )


def band_and_smoothing_entries(
    series: Sequence[Series], band: str, smoothing: str
) -> list[LegendEntry]:
    """Legend entries that say what bands and bold lines mean, where they occur."""
    entries = []
    if any(each.smoothed is not None for each in series):
        entries.append(LegendEntry(Line2D([], [], color=TRAIN_GREY, linewidth=1.8), smoothing))
    if any(each.low is not None for each in series):
        entries.append(
            LegendEntry(Patch(facecolor=TRAIN_GREY, alpha=1.5 * BAND_ALPHA, linewidth=0), band)
        )
    return entries


def raw_entry() -> LegendEntry:
    """The legend entry of the faint line of single epochs."""
    return LegendEntry(
        Line2D([], [], color=TRAIN_GREY, linewidth=0.7, alpha=2 * _RAW_ALPHA), "each epoch"
    )


def has_raw(series: Sequence[Series]) -> bool:
    """Whether any line lies over its faint raw epochs."""
    return any(each.smoothed is not None and each.low is None for each in series)


def mark_early_end(
    ax: Axes,
    series: Series,
    style: SeriesStyle,
    last_epoch: float,
    zorder: float = 5.0,
    *,
    trace: str = "",
) -> None:
    """Put a cross where a line ends too early: a run that diverged or was stopped.

    Too early is before its planned epochs or, where nobody said how many, before `last_epoch`.
    """
    end = series.end()
    if end is not None and end[0] < (series.planned or last_epoch):
        ax.plot(
            [end[0]],
            [end[1]],
            marker="x",
            color=style.color,
            markersize=6.0,
            markeredgewidth=1.6,
            zorder=zorder,
            gid=mark_of(ax, trace or series.label),
        )


def y_limits(
    series: Sequence[Series],
    floor: float | None,
    ceiling: float | None,
    *,
    marks: Sequence[float] = (),
    beside: Sequence[Series] = (),
) -> Limits:
    """A range that shows every value, unless a few wild ones would flatten all others.

    Where the whole range is over three times that of the central 90 % of values, the axis covers
    that central range, half of it again on both sides, and the first epochs, where every curve is
    far from its end.

    Args:
        series: what the panel shows; of lines with raw epochs all of these.
        floor: a value that the metric cannot go below, such as 0.
        ceiling: a value that it cannot exceed, such as 1.
        marks: further values that the panel has to show.
        beside: what panels show that stand beside it and are to have the same range.
    """
    own = [each.mean for each in series]
    lines = [*own, *(each.mean for each in beside)]
    bands = [v for each in (*series, *beside) for v in (each.low, each.high) if v is not None]
    values = _finite([*lines, *bands])
    if not values.size:
        high = 1.0 if ceiling is None else ceiling
        return Limits(min([floor or 0.0, *marks]), max([high, *marks]))
    core_low, core_high = np.quantile(values, [0.05, 0.95])
    core = core_high - core_low
    low, high = values.min(), values.max()
    if core > 0 and high - low > 3 * core:
        early = _finite(line[:_FIRST_EPOCHS] for line in lines)
        low = max(low, min(core_low - core / 2, *early))
        high = min(high, max(core_high + core / 2, *early))
    low, high = min([low, *marks]), max([high, *marks])
    # At least a hundredth of the value in all, so that rounding noise does not fill the panel, and
    # as much as the value where ticks have room for few digits.
    size = max(abs(low), abs(high))
    least = 0.005 if size < LARGE or high - low > 0.1 * size else 0.5
    padding = max(0.05 * (high - low), least * size) or 0.5
    low, high = low - padding, high + padding
    # A floor is none where values lie below it, as those of a loss of one's own may.
    if floor is not None and values.min() >= floor:
        low = max(low, floor - padding / 4)
    if ceiling is not None and values.max() <= ceiling:
        high = min(high, ceiling + padding / 4)
    points = _finite(own)
    beyond = points[(points < low) | (points > high)]
    extreme = beyond[np.argmax(np.abs(beyond - (low + high) / 2))] if beyond.size else np.nan
    return Limits(float(low), float(high), int(beyond.size), int(points.size), float(extreme))


def metric_axis(ax: Axes, limits: Limits, label: str = "") -> None:
    """Set the y axis: its range, and ticks of few enough digits to fit `METRIC_MARGIN`."""
    ax.set_ylim(limits.low, limits.high)
    large = max(abs(limits.low), abs(limits.high)) >= LARGE
    steps = _SHORT_STEPS if large else [1, 2, 5, 10]
    ax.yaxis.set_major_locator(MaxNLocator(nbins=4 if large else 6, steps=steps))
    # Full numbers at the ticks: a common factor or offset above the frame is easily overlooked.
    shown = 3 if large else 5
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: digits(value, shown)))
    ax.set_ylabel(label)


def value_ticks(axis: Axis, low: float, high: float, most: int = 4) -> None:
    """A few ticks on an axis of any values, very large or small ones as 4e5, not 4 and 1e5.

    On a narrow page there are half as many.
    """
    most = most // 2 if is_narrow() else most
    size = max(abs(low), abs(high))
    steps = _SHORT_STEPS if size >= LARGE else [1, 2, 2.5, 5, 10]
    axis.set_major_locator(MaxNLocator(nbins=most, steps=steps))
    if size >= LARGE or 0 < size < SMALL:
        axis.set_major_formatter(FuncFormatter(lambda value, _: digits(value, 3)))


def epoch_axis(ax: Axes, first: float, last: float, label: bool = True, ticks: int = 5) -> None:
    """Set the epoch axis: whole numbers, a single epoch in the middle."""
    span = last - first
    # Few epochs carry markers, which need room at both ends.
    padding = (0.04 if span < _FEW_POINTS else 0.015) * span or 0.5
    ax.set_xlim(first - padding, last + padding)
    steps = [1, 2, 2.5, 5, 10]
    ax.xaxis.set_major_locator(MaxNLocator(nbins=ticks, integer=True, min_n_ticks=1, steps=steps))
    if label:
        ax.set_xlabel("Epoch")


def describe_ends(
    series: Sequence[Series], last_epoch: float, size: float, width: float, bold: bool = False
) -> list[str]:
    """Each series' label and last drawn value, with its epoch where that is not `last_epoch`.

    Labels are cut where the words need more than `width` inches; values never are.
    """
    ends = [_end_words(each, last_epoch) for each in series]
    room = width - max((text_width(end, size, bold) for end in ends), default=0.0)
    labels = fit_labels([each.label for each in series], size, room, bold)
    return [f"{label}{end}" for label, end in zip(labels, ends, strict=True)]


def _end_words(series: Series, last_epoch: float) -> str:
    end = series.end()
    if end is None:
        return " no value"
    early = f" at {end[0]:.0f}" if end[0] < last_epoch else ""
    return f" {format_value(end[1])}{early}"


def label_margin(texts: Sequence[str], size: float = FONT_SIZE, bold: bool = False) -> float:
    """Inches to leave at a panel's right side for end labels."""
    widest = max((text_width(text, size, bold) for text in texts), default=0.0)
    return widest + _LEADER + _LABEL_OFFSET if texts else 0.0


def end_labels(
    ax: Axes, labels: Sequence[EndLabel], width: float, height: float, size: float = FONT_SIZE
) -> None:
    """Write labels beside the right ends of lines, apart from each other.

    Where a label had to move away from its line's end, a thin leader joins the two.

    Args:
        ax: axes with their y range set.
        labels: what to write.
        width: width of the axes in inches.
        height: height of the axes in inches.
        size: font size in points.
    """
    low, high = ax.get_ylim()
    wanted = np.clip([(label.y - low) / (high - low) for label in labels], 0.0, 1.0)
    step = 1.25 * size / POINTS / height
    placed = spread(wanted, step, 0.0, 1.0)
    start, stop = 1 + 0.02 / width, 1 + _LEADER / width
    for label, own, place in zip(labels, wanted, placed, strict=True):
        ax.add_artist(
            Line2D(
                [start, stop],
                [own, place],
                transform=ax.transAxes,
                color=label.color,
                linewidth=0.6,
                clip_on=False,
                gid=mark_of(ax, label.trace),
            )
        )
        ax.text(
            1 + (_LEADER + 0.03) / width,
            place,
            label.text,
            transform=ax.transAxes,
            color=text_color(label.color),
            fontsize=size,
            va="center_baseline",
            weight="bold" if label.bold else "normal",
            gid=mark_of(ax, label.trace),
        )


def spread(wanted: Sequence[float] | FloatArray, gap: float, low: float, high: float) -> FloatArray:
    """Positions at least `gap` apart, in the order of `wanted` and as near to it as can be.

    Least squares, by pooling adjacent violators. Where `low` to `high` has no room for all, the
    gap shrinks to what fits.
    """
    targets = np.asarray(wanted, dtype=np.float64)
    count = targets.size
    if count == 0:
        return targets
    gap = min(gap, (high - low) / max(count - 1, 1))
    order = np.argsort(targets, kind="stable")
    shifts = gap * np.arange(count)
    pools: list[tuple[float, int]] = []
    for value in targets[order] - shifts:
        mean, size = float(value), 1
        while pools and pools[-1][0] > mean:
            previous, members = pools.pop()
            mean = (mean * size + previous * members) / (size + members)
            size += members
        pools.append((mean, size))
    flat = np.repeat([mean for mean, _ in pools], [size for _, size in pools])
    placed = np.empty(count)
    placed[order] = np.clip(flat, low, high - shifts[-1]) + shifts
    return placed


def say_empty(ax: Axes, text: str) -> None:
    """Say in the middle of empty axes why nothing is drawn."""
    ax.text(
        0.5, 0.5, text, transform=ax.transAxes, ha="center", color=SOFT_INK, fontsize=SMALL_SIZE
    )


def _finite(parts: Iterable[FloatArray]) -> FloatArray:
    """All finite values of several arrays in one."""
    values = np.concatenate([*parts])
    return values[np.isfinite(values)]
