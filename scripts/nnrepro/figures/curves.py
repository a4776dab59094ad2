"""Figures of kind `curves`: cost and accuracy of one variant by epoch, which every run gets."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nnrepro.document.wording import capitalised
from nnrepro.figures.asked import Asked
from nnrepro.figures.drawing import Drawing
from nnrepro.measures.convergence import ACCURACY_TOLERANCE, LOSS_TOLERANCE, tolerance
from nnrepro.measures.runs import RunData
from nnrepro.metrics.registry import LOSS, known
from nnrepro.plots.fitting import POINTS
from nnrepro.plots.frame import Box, LegendEntry, add_axes, start_figure
from nnrepro.plots.lines import (
    METRIC_MARGIN,
    EndLabel,
    band_and_smoothing_entries,
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
    converged_at,
    judged,
    main_metric,
    seed_series,
    series_of,
    smoothing_words,
    widest_windows,
)
from nnrepro.plots.series import Series, as_floats, format_value
from nnrepro.plots.style import (
    INK,
    PUBLISHED_MARKER,
    SMALL_SIZE,
    TRAIN_GREY,
    SeriesStyle,
    is_narrow,
    styled,
)
from nnrepro.plots.traces import mark_of, note
from nnrepro.published.levels import CurveLevel
from nnrepro.study.kinds import figure
from nnrepro.study.run import Run
from nnrepro.study.selectors import Selector

if TYPE_CHECKING:
    from nnrepro.figures.sources import Sources

READING = (
    "Cost and {metric} by epoch: the test set in colour, the training set in grey dashes. A ring, "
    "where there is one, marks where the test curve has converged: from there on its moving mean "
    f"stays within {ACCURACY_TOLERANCE:g} (cost: within {LOSS_TOLERANCE:g}) of its closing mean, "
    "and it neither comes late nor still drifts at the end; of several seeds it is the median, "
    "those that do not last.{published}"
)
PUBLISHED_READING = (
    " An open diamond is a published level: the highest (max), lowest (min) or mean of all "
    "epochs, or the mean of the last ones."
)

TRAIN, TEST, PUBLISHED = "train", "test", "published"

_BODY_HEIGHT, _NARROW_HEIGHT = 2.55, 2.05
_LABEL_ROW = 0.16
_FOOT, _BARE_FOOT, _HEAD = 0.42, 0.22, 0.24
_TRAIN_STYLE = SeriesStyle(TRAIN_GREY, (4.0, 1.4), "s")
_PUBLISHED_STYLE = SeriesStyle(INK, (1.0, 2.0), "D")
_Curves = tuple[Asked, Members, Sequence[CurveLevel]]
"""The figure as it is asked for, a variant's runs, and what was published of its curves."""


@figure(reading=READING, published=PUBLISHED_READING)
def curves(
    figure: Asked,
    histories: Sequence[RunData],
    levels: Mapping[tuple[str, str], Sequence[CurveLevel]],
    beside: Sequence["Sources"],
) -> Iterator[Drawing]:
    """Cost and accuracy of each variant by epoch, on the training and the test set, all seeds.

    In place of accuracy stands the first metric that a variant's runs recorded.

    In a report the selected variants of all protocols share a strip, even where they are not the
    same; others stand beside those of their own name. What stands beside each other has the same
    vertical axes.
    """
    found = by_variant(histories)
    named = map(Selector.parse, figure.spec.runs)
    selected = {selector.experiment for selector in named if selector.selected}
    others = _beside(figure, beside, selected)
    groups: dict[tuple[str, str], list[Run]] = {}
    for run in figure.runs:
        groups.setdefault((run.experiment, run.variant), []).append(run)
    for key, runs in groups.items():
        members, label = found.get(key), runs[0].label
        metric = known(main_metric(members)).words if members else "accuracy"
        of = judged(members) if members else TEST
        what = f"Line charts of cost and {metric} by epoch, on the training and the {of} set"
        strip = "Selected variant" if key[0] in selected else label
        yield Drawing(
            "/".join(key),
            partial(
                _variant,
                figure,
                members,
                levels.get(key, ()),
                others.get(key[0] if key[0] in selected else key, ()),
            )
            if members
            else None,
            runs,
            figure.alt(what, runs),
            strip if len(groups) > 1 else "",
            label if len(groups) > 1 else "",
        )


