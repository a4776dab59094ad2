"""The figures that a study asks for: what their specs mean, and how they reach the disk."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from nnrepro.failures import Failures
from nnrepro.plots.fonts import missing, missing_words
from nnrepro.plots.frame import stamp
from nnrepro.plots.output import save_figure, words_of
from nnrepro.plots.style import INK, SeriesStyle, series_styles
from nnrepro.study.extent import Extent
from nnrepro.study.labels import told_apart
from nnrepro.study.run import Run
from nnrepro.study.study import FigureSpec, Study

Decisions = Mapping[tuple[str, str], Mapping[str, Any]]


@dataclass(frozen=True, eq=False)
class Drawing:
    """A finished figure.

    Attributes:
        stem: its path below the folder of its protocol and kind, without a suffix.
        figure: what to save.
        runs: the runs it shows, which decide its budget stamp.
    """

    stem: str
    figure: Figure
    runs: list[Run]


Draw = Callable[[], Iterable[Drawing]]
"""Draws what belongs to one name: a figure of the study, or a variant's curves."""


@dataclass(frozen=True)
class ProtocolFigures:
    """What all figures of one protocol have in common.

    Attributes:
        study: the study.
        protocol: name of the protocol.
        decisions: what was selected, by (protocol, experiment).
    """

    study: Study
    protocol: str
    decisions: Decisions

    @cached_property
    def _keys(self) -> dict[tuple[str, str], str]:
        """Key by (experiment, variant), each once."""
        keys: dict[tuple[str, str], str] = {}
        for experiment in self.study.experiments.values():
            for variant in experiment.variants:
                taken = variant in keys.values()
                keys[experiment.name, variant] = (
                    f"{experiment.name}/{variant}" if taken else variant
                )
        return keys

    @cached_property
    def styles(self) -> dict[str, SeriesStyle]:
        """Style by key, the same in every figure of the study."""
        return series_styles(list(self._keys.values()))

    def key(self, run: Run) -> str:
        """The key of a run's style: its variant's name.

        Where an earlier experiment has a variant of that name, the experiment's stands before it.
        """
        return self._keys[run.experiment, run.variant]

    def styles_of(self, runs: Iterable[Run]) -> dict[str, SeriesStyle]:
        """The styles for a figure of `runs`.

        Where variants of several experiments meet, a selected one is black: the colours of a grid
        are steps of a scale, of which some look like other experiments' colours.
        """
        runs = list(runs)
        styles = dict(self.styles)
        if len({run.experiment for run in runs}) > 1:
            for run in filter(self.is_selected, runs):
                styles[self.key(run)] = SeriesStyle(INK, (), styles[self.key(run)].marker)
        return styles

    def labels(self, runs: Iterable[Run]) -> dict[str, str]:
        """Name of each variant in a figure of `runs`, by key.

        Those that share their label are told apart by the titles of their experiments, and by the
        names of these where the titles are the same, too.
        """
        found = {self.key(run): run for run in runs}
        experiments = [run.experiment for run in found.values()]
        labels = told_apart(
            [run.label for run in found.values()],
            [self.study.experiments[name].title for name in experiments],
            experiments,
        )
        return dict(zip(found, labels, strict=True))

    def titled(self, words: str) -> str:
        """A figure's title, beginning with the protocol's."""
        return f"{self.study.protocols[self.protocol].title}: {words}"

    def specs(self, kind: str) -> Iterator[tuple[FigureSpec, list[Run]]]:
        """The figures of a kind with the runs that they show, decisions carried out."""
        for spec in self.study.figures.values():
            if spec.kind == kind:
                runs = self.study.chosen(self.protocol, spec.runs, self.decisions)
                if runs:
                    yield spec, runs

    def each(
        self, kind: str, draw: Callable[["ProtocolFigures"], Iterable[Drawing]]
    ) -> dict[str, Draw]:
        """How to draw each figure of a kind apart from the others, by its name.

        Args:
            kind: the kind of figure.
            draw: draws all figures of that kind which a study has.
        """
        return {
            name: partial(draw, replace(self, study=replace(self.study, figures={name: spec})))
            for name, spec in self.study.figures.items()
            if spec.kind == kind
        }

    def is_selected(self, run: Run) -> bool:
        """Whether a run is of the variant that was selected from its experiment."""
        decision = self.decisions.get((self.protocol, run.experiment))
        return decision is not None and run.matches(decision)

    def selected(self, runs: Iterable[Run]) -> Run | None:
        """A run of the selected variant, if all `runs` are of the experiment selected from."""
        runs = list(runs)
        if len({run.experiment for run in runs}) != 1:
            return None
        return next(filter(self.is_selected, runs), None)


def save_drawings(
    study: Study,
    drawings: Iterable[Drawing],
    folder: Path,
    extent: Extent | None = None,
    *,
    compared: bool = False,
) -> None:
    """Stamp each drawing with the budget of its runs and write it below `folder`.

    Args:
        study: the study.
        drawings: what to write.
        folder: the folder of its protocol and kind; it is created.
        extent: how far the runs went; without it, as far as the study asks for.
        compared: whether a drawing shows its runs as far as they are compared with one another.
    """
    extent = Extent.as_asked(study) if extent is None else extent
    folder.mkdir(parents=True, exist_ok=True)
    for drawing in drawings:
        shown = extent.comparable_among(drawing.runs) if compared else extent
        words, warning = shown.stamp(drawing.runs), shown.is_cut(drawing.runs)
        stamp(drawing.figure, words, warning=warning)
        save_figure(drawing.figure, folder / drawing.stem)
        gone = missing_words(missing(words_of(drawing.figure)))
        if gone:
            print(f"{folder / drawing.stem}.png: {gone}")


def save_each(
    figures: ProtocolFigures,
    named: Mapping[str, Draw],
    folder: Path,
    failures: Failures,
    extent: Extent | None = None,
    *,
    compared: bool = False,
) -> None:
    """Draw figures one by one, so that one that cannot be drawn does not take the others.

    Args:
        figures: the protocol.
        named: how to draw them, by name.
        folder: as for `save_drawings`; its name is the kind of the figures.
        failures: takes those that cannot be drawn.
        extent: as for `save_drawings`.
        compared: as for `save_drawings`.
    """
    for name, draw in named.items():
        with failures.costs_only_itself(f"figures/{figures.protocol}/{folder.name}/{name}"):
            save_drawings(figures.study, draw(), folder, extent, compared=compared)
