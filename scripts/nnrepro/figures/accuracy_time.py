"""Figures of kind `accuracy_time`: a metric of variants beside the seconds of their training."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nnrepro.figures.asked import Asked
from nnrepro.figures.drawing import NO_METRIC, Drawing, NothingToDraw
from nnrepro.measures.names import lower_is_better
from nnrepro.plots.fitting import fit_labels, text_width, wrap_text
from nnrepro.plots.frame import Box, add_axes, start_figure
from nnrepro.plots.lines import value_ticks
from nnrepro.plots.metric_words import interval_words, metric_phrase, metric_words
from nnrepro.plots.series import (
    PlotDataError,
    digits,
    drawn_interval,
    drawn_value,
    format_value,
    padded,
)
from nnrepro.plots.style import (
    FONT_SIZE,
    PAGE_WIDTH,
    SMALL_SIZE,
    SOFT_INK,
    SeriesStyle,
    styled,
    text_color,
)
from nnrepro.study.options import Metric
from nnrepro.study.run import Run
from nnrepro.tables.columns import floats, metric_values, rows_of

READING = (
    "On the left the metric, with its interval as a line; on the right the time that training took."
)

_ROW = 0.27
_FOOT = 0.46
_GAP = 0.25
_VALUE_ROOM = 0.62
_RIGHT = 0.1
_LABEL_GAP = 0.2
_MOST_LABEL = 0.6 * PAGE_WIDTH - 2 * _VALUE_ROOM - _GAP - _RIGHT - _LABEL_GAP
"""Inches of the longest name: two fifths of the page are left to the panels."""

_AXIS_LINE = 0.15
_LONGEST_SECONDS = 1e7


def accuracy_time(
    figure: Asked, variants_among: Callable[[Sequence[Run]], pd.DataFrame], *, metric: Metric
) -> Iterator[Drawing]:
    """Accuracy of each variant beside the seconds that its training took."""
    runs, metric = figure.runs, figure.metric(metric)
    table = rows_of(variants_among(runs), runs)
    values = metric_values(table, metric)
    if values.isna().all():
        raise NothingToDraw(NO_METRIC)
    order = np.argsort(values if lower_is_better(metric) else -values, kind="stable")
    rows = _rows(table, metric, figure.labels(runs))
    yield Drawing(
        figure.name,
        partial(
            draw,
            [rows[i] for i in order],
            figure.styles_of(runs),
            metric=metric_words(table, metric),
            interval=interval_words(metric_values(table, metric, suffix="_interval")),
            title=figure.titled(figure.spec.title),
        ),
        runs,
        figure.alt(f"Dot chart of {metric_phrase(metric)} beside the training time", runs),
        compared=True,
    )


def _rows(table: pd.DataFrame, metric: str, labels: Mapping[str, str]) -> list["AccuracyTime"]:
    """One row per variant of the table, whose labels are given by key, in the same order."""
    columns = {
        "accuracy": metric_values(table, metric),
        "low": metric_values(table, metric, suffix="_ci95_low"),
        "high": metric_values(table, metric, suffix="_ci95_high"),
        "seconds": metric_values(table, "train_seconds"),
    }
    numbers = pd.DataFrame({name: floats(values) for name, values in columns.items()})
    return [
        AccuracyTime(
            key,
            label,
            **{str(name): None if np.isnan(value) else value for name, value in row.items()},
        )
        for (key, label), row in zip(labels.items(), numbers.to_dict("records"), strict=True)
    ]


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
        words: the accuracy in words, also where it cannot be drawn.
    """

    key: str
    label: str
    accuracy: float | None
    low: float | None = None
    high: float | None = None
    seconds: float | None = None
    words: str = field(init=False)

    def __post_init__(self) -> None:
        if (self.low is None) != (self.high is None):
            raise PlotDataError(f"{self.key}: an interval needs both `low` and `high`")
        words = "no run" if self.accuracy is None else format_value(self.accuracy)
        low, high = drawn_interval(self.low, self.high)
        for name, value in (("low", low), ("high", high)):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "seconds", drawn_value(self.seconds))
        object.__setattr__(self, "accuracy", drawn_value(self.accuracy))
        object.__setattr__(self, "words", words)


