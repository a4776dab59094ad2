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
    def by_epochs(cls, study: Study, epochs: Mapping[str, int]) -> Self:
        """Runs with the epochs that their histories have, by run id; those without any are out."""
        return cls(
            study,
            {
                run.id: run.as_done({"epochs": epochs[run.id]})
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
        found: dict[str, int] = {}
        for runs in alike.values():
            lengths = {run.id: int(run.settings["epochs"]) for run in runs}
            ((most, count),) = Counter(lengths.values()).most_common(1)
            if 2 * count > len(runs):
                found |= {run_id: most for run_id, epochs in lengths.items() if epochs > most}
        return found

    @cached_property
    def comparable(self) -> Self:
        """The runs as they are compared with others: none with more epochs than most."""
        done = {
            run_id: self.done[run_id].as_done({"epochs": epochs})
            for run_id, epochs in self.compared_epochs.items()
        }
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
