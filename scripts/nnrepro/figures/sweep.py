"""Figures of kind `sweep`: a metric of variants over each parameter that they sweep or draw."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from nnrepro.figures.asked import Asked
from nnrepro.figures.drawing import NO_METRIC, Drawing, NothingToDraw
from nnrepro.plots.dots import SINGLE, draw_singles, row_numbers
from nnrepro.plots.fitting import cut_text, fit_labels, wrap_text
from nnrepro.plots.frame import Box, add_axes, start_figure
from nnrepro.plots.lines import METRIC_MARGIN, value_ticks
from nnrepro.plots.metric_words import interval_words, metric_phrase, metric_words
from nnrepro.plots.series import drawn_interval, drawn_value, padded
from nnrepro.plots.style import FONT_SIZE, INK, PALETTE, is_narrow, styled
from nnrepro.study.kinds import figure
from nnrepro.study.labels import titled
from nnrepro.study.options import Metric
from nnrepro.study.run import ANALYSIS_SETTINGS, Run

READING = "A dot is a variant; that of the selected one is black."

_COLUMNS = 2
_HEIGHT = 2.6
_FOOT = 0.45
_GAP = 0.15
_MOST_TICKS = 8


@dataclass(frozen=True)
class Dot:
    """A variant's value, its interval where that is known, and whether it was selected.

    Of several seeds their values, too.
    """

    value: float
    low: float | None
    high: float | None
    selected: bool
    single: tuple[float, ...] = ()


@dataclass(frozen=True)
class Axis:
    """A parameter and its value of each variant.

    Attributes:
        name: the parameter's name for readers.
        values: by variant; None where one has not got it.
        scale: `linear`, `log`, or `named` for values that stand side by side.
        order: the values of a named axis, in their order.
    """

    name: str
    values: Sequence[Any]
    scale: str
    order: Sequence[Any] = ()


@figure(reading=READING)
def sweep(
    figure: Asked,
    tables_among: Callable[[Sequence[Run]], tuple[pd.DataFrame, pd.DataFrame]],
    *,
    metric: Metric,
) -> Iterator[Drawing]:
    """A metric over each parameter that the variants sweep or draw.

    Protocols that show the same metric have the same vertical axis.
    """
    others = list(figure.beside(metric))
    runs, metric = figure.runs, figure.metric(metric)
    table, of_runs = tables_among(runs)
    known = _known(figure, table, of_runs, metric)
    if not known:
        raise NothingToDraw(NO_METRIC)
    axes = _axes(figure, [run for run, _ in known])
    if not axes:
        raise NothingToDraw("Its variants differ in no parameter that is swept or drawn.")
    names = ", ".join(axis.name.lower() for axis in axes)
    yield Drawing(
        figure.name,
        partial(
            draw,
            [dot for _, dot in known],
            axes,
            metric=metric_words(table, metric),
            interval=interval_words(table, metric),
            title=figure.titled(figure.spec.title),
            beside=[
                dot
                for other in others
                for _, dot in _known(other, *tables_among(other.runs), metric)
            ],
        ),
        runs,
        figure.alt(f"Dots of {metric_phrase(metric)} over {names}", runs),
        compared=True,
    )


def _known(
    figure: Asked, variants: pd.DataFrame, runs: pd.DataFrame, metric: str
) -> list[tuple[Run, Dot]]:
    """A run of each variant that has the metric, and its dot."""
    firsts = {(run.experiment, run.variant): run for run in reversed(figure.runs)}
    named = [firsts[key] for key in zip(variants["experiment"], variants["variant"], strict=True)]
    return [
        (run, Dot(value, *interval, figure.is_selected(run), row["single"]))
        for run, row in zip(named, row_numbers(variants, runs, metric), strict=True)
        if (value := drawn_value(row["value"])) is not None
        and (interval := drawn_interval(row.get("low"), row.get("high")))
    ]


def _axes(figure: Asked, variants: Sequence[Run]) -> list[Axis]:
    """Parameters in which variants differ, of those that their experiments sweep or draw."""
    experiments = [figure.study.experiments[run.experiment] for run in variants]
    drawn = {name: kind for each in experiments for name, kind in each.sampled.items()}
    swept = [name for each in experiments for name in each.swept if name not in ANALYSIS_SETTINGS]
    found = []
    for name in dict.fromkeys([*drawn, *swept]):
        values = [run.settings.get(name) for run in variants]
        distinct = list(dict.fromkeys(value for value in values if value is not None))
        if len(distinct) < 2:
            continue
        scale = _scale(drawn.get(name, "choice"), distinct)
        order = sorted(distinct) if all(map(_is_number, distinct)) else distinct
        found.append(Axis(titled(name), values, scale, order if scale == "named" else ()))
    return found


def _scale(distribution: str, values: Sequence[Any]) -> str:
    if distribution != "choice":
        return "log" if distribution.startswith("log") else "linear"
    return "named" if len(values) <= _MOST_TICKS or not all(map(_is_number, values)) else "linear"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@styled
def draw(
    dots: Sequence[Dot],
    axes: Sequence[Axis],
    *,
    metric: str = "Test accuracy",
    interval: str = "",
    title: str = "",
    beside: Sequence[Dot] = (),
) -> Figure:
    """A panel per parameter, all with the same metric upwards.

    `metric` names that axis, `interval` says what the lines through the dots are; `beside` are the
    dots of figures that are to have the same axis.
    """
    notes = [f"Lines through the dots: {interval}."] if any(d.low is not None for d in dots) else []
    notes += [SINGLE] if any(dot.single for dot in dots) else []
    columns = 1 if is_narrow() else min(len(axes), _COLUMNS)
    rows = -(-len(axes) // columns)
    fig, body = start_figure(rows * _HEIGHT, title, notes=notes)
    width = (body.width - METRIC_MARGIN - 0.1) / columns
    ends = [(dot.value, dot.low, dot.high, *dot.single) for dot in (*dots, *beside)]
    found = [end for dot in ends for end in dot if end is not None]
    low, high = padded(found, 0.06, 0.02)
    for at, axis in enumerate(axes):
        row, column = divmod(at, columns)
        box = Box(
            body.left + METRIC_MARGIN + column * width,
            body.bottom + (rows - 1 - row) * _HEIGHT + _FOOT,
            width - _GAP,
            _HEIGHT - _FOOT - 0.12,
        )
        ax = add_axes(fig, box)
        _draw_dots(ax, dots, axis, box.width)
        ax.set_xlabel(cut_text(axis.name, FONT_SIZE, box.width))
        ax.set_ylim(low, high)
        value_ticks(ax.yaxis, low, high)
        if column:
            ax.yaxis.set_major_formatter(NullFormatter())
        else:
            ax.set_ylabel("\n".join(wrap_text(metric, FONT_SIZE, box.height)))
    return fig


def _draw_dots(ax: Axes, dots: Sequence[Dot], axis: Axis, width: float) -> None:
    if axis.scale == "named":
        places = [None if v is None else axis.order.index(v) for v in axis.values]
        room = width / len(axis.order) - 0.05
        ax.set_xticks(
            range(len(axis.order)), fit_labels(list(map(_word, axis.order)), FONT_SIZE, room)
        )
        ax.set_xlim(-0.5, len(axis.order) - 0.5)
    else:
        ax.set_xscale(axis.scale)
        if axis.scale == "log":
            ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _word(float(value))))
            ax.xaxis.set_minor_formatter(NullFormatter())
        places = list(axis.values)
    for place, dot in zip(places, dots, strict=True):
        if place is None:
            continue
        color = INK if dot.selected else PALETTE[0]
        if dot.low is not None and dot.high is not None:
            ax.plot([place, place], [dot.low, dot.high], color=color, linewidth=1.2, alpha=0.6)
        draw_singles(ax, dot.single, [place] * len(dot.single), color)
        ax.plot(
            [place], [dot.value], "o", color=color, markersize=5, zorder=4 if dot.selected else 3
        )
    if axis.scale == "linear":
        value_ticks(ax.xaxis, *ax.get_xlim())


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
