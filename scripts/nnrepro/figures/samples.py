"""Figures of kind `samples`: what a data set looks like, one test example of each class."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Annotated

from matplotlib.figure import Figure

from nnrepro.data.shown import Sample
from nnrepro.figures.asked import Asked
from nnrepro.figures.drawing import Drawing, NothingToDraw
from nnrepro.plots.fitting import cut_text, wrap_text
from nnrepro.plots.frame import Box, add_axes, place_text, start_figure
from nnrepro.plots.style import FONT_SIZE, SMALL_SIZE, is_narrow, page_width, styled
from nnrepro.study.kinds import figure
from nnrepro.study.options import Range
from nnrepro.study.run import Run

READING = "The first test example of each class, as the networks read it."

_COLUMNS, _NARROW_COLUMNS = 5, 3
_GAP, _WORD, _MARGIN = 0.12, 0.24, 0.08
_LABEL, _LINE, _LINES = 1.5, 0.155, 3


@figure(reading=READING)
def samples(
    figure: Asked,
    samples: Callable[[Run, int], Sequence[Sample]],
    *,
    examples: Annotated[int, Range(1, 50)] = 10,
) -> Iterator[Drawing]:
    """Test examples of the data that the runs read: images as pictures, all else in words."""
    by_data: dict[str, list[Run]] = {}
    for run in figure.runs:
        by_data.setdefault(run.reads, []).append(run)
    drawn = 0
    for reads, runs in by_data.items():
        found = [one for one in samples(runs[0], examples) if one.words or one.pixels is not None]
        if not found:
            continue
        drawn += 1
        several = len(by_data) > 1
        yield Drawing(
            f"{figure.name}_{reads}" if several else figure.name,
            partial(draw, found, title=figure.titled(figure.spec.title)),
            runs,
            figure.alt(f"{len(found)} test examples with their classes", runs),
            part=reads if several else "",
        )
    if not drawn:
        raise NothingToDraw("Its data are neither images nor can words tell them.")


@styled
def draw(found: Sequence[Sample], *, title: str = "") -> Figure:
    """Images in rows, with their labels; of other examples a label and some lines each."""
    if any(one.pixels is not None for one in found):
        return _pictures(found, title)
    left, down = (_MARGIN, _LINE) if is_narrow() else (_LABEL, 0.0)
    width = page_width() - left - 2 * _MARGIN
    room = width if is_narrow() else _LABEL - _GAP
    texts = [wrap_text(one.words, SMALL_SIZE, width, most=_LINES) for one in found]
    fig, body = start_figure(sum(down + _LINE * len(lines) + _GAP for lines in texts), title)
    y = body.bottom + body.height
    for one, lines in zip(found, texts, strict=True):
        label = cut_text(one.label, SMALL_SIZE, room, bold=True)
        place_text(fig, _MARGIN, y, label, SMALL_SIZE, va="top", weight="bold")
        y -= down
        for line in lines:
            place_text(fig, left, y, line, SMALL_SIZE, va="top")
            y -= _LINE
        y -= _GAP
    return fig


def _pictures(found: Sequence[Sample], title: str) -> Figure:
    columns = _NARROW_COLUMNS if is_narrow() else _COLUMNS
    size = (page_width() - 2 * _MARGIN + _GAP) / columns - _GAP
    row = size + _WORD
    fig, body = start_figure(-(-len(found) // columns) * row, title)
    for at, one in enumerate(found):
        down, across = divmod(at, columns)
        left, bottom = (
            _MARGIN + across * (size + _GAP),
            body.bottom + body.height - (down + 1) * row + _WORD,
        )
        ax = add_axes(fig, Box(left, bottom, size, size))
        ax.set_axis_off()
        if one.pixels is not None:
            ax.imshow(one.pixels.squeeze(), cmap="gray", vmin=0, vmax=1, interpolation="none")
        label = cut_text(one.label, FONT_SIZE, size)
        place_text(fig, left, bottom - 0.03, label, FONT_SIZE, va="top")
    return fig
