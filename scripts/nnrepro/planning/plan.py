"""The plan of a study: state and expected time of every run, and what they come to."""

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from nnrepro.planning.estimate import Estimate, Estimator
from nnrepro.planning.machines import Machine, Record
from nnrepro.planning.order import priorities
from nnrepro.planning.status import DONE, Asked, Status, status_of
from nnrepro.study.halving import expected_epochs
from nnrepro.study.paths import StudyPaths
from nnrepro.study.run import Run
from nnrepro.study.selections import candidates
from nnrepro.study.study import Study


@dataclass(frozen=True)
class Job:
    """One job of a group, which others may wait for as a whole, as it does for `after`.

    Of the jobs that can start, the one with the highest priority does.
    """

    group: str
    seconds: float
    priority: float
    after: str | None = None


def makespan(jobs: Iterable[Job], slots: int) -> float:
    """Seconds until the last job is done, with `slots` at a time.

    A group of which no job is given is done already. Raises ValueError where there is no slot, or
    jobs wait for each other in a circle.
    """
    if slots < 1:
        raise ValueError(f"{slots} slots run no job")
    ordered = sorted(jobs, key=lambda job: -job.priority)
    unfinished = Counter(job.group for job in ordered)
    waiting = {job.after for job in ordered if job.after is not None}
    ready = [rank for rank, job in enumerate(ordered) if job.after not in unfinished]
    running: list[tuple[float, int]] = []
    now, finished = 0.0, 0
    while ready or running:
        while ready and len(running) < slots:
            rank = heapq.heappop(ready)
            heapq.heappush(running, (now + ordered[rank].seconds, rank))
        now, rank = heapq.heappop(running)
        finished += 1
        group = ordered[rank].group
        unfinished[group] -= 1
        if not unfinished[group] and group in waiting:
            for rank, job in enumerate(ordered):
                if job.after == group:
                    heapq.heappush(ready, rank)
    if finished < len(ordered):
        raise ValueError("jobs wait for each other in a circle")
    return now


@dataclass(frozen=True)
class PlannedRun:
    """A declared run, its state, what it takes, and its place in the order of starting.

    `undecided` tells whether parameters of it are still to be selected; of its `epochs` a run in a
    halving is expected to be trained for as many as runs are on the average.
    """

    run: Run
    status: Status
    estimate: Estimate
    priority: int
    undecided: bool
    epochs: float

    @property
    def to_do(self) -> bool:
        """Whether it will be trained."""
        return self.status.state != DONE

    @property
    def seconds(self) -> float | None:
        """What it will still take: nothing when done, None when unknown."""
        return self.estimate.seconds(self.epochs) if self.to_do else 0.0


@dataclass(frozen=True)
class Capacity:
    """What runs share: CPU cores, of which each takes `threads`, and GPUs, 0 on the CPU."""

    cores: int
    threads: int
    gpus: int = 0
    gpus_per_run: int = 1
    runs_per_gpu: int = 1

    @property
    def slots(self) -> int:
        """Runs at a time; at least one, as Snakemake gives a run no more than there is."""
        by_cores = self.cores // self.threads
        if self.gpus:
            by_gpus = self.gpus * self.runs_per_gpu // self.gpus_per_run
            return max(1, min(by_cores, by_gpus))
        return max(1, by_cores)


@dataclass(frozen=True)
class Plan:
    """What carrying out a study would mean now; runs are in declared order.

    `stamp` is its extent in words; `unprepared` are inputs whose data is not prepared yet, so that
    no run was checked against it.
    """

    study: str
    stamp: str
    machine: Machine
    capacity: Capacity
    runs: tuple[PlannedRun, ...]
    unprepared: tuple[str, ...]

    @cached_property
    def groups(self) -> dict[tuple[str, str], list[PlannedRun]]:
        """Runs by (protocol, experiment), in declared order."""
        groups: dict[tuple[str, str], list[PlannedRun]] = {}
        for one in self.runs:
            groups.setdefault((one.run.protocol, one.run.experiment), []).append(one)
        return groups

    @property
    def unsure(self) -> list[str]:
        """Experiments with runs that are done as long as the same variant is selected again.

        They select, or those that they select from do, among runs that are still to be done.
        """
        waiting = {key for key, runs in self.groups.items() if any(one.to_do for one in runs)}
        found: dict[str, None] = {}
        for _ in self.groups:  # so long may a chain be
            for (protocol, name), runs in self.groups.items():
                if (protocol, runs[0].run.selects_from) in waiting:
                    waiting.add((protocol, name))
                    found |= {name: None} if any(not one.to_do for one in runs) else {}
        return [*found]

    @property
    def seed_seconds(self) -> float | None:
        """What one more seed of every combination takes; None where that of any is unknown."""
        combinations = {one.run.combination: one for one in self.runs}
        seconds = [one.estimate.seconds(one.epochs) for one in combinations.values()]
        known = [one for one in seconds if one is not None]
        return sum(known) if len(known) == len(seconds) else None

    @property
    def wall_seconds(self) -> float:
        """Time until the last run is done, runs of unknown length left out."""
        jobs = [
            Job(
                group=f"{one.run.protocol}/{one.run.experiment}",
                seconds=one.seconds,
                priority=one.priority,
                after=f"{one.run.protocol}/{one.run.selects_from}",
            )
            for one in self.runs
            if one.to_do and one.seconds is not None
        ]
        return makespan(jobs, self.capacity.slots)


def run_seconds(runs: Sequence[PlannedRun]) -> float:
    """What runs will still take one after another, those of unknown length left out."""
    return sum(one.seconds or 0.0 for one in runs)


def states(runs: Sequence[PlannedRun]) -> Counter[str]:
    """Number of runs by state."""
    return Counter(one.status.state for one in runs)


def make_plan(
    study: Study,
    records: Sequence[Record],
    machine: Machine,
    capacity: Capacity,
    codes: Mapping[str, str],
) -> Plan:
    """Plan a study whose results are below `results/` in the working directory.

    Of earlier runs those of `machine` count; `codes` is of `training_codes`.
    """
    paths = StudyPaths.of(study)
    asked = Asked.of(study, paths, codes)
    usable = (record for record in records if record.machine == machine)
    estimator = Estimator(usable, codes)
    order = priorities(study)

    def planned(run: Run) -> PlannedRun:
        resolved = asked.resolved(run)
        return PlannedRun(
            run=run,
            status=status_of(run, paths, asked),
            estimate=estimator.estimate_any(candidates(resolved, study.runs)),
            priority=order[run.id],
            undecided=bool(resolved.pending_parameters),
            epochs=_epochs(study, run),
        )

    return Plan(
        study=study.name,
        stamp=study.stamp(study.runs),
        machine=machine,
        capacity=capacity,
        runs=tuple(planned(run) for run in study.runs),
        unprepared=tuple(sorted({run.reads for run in study.runs} - set(asked.data))),
    )


def _epochs(study: Study, run: Run) -> float:
    """The epochs that a run is trained for, as far as that is known beforehand."""
    if not run.rungs:
        return float(run.settings["epochs"])
    alike = {other.variant for other in study.runs_of(run.protocol, run.experiment)}
    return expected_epochs(len(alike), run.rungs)
