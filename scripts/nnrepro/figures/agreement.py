"""Figures of kind `agreement`: published numbers against reproduced ones, a panel per metric."""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nnrepro.figures.asked import Asked
from nnrepro.figures.drawing import Drawing, NothingToDraw
from nnrepro.plots.dots import SINGLE, draw_singles
from nnrepro.plots.fitting import wrap_text
from nnrepro.plots.frame import Box, LegendEntry, add_axes, place_text, start_figure
from nnrepro.plots.lines import value_ticks
from nnrepro.plots.series import PlotDataError, as_floats, drawn_interval, padded
from nnrepro.plots.style import (
    GRID_GREY,
    PALETTE,
    SMALL_SIZE,
    SOFT_INK,
    is_narrow,
    page_width,
    styled,
)
from nnrepro.study.kinds import figure

READING = (
    "Published numbers across, reproduced ones up, a panel for each metric; on the diagonal both "
    "are equal."
)

_INTERVALS = {
    "seeds": "95 % prediction interval of one run from the seeds",
    "grid residuals": "95 % prediction interval of one run from the residuals of its grid",
    "test set": "95 % interval for two runs on a test set of that size",
}
_COLUMNS = 3
_HEAD = 0.36
_FOOT = 0.42
_SIDE = 0.56
_GAP = 0.08


@figure(reading=READING)
def agreement(figure: Asked, published: pd.DataFrame | None) -> Iterator[Drawing]:
    """Published numbers against the reproduced ones, with the interval of one further run."""
    rows = pd.DataFrame() if published is None else published
    if not rows.empty:
        rows = rows[rows["protocol"].eq(figure.protocol) & rows["reproduced"].notna()]
    if rows.empty:
        raise NothingToDraw("None of the published numbers is reproduced.")
    # A number that is printed again would lie over itself.
    rows = rows.drop_duplicates(["metric", "value", "reproduced"])
    kinds = [kind for kind in _INTERVALS if kind in set(rows["interval_kind"].dropna())]
    panels = [
        AgreementPanel(
            re.sub(r"^last(\d+)", r"last \1", metric.replace("_", " ")),
            _points(rows[rows["metric"] == metric]),
            tuple(rows.loc[rows["metric"] == metric, "offset"].dropna().astype(float).unique()),
        )
        for metric in dict.fromkeys(rows["metric"])
    ]
    yield Drawing(
        figure.name,
        partial(
            draw,
            panels,
            title=figure.titled("published numbers against reproduced ones"),
            interval=" or ".join(_INTERVALS[kind] for kind in kinds),
        ),
        figure.runs,
        "Dot charts of published numbers across and reproduced ones up, one per metric, with the "
        f"line of equality. {figure.owner}",
    )


def _points(rows: pd.DataFrame) -> list["AgreementPoint"]:
    return [
        AgreementPoint(
            float(row["value"]),
            float(row["reproduced"]),
            _number(row["interval_low"]),
            _number(row["interval_high"]),
            None if pd.isna(row["inside"]) else bool(row["inside"]),
            () if pd.isna(row["seed_values"]) else tuple(map(float, row["seed_values"].split())),
        )
        for row in rows.to_dict("records")
    ]


def _number(value: object) -> float | None:
    return None if pd.isna(value) else float(value)  # type: ignore[arg-type, call-overload]


@dataclass(frozen=True)
class AgreementPoint:
    """A published number and its reproduction.

    Attributes:
        published: as printed.
        reproduced: mean over seeds.
        low: lower end of the interval of one further run; None without one.
        high: upper end; given exactly when `low` is.
        inside: whether the published number lies inside; None where it is not judged.
        single: the values of its seeds, where there are several.
    """

    published: float
    reproduced: float
    low: float | None = None
    high: float | None = None
    inside: bool | None = None
    single: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if (self.low is None) != (self.high is None):
            raise PlotDataError("an interval needs both `low` and `high`")
        low, high = drawn_interval(self.low, self.high)
        for name, value in (("low", low), ("high", high)):
            object.__setattr__(self, name, value)
        for name in ("published", "reproduced"):
            object.__setattr__(self, name, float(as_floats(getattr(self, name))))

    @property
    def drawable(self) -> bool:
        """Whether both numbers are finite."""
        return math.isfinite(self.published) and math.isfinite(self.reproduced)


@dataclass(frozen=True)
class AgreementPanel:
    """The numbers of one metric.

    Attributes:
        title: the metric.
        points: the numbers.
        offsets: what numbers of a report's own test sample share, reproduced minus published.
    """

    title: str
    points: Sequence[AgreementPoint]
    offsets: Sequence[float] = ()


