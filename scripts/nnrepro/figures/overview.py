"""Figures of kind `overview`: all variants by one metric, with what was published of each."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nnrepro.figures.asked import Asked
from nnrepro.figures.drawing import NO_METRIC, Drawing, NothingToDraw
from nnrepro.plots.dots import (
    ABOVE_MARGIN,
    SINGLE,
    DotRow,
    bare_rows,
    draw_dot,
    ends,
    name_rows,
    row_labels,
    row_numbers,
    word_color,
    write_beside,
)
from nnrepro.plots.fitting import cut_text, wrap_text
from nnrepro.plots.frame import Box, LegendEntry, add_axes, start_figure
from nnrepro.plots.lines import value_ticks
from nnrepro.plots.metric_words import interval_words, metric_phrase, metric_words
from nnrepro.plots.series import format_value, padded
from nnrepro.plots.style import (
    FONT_SIZE,
    INK,
    PUBLISHED_MARKER,
    SMALL_SIZE,
    SOFT_INK,
    SeriesStyle,
    is_narrow,
    page_width,
    styled,
)
from nnrepro.published.comparison import printed_values
from nnrepro.study.extent import Extent
from nnrepro.study.kinds import figure
from nnrepro.study.options import Metric
from nnrepro.study.run import Run
from nnrepro.tables.columns import rows_of
from nnrepro.tables.variants import variants_table

READING = "A dot is a variant, the line through it its interval{published}."
PUBLISHED_READING = ", an open diamond the published number"

_ROW, _NARROW_ROW = 0.23, 0.4
_TOP = -0.6
_FOOT = 0.5
_AXIS_LINE = 0.15
_HEAD = 0.25
_COLUMN = 0.85
_OFFSETS = (8, 8 + 72 * _COLUMN)
_RIGHT = 0.1
_LABEL_GAP = 0.3
_PANEL_SHARE = 0.4


@figure(reading=READING, published=PUBLISHED_READING)
def overview(
    figure: Asked, runs: pd.DataFrame, published: pd.DataFrame | None, *, metric: Metric
) -> Iterator[Drawing]:
    """All variants of a protocol with what its report published of them.

    Each stands for itself beside its published number, so that one that went on for longer than
    most is shown with all its epochs, and says how many. Protocols that show the same metric have
    the same axis.
    """
    others = list(figure.beside(metric))
    metric = figure.metric(metric)
    table, rows = _rows(figure, runs, published, metric)
    if all(row.value is None for row in rows):
        raise NothingToDraw(NO_METRIC)
    beside = " and published numbers" if figure.study.published else ""
    what = f"Dot chart of {metric_phrase(metric)} of all variants, with intervals{beside}"
    yield Drawing(
        figure.name,
        partial(
            draw,
            rows,
            figure.styles_of(figure.runs),
            metric=metric_words(table, metric),
            interval=interval_words(table, metric),
            title=figure.titled(figure.spec.title),
            others=[row for own in others for row in _rows(own, runs, published, metric)[1]],
        ),
        figure.runs,
        figure.alt(what, figure.runs),
    )


def _rows(
    figure: Asked, runs: pd.DataFrame, published: pd.DataFrame | None, metric: str
) -> tuple[pd.DataFrame, list[DotRow]]:
    """A protocol's variants, and their rows in the figure."""
    table = rows_of(variants_table(runs), figure.runs)
    numbers = row_numbers(table, runs, metric)
    printed = printed_values(published, figure.protocol, metric)
    labels = figure.labels(figure.runs)
    longer = figure.extent.compared_among(figure.runs)
    seeds: dict[str, list[Run]] = {}
    for run in figure.runs:
        seeds.setdefault(figure.key(run), []).append(run)
    rows = [
        DotRow(
            key,
            labels[key] + _length(figure.extent, members, longer),
            group=figure.study.experiments[members[0].experiment].title,
            beside=printed.get(f"{members[0].experiment}/{members[0].variant}"),
            **row,
        )
        for (key, members), row in zip(seeds.items(), numbers, strict=True)
    ]
    return table, rows


