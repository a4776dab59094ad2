"""Figures of kind `overview`: all variants by one metric, with what was published of each."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nnrepro.document import wording
from nnrepro.figures.asked import Asked
from nnrepro.figures.drawing import NO_METRIC, Drawing, NothingToDraw
from nnrepro.measures.names import unit_named
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

if TYPE_CHECKING:
    from nnrepro.figures.sources import Sources

READING = "A dot is a variant, the line through it its interval{published}."
PUBLISHED_READING = ", an open diamond the published number"

TOGETHER = "Side by side"
"""Title of the strip in which every protocol has a panel."""

_MOST_TOGETHER = 3
_ROW, _DENSE_ROW, _NARROW_ROW = 0.23, 0.155, 0.4
_TOP = -0.6
_FOOT = 0.5
_AXIS_LINE = 0.15
_HEAD = 0.25
_COLUMN = 0.85
_OFFSETS = (8, 8 + 72 * _COLUMN)
_RIGHT, _TICK_ROOM = 0.1, 0.25
_GAP = 0.4
_LABEL_GAP = 0.3
_PANEL_SHARE = 0.4


@dataclass(frozen=True, eq=False)
class Panel:
    """A protocol's variants in a figure.

    Attributes:
        rows: a row per variant; those of one group follow each other.
        styles: how variants look, by key.
        metric: what the axis of values is called.
        unit: of the values; empty for none.
        interval: what the lines through the dots are; empty for none.
        title: whose variants they are, where others' stand beside them.
        others: rows of figures that are to have the same axis.
    """

    rows: Sequence[DotRow]
    styles: Mapping[str, SeriesStyle]
    metric: str
    unit: str = ""
    interval: str = ""
    title: str = ""
    others: Sequence[DotRow] = ()


@figure(reading=READING, published=PUBLISHED_READING)
def overview(
    figure: Asked,
    runs: pd.DataFrame,
    published: pd.DataFrame | None,
    beside: "Sequence[Sources]",
    *,
    metric: Metric,
) -> Iterator[Drawing]:
    """All variants of a protocol with what its report published of them.

    Each stands for itself beside its published number, so that one that went on for longer than
    most is shown with all its epochs, and says how many. Protocols that show the same metric have
    the same axis; two or three that show the same variants are drawn side by side, too.
    """
    there = {figure.protocol, *(source.protocol for source in beside)}
    asked = [replace(figure, protocol=name) for name in figure.study.protocols if name in there]
    asked = [each for each in asked if each.extent.runs(each.runs)]
    panels = {each.protocol: _panel(each, runs, published, metric) for each in asked}
    own = panels[figure.protocol]
    if all(row.value is None for row in own.rows):
        raise NothingToDraw(NO_METRIC)
    beside_numbers = " and published numbers" if figure.study.published else ""
    form = f" of all variants, with intervals{beside_numbers}"
    if figure.protocol == asked[0].protocol and _same_variants(list(panels.values())):
        every = [run for each in asked for run in each.runs]
        of = [f"{metric_phrase(each.metric(metric))} ({each.owner})" for each in asked]
        yield Drawing(
            f"{figure.name}/together",
            partial(draw, list(panels.values()), title=figure.spec.title),
            every,
            figure.alt(f"Dot charts of {wording.joined(of)}{form}", every),
            strip=TOGETHER,
        )
    others = [row for each in figure.beside(metric) for row in panels[each.protocol].rows]
    yield Drawing(
        figure.name,
        partial(draw, [replace(own, others=others)], title=figure.titled(figure.spec.title)),
        figure.runs,
        figure.alt(f"Dot chart of {metric_phrase(figure.metric(metric))}{form}", figure.runs),
    )


def _panel(figure: Asked, runs: pd.DataFrame, published: pd.DataFrame | None, metric: str) -> Panel:
    """A protocol's variants, and their rows in the figure."""
    metric = figure.metric(metric)
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
    return Panel(
        rows,
        figure.styles_of(figure.runs),
        metric_words(table, metric),
        unit_named(metric),
        interval_words(table, metric),
        figure.owner,
    )


def _same_variants(panels: Sequence[Panel]) -> bool:
    """Whether panels can share their rows: those of another selected variant stand in one row."""
    groups = {tuple(row.group for row in panel.rows) for panel in panels}
    return 1 < len(panels) <= _MOST_TOGETHER and len(groups) == 1


