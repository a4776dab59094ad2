"""Figures of kind `confusion`: which class is taken for which."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nnrepro.document import wording
from nnrepro.figures.asked import Asked
from nnrepro.figures.drawing import Drawing, NothingToDraw, of_variant
from nnrepro.measures.predictions import Predictions, PredictionsOf
from nnrepro.metrics.registry import CLASSIFICATION
from nnrepro.plots.fitting import fit_labels, text_width
from nnrepro.plots.frame import Box, add_axes, start_figure
from nnrepro.plots.style import FONT_SIZE, INK, SMALL_SIZE, TINY_SIZE, is_narrow, page_width, styled
from nnrepro.study.kinds import figure
from nnrepro.study.run import Run
from nnrepro.tables.predicted import alike

READING = (
    "A row is a class, a column what its examples are taken for; colours are shares of the row, "
    "numbers count examples, and right answers lie on the diagonal."
)

_MOST_CLASSES = 200
_MOST_CELL = 0.55
_LONGEST_NAME = 1.3
_LEFT, _TOP, _GAP = 0.35, 0.3, 0.08
_DARK = 0.6
_LEAST_LABEL = 0.13


@figure(reading=READING)
def confusion(figure: Asked, predictions: PredictionsOf) -> Iterator[Drawing]:
    """Which class is taken for which on the largest test set, the seeds of a variant together.

    Of seeds whose predictions are not kept, or are of another test set than most, nothing is
    counted.
    """
    groups: dict[tuple[str, str], list[Run]] = {}
    for run in figure.runs:
        groups.setdefault((run.experiment, run.variant), []).append(run)
    drawn = 0
    for runs in groups.values():
        kept = {run.id: one for run in runs if (one := predictions(run.id)) is not None}
        kept = {name: one for name, one in kept.items() if one.task == CLASSIFICATION}
        found = alike(kept) if kept else {}
        counted = [run for run in runs if run.id in found]
        if not counted or len(found[counted[0].id].names) > _MOST_CLASSES:
            continue
        drawn += 1
        title = figure.titled(f"{figure.spec.title}, {runs[0].label}")
        counts, names = counts_of([*found.values()])
        yield of_variant(
            figure,
            counted,
            partial(draw, counts, names, title=title),
            "Confusion matrix, classes down and answers across",
            several=len(groups) > 1,
        )
    if not drawn:
        raise NothingToDraw(
            "No run that this figure shows has predictions of classes, of which there are "
            f"{_MOST_CLASSES} at most."
        )


def counts_of(found: Sequence[Predictions]) -> tuple[NDArray[np.int64], list[str]]:
    """How many examples of each class (down) are taken for each (across), over runs alike.

    And the classes' names; those that no example is of or is answered to be are left out.
    """
    classes = len(found[0].names)
    counts = np.zeros((classes, classes), dtype=np.int64)
    for one in found:
        np.add.at(counts, (one.labels, one.answered), 1)
    occur = np.flatnonzero(counts.sum(axis=0) + counts.sum(axis=1))
    return counts[np.ix_(occur, occur)], [found[0].names[index] for index in occur]


@styled
def draw(counts: NDArray[np.int64], names: Sequence[str], *, title: str = "") -> Figure:
    """A matrix of counts [classes, classes], coloured by shares of its rows."""
    classes = len(names)
    labels = fit_labels(list(names), FONT_SIZE, _LONGEST_NAME)
    widest = max(text_width(label, FONT_SIZE) for label in labels)
    left, top = _LEFT + widest + _GAP, _TOP + _GAP
    cell = min(_MOST_CELL, (page_width() - left - (0.1 if is_narrow() else 0.4)) / classes)
    upright = any(text_width(label, FONT_SIZE) > cell - 0.04 for label in labels)
    top += widest if upright else 0.15
    side = cell * classes
    fig, body = start_figure(side + top + 0.05, title)
    ax = add_axes(fig, Box(left, body.bottom + 0.05, side, side))
    ax.grid(visible=False)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1, interpolation="nearest", aspect="auto")
    every = max(1, int(np.ceil(_LEAST_LABEL / cell)))
    ticks = np.arange(0, classes, every)
    ax.set_xticks(ticks, [labels[at] for at in ticks], rotation=90 if upright else 0)
    ax.set_yticks(ticks, [labels[at] for at in ticks])
    ax.xaxis.tick_top()
    ax.tick_params(length=0, labelsize=FONT_SIZE)
    ax.xaxis.set_label_position("top")
    ax.set_xlabel("taken for", fontsize=FONT_SIZE)
    ax.set_ylabel("class", fontsize=FONT_SIZE)
    _write(ax, counts, shares, cell)
    return fig


def _write(ax: Any, counts: NDArray[np.int64], shares: NDArray[np.float64], cell: float) -> None:
    """The counts in their cells, where they fit at any size."""
    longest = wording.whole(int(counts.max()))
    sizes = (FONT_SIZE, SMALL_SIZE, TINY_SIZE)
    size = next((size for size in sizes if text_width(longest, size) < cell), None)
    if size is None:
        return
    for row, column in np.argwhere(counts):
        color = "white" if shares[row, column] > _DARK else INK
        words = wording.whole(int(counts[row, column]))
        ax.text(column, row, words, ha="center", va="center", fontsize=size, color=color)
