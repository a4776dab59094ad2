"""Selections made where the runs are trained, as the workflow makes them."""

from collections.abc import Mapping

from nnrepro.analysis.archive import read_runs
from nnrepro.analysis.runs_table import runs_table
from nnrepro.analysis.selection import select
from nnrepro.analysis.variants_table import variants_table
from nnrepro.study import Study, StudyPaths
from nnrepro.study.run import Scalar


def decide(study: Study, protocol: str, experiment: str) -> Mapping[str, Scalar]:
    """What a protocol selects from an experiment whose runs are done.

    Raises:
        SelectionError: no variant can be selected.
    """
    runs = study.runs_of(protocol, experiment)
    data, problems = read_runs(runs, StudyPaths.of(study).runs)
    variants = variants_table(runs_table(data, problems, runs))
    metric = study.protocols[protocol].selection_metric
    return select(variants, metric, list(study.experiments[experiment].swept))
