"""Every kind of figure takes any words and any numbers: drawn, on the page, and apart."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

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
from nnrepro.figures.agreement import AgreementPanel, AgreementPoint
from nnrepro.figures.curves import CurvePanel, PublishedMark
from nnrepro.figures.heatmap import ParameterGrid
from nnrepro.plots.dots import DotRow
from nnrepro.plots.fitting import fit_labels, text_width
from nnrepro.plots.frame import stamp
from nnrepro.plots.output import PNG_DPI, save_figure
from nnrepro.plots.series import Series, as_floats
from nnrepro.plots.style import PAGE_WIDTH, Grid, series_styles
from nnrepro.study.kinds import kinds

pytestmark = pytest.mark.filterwarnings("ignore:.*(Glyph|overflow|invalid value)")

Words = Sequence[str]
Numbers = Sequence[float]

LETTERS = (
    "abc dé GRU-2, 0.001 (mit Größe) ",
    "字符深度学习模型",
    "مرحبا بالعالم ",
    "नमस्ते दुनिया ",
    "e\N{COMBINING ACUTE ACCENT}\N{COMBINING DIAERESIS}o ",
    "\N{BRAIN}\N{ZERO WIDTH JOINER}\N{WOMAN}\N{EMOJI MODIFIER FITZPATRICK TYPE-3}",
    "W",
    "$\\_{}%^&<>\"'",
    "a\n\t\x07b\u2028",
)


def _line(letters: str, length: int, end: str) -> str:
    return (letters * (length // len(letters) + 1))[:length] + end


LINES = st.builds(
    _line,
    st.sampled_from(LETTERS),
    st.integers(1, 300),
    st.sampled_from(["", " 1", " 2", "字"]),
)
WORDS = st.lists(LINES, min_size=1, max_size=6) | st.builds(
    lambda line, count: [f"{line}{i}" for i in range(count)], LINES, st.sampled_from([3, 9, 40])
)
NUMBERS = st.lists(
    st.sampled_from([0.0, -0.0, 0.5, 0.5, 1.0, 7.3, -3.0, 1e308, -1e308, 1e30, 1e-308, 5e-324])
    | st.sampled_from([float("nan"), float("inf"), float("-inf")])
    | st.floats(0, 1),
    min_size=1,
    max_size=14,
)


def _cycle(values: Numbers, count: int, start: int = 0) -> np.ndarray:
    return np.array([values[(start + i) % len(values)] for i in range(count)], dtype=float)


def _series(words: Words, numbers: Numbers) -> list[Series]:
    epochs = np.arange(1.0, len(numbers) + 1)
    values = [_cycle(numbers, len(numbers), start) for start in range(len(words))]
    return [
        Series(f"k{i}", word, epochs, mean, low=mean, high=mean, smoothed=mean if i % 2 else None)
        for i, (word, mean) in enumerate(zip(words, values, strict=True))
    ]


def _curves(words: Words, numbers: Numbers) -> Iterator[Figure]:
    train, test = _series(["train", "test"], numbers)
    marks = [PublishedMark(f"last {i}", _cycle(numbers, 1, i)[0], 1, 2) for i in range(len(words))]
    marks = [mark for mark in marks if np.isfinite(mark.value)]
    panels = [
        CurvePanel(name, train, test, at, ceiling, tuple(marks[:15]))
        for name, at, ceiling in (("Cost", None, None), ("Accuracy", 1, 1.0))
    ]
    style = series_styles(["k0"])["k0"]
    yield curves.draw(*panels, style, title=words[0], band="range", smoothing="mean")


def _comparison(words: Words, numbers: Numbers) -> Iterator[Figure]:
    series, styles = _series(words, numbers), series_styles([f"k{i}" for i in range(len(words))])
    how: dict[str, Any] = {"title": words[0], "band": "range", "smoothing": "mean"}
    firsts, seconds = words[:5], [*range(-(-len(words) // 5))]
    pairs = {each.key: (words[i % 5], i // 5) for i, each in enumerate(series)}
    grid = Grid((words[0], words[-1]), (firsts, seconds), pairs)
    for highlight, place in ((None, None), ("k0", grid)):
        yield comparison.draw(series, styles, highlight=highlight, grid=place, closing=2, **how)
    facets = {words[0]: [each.key for each in series[:8]], f"{words[-1]} ": []}
    yield comparison.draw(series, styles, facets=facets, highlight="k0", **how)


def _heatmap(words: Words, numbers: Numbers) -> Iterator[Figure]:
    columns = list(dict.fromkeys(words))
    rows = columns[:3]
    values = _cycle(numbers, len(rows) * len(columns)).reshape(len(rows), len(columns))
    cells = pd.DataFrame(values, index=rows, columns=columns)
    finite = cells.where(np.isfinite(cells))
    assume(finite.notna().any(axis=None))
    best = (columns[0], rows[0])
    grid = ParameterGrid(
        "learning_rate", "u" * 40, cells, finite.max(), finite.max(axis=1), 0.5, best, [best]
    )
    metric = "Mean test accuracy of the last 200 epochs"
    yield heatmap.draw(grid, metric=metric, title=words[0])
    printed = grid.cells.iloc[::-1].set_axis(grid.cells.index)
    assume((grid.cells - printed).notna().any(axis=None))
    yield heatmap.draw_beside(printed, grid, metric=metric, title=words[0])


def _accuracy_time(words: Words, numbers: Numbers) -> Iterator[Figure]:
    rows = [DotRow(f"k{i}", word, *_cycle(numbers, 4, i)) for i, word in enumerate(words)]
    styles = series_styles([row.key for row in rows])
    metric = "Mean validation accuracy of the last 5 to 200 epochs"
    yield accuracy_time.draw(rows, styles, metric=metric, interval=words[-1], title=words[0])


def _overview(words: Words, numbers: Numbers) -> Iterator[Figure]:
    rows = [
        DotRow(f"k{i}", word, *_cycle(numbers, 4, i), group=words[i // 4])
        for i, word in enumerate(words)
    ]
    styles = series_styles([row.key for row in rows])
    metric = "Mean validation accuracy of the last 5 to 200 epochs"
    panel = overview.Panel(rows, styles, metric, interval=words[-1], title=words[-1])
    yield overview.draw([panel], title=words[0])
    yield overview.draw([panel, replace(panel, rows=rows[::-1])], title=words[0])


def _agreement(words: Words, numbers: Numbers) -> Iterator[Figure]:
    points = [AgreementPoint(*_cycle(numbers, 4, i), inside=None) for i in range(len(numbers))]
    assume(any(point.drawable for point in points))
    panels = [AgreementPanel(word, points) for word in words[:7]]
    yield agreement.draw(panels, title=words[0], interval=words[-1])


def _feature_maps(words: Words, numbers: Numbers) -> Iterator[Figure]:
    layers = {word: _cycle(numbers, 3 * 3 * 12, i).reshape(3, 3, 12) for i, word in
              enumerate(words[:4])}  # fmt: skip
    yield feature_maps.draw_overview(np.zeros((4, 4, 1)), layers, title=words[0])
    yield feature_maps.draw_layer(layers[words[0]], layer=words[0], title=words[0])


def _sweep(words: Words, numbers: Numbers) -> Iterator[Figure]:
    finite = [number for number in numbers if np.isfinite(number)]
    assume(finite)
    values = [float(as_floats(number)) for number in finite]
    dots = [sweep.Dot(*_cycle(values, 3, i), selected=not i) for i in range(len(words))]
    axes = [
        sweep.Axis(words[0], [0.1 * (i + 1) for i in range(len(words))], "log"),
        sweep.Axis(words[-1], words, "named", tuple(dict.fromkeys(words))),
    ]
    yield sweep.draw(dots, axes, interval=words[-1], title=words[0])


def _confusion(words: Words, numbers: Numbers) -> Iterator[Figure]:
    finite = [abs(number) for number in numbers if np.isfinite(number)] or [0.0]
    size = len(words)
    counts = np.minimum(_cycle(finite, size * size), 1e15).astype(np.int64).reshape(size, size)
    yield confusion.draw(counts, words, title=words[0])


def _residuals(words: Words, numbers: Numbers) -> Iterator[Figure]:
    names = tuple(words[:3])
    true = _cycle(numbers, len(names) * 5).reshape(5, -1)
    yield residuals.draw(true, np.roll(true, 1, axis=0), names, title=words[0])


def _samples(words: Words, numbers: Numbers) -> Iterator[Figure]:
    yield samples.draw([Sample(word, words[0]) for word in words], title=words[0])
    pixels = np.clip(np.nan_to_num(_cycle(numbers, 16)), 0, 1).reshape(4, 4, 1)
    yield samples.draw([Sample(word, "", pixels) for word in words], title=words[0])


KINDS: dict[str, Callable[[Words, Numbers], Iterator[Figure]]] = {
    "accuracy_time": _accuracy_time,
    "agreement": _agreement,
    "comparison": _comparison,
    "confusion": _confusion,
    "curves": _curves,
    "feature_maps": _feature_maps,
    "heatmap": _heatmap,
    "overview": _overview,
    "residuals": _residuals,
    "samples": _samples,
    "sweep": _sweep,
}

SOME = settings(
    phases=[Phase.explicit, Phase.generate],
    max_examples=3,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SQUARE = ("agreement", "confusion", "heatmap", "residuals", "samples")
"""Kinds whose panels are no wider than they are high, or that may have none."""

PLAIN = [0.1, 0.5, 0.7, 0.3, 0.4, 0.6, 0.2]


def test_every_kind_of_figure_is_among_these() -> None:
    assert set(KINDS) == set(kinds("figures"))


@pytest.mark.parametrize("kind", KINDS)
@SOME
@given(words=WORDS)
def test_words_of_any_length_and_script_stay_on_the_page_and_apart(
    kind: str, words: list[str], assert_legible: Callable[[Figure], None]
) -> None:
    for figure in KINDS[kind](words, PLAIN):
        stamp(figure, words[-1])
        figure.set_dpi(PNG_DPI)
        assert_legible(figure)
        assert sum(_widths(figure)) >= 0.4 * PAGE_WIDTH or kind in SQUARE


@pytest.mark.parametrize("kind", KINDS)
@SOME
@given(numbers=NUMBERS)
def test_numbers_of_any_size_are_drawn(
    kind: str, numbers: list[float], assert_legible: Callable[[Figure], None], tmp_path: Path
) -> None:
    for figure in KINDS[kind](["one", "two"], numbers):
        figure.set_dpi(PNG_DPI)
        assert_legible(figure)
        svg, png = save_figure(figure, tmp_path / "figure")
        drawn = svg.read_text(encoding="utf-8")
        ElementTree.fromstring(drawn)  # well-formed, or no page and no PDF shows it
        assert "nan" not in drawn and png.stat().st_size


def _widths(figure: Figure) -> list[float]:
    """Widths of the axes in the first row, in inches."""
    places = [ax.get_position(original=True) for ax in figure.axes]
    return [place.width * PAGE_WIDTH for place in places]


@given(labels=WORDS, width=st.floats(1.0, 3.0))
@settings(max_examples=30, deadline=None, derandomize=True)
def test_labels_fit_and_those_that_differ_stay_different(labels: list[str], width: float) -> None:
    shown = fit_labels(labels, 9.0, width)
    assert all(text_width(text, 9.0) <= width for text in shown)
    looks = {" ".join(label.split()) for label in labels}
    assert len(set(shown)) == len(looks)


def test_long_labels_of_a_grid_keep_what_they_differ_by() -> None:
    grid = [(units, dropout) for units in "012" for dropout in "345"]
    labels = [f"A residual network of {u} units, dropout {d}, cosine" for u, d in grid]
    shown = fit_labels(labels, 9.0, 1.2)
    for (units, dropout), text in zip(grid, shown, strict=True):
        assert f"{units} unit" in text and f"{dropout}," in text