@styled
def draw(
    rows: Sequence[AccuracyTime],
    styles: Mapping[str, SeriesStyle],
    *,
    metric: str = "Test accuracy",
    interval: str = "",
    title: str = "",
) -> Figure:
    """Draw accuracies with their intervals as dots, and seconds of training as bars beside them.

    Args:
        rows: the variants, from top to bottom.
        styles: style by key, from `series_styles` of the whole study.
        metric: axis label of the accuracies.
        interval: what the intervals are, e.g. "95 % interval, 5 seeds".
        title: title above the panels; none where empty.

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
    notes = [f"Lines through the dots: {interval}."] if with_interval else []
    labels = fit_labels([row.label for row in rows], FONT_SIZE, _MOST_LABEL)
    side = _LABEL_GAP + max(text_width(label, FONT_SIZE) for label in labels)
    half = (PAGE_WIDTH - side - _RIGHT - _GAP) / 2
    # Beneath its own panel and the names, which the other panel's words leave free.
    metric_lines = wrap_text(metric, FONT_SIZE, half - _VALUE_ROOM + 2 * min(side, _VALUE_ROOM))
    foot = _FOOT + (len(metric_lines) - 1) * _AXIS_LINE
    fig, body = start_figure(foot + (len(rows) + 0.4) * _ROW, title, notes=notes)
    panels = body.inset(left=side, bottom=foot, right=_RIGHT, top=0.05)
    left = add_axes(fig, Box(panels.left, panels.bottom, half - _VALUE_ROOM, panels.height))
    right = add_axes(
        fig,
        Box(panels.left + half + _GAP, panels.bottom, half - _VALUE_ROOM, panels.height),
    )
    _draw_accuracies(left, rows, labels, styles, "\n".join(metric_lines))
    _draw_seconds(right, rows, styles)
    return fig


def _rows_axis(ax: Axes, count: int) -> None:
    ax.set_ylim(count - 0.3, -0.7)
    ax.grid(visible=False, axis="y")
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def _draw_accuracies(
    ax: Axes,
    rows: Sequence[AccuracyTime],
    labels: Sequence[str],
    styles: Mapping[str, SeriesStyle],
    metric: str,
) -> None:
    """Dots with intervals; the values stand in a column right of the panel."""
    _rows_axis(ax, len(rows))
    ax.set_yticks(range(len(rows)), labels, fontsize=FONT_SIZE)
    ax.set_xlabel(metric)
    ends: list[float] = []
    for i, row in enumerate(rows):
        if row.accuracy is None:
            _value(ax, i, row.words, SOFT_INK)
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
        _value(ax, i, row.words, text_color(style.color))
    if ends:
        low, high = padded(ends, 0.06, 0.02, floor=0.0, ceiling=1.0)
        ax.set_xlim(low, high)
        value_ticks(ax.xaxis, low, high)


def _draw_seconds(
    ax: Axes, rows: Sequence[AccuracyTime], styles: Mapping[str, SeriesStyle]
) -> None:
    """Bars from zero; a time that nobody recorded is called unknown, not zero."""
    _rows_axis(ax, len(rows))
    ax.set_yticks([])
    ax.set_xlabel("Training time in seconds")
    known = [row.seconds for row in rows if row.seconds is not None]
    longest = 1.02 * max(known) if known and max(known) > 0 else 1.0
    ax.set_xlim(0, longest)
    value_ticks(ax.xaxis, 0, longest)
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
    if abs(seconds) >= _LONGEST_SECONDS:
        return f"{digits(seconds, 3)} s"
    decimals = 2 if seconds < 1 else 1 if seconds < 10 else 0
    return f"{seconds:,.{decimals}f} s"