def _beside(
    figure: Asked, beside: Sequence["Sources"], selected: Collection[str]
) -> dict[str | tuple[str, str], list[_Curves]]:
    """The variants of a figure under the other protocols, by what they share a strip by."""
    found: dict[str | tuple[str, str], list[_Curves]] = {}
    for source in beside:
        own = replace(figure, protocol=source.protocol)
        members = by_variant(source.histories)
        for key in dict.fromkeys((run.experiment, run.variant) for run in own.runs):
            if key in members:
                strip = key[0] if key[0] in selected else key
                found.setdefault(strip, []).append((own, members[key], source.levels.get(key, ())))
    return found


def _variant(
    figure: Asked, members: Members, levels: Sequence[CurveLevel], beside: Sequence[_Curves] = ()
) -> Figure:
    """The figure of one variant, all its seeds."""
    run = members[0].run
    metric = main_metric(members)
    alike = [own for own in beside if main_metric(own[1]) == metric]
    # The only variant of an experiment bears its title.
    title = ", ".join(dict.fromkeys((figure.study.experiments[run.experiment].title, run.label)))
    return draw(
        _panel(figure, members, levels, "Cost", "loss"),
        _panel(figure, members, levels, capitalised(known(metric).words), metric),
        figure.styles[figure.key(run)],
        title=figure.titled(title),
        band=band_words([members]),
        smoothing=smoothing_words(widest_windows(members)[1]),
        epochs=max(int(item.run.settings["epochs"]) for item in members),
        beside=[[_panel(*own, name, name) for own in alike] for name in ("loss", metric)],
    )


@dataclass(frozen=True)
class PublishedMark:
    """A level that was published of a curve.

    Attributes:
        label: what it is, in a word or two, such as "max" or "last 200".
        value: the published number.
        first: first of the epochs that it is over.
        last: last of them; they may lie beyond the axis where runs were cut short.
    """

    label: str
    value: float
    first: float
    last: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", float(as_floats(self.value)))


@dataclass(frozen=True, eq=False)
class CurvePanel:
    """One metric of one variant, on the training and on the test set.

    Attributes:
        name: axis label, e.g. "Cost" or "Accuracy".
        train: the metric on the training set.
        test: the metric on the test set.
        converged_at: epoch from which the test curve counts as converged; None where it does
            not, or where nobody asked.
        ceiling: the largest value that the metric can have (1 for accuracies); None without one.
        published: what was published of its curves.
        floor: the smallest value that the metric can have; None without one.
        judged: what is called the test set, where it is the validation set that stands for it.
    """

    name: str
    train: Series
    test: Series
    converged_at: int | None = None
    ceiling: float | None = None
    published: tuple[PublishedMark, ...] = ()
    floor: float | None = 0.0
    judged: str = TEST


