"""Which runs one job trains."""

from collections.abc import Iterable, Sequence

from nnrepro.study.run import Run


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
