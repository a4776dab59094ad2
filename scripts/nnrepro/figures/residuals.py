"""Figures of kind `residuals`: predicted numbers against true ones."""

from collections.abc import Iterator
from functools import partial

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from nnrepro.figures.asked import Asked
from nnrepro.figures.drawing import Drawing, NothingToDraw, of_variant
from nnrepro.measures.predictions import PredictionsOf
from nnrepro.metrics.registry import REGRESSION
from nnrepro.plots.fitting import cut_text
from nnrepro.plots.frame import Box, LegendEntry, add_axes, start_figure
from nnrepro.plots.series import as_floats
from nnrepro.plots.style import FONT_SIZE, INK, PALETTE, SOFT_INK, is_narrow, page_width, styled
from nnrepro.study.kinds import figure
from nnrepro.study.run import Run

READING = (
    "True values across, predicted ones up, a dot for each test example; on the diagonal both are "
    "equal."
)

_MOST_DOTS = 4000
_WORD = 0.8
_LEFT, _BOTTOM, _GAP, _MOST = 0.95, 0.5, 0.95, 3.0


@figure(reading=READING)
def residuals(figure: Asked, predictions: PredictionsOf) -> Iterator[Drawing]:
    """Predicted numbers of a regression against the true ones, of each variant's first run."""
    first: dict[tuple[str, str], Run] = {}
    for run in figure.runs:
        first.setdefault((run.experiment, run.variant), run)
    drawn = 0
    for run in first.values():
        found = predictions(run.id)
        if found is None or found.task != REGRESSION:
            continue
        drawn += 1
        title = figure.titled(f"{figure.spec.title}, {run.label}, seed {run.seed}")
        true = np.asarray(found.labels, dtype=np.float64)
        yield of_variant(
            figure,
            [run],
            partial(draw, true, found.outputs, found.names, title=title),
            "Scatter of predicted against true numbers",
            several=len(first) > 1,
        )
    if not drawn:
        raise NothingToDraw("No run that this figure shows has predictions of numbers.")


@styled
def draw(
    true: NDArray[np.float64],
    predicted: NDArray[np.float64],
    names: tuple[str, ...],
    *,
    title: str = "",
) -> Figure:
    """A panel per target, true and predicted both [examples, targets].

    Of many examples some are drawn, at even distances in the order of the test set.
    """
    step = max(1, int(np.ceil(len(true) / _MOST_DOTS)))
    true, predicted = as_floats(true)[::step], as_floats(predicted)[::step]
    columns = min(len(names), 1 if is_narrow() else 2)
    rows = int(np.ceil(len(names) / columns))
    width = min(_MOST, (page_width() - columns * _LEFT - 0.2) / columns)
    line = Line2D([], [], color=SOFT_INK, linestyle=(0, (3.0, 2.0)), linewidth=1.0)
    fig, body = start_figure(rows * (width + _BOTTOM) + 0.15, title, [LegendEntry(line, "equal")])
    for at, name in enumerate(names):
        row, column = divmod(at, columns)
        left = _LEFT + column * (width + _GAP)
        bottom = body.bottom + (rows - row - 1) * (width + _BOTTOM) + _BOTTOM
        ax = add_axes(fig, Box(left, bottom, width, width))
        x, y = true[:, at], predicted[:, at]
        there = np.isfinite(x) & np.isfinite(y)
        ends = np.concatenate([x[there], y[there]])
        low, high = (ends.min(), ends.max()) if ends.size else (0.0, 1.0)
        pad = 0.04 * (high - low) or 0.5
        limits = (low - pad, high + pad)
        ax.plot(limits, limits, color=SOFT_INK, linestyle=(0, (3.0, 2.0)), linewidth=1.0)
        ax.plot(x[there], y[there], "o", color=PALETTE[0], markersize=2.5, alpha=0.5, mew=0)
        ax.set(xlim=limits, ylim=limits)
        shown = cut_text(name, FONT_SIZE, width - _WORD)
        ax.set_xlabel(f"true {shown}", fontsize=FONT_SIZE, color=INK)
        ax.set_ylabel(f"predicted {shown}", fontsize=FONT_SIZE, color=INK)
        ax.tick_params(labelsize=FONT_SIZE)
        ax.locator_params(nbins=5)
    return fig