@styled
def draw(panels: Sequence[Panel], *, title: str = "") -> Figure:
    """A dot with its interval per variant, and a diamond where a number was published.

    One panel has the numbers beside its rows; several, whose rows are the same variants, share the
    rows' names.
    """
    several = len(panels) > 1
    lines = [_lines(panel.rows) for panel in panels]
    rows = [row for panel in panels for row in panel.rows]
    with_published = any(row.beside is not None for row in rows)
    columns = _TICK_ROOM if several else _RIGHT + _COLUMN * (2 if with_published else 1)
    gaps = (len(panels) - 1) * _GAP
    room = (1 - _PANEL_SHARE) * page_width() - columns - gaps - _LABEL_GAP
    labels, beside = row_labels(_named(panels), room)
    side = _LABEL_GAP + beside if beside else ABOVE_MARGIN
    width = (page_width() - side - columns - gaps) / len(panels)
    words = [
        wrap_text(panel.metric, FONT_SIZE, width + (_TICK_ROOM if several else min(side, columns)))
        for panel in panels
    ]
    foot = _FOOT + (max(map(len, words)) - 1) * _AXIS_LINE
    pitch = _NARROW_ROW if is_narrow() else _DENSE_ROW if several else _ROW
    notes = [f"Lines through the dots: {interval}." for interval in _intervals(panels)]
    notes += [SINGLE] if any(row.single for row in rows) else []
    fig, body = start_figure(
        _HEAD + len(lines[0]) * pitch + foot, title, legend=_legend(with_published), notes=notes
    )
    for number, (panel, own) in enumerate(zip(panels, lines, strict=True)):
        left = side + number * (width + _GAP)
        ax = add_axes(fig, Box(left, body.bottom + foot, width, body.height - foot - _HEAD))
        ax.patch.set_visible(False)
        _axis(ax, own, "\n".join(words[number]), panel.title if several else "", width)
        for place, line in enumerate(own):
            if isinstance(line, DotRow):
                _draw_row(ax, place, line, panel.styles[line.key], numbers=not several)
        _limits(ax, [*panel.rows, *panel.others, *_of_same_unit(panel, panels)])
        if number == 0:
            _name_lines(ax, own, labels, page_width() if is_narrow() else width)
    if not several:
        heads = ("reproduced", "published") if with_published else ("value",)
        for head, offset in zip(heads, _OFFSETS, strict=False):
            write_beside(ax, _TOP - (0.2 if is_narrow() else 0.35), head, SOFT_INK, offset)
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


def _named(panels: Sequence[Panel]) -> list[DotRow]:
    """Rows by the names that they have in all panels: where these differ, by each."""
    columns = zip(*(panel.rows for panel in panels), strict=True)
    return [
        replace(rows[0], label=", ".join(dict.fromkeys(row.label for row in rows)))
        for rows in columns
    ]


def _intervals(panels: Sequence[Panel]) -> list[str]:
    """What the intervals are, and in which panels, where that is not the same in all."""
    found: dict[str, list[str]] = {}
    for panel in panels:
        if panel.interval:
            found.setdefault(panel.interval, []).append(panel.title)
    if len(found) <= 1 and sum(map(len, found.values())) in (0, len(panels)):
        return list(found)
    return [f"{words} ({wording.joined(titles)})" for words, titles in found.items()]


def _of_same_unit(panel: Panel, panels: Sequence[Panel]) -> list[DotRow]:
    """The rows of all panels whose values can stand on a panel's axis."""
    return [row for each in panels if panel.unit and each.unit == panel.unit for row in each.rows]


def _axis(ax: Axes, lines: Sequence[DotRow | str], metric: str, title: str, width: float) -> None:
    """An axis of values below its rows, on a panel of `width` inches."""
    bare_rows(ax, _TOP, len(lines) - 0.4)
    ax.set_yticks([])
    ax.set_xlabel(metric)
    if title:
        shown = cut_text(title, FONT_SIZE, width, bold=True)
        ax.set_title(shown, loc="left", pad=4, fontsize=FONT_SIZE, fontweight="bold")


def _name_lines(
    ax: Axes, lines: Sequence[DotRow | str], labels: Sequence[str], room: float
) -> None:
    """Names of the rows, in their order, headings inside the panel, on `room` inches."""
    places = [place for place, line in enumerate(lines) if isinstance(line, DotRow)]
    name_rows(ax, dict(zip(places, labels, strict=True)))
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


def _draw_row(ax: Axes, place: int, row: DotRow, style: SeriesStyle, *, numbers: bool) -> None:
    if row.beside is not None:
        ax.plot([row.beside], [place], zorder=4, **PUBLISHED_MARKER)
    draw_dot(ax, place, row, style, size=6.0, edge=1.4)
    if numbers:
        write_beside(ax, place, row.words, word_color(row, style), _OFFSETS[0])
        if row.beside is not None:
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
