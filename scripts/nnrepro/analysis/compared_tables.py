"""Runs and variants as the rows of one table are compared: none for longer than most of them."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from nnrepro.analysis.archive import compared, read_runs
from nnrepro.analysis.runs_table import runs_table
from nnrepro.analysis.variants_table import variants_table
from nnrepro.study import Run, Study
from nnrepro.study.extent import Extent
from nnrepro.study.folders import RunFolders


class ComparedTables(NamedTuple):
    """What a table or figure of several variants is made from.

    Attributes:
        runs: one row per run.
        variants: one row per variant.
        shorter: the epochs at which the longer ones of its runs are compared, by run id.
    """

    runs: pd.DataFrame
    variants: pd.DataFrame
    shorter: Mapping[str, int]


def compared_tables(
    study: Study,
    listed: Iterable[Run],
    extent: Extent,
    by_experiment: tuple[pd.DataFrame, pd.DataFrame],
    folders: RunFolders | Path,
) -> ComparedTables:
    """The runs that are listed together, each with no more epochs than most of a protocol's.

    Args:
        study: the study.
        listed: the runs.
        extent: how far runs went.
        by_experiment: all runs, each as it is compared with those of its experiment, and their
            variants.
        folders: where the runs lie.

    Returns:
        `by_experiment` where that is so in it already, else tables of the listed runs.
    """
    listed = list(listed)
    shorter = extent.compared_among(listed)
    if all(extent.compared_epochs.get(run_id) == epochs for run_id, epochs in shorter.items()):
        return ComparedTables(*by_experiment, shorter)
    data, problems = read_runs(listed, folders)
    runs = runs_table(compared(data, shorter), problems, listed, study.accuracy_levels)
    return ComparedTables(runs, variants_table(runs), shorter)
