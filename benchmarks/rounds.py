"""Peers of a family against each other, in rounds: each once, then each again, and so on.

Whatever the machine does meanwhile (heat, other work) hits all of them alike.
"""

import contextlib
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.arrays import parameter_counts
from benchmarks.errors import BenchmarkError
from benchmarks.families import BATCH_SIZE, Family
from benchmarks.machine import OtherWork
from benchmarks.operations import operations_per_epoch
from benchmarks.process import Worker

Log = Callable[[str], None]
LOSS_TOLERANCE = 2e-3
QUIET = 0.1  # cores
MOST_TRIES = 4


@dataclass(frozen=True)
class Plan:
    """How much is measured.

    Attributes:
        threads: CPU threads of a process.
        repeats: measurements of each peer.
        seconds: a measurement is an epoch, or as many steps as take about this long.
        fewest_steps: and at least so many.
    """

    threads: int
    repeats: int
    seconds: float
    fewest_steps: int = 2

    def steps(self, family: Family, step_seconds: float) -> int:
        """Steps of one measurement."""
        fitting = max(self.fewest_steps, int(self.seconds / max(step_seconds, 1e-9)))
        return min(family.steps_per_epoch, fitting)


def measure_family(
    family: Family, pythons: Mapping[str, Path], plan: Plan, log: Log
) -> dict[str, Any]:
    """Measure all peers of a family.

    Args:
        family: what is trained.
        pythons: the interpreter of each peer, by its name; the order is that of a round.
        plan: how much is measured.
        log: takes progress lines.

    Raises:
        BenchmarkError: a peer failed, or they do not train the same model.
    """
    with contextlib.ExitStack() as running:
        workers: dict[str, Worker] = {}
        for name, python in pythons.items():
            worker = Worker(python, name, family.name, plan.threads)
            workers[name] = running.enter_context(worker)
        about = {name: worker.about for name, worker in workers.items()}
        check_same_model(family, about)
        steps = {name: plan.steps(family, item["step_seconds"]) for name, item in about.items()}
        seconds: dict[str, list[float]] = {name: [] for name in workers}
        losses: dict[str, float] = {}
        others: list[float] = []
        for _ in range(plan.repeats):
            for name, worker in workers.items():
                answer, other = measure_quietly(worker, steps[name])
                others.append(other)
                epoch = to_epoch(family, answer["seconds"], steps[name])
                seconds[name].append(round(epoch, 4))
                losses[name] = answer["loss"]
    needed = operations_per_epoch(family)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    log(f"{family.title}: " + ", ".join(f"{n} {value:.3f} s" for n, value in medians.items()))
    return {
        "title": family.title,
        "examples": family.examples,
        "steps_per_epoch": family.steps_per_epoch,
        "parameters": parameter_counts(family)[0],
        "operations_per_epoch": {"needed": needed.needed, "one_hot": needed.one_hot},
        "other_work": max(others),
        "peers": {
            name: {
                "epoch_seconds": seconds[name],
                "median": round(medians[name], 4),
                "steps_timed": steps[name],
                "parameters": item["parameters"],
                "check_loss": round(item["check_loss"], 6),
                "last_loss": round(losses[name], 4),
                "before_training": {key: round(v, 3) for key, v in item["seconds"].items()},
                "versions": item["versions"],
            }
            for name, item in about.items()
        },
    }


def measure_quietly(worker: Worker, steps: int) -> tuple[dict[str, float], float]:
    """Measure again, a few times at most, while other processes keep the machine busy.

    Returns:
        The quietest measurement, and the cores that others kept busy during it.
    """
    tries: list[tuple[dict[str, float], float]] = []
    while len(tries) < MOST_TRIES and not (tries and tries[-1][1] <= QUIET):
        other = OtherWork(worker.cpu_seconds)
        worker.ask(steps)
        tries.append((worker.answer(), other.cores()))
    return min(tries, key=lambda one: one[1])


def to_epoch(family: Family, seconds: float, steps: int) -> float:
    """Scale the time of `steps` batches to an epoch, by examples."""
    return seconds * family.examples / min(family.examples, steps * BATCH_SIZE)


def check_same_model(family: Family, about: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse peers that do not compute the same from the same weights and batches.

    Raises:
        BenchmarkError: a parameter count or a loss differs.
    """
    allowed = parameter_counts(family)
    for name, item in about.items():
        if item["parameters"] not in allowed:
            raise BenchmarkError(
                f"{family.name}: {name} has {item['parameters']} parameters, not {allowed[0]} "
                f"(or {allowed[1]} without the characters that no text uses)"
            )
    losses: Sequence[float] = [item["check_loss"] for item in about.values()]
    middle = statistics.median(losses)
    if not all(abs(loss - middle) <= LOSS_TOLERANCE * middle for loss in losses):
        told = ", ".join(f"{name} {item['check_loss']:.5f}" for name, item in about.items())
        raise BenchmarkError(f"{family.name}: the peers' first losses differ: {told}")
