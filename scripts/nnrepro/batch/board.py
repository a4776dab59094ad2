"""Which job may start next."""

from collections.abc import Callable, Mapping, Sequence

from nnrepro.errors import NnreproError
from nnrepro.study.run import Run, Scalar

Decide = Callable[[str, str], Mapping[str, Scalar]]


class Board:
    """Jobs of runs to be trained, handed out one by one, that of the highest priority first.

    A run that takes parameters from a selection, which `decide` makes of a protocol and an
    experiment, is ready when every run that is selected from has ended. One that failed by itself,
    as its folder says, is left out of the selection, as the workflow does it; where one was lost
    without such a record, what depends on it is given up.
    """

    def __init__(
        self, jobs: Sequence[Sequence[Run]], priorities: Mapping[str, int], decide: Decide
    ) -> None:
        self._runs = {run.id: run for job in jobs for run in job}
        self._waiting = sorted(jobs, key=lambda job: -max(priorities[run.id] for run in job))
        self._open = set(self._runs)
        self._decide = decide
        self._decisions: dict[tuple[str, str], Mapping[str, Scalar]] = {}
        self._lost: set[str] = set()
        self.failed: dict[str, str] = {}
        """Why each failed run failed, by id."""

    @property
    def left(self) -> int:
        """Runs that are neither done nor failed."""
        return len(self._open)

    def take(self) -> list[Run] | None:
        """The next job, parameters filled in; None where none is ready yet, or left."""
        while job := next((job for job in self._waiting if all(map(self._is_ready, job))), None):
            self._waiting.remove(job)
            resolved = [run for run in map(self._resolved, job) if run is not None]
            if resolved:
                return resolved
        return None

    def finished(self, run_id: str, failure: str | None = None, *, recorded: bool = False) -> None:
        """A run has ended, well or with a reason why not, which its folder may have on record."""
        if failure is not None and not recorded:
            self._lost.add(run_id)
        self._open.discard(run_id)
        if failure is not None:
            self.failed[run_id] = failure

    def _is_ready(self, run: Run) -> bool:
        return not any(source in self._open for source in self._sources(run))

    def _sources(self, run: Run) -> list[str]:
        """Ids of the runs that are selected from for this one."""
        if run.selects_from is None:
            return []
        group = (run.protocol, run.selects_from)
        return [
            each.id for each in self._runs.values() if (each.protocol, each.experiment) == group
        ]

    def _resolved(self, run: Run) -> Run | None:
        """The run with its selected parameters; None where they cannot be had, which is noted."""
        if run.selects_from is None:
            return run
        lost = [source for source in self._sources(run) if source in self._lost]
        if lost:
            self.finished(run.id, f"{lost[0]}, which is selected from, failed", recorded=True)
            return None
        group = (run.protocol, run.selects_from)
        try:
            if group not in self._decisions:
                self._decisions[group] = self._decide(*group)
            return run.resolved(self._decisions[group])
        except NnreproError as error:
            self.finished(run.id, str(error), recorded=True)
            return None
