"""A figure of one protocol: its runs, how these look and what they are called."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from nnrepro.document import wording
from nnrepro.figures.specs import figure_specs
from nnrepro.plots.style import INK, Grid, SeriesStyle, series_styles
from nnrepro.study.decisions import Decisions
from nnrepro.study.extent import Extent
from nnrepro.study.labels import told_apart
from nnrepro.study.run import Run
from nnrepro.study.study import Spec, Study
from nnrepro.tables.columns import SELECTION


@dataclass(frozen=True)
class Asked:
    """A figure as it is asked for of one protocol.

    Attributes:
        study: the study.
        protocol: name of the protocol.
        decisions: what was selected, by (protocol, experiment).
        extent: how far the runs went.
        spec: what is asked for.
    """

    study: Study
    protocol: str
    decisions: Decisions
    extent: Extent
    spec: Spec

    @property
    def name(self) -> str:
        """The figure's name."""
        return self.spec.name

    @cached_property
    def runs(self) -> list[Run]:
        """The runs to show, decisions carried out."""
        return self.study.chosen(self.protocol, self.spec.runs, self.decisions)

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
        return series_styles(list(self._keys.values()), self._grids.values())

    @cached_property
    def _grids(self) -> dict[str, Grid]:
        """Variants over two parameters, by experiment."""
        found = {}
        for experiment in self.study.experiments.values():
            if len(experiment.swept) == 2:
                first, second = experiment.swept
                pairs = {
                    self.key(run): (run.settings[first], run.settings[second])
                    for run in self.study.runs
                    if run.experiment == experiment.name
                }
                values = (experiment.swept[first], experiment.swept[second])
                found[experiment.name] = Grid((first, second), values, pairs)
        return found

    def grid(self, runs: Iterable[Run]) -> Grid | None:
        """The grid that all `runs` lie on; None where they are of no or several experiments."""
        experiments = {run.experiment for run in runs}
        return self._grids.get(next(iter(experiments))) if len(experiments) == 1 else None

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
        """A figure's title, beginning with the protocol's, if that has one."""
        title = self.study.protocols[self.protocol].title
        return f"{title}: {words}" if title else words

    @property
    def owner(self) -> str:
        """The protocol's title where the study has several, else nothing."""
        several = len(self.study.protocols) > 1
        return self.study.protocols[self.protocol].title if several else ""

    def alt(self, what: str, runs: Iterable[Run]) -> str:
        """What a figure shows, for readers who cannot see it: its form, whose it is, its runs."""
        runs = list(runs)
        labels = list(dict.fromkeys(run.label for run in runs))
        owner = self.owner if {run.protocol for run in runs} <= {self.protocol} else ""
        form = ", ".join(filter(None, (what, owner)))
        return f"{form}. Shown: {wording.some(labels, limit=8) or wording.UNKNOWN}."

    def metric(self, name: str) -> str:
        """The metric meant, where `selection` stands for the one that the protocol selects by."""
        if name != SELECTION:
            return name
        return self.study.selection_metric(self.protocol, self.spec.runs)

    def beside(self, metric: str) -> "Iterator[Asked]":
        """The figure of the other protocols that have runs and show the same metric."""
        for protocol in self.study.protocols:
            other = replace(self, protocol=protocol)
            same = other.metric(metric) == self.metric(metric)
            if protocol != self.protocol and same and other.extent.runs(other.runs):
                yield other

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


def figures_asked(
    study: Study, protocol: str, kind: str, decisions: Mapping[tuple[str, str], Any], extent: Extent
) -> Iterator[Asked]:
    """A protocol's figures of a kind that have a run to show, decisions carried out."""
    for spec in figure_specs(study, kind):
        figure = Asked(study, protocol, decisions, extent, spec)
        if figure.runs:
            yield figure