_LOOKS = {
    True: ("inside the interval of one further run", PALETTE[0], "o", True),
    False: ("outside", PALETTE[1], "D", True),
    None: ("not judged", SOFT_INK, "s", False),
}


@styled
def draw(panels: Sequence[AgreementPanel], *, title: str = "", interval: str = "") -> Figure:
    """Published numbers across and reproduced ones up, with the line of equality.

    `interval` says what the intervals are. Raises PlotDataError where no number is finite.
    """
    given = sum(len(panel.points) for panel in panels)
    panels = [
        replace(panel, points=[point for point in panel.points if point.drawable])
        for panel in panels
    ]
    left_out = given - sum(len(panel.points) for panel in panels)
    panels = [panel for panel in panels if panel.points]
    if not panels:
        raise PlotDataError("a comparison needs a number that is finite")
    found = {point.inside for panel in panels for point in panel.points}
    legend = [LegendEntry(_sample(look), _LOOKS[look][0]) for look in _LOOKS if look in found]
    legend.append(LegendEntry(Line2D([], [], color=SOFT_INK, linewidth=0.8), "equal"))
    if any(panel.offsets for panel in panels):
        dashed = Line2D([], [], color=SOFT_INK, linewidth=0.8, linestyle="--")
        legend.append(LegendEntry(dashed, "equal but for the offset of the report's test sample"))
    columns = _COLUMNS - 1 if is_narrow() else _COLUMNS
    rows = -(-len(panels) // columns)
    notes = [f"Bars: {interval}."] if interval else []
    notes += [SINGLE] if any(point.single for panel in panels for point in panel.points) else []
    if left_out:
        notes.append(f"Left out, since they are not finite: {left_out} of {given} numbers.")
    size = (page_width() - columns * _SIDE - (columns - 1) * _GAP - 0.1) / columns
    fig, body = start_figure(rows * (size + _HEAD + _FOOT), title, legend, notes)
    for index, panel in enumerate(panels):
        row, column = divmod(index, columns)
        left = body.left + column * (size + _SIDE + _GAP) + _SIDE
        top = body.bottom + body.height - row * (size + _HEAD + _FOOT)
        box = Box(left, top - _HEAD - size, size, size)
        lines = wrap_text(panel.title, SMALL_SIZE, size, most=2)
        place_text(fig, left, box.bottom + size + 0.04, "\n".join(lines), SMALL_SIZE)
        _draw(add_axes(fig, box), panel, first=column == 0)
    return fig


def _sample(inside: bool | None) -> Line2D:
    _, color, marker, filled = _LOOKS[inside]
    return Line2D(
        [],
        [],
        linestyle="none",
        marker=marker,
        markersize=4.5,
        markeredgecolor=color,
        markerfacecolor=color if filled else "white",
    )


def _draw(ax: Axes, panel: AgreementPanel, *, first: bool) -> None:
    low, high = _limits(panel.points)
    ax.plot([low, high], [low, high], color=SOFT_INK, linewidth=0.8, zorder=1)
    for offset in panel.offsets:
        ends = [low + offset, high + offset]
        ax.plot([low, high], ends, color=SOFT_INK, linewidth=0.8, linestyle="--", zorder=1)
    # Judged points last, so that they lie over the others.
    for point in sorted(panel.points, key=lambda point: point.inside is not None):
        _, color, marker, filled = _LOOKS[point.inside]
        if point.low is not None and point.high is not None:
            across, up = [point.published, point.published], [point.low, point.high]
            ax.plot(across, up, color=color, linewidth=1.0, alpha=0.6, zorder=2)
        draw_singles(ax, [point.published] * len(point.single), point.single, color)
        ax.plot(
            [point.published],
            [point.reproduced],
            marker=marker,
            markersize=4.0,
            markeredgecolor=color,
            markeredgewidth=1.0,
            markerfacecolor=color if filled else "white",
            zorder=3,
        )
    ax.set_xlim(low, high)
    ax.set_ylim(low, high)
    for axis in (ax.xaxis, ax.yaxis):
        value_ticks(axis, low, high)
    ax.grid(color=GRID_GREY)
    ax.set_xlabel("published", fontsize=SMALL_SIZE, labelpad=2)
    if first:
        ax.set_ylabel("reproduced", fontsize=SMALL_SIZE, labelpad=2)


def _limits(points: Iterable[AgreementPoint]) -> tuple[float, float]:
    """One range for both axes, so that the line of equality is the diagonal."""
    ends = [
        value
        for point in points
        for value in (point.published, point.reproduced, point.low, point.high, *point.single)
        if value is not None and math.isfinite(value)
    ]
    return padded(ends, 0.06, 0.05 * abs(max(ends)) or 1.0)
