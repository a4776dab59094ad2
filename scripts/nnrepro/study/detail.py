"""Which runs a report shows one by one."""

from collections.abc import Sequence

from nnrepro.study.run import Run

MOST_DETAILED = 200
"""Of so many runs a report holds the histories; a page of thousands could not be used."""


def detailed_runs(runs: Sequence[Run]) -> list[Run]:
    """The runs of which a report gives details, in their own order.

    Where there are too many, first seeds go before further ones: every variant is then shown
    before any is shown twice.
    """
    chosen = sorted(runs, key=lambda run: run.seed)[:MOST_DETAILED]
    ids = {run.id for run in chosen}
    return [run for run in runs if run.id in ids]
