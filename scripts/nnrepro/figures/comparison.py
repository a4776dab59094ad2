"""Figures of kind `comparison`: variants by epoch, in one panel or in small multiples."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nnrepro.document import wording
from nnrepro.figures.asked import Asked
from nnrepro.figures.drawing import Drawing, NothingToDraw
from nnrepro.measures.curves import ROUNDING
from nnrepro.measures.runs import RunData, compared
from nnrepro.metrics.registry import known
from nnrepro.plots.fitting import POINTS, cut_text, fit_labels, named
from nnrepro.plots.frame import Box, add_axes, start_figure
from nnrepro.plots.keys import draw_key, key_size, shown_grid
from nnrepro.plots.lines import (
    BAND_ALPHA,
    LABEL_ROOM,
    METRIC_MARGIN,
    EndLabel,
    Limits,
    band_and_smoothing_entries,
    describe_ends,
    draw_series,
    end_labels,
    epoch_axis,
    has_raw,
    label_margin,
    mark_early_end,
    metric_axis,
    raw_entry,
    say_empty,
    y_limits,
)
from nnrepro.plots.seeds import (
    Members,
    band_words,
    by_variant,
    closing_range,
    judged,
    main_metric,
    seed_series,
    series_of,
    smoothing_words,
    widest_windows,
)
from nnrepro.plots.series import Series, thin_line
from nnrepro.plots.style import (
    FONT_SIZE,
    SMALL_SIZE,
    Grid,
    SeriesStyle,
    is_narrow,
    page_width,
    styled,
)
from nnrepro.plots.traces import Sheet, mark_of
from nnrepro.study.kinds import figure
from nnrepro.study.options import Share, Swept

if TYPE_CHECKING:
    from nnrepro.figures.sources import Sources

Started = tuple[Sheet, Box]
"""A page that is begun, and the box that its axes may fill."""
Facets = Mapping[str, Sequence[str]]
"""The keys of the lines of small panels, by their titles."""
Compared = tuple[Asked, Sequence[Members]]
"""The figure as it is asked for, and the runs of each variant that it shows."""

READING = "A line is a variant, with its name and last value at its end."

MOST_LABELS = 8
"""Up to this many lines are labelled at their ends; more get a key of their own."""

_MOST_RAW = 5
_BODY_HEIGHT = 3.3
_BOTTOM, _TOP = 0.44, 0.1
_FACET_HEIGHT = 1.75
_FACET_COLUMNS = 3
_LEAST_PANEL = 1.1
_KEY_SHARE = 0.6
_LABEL_MARGIN = 0.1
_NAMED_WIDTH = 2.5
_NARROW = 3.0
_NARROWER = 0.8


@figure(reading=READING)
def comparison(
    figure: Asked,
    histories: Sequence[RunData],
    beside: Sequence["Sources"],
    *,
    epochs: Literal["all", "window"] = "all",
    facet: Swept | None = None,
    stable_below: Share | None = None,
) -> Iterator[Drawing]:
    """Test accuracy of several variants by epoch, or the first metric that they recorded.

    As far as most of them went. It may show the closing window alone (`epochs: window`), keep the
    variants whose metric ranges over less than `stable_below` in it, and split them by a
    parameter (`facet`). Protocols that show the same metric have the same vertical axis.
    """
    groups = _groups(figure, histories, stable_below)
    if not groups and stable_below is not None:
        asked = {(run.experiment, run.variant) for run in figure.runs}
        raise NothingToDraw(
            f"None of {wording.counted(len(asked), 'variant')} stays within "
            f"{wording.plain(100 * stable_below)} percentage points over the closing window."
        )
    others = []
    for source in beside:
        other = replace(figure, protocol=source.protocol, extent=source.extent)
        others.append((other, _groups(other, source.histories, stable_below)))
    shown = [item.run for members in groups for item in members]
    metric = _metric(groups)
    of = judged([item for members in groups for item in members])
    what = f"Line chart of {of} {known(metric).words} by epoch"
    yield Drawing(
        figure.name,
        partial(
            _compared,
            (figure, groups),
            [each for each in others if each[1] and _metric(each[1]) == metric],
            facet,
            closing=epochs == "window",
        ),
        shown,
        figure.alt(what, shown),
        compared=True,
    )


def _groups(
    figure: Asked, histories: Sequence[RunData], stable_below: float | None
) -> list[Members]:
    """The runs of each variant that a figure shows: those with the metric of the first."""
    by_id = {item.run.id: item for item in histories}
    there = [by_id[run.id] for run in figure.runs if run.id in by_id]
    found = by_variant(compared(there, figure.extent.compared_among(figure.runs)))
    groups = [
        members
        for members in found.values()
        if stable_below is None or closing_range(members) < stable_below - ROUNDING
    ]
    return [members for members in groups if main_metric(members) == _metric(groups)]


def _metric(groups: Sequence[Members]) -> str:
    return main_metric(groups[0]) if groups else "accuracy"


def _compared(
    own: Compared, others: Sequence[Compared], facet: str | None, *, closing: bool
) -> Figure:
    figure, groups = own
    every = list(chain.from_iterable(groups))
    shown = [item.run for item in every]
    window, smoothing = widest_windows(every)
    fact, of = known(_metric(groups)), judged(every)
    series = _series(own)
    beside = []
    for other in others:
        last = widest_windows(list(chain.from_iterable(other[1])))[0].used if closing else None
        lines, _, _ = _cut(_series(other), last, _highlight(other))
        beside += _as_drawn(lines, raw=_shows_raw(lines, faceted=facet is not None))
    return draw(
        series,
        figure.styles_of(shown),
        facets=_facets(facet, groups, series) if facet else {},
        metric=f"{of.capitalize()} {fact.words}",
        floor=fact.low,
        ceiling=fact.high,
        title=figure.titled(figure.spec.title),
        closing=window.used if closing else None,
        highlight=_highlight(own),
        grid=figure.grid(shown),
        band=band_words(groups),
        smoothing=smoothing_words(smoothing),
        beside=beside,
    )


def _series(lines: Compared) -> list[Series]:
    """A figure's lines."""
    figure, groups = lines
    every = list(chain.from_iterable(groups))
    # One width for all lines, or their noise could not be compared.
    _, smoothing = widest_windows(every)
    metric = series_of(judged(every), _metric(groups))
    labels = figure.labels(item.run for item in every)
    series = []
    for members in groups:
        key = figure.key(members[0].run)
        series.append(seed_series(members, metric, smoothing, key, labels[key]))
    return series


