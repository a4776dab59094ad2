"""Figures of kind `accuracy_time`: a metric of variants beside the seconds of their training."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nnrepro.figures.asked import Asked
from nnrepro.figures.drawing import NO_METRIC, Drawing, NothingToDraw
from nnrepro.measures.names import lower_is_better
from nnrepro.plots.dots import (
    ABOVE_MARGIN,
    SINGLE,
    DotRow,
    bare_rows,
    draw_dot,
    draw_singles,
    ends,
    name_rows,
    row_labels,
    row_numbers,
    word_color,
    write_beside,
)
from nnrepro.plots.fitting import wrap_text
from nnrepro.plots.frame import Box, add_axes, start_figure
from nnrepro.plots.lines import value_ticks
from nnrepro.plots.metric_words import interval_words, metric_phrase, metric_words
from nnrepro.plots.series import digits, padded
from nnrepro.plots.style import (
    FONT_SIZE,
    INK,
    SOFT_INK,
    SeriesStyle,
    is_narrow,
    page_width,
    styled,
    text_color,
)
from nnrepro.study.kinds import figure
from nnrepro.study.options import Metric
from nnrepro.study.run import Run
from nnrepro.tables.columns import metric_values

READING = (
    "On the left the metric, with its interval as a line; on the right the time that training took."
)

_ROW, _NARROW_ROW = 0.27, 0.42
_FOOT = 0.46
_GAP = 0.25
_VALUE_ROOM = 0.62
_RIGHT = 0.1
_LABEL_GAP = 0.2
_AXIS_LINE = 0.15
_LONGEST_SECONDS = 1e7


@figure(reading=READING)
def accuracy_time(
    figure: Asked,
    tables_among: Callable[[Sequence[Run]], tuple[pd.DataFrame, pd.DataFrame]],
    *,
    metric: Metric,
) -> Iterator[Drawing]:
    """Accuracy of each variant beside the seconds that its training took.

    Protocols that show the same metric have the same axes.
    """
    others = list(figure.beside(metric))
    runs, metric = figure.runs, figure.metric(metric)
    table, of_runs = tables_among(runs)
    values = metric_values(table, metric)
    if values.isna().all():
        raise NothingToDraw(NO_METRIC)
    order = np.argsort(values if lower_is_better(metric) else -values, kind="stable")
    rows = _rows(figure, table, of_runs, metric)
    yield Drawing(
        figure.name,
        partial(
            draw,
            [rows[i] for i in order],
            figure.styles_of(runs),
            metric=metric_words(table, metric),
            interval=interval_words(table, metric),
            title=figure.titled(figure.spec.title),
            others=[
                row for other in others for row in _rows(other, *tables_among(other.runs), metric)
            ],
        ),
        runs,
        figure.alt(f"Dot chart of {metric_phrase(metric)} beside the training time", runs),
        compared=True,
    )


def _rows(figure: Asked, variants: pd.DataFrame, runs: pd.DataFrame, metric: str) -> list[DotRow]:
    """A protocol's variants with their numbers, in the order of the table."""
    numbers = row_numbers(variants, runs, metric, "train_seconds")
    named = zip(figure.labels(figure.runs).items(), numbers, strict=True)
    return [DotRow(key, label, **row) for (key, label), row in named]


@styled
def draw(
    rows: Sequence[DotRow],
    styles: Mapping[str, SeriesStyle],
    *,
    metric: str = "Test accuracy",
    interval: str = "",
    title: str = "",
    others: Sequence[DotRow] = (),
) -> Figure:
    """Dots with their intervals, from top to bottom, and bars of the seconds beside them.

    `metric` names the dots' axis, `interval` says what the intervals are; `others` are the rows of
    figures that are to have the same axes.
    """
    notes = [f"Lines through the dots: {interval}."] if any(r.low is not None for r in rows) else []
    axes_of = [*rows, *others]
    notes += [SINGLE] if any(row.single or row.single_beside for row in rows) else []
    # Two fifths of the page are left to the panels.
    room = 0.6 * page_width() - 2 * _VALUE_ROOM - _GAP - _RIGHT - _LABEL_GAP
    labels, beside = row_labels(rows, room)
    side = _LABEL_GAP + beside if beside else ABOVE_MARGIN
    half = (page_width() - side - _RIGHT - _GAP) / 2
    # Beneath its own panel and the names, which the other panel's words leave free.
    metric_lines = wrap_text(metric, FONT_SIZE, half - _VALUE_ROOM + 2 * min(side, _VALUE_ROOM))
    foot = _FOOT + (len(metric_lines) - 1) * _AXIS_LINE
    high = _NARROW_ROW if is_narrow() else _ROW
    fig, body = start_figure(foot + (len(rows) + 0.4) * high, title, notes=notes)
    panels = body.inset(left=side, bottom=foot, right=_RIGHT, top=0.05)
    left = Box(panels.left, panels.bottom, half - _VALUE_ROOM, panels.height)
    axes = [add_axes(fig, box) for box in (left, replace(left, left=left.left + half + _GAP))]
    for ax in axes:
        bare_rows(ax, -0.7, len(rows) - 0.3)
    _draw_values(axes[0], rows, labels, styles, "\n".join(metric_lines))
    if found := ends(axes_of):
        low, high = padded(found, 0.06, 0.02, floor=0.0, ceiling=1.0)
        axes[0].set_xlim(low, high)
        value_ticks(axes[0].xaxis, low, high)
    _draw_seconds(axes[1], rows, styles, axes_of)
    return fig


def _draw_values(
    ax: Axes,
    rows: Sequence[DotRow],
    labels: Sequence[str],
    styles: Mapping[str, SeriesStyle],
    metric: str,
) -> None:
    name_rows(ax, dict(enumerate(labels)))
    ax.set_xlabel(metric)
    for place, row in enumerate(rows):
        style = styles[row.key]
        if row.value is not None:
            draw_dot(ax, place, row, style, size=6.5, edge=1.5)
        write_beside(ax, place, row.words, word_color(row, style))


def _draw_seconds(
    ax: Axes,
    rows: Sequence[DotRow],
    styles: Mapping[str, SeriesStyle],
    axes_of: Sequence[DotRow],
) -> None:
    """Bars from zero, on an axis for all `axes_of`; an unrecorded time is unknown, not zero."""
    ax.set_yticks([])
    ax.set_xlabel("Training time in seconds")
    timed = [row for row in axes_of if row.beside is not None]
    known = [s for row in timed for s in (row.beside, *row.single_beside) if s is not None]
    longest = 1.02 * max(known) if known and max(known) > 0 else 1.0
    ax.set_xlim(0, longest)
    value_ticks(ax.xaxis, 0, longest)
    if not known:
        ax.set_xticks([])
    for place, row in enumerate(rows):
        if row.beside is None:
            ax.text(0.0, place, " unknown", va="center", style="italic", color=SOFT_INK)
            continue
        color = styles[row.key].color
        ax.barh(place, row.beside, height=0.55, color=color, alpha=0.75, linewidth=0)
        draw_singles(ax, row.single_beside, [place] * len(row.single_beside), INK)
        write_beside(ax, place, format_seconds(row.beside), text_color(color))


def format_seconds(seconds: float) -> str:
    """Seconds with as many digits as they deserve: 0.42 s, 8.3 s, 2,583 s."""
    if abs(seconds) >= _LONGEST_SECONDS:
        return f"{digits(seconds, 3)} s"
    decimals = 2 if seconds < 1 else 1 if seconds < 10 else 0
    return f"{seconds:,.{decimals}f} s"
