"""The figures that a study asks for: what their specs mean, and how they reach the disk."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from nnrepro.plots.frame import stamp
from nnrepro.plots.output import save_figure
from nnrepro.plots.style import SeriesStyle, series_styles
from nnrepro.study import FigureSpec, Run, Study

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
    def styles(self) -> dict[str, SeriesStyle]:
        """Style by variant, the same in every figure of the study."""
        variants = [v for e in self.study.experiments.values() for v in e.variants]
        return series_styles(variants)

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

    def selected(self, runs: Iterable[Run]) -> str | None:
        """The selected variant, if `runs` are all of one experiment that is selected from."""
        experiments = {run.experiment for run in runs}
        if len(experiments) != 1:
            return None
        decision = self.decisions.get((self.protocol, experiments.pop()))
        return None if decision is None else str(decision["variant"])


def save_drawings(study: Study, drawings: Iterable[Drawing], folder: Path) -> None:
    """Stamp each drawing with the budget of its runs and write it below `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for drawing in drawings:
        stamp(drawing.figure, study.stamp(drawing.runs), warning=study.is_cut(drawing.runs))
        save_figure(drawing.figure, folder / drawing.stem)