@styled
def draw(
    rows: Sequence[DotRow],
    styles: Mapping[str, SeriesStyle],
    *,
    metric: str,
    interval: str = "",
    title: str = "",
    others: Sequence[DotRow] = (),
) -> Figure:
    """A dot with its interval per variant, and a diamond where a number was published.

    Rows of one group follow each other. `metric` names the axis, `interval` says what the intervals
    are; `others` are the rows of figures that are to have the same axis.
    """
    lines = _lines(rows)
    with_published = any(row.beside is not None for row in rows)
    columns = _COLUMN * (2 if with_published else 1)
    room = (1 - _PANEL_SHARE) * page_width() - columns - _RIGHT - _LABEL_GAP
    labels, beside = row_labels(rows, room)
    side = _LABEL_GAP + beside if beside else ABOVE_MARGIN
    width = page_width() - side - columns - _RIGHT
    axis_lines = wrap_text(metric, FONT_SIZE, width + min(side, columns))
    foot = _FOOT + (len(axis_lines) - 1) * _AXIS_LINE
    height = _HEAD + len(lines) * (_NARROW_ROW if is_narrow() else _ROW) + foot
    notes = [f"Lines through the dots: {interval}."] if interval else []
    notes += [SINGLE] if any(row.single for row in rows) else []
    fig, body = start_figure(height, title, legend=_legend(with_published), notes=notes)
    panel = Box(side, body.bottom + foot, width, body.height - foot - _HEAD)
    ax = add_axes(fig, panel)
    _axis(ax, lines, labels, "\n".join(axis_lines), width)
    for place, line in enumerate(lines):
        if isinstance(line, DotRow):
            _draw_row(ax, place, line, styles[line.key], with_published)
    _limits(ax, [*rows, *others])
    heads = ("reproduced", "published") if with_published else ("value",)
    for words, offset in zip(heads, _OFFSETS, strict=False):
        write_beside(ax, _TOP - (0.2 if is_narrow() else 0.35), words, SOFT_INK, offset)
    return fig


def _lines(rows: Sequence[DotRow]) -> list[DotRow | str]:
    """Rows with the heading of each group above them; a single group needs no heading."""
    if len({row.group for row in rows}) == 1:
        return list(rows)
    lines: list[DotRow | str] = []
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
    lines: Sequence[DotRow | str],
    labels: Sequence[str],
    metric: str,
    width: float,
) -> None:
    """Names of the rows, in their order, headings inside the panel of `width` inches."""
    bare_rows(ax, _TOP, len(lines) - 0.4)
    ax.set_xlabel(metric)
    places = [place for place, line in enumerate(lines) if isinstance(line, DotRow)]
    name_rows(ax, dict(zip(places, labels, strict=True)))
    room = page_width() if is_narrow() else width
    for place, line in enumerate(lines):
        if isinstance(line, str):
            ax.annotate(
                cut_text(line, SMALL_SIZE, room - _LABEL_GAP, bold=True),
                (0.0, place),
                xycoords=("axes fraction", "data"),
                xytext=(0 if is_narrow() else 4, -1),
                textcoords="offset points",
                va="center",
                fontsize=SMALL_SIZE,
                weight="bold",
                color=SOFT_INK,
            )


def _draw_row(ax: Axes, place: int, row: DotRow, style: SeriesStyle, with_published: bool) -> None:
    if row.beside is not None:
        ax.plot([row.beside], [place], zorder=4, **PUBLISHED_MARKER)
    draw_dot(ax, place, row, style, size=6.0, edge=1.4)
    write_beside(ax, place, row.words, word_color(row, style), _OFFSETS[0])
    if with_published and row.beside is not None:
        write_beside(ax, place, format_value(row.beside), INK, _OFFSETS[1])


def _limits(ax: Axes, rows: Sequence[DotRow]) -> None:
    found = [*ends(rows), *(row.beside for row in rows if row.beside is not None)]
    if not found:
        ax.set_xticks([])
        return
    low, high = padded(found, 0.04, 0.02, floor=0.0, ceiling=1.0)
    ax.set_xlim(low, high)
    value_ticks(ax.xaxis, low, high, most=6)


def _length(extent: Extent, runs: Iterable[Run], longer: Collection[str]) -> str:
    """The epochs of a variant, to be added to its label where they are more than most have."""
    found = extent.runs(runs)
    if not any(run.id in longer for run in found):
        return ""
    epochs = [int(run.settings["epochs"]) for run in found]
    return f", {' to '.join(map(str, sorted({min(epochs), max(epochs)})))} epochs"