def _highlight(lines: Compared) -> str | None:
    """The key of a figure's selected variant."""
    figure, groups = lines
    selected = figure.selected(item.run for members in groups for item in members)
    return None if selected is None else figure.key(selected)


def _facets(parameter: str, groups: Sequence[Members], series: Sequence[Series]) -> Facets:
    """One panel per value of a parameter, in rising order."""
    panels: dict[Any, list[str]] = {}
    for members, line in zip(groups, series, strict=True):
        panels.setdefault(members[0].run.settings[parameter], []).append(line.key)
    return {f"{parameter} = {value}": panels[value] for value in sorted(panels)}


@dataclass(frozen=True, eq=False)
class _Scene:
    """What the panels of one figure have in common.

    Attributes:
        series: the lines that have epochs to show.
        absent: labels of those that have none in the window.
        styles: style by key.
        highlight: key of the line to draw boldly, or None.
        epochs: first and last epoch of the axis.
        raw: whether faint raw epochs lie under smoothed lines.
        limits: the range of the y axis.
        metric: its label.
    """

    series: list[Series]
    absent: list[str]
    styles: Mapping[str, SeriesStyle]
    highlight: str | None
    epochs: tuple[float, float]
    raw: bool
    limits: Limits
    metric: str

    def started(self, height: float, title: str, band: str, smoothing: str) -> Started:
        """The page: entries for raw, smoothed and band, and sentences on what the axes lack."""
        entries = [raw_entry()] if self.raw and has_raw(self.series) else []
        banded = [each for each in self.series if each.low is not None]
        if band and len(self.series) > MOST_LABELS and banded:
            label = cut_text(banded[0].label, SMALL_SIZE, _NAMED_WIDTH)
            band = f"{band} ({label} only)"
        entries += band_and_smoothing_entries(self.series, band, smoothing)
        absent = f"Without epochs in this window: {named(self.absent, SMALL_SIZE)}."
        notes = [self.limits.note(self.metric), absent if self.absent else ""]
        return start_figure(height, title, entries, [*filter(None, notes)])

    def labels(
        self, series: Sequence[Series], size: float, width: float, *, value: bool = True
    ) -> list[EndLabel]:
        """A label, no wider than `width` inches, for every one of `series` that has a value."""
        shown = [each for each in series if each.end()]
        words = (
            describe_ends(shown, self.epochs[1], size, width, bold=True)
            if value
            else fit_labels([each.label for each in shown], size, width, bold=True)
        )
        return [
            EndLabel(
                end[1],
                text,
                self.styles[each.key].color,
                bold=each.key == self.highlight,
                trace=each.label,
            )
            for each, text in zip(shown, words, strict=True)
            if (end := each.end())
        ]


