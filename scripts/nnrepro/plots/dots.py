"""Rows of a dot with its interval, one per variant, the value written beside them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from nnrepro.measures.names import picked
from nnrepro.plots.fitting import fit_labels, text_width
from nnrepro.plots.series import PlotDataError, drawn_interval, drawn_value, format_value
from nnrepro.plots.style import (
    FONT_SIZE,
    SMALL_SIZE,
    SOFT_INK,
    SeriesStyle,
    is_narrow,
    page_width,
    text_color,
)
from nnrepro.tables.columns import KEYS, floats, metric_values

BELOW = 0.33
"""By how many rows the dots of single seeds stand below that of their variant."""

ABOVE, ABOVE_MARGIN = 0.36, 0.1
"""How far a name stands above its dot on a narrow page, in rows, and from its sides, in inches."""

SINGLE = "Small dots: single seeds."


@dataclass(frozen=True)
class DotRow:
    """One variant; None stands for what nobody knows.

    Attributes:
        key: decides the style.
        label: short human name.
        value: the metric; None where no run has it.
        low: lower end of its interval, given exactly when `high` is.
        high: upper end.
        beside: another number to be drawn with it.
        single: the values of its seeds, where there are several.
        single_beside: the same of the number beside.
        group: heading that it stands under.
        words: the value in words, also where it cannot be drawn.
    """

    key: str
    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    beside: float | None = None
    single: tuple[float, ...] = ()
    single_beside: tuple[float, ...] = ()
    group: str = ""
    words: str = field(init=False)

    def __post_init__(self) -> None:
        if (self.low is None) != (self.high is None):
            raise PlotDataError(f"{self.key}: an interval needs both `low` and `high`")
        words = "no run" if self.value is None else format_value(self.value)
        low, high = drawn_interval(self.low, self.high)
        drawn = {"value": drawn_value(self.value), "beside": drawn_value(self.beside)}
        for name, value in {**drawn, "low": low, "high": high, "words": words}.items():
            object.__setattr__(self, name, value)


def row_numbers(
    table: pd.DataFrame, runs: pd.DataFrame, metric: str, beside: str = ""
) -> list[dict[str, Any]]:
    """What `DotRow` takes of a metric with its interval, by row; unknown numbers are left out.

    Args:
        table: the variants, a row each.
        runs: their runs, of which each is a dot where a variant has several.
        metric: the metric.
        beside: another one; empty for none.
    """
    columns = {
        "value": metric_values(table, metric),
        "low": metric_values(table, metric, suffix="_ci95_low"),
        "high": metric_values(table, metric, suffix="_ci95_high"),
    }
    if picked(metric):
        del columns["low"], columns["high"]
    if beside:
        columns["beside"] = metric_values(table, beside)
    numbers = pd.DataFrame({name: floats(values) for name, values in columns.items()})
    single = {"single": _single(runs, metric)}
    if beside:
        single["single_beside"] = _single(runs, beside)
    return [
        {"value": None}
        | {str(name): n for name, n in row.items() if not np.isnan(n)}
        | {name: values.get(key, ()) for name, values in single.items()}
        for key, row in zip(_keys(table), numbers.to_dict("records"), strict=True)
    ]


def _keys(table: pd.DataFrame) -> list[tuple[str, ...]]:
    return list(table[list(KEYS)].itertuples(index=False, name=None))


def _single(runs: pd.DataFrame, metric: str) -> dict[tuple[str, ...], tuple[float, ...]]:
    """What can be drawn of a metric's values in single runs, of variants that have several."""
    found: dict[tuple[str, ...], list[float]] = {}
    for key, value in zip(_keys(runs), floats(metric_values(runs, metric)), strict=True):
        if (drawn := drawn_value(value)) is not None:
            found.setdefault(key, []).append(drawn)
    return {key: tuple(values) for key, values in found.items() if len(values) > 1}


def bare_rows(ax: Axes, top: float, bottom: float) -> None:
    """An axis of rows from top to bottom, without its line, ticks and grid."""
    ax.set_ylim(bottom, top)
    ax.grid(visible=False, axis="y")
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def row_labels(rows: Sequence[DotRow], room: float) -> tuple[list[str], float]:
    """The rows' names, and the inches that they take beside the dots: none on a narrow page.

    There they stand above their dots and have the width of the page, elsewhere `room` inches.
    """
    if is_narrow():
        room = page_width() - 2 * ABOVE_MARGIN
    labels = fit_labels([row.label for row in rows], FONT_SIZE, room)
    return labels, 0.0 if is_narrow() else max(text_width(label, FONT_SIZE) for label in labels)


def name_rows(ax: Axes, labels: Mapping[int, str]) -> None:
    """Write rows' names by their places: beside the panel, on a narrow page above their dots."""
    if not is_narrow():
        ax.set_yticks([*labels], [*labels.values()], fontsize=FONT_SIZE)
        return
    ax.set_yticks([])
    for place, label in labels.items():
        ax.annotate(
            label,
            (0.0, place - ABOVE),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=FONT_SIZE,
            annotation_clip=False,
        )


def draw_dot(
    ax: Axes, place: int, row: DotRow, style: SeriesStyle, *, size: float, edge: float
) -> None:
    """A row's line, its interval and its dot, as far as they are known."""
    ax.axhline(place, color="#eeeeee", linewidth=0.8, zorder=0.5)
    if row.low is not None and row.high is not None:
        ax.plot([row.low, row.high], [place, place], color=style.color, linewidth=2.0, zorder=2)
    draw_singles(ax, row.single, [place + BELOW] * len(row.single), style.color)
    if row.value is not None:
        ax.plot(
            [row.value],
            [place],
            marker=style.marker,
            markersize=size,
            markeredgecolor=style.color,
            markeredgewidth=edge,
            markerfacecolor="white" if style.dash else style.color,
            zorder=3,
        )


def draw_singles(ax: Axes, values: Sequence[float], places: Sequence[float], color: str) -> None:
    """Values of single seeds as small dots."""
    if values:
        ax.plot(values, places, "o", color=color, markersize=2.4, linewidth=0, zorder=3.5)


def word_color(row: DotRow, style: SeriesStyle) -> str:
    """The colour of a row's value."""
    return SOFT_INK if row.value is None else text_color(style.color)


def write_beside(ax: Axes, place: float, text: str, color: str, offset: float = 6.0) -> None:
    """Write right of the panel, `offset` points from it."""
    ax.annotate(
        text,
        (1.0, place),
        xycoords=("axes fraction", "data"),
        xytext=(offset, 0),
        textcoords="offset points",
        va="center",
        fontsize=SMALL_SIZE,
        color=color,
        annotation_clip=False,
    )


def ends(rows: Iterable[DotRow]) -> list[float]:
    """All numbers that an axis of values has to hold, those beside left out."""
    numbers = [(row.value, row.low, row.high, *row.single) for row in rows]
    return [end for row in numbers for end in row if end is not None]
