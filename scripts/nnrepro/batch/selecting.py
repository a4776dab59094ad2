"""Selections made where the runs are trained, as the workflow makes them."""

from collections.abc import Mapping

from nnrepro.measures.runs import read_runs
from nnrepro.study.paths import StudyPaths
from nnrepro.study.run import Scalar
from nnrepro.study.study import Study
from nnrepro.tables.selection import select
from nnrepro.tables.variants import variants_of


def decide(study: Study, protocol: str, experiment: str) -> Mapping[str, Scalar | None]:
    """What a protocol selects from an experiment whose runs are done; raises SelectionError."""
    read = read_runs(study.runs_of(protocol, experiment), StudyPaths.of(study).runs)
    variants = variants_of(study, protocol, experiment, *read)
    metric = study.selection_metric(protocol, [experiment])
    own = study.experiments[experiment]
    return select(variants, metric, own.varied, own.top)