@styled
def draw(
    series: Sequence[Series],
    styles: Mapping[str, SeriesStyle],
    *,
    facets: Facets | None = None,
    metric: str = "Test accuracy",
    floor: float | None = 0.0,
    ceiling: float | None = 1.0,
    title: str = "",
    closing: int | None = None,
    highlight: str | None = None,
    grid: Grid | None = None,
    band: str = "",
    smoothing: str = "",
    beside: Sequence[Series] = (),
) -> Figure:
    """One metric of several variants in one panel, or in small panels with the same axes.

    Up to eight lines carry their names and end values at the right. More lines that are all of a
    grid get a small key in the grid's own shape; other ones a list, best at the top. On a narrow
    page any lines have one, below the panel. A line that
    ends before its planned epochs (a run that diverged) ends in a cross. Of more than eight bands,
    which would hide each other, only the highlighted line's is drawn. In small panels each line is
    labelled at its end, and raw epochs are left out where there are smoothed ones; a panel's key
    without a series (a missing run) is left out, and a panel without any says so.

    Args:
        series: the lines, by different keys.
        styles: style by key.
        facets: small panels; without any there is one of all lines.
        metric: label of the y axis.
        floor: a value that the metric cannot go below; None without one.
        ceiling: a value that it cannot exceed; None without one.
        title: title above the panel.
        closing: show the last so many epochs only, counted from the longest series' end.
        highlight: key of a line to draw boldly over the others, which step back.
        grid: the grid that lines of these lie on, if any do.
        band: what bands are.
        smoothing: what smoothed lines are.
        beside: lines that stand beside it and are to have the same vertical axis.
    """
    shown, absent, epochs = _cut(series, closing, highlight)
    raw = _shows_raw(series, faceted=bool(facets))
    limits = y_limits(_as_drawn(shown, raw=raw), floor, ceiling, beside=beside)
    scene = _Scene(shown, absent, styles, highlight, epochs, raw, limits, metric)
    start = partial(scene.started, title=title, band=band, smoothing=smoothing)
    return _draw_facets(scene, facets, start) if facets else _draw_panel(scene, grid, start)


def _draw_panel(scene: _Scene, grid: Grid | None, start: Callable[[float], Started]) -> Figure:
    shown, highlight = scene.series, scene.highlight
    few, below = len(shown) <= MOST_LABELS, is_narrow()
    keyed = shown if below or not few else []
    key_side = _side() if highlight is None else _KEY_SHARE * _side()
    key_room = page_width() - 2 * _LABEL_MARGIN if below else key_side
    grid = shown_grid(shown, grid) if not few else None
    key_width, key_height = key_size(keyed, key_room, grid) if keyed else (0.0, 0.0)
    height = _BODY_HEIGHT - _NARROWER + key_height if below else _BODY_HEIGHT
    height = max(height, key_height + _BOTTOM + _TOP)
    fig, body = start(height)
    # A key in the shape of a grid tells the values of its best pairs alone.
    labelled = [each for each in shown if each.key == highlight or (few and not below)]
    labelled = [] if below and grid is None else labelled
    label_room = _side() - (0.0 if below else key_width) - _LABEL_MARGIN - LABEL_ROOM
    labels = scene.labels(labelled, FONT_SIZE, label_room)
    margin = label_margin([label.text for label in labels], bold=True) + _LABEL_MARGIN
    if below:
        key_place = Box(_LABEL_MARGIN, body.bottom, key_room, key_height)
        place = body.inset(METRIC_MARGIN, key_height + _BOTTOM, right=margin, top=_TOP)
    else:
        place = body.inset(METRIC_MARGIN, _BOTTOM, right=margin + key_width, top=_TOP)
        key_place = Box(body.width - key_width, place.bottom, key_width - 0.05, place.height)
    ax = add_axes(fig, place)
    _draw_lines(ax, place, shown, scene)
    metric_axis(ax, scene.limits, scene.metric)
    epoch_axis(ax, *scene.epochs, ticks=7)
    end_labels(ax, labels, place.width, place.height)
    if keyed:
        draw_key(fig, key_place, keyed, scene.styles, most=key_room, grid=grid, highlight=highlight)
    return fig


