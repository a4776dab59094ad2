"""Where the prepared arrays of a study lie."""

from pathlib import Path

from nnrepro.data.registry import inputs
from nnrepro.study.paths import StudyPaths
from nnrepro.study.study import Study


def prepared_arrays(study: Study) -> dict[str, Path]:
    """The prepared arrays of each input that a study's runs read; descriptions lie beside them."""
    needed = {run.input for run in study.runs}
    paths = StudyPaths.of(study)
    return {
        name: paths.data(f"{preparation.basename}.npz")
        for name, preparation in inputs(study.data).items()
        if name in needed
    }
