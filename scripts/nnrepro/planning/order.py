"""Which runs one job trains, and in which order: the longest first, with those that wait for it.

Of short runs the first of every variant come before the others, which then find its program
compiled instead of compiling the same at the same time.

Decided by the configuration alone, without reading a file: Snakemake asks for it on every call.
"""

from collections.abc import Iterable, Sequence
from statistics import median

from nnrepro.models.registry import catalogue
from nnrepro.planning.operations import epoch_operations
from nnrepro.study.run import Run
from nnrepro.study.selections import candidates
from nnrepro.study.study import Study

COMPILING = 5.0
"""Nominal seconds by which the first run of a variant comes before those of other seeds and
protocols: about what a text model takes to compile."""


def priorities(study: Study) -> dict[str, int]:
    """Priority of every run by id: its nominal milliseconds with those of the longest run after it.

    The first of a variant counts `COMPILING` more. A model of which nothing is known starts first,
    as it may take longest.
    """
    # Seeds take as long as one another, so each variant is looked at once.
    variants = {run.combination: run for run in study.runs}
    nominal = {name: _nominal_seconds(study, run) for name, run in variants.items()}
    known = [length for length in nominal.values() if length is not None]
    unknown = 1.0 + COMPILING + max(known, default=0.0)
    lengths = {name: unknown if length is None else length for name, length in nominal.items()}
    waiting: dict[tuple[str, str], float] = {}
    for run in variants.values():
        if run.selects_from:
            group = (run.protocol, run.selects_from)
            waiting[group] = max(waiting.get(group, 0.0), lengths[run.combination])
    first = {(run.experiment, run.variant): run.id for run in reversed(study.runs)}

    def seconds(run: Run) -> float:
        compiling = COMPILING if first[run.experiment, run.variant] == run.id else 0.0
        after = waiting.get((run.protocol, run.experiment), 0.0)
        return lengths[run.combination] + after + compiling

    return {run.id: 1 + round(1000 * seconds(run)) for run in study.runs}


def _nominal_seconds(study: Study, run: Run) -> float | None:
    model = catalogue().get(run.model)
    if model is None or model.operations is None or not model.speed:
        return None
    counts = [epoch_operations(candidate) or 0.0 for candidate in candidates(run, study.runs)]
    return int(run.settings["epochs"]) * median(counts) / model.speed


def training_jobs(runs: Iterable[Run], seeds_per_job: int) -> list[Sequence[Run]]:
    """The runs of each job: so many seeds of one combination, in their order, or what is left.

    So further seeds leave the jobs of those before them as they are.
    """
    combinations: dict[str, list[Run]] = {}
    for run in runs:
        combinations.setdefault(run.combination, []).append(run)
    return [
        alike[first : first + seeds_per_job]
        for alike in (sorted(each, key=lambda run: run.seed) for each in combinations.values())
        for first in range(0, len(alike), seeds_per_job)
    ]
