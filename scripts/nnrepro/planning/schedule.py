"""How long a set of jobs takes side by side: list scheduling, as Snakemake's greedy scheduler."""

import heapq
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass


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
