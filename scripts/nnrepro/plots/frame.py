"""The page around the axes: title above, legend rows and notes below, and the budget stamp.

Everything is placed in inches from the lower left corner, without a layout engine: that is fast,
gives the same bytes everywhere, and lets `stamp` add its strip on top without moving the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nnrepro.plots.fitting import POINTS, text_width, wrap_text
from nnrepro.plots.style import (
    FONT_SIZE,
    INK,
    SMALL_SIZE,
    SOFT_INK,
    TITLE_SIZE,
    page_width,
    styled,
)
from nnrepro.plots.traces import Sheet

_MARGIN = 0.08
_LINE_SPACING = 1.35
_LEGEND_ROW = 0.19
_LEGEND_HANDLE = 0.42
_LEGEND_GAP = 0.2
_STAMP_FILL = "#ffe08a"
_STAMP_EDGE = "#a86f00"


@dataclass(frozen=True)
class Box:
    """A rectangle on the page in inches, from the page's lower left corner."""

    left: float
    bottom: float
    width: float
    height: float

    def inset(
        self, left: float = 0.0, bottom: float = 0.0, right: float = 0.0, top: float = 0.0
    ) -> "Box":
        """The rectangle that is left after taking margins away."""
        return Box(
            self.left + left,
            self.bottom + bottom,
            self.width - left - right,
            self.height - bottom - top,
        )


@dataclass(frozen=True, eq=False)
class LegendEntry:
    """A sample of something drawn, and what it means."""

    handle: Artist
    label: str


def start_figure(
    body_height: float,
    title: str = "",
    legend: Sequence[LegendEntry] = (),
    notes: Sequence[str] = (),
) -> tuple[Sheet, Box]:
    """Begin a figure as wide as the page; return it and the box that its axes may fill.

    Args:
        body_height: height in inches between the title and the legend.
        title: bold line(s) at the top left; none where empty.
        legend: samples and their meanings, in rows below the axes.
        notes: small sentences below the legend, each from a new line.
    """
    width = page_width() - 2 * _MARGIN
    title_lines = wrap_text(title, TITLE_SIZE, width, bold=True)
    note_lines = [line for note in notes for line in wrap_text(note, SMALL_SIZE, width)]
    rows = _legend_rows([_wrapped(entry, width) for entry in legend], width)
    heights = [max(1 + e.label.count("\n") for e in row) * _LEGEND_ROW for row in rows]
    title_line, note_line = (size * _LINE_SPACING / POINTS for size in (TITLE_SIZE, SMALL_SIZE))
    foot = sum(heights) + len(note_lines) * note_line
    foot += 2 * _MARGIN if foot else 0.0
    head = len(title_lines) * title_line + (2 * _MARGIN if title_lines else 0.0)
    height = foot + body_height + head
    fig = Sheet(figsize=(page_width(), height))
    FigureCanvasAgg(fig)
    for i, line in enumerate(title_lines):
        y = height - _MARGIN - i * title_line
        place_text(fig, _MARGIN, y, line, TITLE_SIZE, va="top", weight="bold")
    for i, line in enumerate(reversed(note_lines)):
        place_text(fig, _MARGIN, _MARGIN + i * note_line, line, SMALL_SIZE, color=SOFT_INK)
    bottom = _MARGIN + len(note_lines) * note_line
    for row, high in zip(reversed(rows), reversed(heights), strict=True):
        _place_legend_row(fig, row, bottom)
        bottom += high
    return fig, Box(0.0, foot, page_width(), body_height)


def place_text(
    fig: Figure, x: float, y: float, text: str, size: float = FONT_SIZE, **style: Any
) -> None:
    """Write `text` at (x, y) inches from the page's lower left corner."""
    style = {"color": INK, "va": "bottom", "ha": "left"} | style
    fig.text(x, y, text, fontsize=size, transform=fig.dpi_scale_trans, **style)


def add_axes(fig: Figure, box: Box) -> Axes:
    """Axes whose data area fills `box`."""
    width, height = fig.get_size_inches()
    return fig.add_axes(
        (box.left / width, box.bottom / height, box.width / width, box.height / height)
    )


@styled
def stamp(fig: Figure, text: str, *, warning: bool = True) -> None:
    """Write on a figure what its runs had: epochs, seeds, and whether the data are generated.

    The figure grows by a strip at its top that holds nothing else, so that the mark can neither
    hide anything nor be cropped away unnoticed; the axes keep their size. Call it once, with all
    there is to say, on figures made by this room; with nothing to say the figure stays as it is.

    Args:
        fig: the figure.
        text: for example "40 of 1000 epochs, 1 seed".
        warning: whether to make it unmissable, as on a figure of runs that were cut short.
    """
    if not text.strip():
        return
    width, old_height = fig.get_size_inches()
    padding = 0.08
    lines = wrap_text(text, FONT_SIZE, width - 4 * padding, bold=True)
    strip = len(lines) * FONT_SIZE * _LINE_SPACING / POINTS + 3 * padding
    height = old_height + strip
    fig.set_size_inches(width, height)
    for ax in fig.axes:
        place = ax.get_position(original=True)
        ax.set_position(
            (
                place.x0,
                place.y0 * old_height / height,
                place.width,
                place.height * old_height / height,
            )
        )
    place_text(
        fig,
        width - 2 * padding,
        height - 1.5 * padding,
        "\n".join(lines),
        FONT_SIZE,
        ha="right",
        va="top",
        weight="bold",
        bbox={
            "boxstyle": f"square,pad={padding * POINTS / FONT_SIZE * 0.7:.2f}",
            "facecolor": _STAMP_FILL if warning else "none",
            "edgecolor": _STAMP_EDGE if warning else "none",
            "linewidth": 1.0,
        },
    )


def _legend_rows(entries: Sequence[LegendEntry], width: float) -> list[list[LegendEntry]]:
    """Pack entries into rows no wider than `width` inches, in their order."""
    rows: list[list[LegendEntry]] = []
    used = 0.0
    for entry in entries:
        needed = _entry_width(entry)
        if not rows or used + needed > width:
            rows.append([])
            used = 0.0
        rows[-1].append(entry)
        used += needed
    return rows


def _wrapped(entry: LegendEntry, width: float) -> LegendEntry:
    """The entry, its words in up to three lines where they need more than `width` inches."""
    room = width - _LEGEND_HANDLE - _LEGEND_GAP
    return replace(entry, label="\n".join(wrap_text(entry.label, SMALL_SIZE, room, most=3)))


def _entry_width(entry: LegendEntry) -> float:
    words = max(text_width(line, SMALL_SIZE) for line in entry.label.split("\n"))
    return _LEGEND_HANDLE + _LEGEND_GAP + words


def _place_legend_row(fig: Figure, row: Sequence[LegendEntry], bottom: float) -> None:
    """Draw one legend row; each entry is placed by itself, so columns need not line up."""
    x = _MARGIN
    handle_length = (_LEGEND_HANDLE - 0.1) * POINTS / SMALL_SIZE
    for entry in row:
        fig.legend(
            handles=[entry.handle],
            labels=[entry.label],
            loc="lower left",
            bbox_to_anchor=(x, bottom),
            bbox_transform=fig.dpi_scale_trans,
            borderpad=0.0,
            borderaxespad=0.0,
            handlelength=handle_length,
            handletextpad=0.1 * POINTS / SMALL_SIZE,
        )
        x += _entry_width(entry)
