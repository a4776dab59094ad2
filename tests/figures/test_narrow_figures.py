"""Figures for a phone: as narrow as it is, whole, and with letters that can be read."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from tests.figures.conftest import CHANNELS, make_series
from tests.figures.conftest import GRID as PAIRS

from nnrepro.data.shown import Sample
from nnrepro.figures import (
    accuracy_time,
    agreement,
    comparison,
    confusion,
    curves,
    feature_maps,
    heatmap,
    overview,
    residuals,
    samples,
    sweep,
)
from nnrepro.plots.dots import DotRow
from nnrepro.plots.style import NARROW_WIDTH, is_narrow, narrow_page, series_styles

SCREEN = 390 - 2 * 16 - 2 * 6.6
"""Pixels that a drawing has on a phone of 390, between the margins of page and frame."""

WORDS = ("char GRU with dropout", "word LSTM of 2 layers", "char CNN", "word CNN")
ROWS = [
    DotRow(
        *(str(i), words, 0.6 + i / 10, 0.55 + i / 10, 0.65 + i / 10),
        beside=0.7,
        single=(0.58 + i / 10, 0.62 + i / 10),
        group="Text models",
    )
    for i, words in enumerate(WORDS)
]
STYLES = series_styles([row.key for row in ROWS])
PANEL = overview.Panel(ROWS, STYLES, "Test accuracy", interval="95 %", title="A protocol")
CELLS = pd.DataFrame(0.5 + np.arange(25).reshape(5, 5) / 1000, range(5), range(5))
GRID = heatmap.ParameterGrid(
    "c2", "c1", CELLS, CELLS.mean(), CELLS.mean(axis=1), best=(4, 4), tied=[(3, 3)]
)
POINTS = [
    agreement.AgreementPoint(0.55, 0.56, 0.53, 0.59, True),
    agreement.AgreementPoint(0.65, 0.50, 0.47, 0.53, False),
]
PARAMETERS = [
    sweep.Axis("Learning rate", [0.001, 0.01], "log"),
    sweep.Axis("Units", [8, 64], "linear"),
]
DOTS = [sweep.Dot(0.5, 0.4, 0.6, selected=False), sweep.Dot(0.9, 0.8, 0.95, selected=True)]
MAPS = {"C1": np.random.default_rng(1).random((6, 6, 12))}
TIED = "95 %, multiple comparisons with the best"

DRAWN: dict[str, Callable[[], Figure]] = {
    "accuracy_time": lambda: accuracy_time.draw(ROWS, STYLES, title="Text models"),
    "agreement": lambda: agreement.draw(
        [agreement.AgreementPanel(f"last 200 mean test metric {i}", POINTS) for i in range(3)]
    ),
    "confusion": lambda: confusion.draw(np.eye(4, dtype=np.int64) * 999, WORDS, title="Taken for"),
    "feature_maps": lambda: feature_maps.draw_overview(np.zeros((6, 6, 3)), MAPS, title="Maps"),
    "feature_maps, a layer": lambda: feature_maps.draw_layer(MAPS["C1"], layer="C1"),
    "heatmap": lambda: heatmap.draw(GRID, metric="Mean test accuracy", title="Grid", tied=TIED),
    "heatmap, printed": lambda: heatmap.draw_beside(
        CELLS + 0.02, GRID, metric="Mean test accuracy", title="Grid", tied=TIED
    ),
    "overview": lambda: overview.draw([PANEL]),
    "overview, side by side": lambda: overview.draw([PANEL, replace(PANEL, title="The other")]),
    "residuals": lambda: residuals.draw(np.eye(4, 2), np.eye(4, 2), ("price", "age")),
    "samples": lambda: samples.draw([Sample(word, "one two") for word in WORDS[2:]], title="Texts"),
    "samples, images": lambda: samples.draw(
        [Sample(word, "", np.ones((2, 2, 1), np.float32)) for word in WORDS[2:]]
    ),
    "sweep": lambda: sweep.draw(DOTS, PARAMETERS, interval="95 % interval", title="Sweep"),
}


def check(narrow: Figure, wide: Figure, assert_legible: Callable[[Figure], None]) -> None:
    """It fits, its smallest letters have nine pixels, and it says what the wide one says."""
    assert narrow.get_size_inches()[0] == NARROW_WIDTH
    sizes = [text.get_fontsize() for text in narrow.findobj(Text) if text.get_text().strip()]
    assert min(sizes) * SCREEN / (72 * NARROW_WIDTH) >= 9
    assert_legible(narrow)
    told, asked = (words(figure) for figure in (narrow, wide))
    assert [word for word in asked if word not in told] == []


def words(figure: Figure) -> list[str]:
    """What a figure says, ticks and what has no room left out, in single words."""
    axes = [axis for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)]
    marks = [tick for axis in axes for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks())]
    ticks = {id(label) for tick in marks for label in (tick.label1, tick.label2)}
    texts = [text.get_text() for text in figure.findobj(Text) if id(text) not in ticks]
    return " ".join(texts).split()


@pytest.mark.parametrize("kind", DRAWN)
def test_a_phone_gets_the_whole_figure(kind: str, assert_legible: Callable[[Figure], None]) -> None:
    with narrow_page():
        narrow = DRAWN[kind]()
    check(narrow, DRAWN[kind](), assert_legible)
    assert not is_narrow()


def test_both_panels_of_curves_are_as_large_as_on_a_wide_page(
    panels: Any, styles: Any, assert_legible: Callable[[Figure], None]
) -> None:
    def draw() -> Figure:
        return curves.draw(*panels(), styles["adam"], title="Adam", smoothing="mean of 25 epochs")

    with narrow_page():
        narrow = draw()
    wide = draw()
    check(narrow, wide, assert_legible)
    cost, accuracy = (ax.get_position() for ax in narrow.axes)
    assert cost.y0 > accuracy.y1 and cost.x0 == accuracy.x0
    for ax, other in zip(narrow.axes, wide.axes, strict=True):
        assert ax.bbox.width == pytest.approx(other.bbox.width, rel=0.06)


@pytest.mark.parametrize("count", [4, 10, 25])
def test_lines_are_named_below_them(
    count: int, styles: Any, assert_legible: Callable[[Figure], None]
) -> None:
    keys = PAIRS[:count]
    lines = [make_series(key, epochs=100, top=0.4 + i / 100) for i, key in enumerate(keys)]

    def draw() -> Figure:
        return comparison.draw(lines, styles, grid=CHANNELS, highlight=keys[0], title="Pairs")

    with narrow_page():
        narrow = draw()
    check(narrow, draw(), assert_legible)
    lines_above = narrow.axes[0].get_position()
    assert lines_above.width > 0.45 and narrow.axes[1].get_position().y1 < lines_above.y0