@styled
def draw(
    cost: CurvePanel,
    accuracy: CurvePanel,
    style: SeriesStyle,
    *,
    title: str = "",
    band: str = "",
    smoothing: str = "",
    epochs: int | None = None,
    beside: Sequence[Sequence[CurvePanel]] = ((), ()),
) -> Figure:
    """A variant's cost and accuracy by epoch, side by side, on a narrow page below each other.

    The test curve has the variant's own colour, the training curve is always grey and dashed. The
    numbers at the right are those at which the lines end, smoothed where the lines are.

    Args:
        cost: first panel.
        accuracy: second panel.
        style: the variant's style.
        title: title above the panels.
        band: what the bands are.
        smoothing: what the bold lines are.
        epochs: how many epochs the run was to have. Curves that end before (a diverged run) end
            in a cross; None takes the longest curve's length.
        beside: for each panel those that stand beside it and are to have the same place and the
            same vertical axis.
    """
    panels = (cost, accuracy)
    every = [series for panel in panels for series in (panel.train, panel.test)]
    limits = [
        y_limits(
            [panel.train, panel.test],
            panel.floor,
            panel.ceiling,
            marks=[mark.value for each in (panel, *same) for mark in each.published],
            beside=[series for each in same for series in (each.train, each.test)],
        )
        for panel, same in zip(panels, beside, strict=True)
    ]
    last_epoch = max(*map(_last_epoch, panels), float(epochs or 0))
    legend = _legend(panels, every, style, band, smoothing)
    notes = [
        note
        for panel, range_ in zip(panels, limits, strict=True)
        if (note := range_.note(panel.name))
    ]
    labels = [_labels(panel, style, last_epoch) for panel in panels]
    least = _NARROW_HEIGHT if is_narrow() else _BODY_HEIGHT
    height = max(least, _LABEL_ROW * max(map(len, labels)) + _FOOT + _HEAD)
    columns = 1 if is_narrow() else 2
    # Below each other, the panels share the name of their axis.
    upper_height = height - _FOOT + _BARE_FOOT if is_narrow() else 0.0
    fig, body = start_figure(upper_height + height, title, legend, notes)
    width = body.width / columns
    others = [*chain.from_iterable(beside)]
    top = 0.1 if all(panel.converged_at is None for panel in (*panels, *others)) else _HEAD
    theirs = [_labels(panel, style, _last_epoch(panel)) for panel in others]
    names = [label.text for label in chain(*labels, *theirs)]
    margin = label_margin(names or ["test 0.000"], bold=True)
    for i, (panel, range_, words) in enumerate(zip(panels, limits, labels, strict=True)):
        upper = is_narrow() and i == 0
        if upper:
            cell, foot = Box(body.left, body.bottom + height, width, upper_height), _BARE_FOOT
        else:
            cell, foot = Box(body.left + i % columns * width, body.bottom, width, height), _FOOT
        place = cell.inset(left=METRIC_MARGIN, bottom=foot, right=margin + 0.08, top=top)
        ax = add_axes(fig, place)
        metric_axis(ax, range_, panel.name)
        first = min(float(series.epochs[0]) for series in (panel.train, panel.test))
        epoch_axis(ax, first, last_epoch, label=not upper)
        _draw_panel(ax, place, panel, style, last_epoch)
        _mark_published(ax, panel.published)
        end_labels(ax, words, place.width, place.height)
    return fig


def _last_epoch(panel: CurvePanel) -> float:
    return max(float(series.epochs[-1]) for series in (panel.train, panel.test))


def _draw_panel(
    ax: Axes, place: Box, panel: CurvePanel, style: SeriesStyle, last_epoch: float
) -> None:
    columns = round(place.width * POINTS)
    solid = SeriesStyle(style.color, (), "o")  # a dash means training data here
    for trace, series, look, width, zorder in (
        (TRAIN, panel.train, _TRAIN_STYLE, 1.3, 3.0),
        (panel.judged, panel.test, solid, 1.8, 4.0),
    ):
        draw_series(ax, series, look, columns=columns, width=width, zorder=zorder, trace=trace)
        mark_early_end(ax, series, look, last_epoch, trace=trace)
    if panel.train.end() is None and panel.test.end() is None:
        say_empty(ax, "no finite value")
    if panel.converged_at is not None:
        _mark_convergence(ax, panel, panel.converged_at, style)


def _labels(panel: CurvePanel, style: SeriesStyle, last_epoch: float) -> list[EndLabel]:
    """Name and last value of both lines; a line that stops early says at which epoch."""
    labels = []
    for name, series, color in (
        (TRAIN, panel.train, TRAIN_GREY),
        (panel.judged, panel.test, style.color),
    ):
        end = series.end()
        if end is None:
            continue
        epoch, value = end
        early = f" at {epoch:.0f}" if epoch < last_epoch else ""
        text = f"{name} {format_value(value)}{early}"
        labels.append(EndLabel(value, text, color, bold=name != TRAIN, trace=name))
    labels += [
        EndLabel(mark.value, f"{mark.label} {format_value(mark.value)}", INK, trace=PUBLISHED)
        for mark in panel.published
    ]
    return labels


