"""Figures of kind `overview`: all variants by one metric, with what was published of each."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nnrepro.figures.asked import Asked
from nnrepro.figures.drawing import NO_METRIC, Drawing, NothingToDraw
from nnrepro.plots.fitting import cut_text, fit_labels, text_width
from nnrepro.plots.frame import Box, LegendEntry, add_axes, start_figure
from nnrepro.plots.lines import value_ticks
from nnrepro.plots.metric_words import interval_words, metric_phrase, metric_words
from nnrepro.plots.series import (
    PlotDataError,
    drawn_interval,
    drawn_value,
    format_value,
    padded,
)
from nnrepro.plots.style import (
    FONT_SIZE,
    INK,
    PAGE_WIDTH,
    PUBLISHED_MARKER,
    SMALL_SIZE,
    SOFT_INK,
    SeriesStyle,
    styled,
    text_color,
)
from nnrepro.study.extent import Extent
from nnrepro.study.options import Metric
from nnrepro.study.run import Run
from nnrepro.tables.columns import KEYS, floats, metric_values, rows_of
from nnrepro.tables.variants import variants_table

READING = "A dot is a variant, the line through it its interval{published}."
PUBLISHED_READING = ", an open diamond the published number"

_PRINTED_WINDOW = re.compile(r"^last\d+_mean_")
_ROW = 0.23
_FOOT = 0.5
_HEAD = 0.25
_COLUMN = 0.85
_RIGHT = 0.1
_LABEL_GAP = 0.3
_PANEL_SHARE = 0.4


def overview(
    figure: Asked, runs: pd.DataFrame, published: pd.DataFrame | None, *, metric: Metric
) -> Iterator[Drawing]:
    """All variants of a protocol with what its report published of them.

    Each stands for itself beside its published number, so that one that went on for longer than
    most is shown with all its epochs, and says how many.
    """
    table, metric = rows_of(variants_table(runs), figure.runs), figure.metric(metric)
    numbers = pd.DataFrame(
        {
            "value": floats(metric_values(table, metric)),
            "low": floats(metric_values(table, metric, suffix="_ci95_low")),
            "high": floats(metric_values(table, metric, suffix="_ci95_high")),
        }
    )
    if numbers["value"].isna().all():
        raise NothingToDraw(NO_METRIC)
    printed = _published(published, figure.protocol, metric)
    labels = figure.labels(figure.runs)
    longer = figure.extent.compared_among(figure.runs)
    seeds: dict[str, list[Run]] = {}
    for run in figure.runs:
        seeds.setdefault(figure.key(run), []).append(run)
    rows = [
        OverviewRow(
            key,
            labels[key] + _length(figure.extent, members, longer),
            figure.study.experiments[members[0].experiment].title,
            **{str(name): None if np.isnan(n) else n for name, n in row.items()},
            published=printed.get(f"{members[0].experiment}/{members[0].variant}"),
        )
        for (key, members), row in zip(seeds.items(), numbers.to_dict("records"), strict=True)
    ]
    beside = " and published numbers" if figure.study.published else ""
    what = f"Dot chart of {metric_phrase(metric)} of all variants, with intervals{beside}"
    yield Drawing(
        figure.name,
        partial(
            draw,
            rows,
            figure.styles_of(figure.runs),
            metric=metric_words(table, metric),
            interval=interval_words(metric_values(table, metric, suffix="_interval")),
            title=figure.titled(figure.spec.title),
        ),
        figure.runs,
        figure.alt(what, figure.runs),
    )


@dataclass(frozen=True)
class OverviewRow:
    """One variant.

    Attributes:
        key: decides the style.
        label: short human name.
        group: heading that it stands under.
        value: the metric; None where no run has it.
        low: lower end of its interval; None without one.
        high: upper end of its interval; given exactly when `low` is.
        published: what was printed; None where nothing was.
        words: the value in words, also where it cannot be drawn.
    """

    key: str
    label: str
    group: str
    value: float | None
    low: float | None = None
    high: float | None = None
    published: float | None = None
    words: str = field(init=False)

    def __post_init__(self) -> None:
        if (self.low is None) != (self.high is None):
            raise PlotDataError(f"{self.key}: an interval needs both `low` and `high`")
        words = "no run" if self.value is None else format_value(self.value)
        low, high = drawn_interval(self.low, self.high)
        for name, value in (("low", low), ("high", high)):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "published", drawn_value(self.published))
        object.__setattr__(self, "value", drawn_value(self.value))
        object.__setattr__(self, "words", words)


@styled
def draw(
    rows: Sequence[OverviewRow],
    styles: Mapping[str, SeriesStyle],
    *,
    metric: str,
    interval: str = "",
    title: str = "",
) -> Figure:
    """Draw a dot with its interval per variant, and a diamond where a number was published.

    Args:
        rows: the variants, those of one group one after another.
        styles: style by key, from `series_styles` of the whole study.
        metric: axis label.
        interval: what the intervals are, e.g. "95 % interval of the mean over seeds".
        title: title above the panel; none where empty.

    Raises:
        PlotDataError: no rows, a row without a style, or an interval that is not explained.
    """
    if not rows:
        raise PlotDataError("an overview needs at least one variant")
    unstyled = [row.key for row in rows if row.key not in styles]
    if unstyled:
        raise PlotDataError(
            f"no style for {', '.join(unstyled)}: make `styles` from all variants of the study"
        )
    if any(row.low is not None for row in rows) and not interval:
        raise PlotDataError("rows have intervals, but `interval` does not say which")
    lines = _lines(rows)
    with_published = any(row.published is not None for row in rows)
    height = _HEAD + len(lines) * _ROW + _FOOT
    notes = [f"Lines through the dots: {interval}."] if interval else []
    fig, body = start_figure(height, title, legend=_legend(with_published), notes=notes)
    columns = _COLUMN * (2 if with_published else 1)
    room = (1 - _PANEL_SHARE) * PAGE_WIDTH - columns - _RIGHT - _LABEL_GAP
    labels = fit_labels([row.label for row in rows], FONT_SIZE, room)
    side = _LABEL_GAP + max(text_width(label, FONT_SIZE) for label in labels)
    width = PAGE_WIDTH - side - columns - _RIGHT
    panel = Box(side, body.bottom + _FOOT, width, body.height - _FOOT - _HEAD)
    ax = add_axes(fig, panel)
    _axis(ax, lines, labels, cut_text(metric, FONT_SIZE, width + min(side, columns)), width)
    for place, line in enumerate(lines):
        if isinstance(line, OverviewRow):
            _draw_row(ax, place, line, styles[line.key], with_published)
    _limits(ax, rows)
    _column_heads(ax, with_published)
    return fig


def _lines(rows: Sequence[OverviewRow]) -> list[OverviewRow | str]:
    """Rows with the heading of each group above them; a single group needs no heading."""
    if len({row.group for row in rows}) == 1:
        return list(rows)
    lines: list[OverviewRow | str] = []
    group = None
    for row in rows:
        if row.group != group:
            group = row.group
            lines.append(group)
        lines.append(row)
    return lines


def _legend(with_published: bool) -> list[LegendEntry]:
    dot = Line2D([], [], marker="o", markersize=6.0, color=SOFT_INK, linewidth=2.0)
    entries = [LegendEntry(dot, "reproduced" if with_published else "a variant")]
    if with_published:
        entries.append(LegendEntry(Line2D([], [], **PUBLISHED_MARKER), "published"))
    return entries


def _axis(
    ax: Axes,
    lines: Sequence[OverviewRow | str],
    labels: Sequence[str],
    metric: str,
    width: float,
) -> None:
    """Names of the rows, in their order, headings inside the panel of `width` inches."""
    ax.set_ylim(len(lines) - 0.4, -0.6)
    ax.grid(visible=False, axis="y")
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set_xlabel(metric)
    names = iter(labels)
    ticks = [next(names) if isinstance(line, OverviewRow) else "" for line in lines]
    ax.set_yticks(range(len(lines)), ticks, fontsize=FONT_SIZE)
    for place, line in enumerate(lines):
        if isinstance(line, str):
            ax.annotate(
                cut_text(line, SMALL_SIZE, width - _LABEL_GAP, bold=True),
                (0.0, place),
                xycoords=("axes fraction", "data"),
                xytext=(4, -1),
                textcoords="offset points",
                va="center",
                fontsize=SMALL_SIZE,
                weight="bold",
                color=SOFT_INK,
            )


def _draw_row(
    ax: Axes, place: int, row: OverviewRow, style: SeriesStyle, with_published: bool
) -> None:
    ax.axhline(place, color="#eeeeee", linewidth=0.8, zorder=0.5)
    if row.low is not None and row.high is not None:
        ax.plot([row.low, row.high], [place, place], color=style.color, linewidth=2.0, zorder=2)
    if row.published is not None:
        ax.plot([row.published], [place], zorder=4, **PUBLISHED_MARKER)
    if row.value is not None:
        ax.plot(
            [row.value],
            [place],
            marker=style.marker,
            markersize=6.0,
            markeredgecolor=style.color,
            markeredgewidth=1.4,
            markerfacecolor="white" if style.dash else style.color,
            zorder=3,
        )
    color = SOFT_INK if row.value is None else text_color(style.color)
    _write(ax, 0, place, row.words, color)
    if with_published and row.published is not None:
        _write(ax, 1, place, format_value(row.published), INK)


def _limits(ax: Axes, rows: Sequence[OverviewRow]) -> None:
    numbers = [(row.value, row.low, row.high, row.published) for row in rows]
    ends = [end for row in numbers for end in row if end is not None]
    if not ends:
        ax.set_xticks([])
        return
    low, high = padded(ends, 0.04, 0.02, floor=0.0, ceiling=1.0)
    ax.set_xlim(low, high)
    value_ticks(ax.xaxis, low, high, most=6)


def _column_heads(ax: Axes, with_published: bool) -> None:
    for column, words in enumerate(("reproduced", "published") if with_published else ("value",)):
        _write(ax, column, -0.95, words, SOFT_INK)


def _write(ax: Axes, column: int, place: float, text: str, color: str) -> None:
    """Write in one of the columns right of the panel."""
    ax.annotate(
        text,
        (1.0, place),
        xycoords=("axes fraction", "data"),
        xytext=(8 + column * _COLUMN * 72, 0),
        textcoords="offset points",
        va="center",
        fontsize=SMALL_SIZE,
        color=color,
        annotation_clip=False,
    )


def _length(extent: Extent, runs: Iterable[Run], longer: Collection[str]) -> str:
    """The epochs of a variant, to be added to its label where they are more than most have."""
    found = extent.runs(runs)
    if not any(run.id in longer for run in found):
        return ""
    epochs = [int(run.settings["epochs"]) for run in found]
    return f", {' to '.join(map(str, sorted({min(epochs), max(epochs)})))} epochs"


def _published(table: pd.DataFrame | None, protocol: str, metric: str) -> dict[str, float]:
    """What a protocol's report printed of a metric, by `experiment/variant`; the first counts.

    Numbers on a second test set and differences from a baseline are other quantities.
    """
    if table is None:
        return {}
    names = (
        table["metric"].astype("str").str.replace(_PRINTED_WINDOW, "last_window_mean_", regex=True)
    )
    rows = table[table[KEYS[0]].eq(protocol) & names.eq(metric)]
    for column in ("test_set", "baseline"):
        if column in rows.columns:
            rows = rows[rows[column].isna()]
    printed: dict[str, float] = {}
    for row in rows.to_dict("records"):
        printed.setdefault(str(row["runs"]), float(row["value"]))
    return printed
