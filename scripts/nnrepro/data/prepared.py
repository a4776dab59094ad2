"""Where the prepared arrays of a study lie."""

from pathlib import Path

from nnrepro.data.registry import Preparation, chosen, prepared
from nnrepro.study.paths import StudyPaths
from nnrepro.study.study import Study


def preparations_read(study: Study) -> dict[str, Preparation]:
    """What prepares that which a study's runs read, by their `reads`.

    Raises DataError where no data set gives it, or several do and a run does not say which.
    """
    found = prepared({name: own for name, own in study.data.items() if own is not None})
    asked = {run.reads: (run.input, run.data) for run in study.runs}
    return {reads: chosen(found, *own) for reads, own in asked.items()}


def prepared_arrays(study: Study) -> dict[str, Path]:
    """The prepared arrays that a study's runs read, by `reads`; descriptions lie beside them."""
    paths = StudyPaths.of(study)
    return {
        reads: paths.data(f"{preparation.basename}.npz")
        for reads, preparation in preparations_read(study).items()
    }
