"""Drawings, and how they reach the disk: stamped, each for itself, with an index of all."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from nnrepro.errors import NnreproError
from nnrepro.failures import Failures
from nnrepro.figures.asked import Asked
from nnrepro.figures.index import NARROW, NO_RUNS, Shown, write_index
from nnrepro.figures.sources import Sources
from nnrepro.metrics.registry import known
from nnrepro.plots.fonts import missing, missing_words
from nnrepro.plots.frame import stamp
from nnrepro.plots.output import save_figure, words_of
from nnrepro.plots.style import narrow_page, styled
from nnrepro.study.evaluation import EVERY_EPOCH, tested
from nnrepro.study.extent import Extent
from nnrepro.study.kinds import Kind
from nnrepro.study.metrics import main_metrics
from nnrepro.study.run import Run
from nnrepro.study.study import Study

NO_METRIC = "No run that this figure shows has its metric."


class NothingToDraw(NnreproError):
    """There is nothing to draw, which is no failure; the message is a sentence that says why."""


@dataclass(frozen=True, eq=False)
class Drawing:
    """A file of a figure.

    Attributes:
        stem: its path below the folder of its protocol and kind, without a suffix.
        draw: draws it; None where its runs are not there.
        runs: the runs that it shows, which decide its budget stamp.
        alt: what it shows, for readers who cannot see it.
        strip: title of the strip that it belongs to; empty for a figure of one file.
        part: what tells it from the figure's other files.
        compared: whether it shows its runs as far as they are compared with one another.
        said: what the figure shows in sentences; said by one of its files.
    """

    stem: str
    draw: Callable[[], Figure] | None
    runs: list[Run]
    alt: str
    strip: str = ""
    part: str = ""
    compared: bool = False
    said: str = ""


def of_variant(
    figure: Asked,
    runs: list[Run],
    draw: Callable[[], Figure],
    alt: str,
    *,
    several: bool,
) -> Drawing:
    """The drawing of one variant, by some of its runs; of several, it is a part of the figure's."""
    first = runs[0]
    stem = f"{first.experiment}/{first.variant}" if several else figure.name
    strip, part = (figure.spec.title, first.label) if several else ("", "")
    return Drawing(stem, draw, runs, figure.alt(alt, runs), strip, part)


def draw_figures(
    kind: Kind, figures: Iterable[Asked], sources: Sources, folder: Path, failures: Failures
) -> None:
    """Draw figures one by one, so that a file that cannot be drawn does not take the others.

    They lie in `folder`, which is created; `failures` takes what cannot be drawn.
    """
    folder.mkdir(parents=True, exist_ok=True)
    given = sources.given(kind.reads[1:])
    shown: list[Shown] = []
    stems: set[str] = set()
    for figure in figures:
        part = f"figures/{figure.protocol}/{kind.name}"
        found: list[Shown] = []
        with failures.costs_only_itself(f"{part}/{figure.name}"):
            try:
                if not figure.extent.runs(figure.runs):
                    raise NothingToDraw(NO_RUNS)
                for drawing in kind.function()(figure, *given, **figure.spec.options):
                    found.append(_shown(figure, drawing))
                    if drawing.draw is None or drawing.stem in stems:
                        continue
                    stems.add(drawing.stem)
                    with failures.costs_only_itself(f"{part}/{drawing.stem}"):
                        save_drawing(drawing, figure.extent, folder)
            except NothingToDraw as nothing:
                found.append(_nothing(figure, str(nothing)))
        shown += found or [_nothing(figure)]
    write_index(folder, _reading(kind, sources.study), shown)


@styled
def save_drawing(drawing: Drawing, extent: Extent, folder: Path) -> None:
    """Draw, stamp with the budget of the runs and write below `folder`; nothing without runs.

    For a narrow page it is drawn once more, as SVG.
    """
    draw = drawing.draw
    if draw is None:
        return
    extent = extent.comparable_among(drawing.runs) if drawing.compared else extent

    def stamped() -> Figure:
        drawn = draw()
        stamp(drawn, extent.stamp(drawing.runs), warning=extent.is_cut(drawing.runs))
        return drawn

    drawn = stamped()
    save_figure(drawn, folder / drawing.stem)
    with narrow_page():
        save_figure(stamped(), folder / NARROW / drawing.stem, ["svg"])
    gone = missing_words(missing(words_of(drawn)))
    if gone:
        print(f"{folder / drawing.stem}.png: {gone}")


def _reading(kind: Kind, study: Study) -> str:
    """How to read a figure of a kind."""
    told = vars(kind.function())
    published = told.get("published_reading", "") if study.published else ""
    words = " or ".join(
        dict.fromkeys(known(name).words for name in main_metrics(study.runs, study.data))
    )
    said = str(told.get("reading", "")).replace("{published}", published)
    unseen = any(tested(run.settings) != EVERY_EPOCH for run in study.runs)
    if unseen and "histories" in kind.reads and "test set" in said:
        said += " Where the test set is not evaluated after every epoch, it is the validation set."
    return said.replace("{metric}", words)


def _shown(figure: Asked, drawing: Drawing) -> Shown:
    return Shown(
        figure.name,
        drawing.stem,
        tuple(run.id for run in drawing.runs),
        drawing.strip,
        drawing.part,
        drawing.alt,
        drawing.compared,
        said=drawing.said,
    )


def _nothing(figure: Asked, why: str = "") -> Shown:
    return Shown(figure.name, figure.name, tuple(run.id for run in figure.runs), why=why)