def _mark_published(ax: Axes, marks: Iterable[PublishedMark]) -> None:
    """A diamond on the frame, and a dotted line over the epochs that the level is over."""
    left, right = ax.get_xlim()
    for mark in marks:
        note(ax, PUBLISHED, _PUBLISHED_STYLE)
        group = mark_of(ax, PUBLISHED)
        if mark.first < right:
            ax.plot(
                [max(mark.first, left), min(mark.last, right)],
                [mark.value, mark.value],
                color=INK,
                linestyle=_PUBLISHED_STYLE.linestyle,
                linewidth=0.9,
                zorder=4.6,
                gid=group,
            )
        ax.plot(
            [1.0],
            [mark.value],
            transform=ax.get_yaxis_transform(),
            clip_on=False,
            zorder=6.0,
            gid=group,
            **PUBLISHED_MARKER,
        )
    ax.set_xlim(left, right)


def _mark_convergence(ax: Axes, panel: CurvePanel, epoch: int, style: SeriesStyle) -> None:
    """A ring on the test curve, and a dotted line up to the epoch's number above the frame."""
    test = panel.test
    height = float(np.interp(epoch, test.epochs, test.drawn))
    transform = ax.get_xaxis_transform()
    low, high = ax.get_ylim()
    foot = (height - low) / (high - low) if np.isfinite(height) else 0.0
    ax.plot(
        [epoch, epoch],
        [foot, 1.0],
        transform=transform,
        color=INK,
        linestyle=(0, (1.0, 1.5)),
        linewidth=0.9,
        zorder=4.5,
        gid=mark_of(ax, panel.judged),
    )
    if np.isfinite(height):
        ax.plot([epoch], [height], **_ring(style), zorder=5.0, gid=mark_of(ax, panel.judged))
    ax.text(
        epoch, 1.02, f"epoch {epoch}", transform=transform, ha="center", va="bottom",
        fontsize=SMALL_SIZE, gid=mark_of(ax, panel.judged),
    )  # fmt: skip


def _ring(style: SeriesStyle) -> dict[str, Any]:
    return {
        "marker": "o",
        "markersize": 6.0,
        "markerfacecolor": "white",
        "markeredgecolor": style.color,
        "markeredgewidth": 1.4,
        "linestyle": "none",
    }


def _legend(
    panels: tuple[CurvePanel, CurvePanel],
    every: list[Series],
    style: SeriesStyle,
    band: str,
    smoothing: str,
) -> list[LegendEntry]:
    """What the marks mean; both lines are named where they end."""
    entries = [raw_entry()] if has_raw(every) else []
    entries += band_and_smoothing_entries(every, band, smoothing)
    if any(panel.converged_at is not None for panel in panels):
        ring = Line2D([], [], **_ring(style))
        entries.append(LegendEntry(ring, f"{panels[0].judged} curve converged"))
    if any(panel.published for panel in panels):
        entries.append(LegendEntry(Line2D([], [], **PUBLISHED_MARKER), PUBLISHED))
    return entries


def _panel(
    figure: Asked,
    members: Members,
    levels: Sequence[CurveLevel],
    name: str,
    metric: str,
) -> CurvePanel:
    """A metric on the training and on the test set."""
    run = members[0].run
    _, smoothing = widest_windows(members)
    of = judged(members)
    train, test = (
        seed_series(members, series, smoothing, figure.key(run), run.label)
        for series in (metric, series_of(of, metric))
    )
    marks = tuple(_mark(level, run) for level in levels if level.curve.endswith(f"_{metric}"))
    fact, converged = known(metric), None
    if metric == LOSS or fact.bounded:
        converged = converged_at(members, series_of(of, metric), tolerance(f"test_{metric}"))
    return CurvePanel(name, train, test, converged, fact.high, marks, fact.low, of)


def _mark(level: CurveLevel, run: Run) -> PublishedMark:
    """Where a published level stands: over the epochs that the protocol asks for."""
    last = run.protocol_epochs
    first = 1 if level.closing is None else max(1, last - level.closing + 1)
    return PublishedMark(_name(level), level.value, first, last)


def _name(level: CurveLevel) -> str:
    """A published level in a word or two; one of a training curve says so."""
    name = level.kind if level.closing is None else f"last {level.closing}"
    return f"train {name}" if level.curve.startswith("train") else name