def _draw_facets(scene: _Scene, facets: Facets, start: Callable[[float], Started]) -> Figure:
    by_key = {each.key: each for each in scene.series}
    groups = [[by_key[key] for key in keys if key in by_key] for keys in facets.values()]
    room = _side() - _LABEL_MARGIN - LABEL_ROOM
    # Cut in all panels as in one, so that two lines are not called the same.
    names = scene.labels(scene.series, SMALL_SIZE, room, value=False)
    ended = [each.key for each in scene.series if each.end()]
    by_line = dict(zip(ended, names, strict=True))
    margin = label_margin([label.text for label in names], SMALL_SIZE, bold=True) + _LABEL_MARGIN
    columns = _facet_columns(len(facets), margin)
    rows = -(-len(facets) // columns)
    most = max(len(group) for group in groups)
    row_height = max(_FACET_HEIGHT, 0.5 + most * 1.3 * SMALL_SIZE / POINTS)
    fig, body = start(rows * row_height + 0.22)
    cell_width = (body.width - METRIC_MARGIN - 0.06) / columns
    top = body.bottom + body.height
    for i, (heading, group) in enumerate(zip(facets, groups, strict=True)):
        row, column = divmod(i, columns)
        cell = Box(
            METRIC_MARGIN + column * cell_width,
            top - (row + 1) * row_height,
            cell_width,
            row_height,
        )
        place = cell.inset(bottom=0.24, right=margin, top=0.26)
        ax = add_axes(fig, place)
        _draw_lines(ax, place, group, scene)
        metric_axis(ax, scene.limits, scene.metric if column == 0 else "")
        words = cut_text(heading, FONT_SIZE, cell_width - 0.1)
        ax.set_title(words, fontsize=FONT_SIZE, loc="left", pad=4)
        lowest = i + columns >= len(facets)
        epoch_axis(ax, *scene.epochs, label=lowest, ticks=3)
        ax.tick_params(labelbottom=lowest, labelleft=column == 0)
        labels = [by_line[each.key] for each in group if each.key in by_line]
        end_labels(ax, labels, place.width, place.height, SMALL_SIZE)
        if not labels:
            say_empty(ax, "no run")
    return fig


def _side() -> float:
    """Inches that names may take beside the lines, which keep two fifths of the page.

    Of a narrow page they keep a third.
    """
    return (2 / 3 if is_narrow() else 3 / 5) * page_width() - METRIC_MARGIN


def _facet_columns(facets: int, margin: float) -> int:
    """As many panels in a row as leave each some width beside `margin` inches of labels."""
    room = page_width() - METRIC_MARGIN
    fitting = int(room / (margin + _LEAST_PANEL))
    return max(1, min(_FACET_COLUMNS, facets, fitting))


def _cut(
    series: Sequence[Series], closing: int | None, highlight: str | None
) -> tuple[list[Series], list[str], tuple[float, float]]:
    """The series in the window, the labels of those that have no epoch there, and its ends."""
    last = max(float(each.epochs[-1]) for each in series)
    first = min(float(each.epochs[0]) for each in series)
    if closing is not None:
        first = max(first, last - closing + 1)
    cut = [(each.label, each.since(first)) for each in series]
    shown = [part for _, part in cut if part is not None]
    if len(shown) > MOST_LABELS:
        shown = [
            each if each.key == highlight else replace(each, low=None, high=None) for each in shown
        ]
    absent = [label for label, part in cut if part is None]
    return shown, absent, (first, last)


def _shows_raw(series: Sequence[Series], *, faceted: bool) -> bool:
    """Whether there is room for faint raw epochs under smoothed lines."""
    return not faceted and len(series) <= _MOST_RAW


def _as_drawn(series: Sequence[Series], *, raw: bool) -> list[Series]:
    """What a panel shows of some lines: without raw epochs their smoothed ones alone."""
    return [each if raw else replace(each, mean=each.drawn, smoothed=None) for each in series]


def _draw_lines(ax: Axes, place: Box, series: Sequence[Series], scene: _Scene) -> None:
    columns = round(place.width * POINTS)
    many = len(series) > MOST_LABELS
    line_width = 0.9 if many else 1.5 if place.width > _NARROW else 1.2
    for each in series:
        style, noisy = scene.styles[each.key], many and each.smoothed is None
        width, zorder = (0.6 if noisy else line_width), 3.0
        if each.key == scene.highlight:
            # A white casing lifts the line off the others; dashes would break it up.
            width, zorder, style = 1.8 * width, 6.0, replace(style, dash=())
            x, y = thin_line(each.epochs, each.drawn, columns)
            ax.plot(
                x,
                y,
                color="white",
                linewidth=width + (0.6 if noisy else 2.0),
                zorder=zorder - 0.2,
                gid=mark_of(ax, each.label),
            )
        draw_series(
            ax,
            each,
            style,
            columns=columns,
            width=width,
            raw=scene.raw,
            band_alpha=BAND_ALPHA if len(series) <= 2 else 0.6 * BAND_ALPHA,
            zorder=zorder,
        )
        mark_early_end(ax, each, style, scene.epochs[1])
