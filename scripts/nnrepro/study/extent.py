"""How far the runs of a study really went: it decides the stamp on all that is made from them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
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
