"""How far the runs of a study really went: it decides the stamp on all that is made from them."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

from nnrepro.study.run import Run
from nnrepro.study.study import Study


@dataclass(frozen=True)
class Extent:
    """The runs of a study as they were carried out.

    Attributes:
        study: the study.
        done: the runs of which there is something, by their ids, with the epochs and examples that
            they really had.
        generated: ids of runs that are known to rest on generated data.
    """

    study: Study
    done: Mapping[str, Run]
    generated: Collection[str] = ()

    @classmethod
    def as_asked(cls, study: Study) -> Self:
        """Every run as the study asks for it: what training makes."""
        return cls(study, {run.id: run for run in study.runs})

    @classmethod
    def by_epochs(
        cls, study: Study, epochs: Mapping[str, int], diverged: Collection[str] = ()
    ) -> Self:
        """Runs with the epochs that their histories have, by run id; those without any are out.

        `diverged` are the ids of those whose loss was no longer finite at the end.
        """
        return cls(
            study,
            {
                run.id: run.as_done({"epochs": epochs[run.id]}, diverged=run.id in diverged)
                for run in study.runs
                if run.id in epochs
            },
        )

    @cached_property
    def compared_epochs(self) -> Mapping[str, int]:
        """The epochs at which runs are compared that have more than most of their experiment.

        A grid of which one run went on for longer would otherwise be won by that run. What more
        than half of a protocol's runs of an experiment have is what they are compared at; runs
        that are shorter stay as they are.

        Returns:
            The epochs by run id, of the longer runs alone.
        """
        alike: dict[tuple[str, str, int], list[Run]] = defaultdict(list)
        for run in self.done.values():
            alike[run.protocol, run.experiment, run.protocol_epochs].append(run)
        return _longer_than_most(alike.values())

    def compared_among(self, runs: Iterable[Run]) -> dict[str, int]:
        """The epochs at which the runs of one table or figure are compared, of longer ones alone.

        Beside `compared_epochs`, what more than half of a protocol's runs among these have counts:
        the variant that a grid selects may have been trained to the end, and the optimisers that
        are tried at it not.
        """
        runs = list(runs)
        at = {
            run.id: self.compared_epochs[run.id] for run in runs if run.id in self.compared_epochs
        }
        alike: dict[tuple[str, int], list[Run]] = defaultdict(list)
        for run in self._up_to(at).runs(runs):
            alike[run.protocol, run.protocol_epochs].append(run)
        return at | _longer_than_most(alike.values())

    def comparable_among(self, runs: Iterable[Run]) -> Self:
        """The runs as these are compared with one another."""
        return self._up_to(self.compared_among(runs))

    def _up_to(self, epochs: Mapping[str, int]) -> Self:
        done = {run_id: self.done[run_id].as_done({"epochs": n}) for run_id, n in epochs.items()}
        return replace(self, done={**self.done, **done})

    def runs(self, runs: Iterable[Run]) -> list[Run]:
        """Those of `runs` of which there is something, as they were carried out."""
        return [self.done[run.id] for run in runs if run.id in self.done]

    def stamp(self, runs: Sequence[Run]) -> str:
        """The budget of runs in words; those of which there is nothing do not count."""
        return self.study.stamp(self.runs(runs), generated=self.made_up(runs))

    def is_cut(self, runs: Sequence[Run]) -> bool:
        """Whether what is made from runs is less than their protocols ask for."""
        return self.made_up(runs) or self.study.is_cut(self.runs(runs))

    def short(self, runs: Iterable[Run]) -> list[Run]:
        """Runs with fewer epochs or examples than their protocols ask for."""
        return [run for run in runs if run.id in self.done and self.done[run.id].protocol_settings]

    def made_up(self, runs: Iterable[Run]) -> bool:
        """Whether any of the runs is known to rest on generated data."""
        return any(run.id in self.generated for run in runs)


def _longer_than_most(groups: Iterable[Iterable[Run]]) -> dict[str, int]:
    """The epochs of most runs of a group, by id of the runs that have more."""
    found: dict[str, int] = {}
    for runs in groups:
        lengths = {run.id: int(run.settings["epochs"]) for run in runs}
        ((most, count),) = Counter(lengths.values()).most_common(1)
        if 2 * count > len(lengths):
            found |= {run_id: most for run_id, epochs in lengths.items() if epochs > most}
    return found
