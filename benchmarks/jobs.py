"""Several one-thread jobs against one job with as many threads, on this project's engine."""

import contextlib
import statistics
import time
from pathlib import Path
from typing import Any

from benchmarks.families import Family
from benchmarks.peers import OURS
from benchmarks.process import Worker
from benchmarks.rounds import Log, Plan


def compare_jobs(family: Family, python: Path, plan: Plan, log: Log) -> dict[str, Any]:
    """Seconds for as many epochs as there are threads: one after another, or side by side.

    Args:
        family: what is trained.
        python: the interpreter of this project.
        plan: its threads are the number of jobs.
        log: takes a progress line.
    """
    jobs = plan.threads
    alone: list[float] = []
    together: list[float] = []
    with contextlib.ExitStack() as running:
        wide = running.enter_context(Worker(python, OURS, family.name, jobs))
        narrow = [running.enter_context(Worker(python, OURS, family.name, 1)) for _ in range(jobs)]
        epoch = family.steps_per_epoch * wide.about["step_seconds"]
        passes = max(1, round(plan.seconds / epoch / jobs))
        for _ in range(plan.repeats):
            alone.append(_seconds([wide], family.steps_per_epoch, jobs * passes) / passes)
            together.append(_seconds(narrow, family.steps_per_epoch, passes) / passes)
    result = {
        "title": family.title,
        "jobs": jobs,
        "epochs": jobs,
        "one_job_seconds": [round(value, 4) for value in alone],
        "jobs_side_by_side_seconds": [round(value, 4) for value in together],
        "gain": round(statistics.median(alone) / statistics.median(together), 3),
    }
    log(f"{family.title}: {jobs} one-thread jobs do {result['gain']:.2f} times the work")
    return result


def _seconds(workers: list[Worker], steps: int, passes: int) -> float:
    """Seconds until all `workers`, started at once, are done."""
    began = time.perf_counter()
    for worker in workers:
        worker.ask(steps, passes)
    for worker in workers:
        worker.answer()
    return time.perf_counter() - began
