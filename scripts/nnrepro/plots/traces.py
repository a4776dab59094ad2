"""What a figure's lines say, kept with the drawing: a page can then read them off and hide them.

The SVG of such a figure holds a `<metadata>` element with JSON:

    {"size": [width, height],
     "panels": [{"name": "Accuracy", "box": [left, top, width, height], "x": [from, to],
                 "y": [from, to]}],
     "traces": [{"label": "test", "color": "#0072b2", "dash": [5, 1.6]}],
     "lines": [{"panel": 0, "trace": 0, "first": 1, "values": "5000,12,-3,,7"}]}

Boxes are in the SVG's own units from its top left corner. Values are in units of 1e-4, each as the
difference from the last known one, empty where there is none; one per epoch from `first` on.
Everything drawn of trace n is in groups of the class `trace-n`. The drawing for a narrow page has
no values: it stands beside the one that has them.
"""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nnrepro.document.compact import compact_values
from nnrepro.plots.series import FloatArray, Series
from nnrepro.plots.style import SeriesStyle, is_narrow

POINTS_PER_INCH = 72.0
"""Units of an SVG that matplotlib writes."""


class Sheet(Figure):
    """A figure that knows what its lines say."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """As `Figure`; nothing is noted yet."""
        super().__init__(*args, **kwargs)
        self._styles: dict[str, SeriesStyle | None] = {}
        self._lines: list[tuple[Axes, str, Series]] = []

    def mark(self, trace: str) -> str:
        """The group that everything drawn of a trace belongs to."""
        self._styles.setdefault(trace, None)
        return f"trace-{list(self._styles).index(trace)}"

    def note(self, ax: Axes, trace: str, style: SeriesStyle, series: Series | None = None) -> None:
        """Note how a trace looks, and a line of it that has been drawn."""
        self._styles[trace] = style
        if series is not None:
            self._lines.append((ax, trace, series))

    @property
    def metadata(self) -> str:
        """The lines as JSON, as the module describes it; empty where nothing can be read off."""
        if not self._lines or not all(_whole(series.epochs) for *_, series in self._lines):
            return ""
        panels = list(dict.fromkeys(ax for ax, *_ in self._lines))
        names = list(self._styles)
        width, height = (POINTS_PER_INCH * float(inches) for inches in self.get_size_inches())
        content = {
            "size": _rounded((width, height)),
            "panels": [_panel(ax, width, height) for ax in panels],
            "traces": [
                {"label": name} | ({"color": own.color, "dash": list(own.dash)} if own else {})
                for name, own in self._styles.items()
            ],
            "lines": [
                {
                    "panel": panels.index(ax),
                    "trace": names.index(trace),
                    "first": int(series.epochs[0]),
                    **({} if is_narrow() else {"values": compact_values(series.drawn)}),
                }
                for ax, trace, series in self._lines
            ],
        }
        return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def mark_of(ax: Axes, trace: str) -> str | None:
    """The group of a trace for matplotlib's `gid`; None on figures that note nothing."""
    return ax.figure.mark(trace) if trace and isinstance(ax.figure, Sheet) else None


def note(ax: Axes, trace: str, style: SeriesStyle, series: Series | None = None) -> None:
    """Note how a trace looks that a page can hide, and its line, on figures that do."""
    if isinstance(ax.figure, Sheet):
        ax.figure.note(ax, trace, style, series)


def _whole(epochs: FloatArray) -> bool:
    """Whether the values are of every epoch from a first one on."""
    return float(epochs[0]).is_integer() and bool((np.diff(epochs) == 1).all())


def _panel(ax: Axes, width: float, height: float) -> dict[str, Any]:
    place = ax.get_position(original=True)
    return {
        "name": ax.get_ylabel(),
        "box": _rounded(
            (place.x0 * width, (1 - place.y1) * height, place.width * width, place.height * height)
        ),
        "x": _rounded(ax.get_xlim()),
        "y": [float(f"{value:.6g}") for value in ax.get_ylim()],
    }


def _rounded(values: Sequence[float]) -> list[float]:
    return [round(float(value), 3) for value in values]
