"""Synthetic learning curves that look like the studies' own, and checks that fit every figure."""

from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from nnrepro.plots.curves import CurvePanel
from nnrepro.plots.series import FloatArray, Series
from nnrepro.plots.style import SeriesStyle, series_styles

GRID = tuple(f"c1-{c1}_c2-{c2}" for c1 in (10, 30, 50, 70, 90) for c2 in (20, 40, 60, 80, 100))
OPTIMIZERS = ("sgd_momentum", "rmsprop", "adam", "sgd_dropout")
TEXT = ("char_cnn", "word_cnn", "char_rnn_gru", "word_rnn_gru")
TEXT_DROPOUT = tuple(f"{name}_dropout" for name in TEXT)
RNN = tuple(
    f"{unit}_rnn_{kind}"
    for kind in ("vanilla", "lstm", "gru_2layer", "gru_clip")
    for unit in ("char", "word")
)
STUDY = GRID + OPTIMIZERS + TEXT + TEXT_DROPOUT + RNN


def moving_mean(values: FloatArray, width: int = 25) -> FloatArray:
    """Centred mean over `width` epochs, shortened at the ends."""
    half = width // 2
    return np.array([values[max(0, i - half) : i + half + 1].mean() for i in range(values.size)])


def make_series(key: str, epochs: int = 1000, top: float = 0.55, seeds: int = 1) -> Series:
    """A noisy accuracy curve that rises from 0.1 to `top`; the same for the same arguments."""
    rng = np.random.default_rng([len(key), epochs, seeds, int(1000 * top)])
    x = np.arange(1.0, epochs + 1)
    runs = top - (top - 0.1) * np.exp(-x / (epochs / 9)) + rng.normal(0, 0.03, (seeds, epochs))
    mean = runs.mean(axis=0)
    low, high = (runs.min(axis=0), runs.max(axis=0)) if seeds > 1 else (None, None)
    label = key.removeprefix("c1-").replace("_c2-", "/").replace("_", " ")
    return Series(key, label, x, mean, low, high, moving_mean(mean) if epochs > 50 else None)


def make_panels(epochs: int = 1000, seeds: int = 1) -> tuple[CurvePanel, CurvePanel]:
    """Cost and accuracy panels of one synthetic variant."""

    def flipped(top: float) -> Series:
        curve = make_series("cost", epochs, top, seeds)
        return Series(
            "cost",
            "cost",
            curve.epochs,
            3.0 - 3 * curve.mean,
            None if curve.high is None else 3.0 - 3 * curve.high,
            None if curve.low is None else 3.0 - 3 * curve.low,
            None if curve.smoothed is None else 3.0 - 3 * curve.smoothed,
        )

    cost = CurvePanel("Cost", flipped(0.75), flipped(0.5))
    accuracy = CurvePanel(
        "Accuracy",
        make_series("train", epochs, 0.8, seeds),
        make_series("test", epochs, 0.55, seeds),
        ceiling=1.0,
    )
    return cost, accuracy


def shown_words(fig: Figure) -> list[tuple[str, Bbox]]:
    """Every piece of text that a figure shows, and its box in pixels."""
    fig.canvas.draw()
    hidden = {id(text) for text in _undrawn_tick_labels(fig)}
    return [
        (text.get_text(), text.get_window_extent())
        for text in fig.findobj(Text)
        if text.get_text().strip() and text.get_visible() and id(text) not in hidden
    ]


def _undrawn_tick_labels(fig: Figure) -> list[Text]:
    """Labels of ticks beyond an axis's range or of axes that are switched off: never painted."""
    labels = []
    for ax in fig.axes:
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
                if not ax.axison or not low <= tick.get_loc() <= high:
                    labels += [tick.label1, tick.label2]
    return labels


def check_words_on_page(fig: Figure) -> None:
    """No word of the figure is cut by the page's edge."""
    page = fig.bbox
    for text, box in shown_words(fig):
        inside = (
            box.x0 >= page.x0 - 0.5
            and box.x1 <= page.x1 + 0.5
            and box.y0 >= page.y0 - 0.5
            and box.y1 <= page.y1 + 0.5
        )
        assert inside, f"{text!r} at {box} leaves the page {page}"


def check_words_apart(fig: Figure, shrink: float = 1.5) -> None:
    """No two words of the figure overlap by more than `shrink` pixels on each side."""
    boxes = [(text, box.padded(-shrink)) for text, box in shown_words(fig)]
    for i, (text, box) in enumerate(boxes):
        for other, other_box in boxes[i + 1 :]:
            assert not box.overlaps(other_box), f"{text!r} lies over {other!r}"


@pytest.fixture(scope="session")
def styles() -> dict[str, SeriesStyle]:
    """Styles of the shipped study."""
    return series_styles(STUDY)


@pytest.fixture
def series() -> Callable[..., Series]:
    """Makes one synthetic series."""
    return make_series


@pytest.fixture
def panels() -> Callable[..., tuple[CurvePanel, CurvePanel]]:
    """Makes the two panels of a curves figure."""
    return make_panels


@pytest.fixture
def study() -> tuple[str, ...]:
    """Every variant name of the shipped study, in order."""
    return STUDY


@pytest.fixture
def grid_keys() -> tuple[str, ...]:
    """The names of the 25 channel pairs."""
    return GRID


@pytest.fixture(scope="session")
def words() -> Callable[[Figure], list[tuple[str, Bbox]]]:
    """Lists a figure's visible text with its boxes."""
    return shown_words


@pytest.fixture(scope="session")
def assert_legible() -> Callable[[Figure], None]:
    """Fails where a figure's words are cut by the page's edge or overlap."""

    def check(fig: Figure) -> None:
        check_words_on_page(fig)
        check_words_apart(fig)

    return check
