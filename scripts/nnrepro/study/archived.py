"""The runs that a study has when an archive stands in for training."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from nnrepro.study.run import Run, RunId


def seeds_with(asked: Sequence[int], listed: Iterable[str]) -> list[int]:
    """Seeds that a study asks for, then those that only an archive has.

    Args:
        asked: seeds of the configuration, in its order.
        listed: ids of the runs in the archive.
    """
    found = sorted({RunId.parse(run_id).seed for run_id in listed})
    return list(dict.fromkeys([*asked, *found]))


def archived(
    runs: Sequence[Run], listed: Collection[str], asked: Mapping[str, Sequence[int]]
) -> list[Run]:
    """Of the runs that a study could have, those that it has with an archive.

    That is every run that the archive has or should have, and besides, so that what lacks is named,
    each variant at the seeds asked for that the archive has of anything; at all seeds asked for
    where the archive has none of them and nothing of the variant.

    Args:
        runs: the study's runs at the seeds of `seeds_with`.
        listed: ids of the runs in the archive.
        asked: seeds of the configuration, by experiment.
    """
    known = [run for run in runs if run.id in listed]
    found = {run.seed for run in known}
    there = {_variant(run) for run in known}

    def wanted(run: Run) -> bool:
        own = asked[run.experiment]
        if run.id in listed or (run.seed in found and run.seed in own):
            return True
        return not found.intersection(own) and run.seed in own and _variant(run) not in there

    return [run for run in runs if wanted(run)]


def _variant(run: Run) -> tuple[Any, ...]:
    return run.protocol, run.experiment, run.variant
