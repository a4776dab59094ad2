"""Synthetic learning curves that look like the studies' own, and checks that fit every figure."""

import copy
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox, BboxBase

from nnrepro.figures.asked import Asked, figures_asked
from nnrepro.figures.curves import CurvePanel
from nnrepro.figures.drawing import Drawing, NothingToDraw
from nnrepro.measures.history import History
from nnrepro.measures.runs import Problem, RunData, extent_of
from nnrepro.models.registry import catalogue
from nnrepro.plots.series import FloatArray, Series
from nnrepro.plots.style import Grid, SeriesStyle, series_styles
from nnrepro.study.config import load_study
from nnrepro.study.extent import Extent
from nnrepro.study.kinds import kinds
from nnrepro.study.run import Run
from nnrepro.study.sources import read_source
from nnrepro.study.study import Study
from nnrepro.tables.columns import rows_of
from nnrepro.tables.runs import runs_table
from nnrepro.tables.selection import select
from nnrepro.tables.variants import variants_table

GRID = tuple(f"c1-{c1}_c2-{c2}" for c1 in (10, 30, 50, 70, 90) for c2 in (20, 40, 60, 80, 100))
OPTIMIZERS = ("sgd_momentum", "rmsprop", "adam", "sgd_dropout")
TEXT = ("char_cnn", "word_cnn", "char_rnn_gru", "word_rnn_gru")
TEXT_DROPOUT = tuple(f"{name}_dropout" for name in TEXT)
RNN = tuple(
    f"{unit}_rnn_{kind}"
    for kind in ("vanilla", "lstm", "gru_2layer", "gru_clip")
    for unit in ("char", "word")
)
CHANNELS = Grid(
    ("c1", "c2"),
    ((10, 30, 50, 70, 90), (20, 40, 60, 80, 100)),
    {key: tuple(map(int, re.findall(r"-(\d+)", key))) for key in GRID},
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


def check_words_on_page(words: list[tuple[str, Bbox]], page: BboxBase) -> None:
    """No word is cut by the page's edge."""
    for text, box in words:
        inside = (
            box.x0 >= page.x0 - 0.5
            and box.x1 <= page.x1 + 0.5
            and box.y0 >= page.y0 - 0.5
            and box.y1 <= page.y1 + 0.5
        )
        assert inside, f"{text!r} at {box} leaves the page {page}"


def check_words_apart(words: list[tuple[str, Bbox]], shrink: float = 1.5) -> None:
    """No two words overlap by more than `shrink` pixels on each side."""
    boxes = [(text, box.padded(-shrink)) for text, box in words]
    for i, (text, box) in enumerate(boxes):
        for other, other_box in boxes[i + 1 :]:
            assert not box.overlaps(other_box), f"{text!r} lies over {other!r}"


@pytest.fixture(scope="session")
def styles() -> dict[str, SeriesStyle]:
    """Styles of the shipped study."""
    return series_styles(STUDY, [CHANNELS])


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
def channels() -> Grid:
    """The 25 channel pairs."""
    return CHANNELS


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
        words = shown_words(fig)
        check_words_on_page(words, fig.bbox)
        check_words_apart(words)

    return check


MakeHistory = Callable[[Run], History | None]


def learning_history(run: Run) -> History:
    """A noisy history of the run's epochs, another for each run, the same every time."""
    epochs = int(run.settings["epochs"])
    rng = np.random.default_rng(list(run.id.encode()))
    rise = 1 - np.exp(-np.arange(1, epochs + 1) / max(1, epochs / 8))
    top = 0.45 + 0.001 * int(run.settings.get("c1", 60)) + 0.0005 * int(run.settings.get("c2", 60))

    def noise() -> FloatArray:
        return rng.normal(0, 0.01, epochs)

    return History.of(
        loss=2.3 - 2 * rise + noise() ** 2,
        accuracy=np.clip(0.1 + 0.8 * rise + noise(), 0, 1),
        val_loss=2.3 - rise + noise() ** 2,
        val_accuracy=np.clip(0.1 + (top - 0.1) * rise + noise(), 0, 1),
    )


class Drawn:
    """A drawing, drawn when it is looked at."""

    def __init__(self, drawing: Drawing) -> None:
        """Nothing is drawn yet."""
        self.drawing = drawing
        self.stem, self.runs = drawing.stem, drawing.runs

    @cached_property
    def figure(self) -> Figure:
        """The figure."""
        assert self.drawing.draw is not None
        return self.drawing.draw()


@dataclass(frozen=True)
class FinishedProtocol:
    """One protocol of a study with histories, tables and decisions, as the workflow has them."""

    study: Study
    protocol: str
    decisions: Mapping[tuple[str, str], Any]
    data: list[RunData]
    variants: pd.DataFrame
    runs: pd.DataFrame

    @property
    def extent(self) -> Extent:
        """How far the runs went."""
        return extent_of(self.study, self.data)

    def asked(self, kind: str) -> list[Asked]:
        """The figures of a kind that the protocol has."""
        return list(figures_asked(self.study, self.protocol, kind, self.decisions, self.extent))

    @property
    def styles(self) -> dict[str, SeriesStyle]:
        """Style by key."""
        return self.asked("curves")[0].styles

    @property
    def selected(self) -> str:
        """The selected pair of the channel grid."""
        return str(self.decisions[self.protocol, "channel_grid"]["variant"])

    def drawn(self, kind: str, *given: Any) -> dict[str, Drawn]:
        """All drawings of a kind, by stem, of what it reads."""
        draw = kinds("figures")[kind].function()
        found = {}
        for figure in self.asked(kind):
            if figure.extent.runs(figure.runs):
                with suppress(NothingToDraw):
                    found |= {d.stem: d for d in draw(figure, *given, **figure.spec.options)}
        return {stem: Drawn(drawing) for stem, drawing in found.items() if drawing.draw}

    def curves(self) -> dict[str, Drawn]:
        """All curves, by stem."""
        return self.drawn("curves", self.data, {}, [])

    def comparisons(self) -> dict[str, Drawn]:
        """All comparisons, by stem."""
        return self.drawn("comparison", self.data, [])

    def heatmaps(self, published: pd.DataFrame | None = None) -> dict[str, Drawn]:
        """All heat maps, by stem, beside printed numbers where there are some."""
        return self.drawn("heatmap", self.variants, published)

    def times(self) -> dict[str, Drawn]:
        """All figures of accuracy and time, by stem."""

        def tables(runs: Sequence[Run]) -> tuple[pd.DataFrame, pd.DataFrame]:
            return rows_of(self.variants, runs), self.runs

        return self.drawn("accuracy_time", tables)


def _record(run: Run, history: History) -> dict[str, Any]:
    seconds = {"setup": 2.0, "training": 5.0 + run.seed, "evaluation": 1.0, "total": 8.0}
    return {"status": "completed" if history.finite else "diverged", "seconds": seconds}


def finish(
    config: Mapping[str, Any], make: MakeHistory = learning_history, protocol: str = "tan"
) -> FinishedProtocol:
    """Carry a protocol of a configuration out with made-up histories; None stands for no run."""
    study = load_study(config, catalogue())
    data, problems = [], []
    for run in study.runs_of(protocol):
        history = make(run)
        if history is None:
            problems.append(Problem(run, "history.json", "there is no such file", "missing"))
        else:
            data.append(RunData(run, history, None, _record(run, history)))
    runs = runs_table(data, problems, study.runs_of(protocol))
    variants = variants_table(runs)
    decisions = {}
    for name in study.selecting_experiments:
        rows = variants[variants["experiment"] == name]
        metric, swept = study.selection_metric(protocol, [name]), study.experiments[name].swept
        decisions[protocol, name] = select(rows, metric, list(swept))
    return FinishedProtocol(study, protocol, decisions, data, variants, runs)


@pytest.fixture(scope="session")
def finished() -> Callable[..., FinishedProtocol]:
    """Carries a protocol of a configuration out: configuration, histories, protocol."""
    return finish


@pytest.fixture(scope="session")
def learning() -> MakeHistory:
    """Makes the history of a run that learns."""
    return learning_history


@pytest.fixture(scope="session")
def _shipped(repository: Path) -> dict[str, Any]:
    shipped = read_source(repository / "config.yaml").values
    return yaml.safe_load(yaml.dump(shipped, Dumper=_NoAliases, sort_keys=False))


@pytest.fixture
def config(_shipped: dict[str, Any]) -> dict[str, Any]:
    """The shipped configuration, which a test may change."""
    return copy.deepcopy(_shipped)


@pytest.fixture
def short(config: dict[str, Any]) -> dict[str, Any]:
    """The shipped configuration under a budget of 20 epochs."""
    return config | {"budget": {"epochs": 20}}


class _NoAliases(yaml.SafeDumper):
    """Writes shared sections out, so that changing one leaves the others."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
