"""Where the prepared arrays of a study lie, and which of its runs read the same."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from nnrepro.data.registry import Preparation, chosen, prepared, root_of
from nnrepro.study.messages import one_of
from nnrepro.study.paths import StudyPaths
from nnrepro.study.run import Run
from nnrepro.study.study import Study

_OF_PIXELS = ("like", "pixels", "note")
"""What a data set with the same examples may say for itself."""


def preparations_read(study: Study) -> dict[str, Preparation]:
    """What prepares that which a study's runs read, by their `reads`.

    Raises DataError where no data set gives it, or several do and a run does not say which.
    """
    found = prepared(study.data)
    asked = {run.reads: (run.input, run.data) for run in study.runs}
    return {reads: chosen(found, *own) for reads, own in asked.items()}


def prepared_arrays(study: Study) -> dict[str, Path]:
    """The prepared arrays that a study's runs read, by `reads`; descriptions lie beside them."""
    paths = StudyPaths.of(study)
    return {
        reads: paths.data(f"{preparation.basename}.npz")
        for reads, preparation in preparations_read(study).items()
    }


def mixtures(study: Study) -> Iterator[str]:
    """Experiments and tables that would rank runs on different data sets, as messages."""
    dataset = {reads: own.dataset for reads, own in preparations_read(study).items()}
    examples = {name: _examples(study, name) for name in dataset.values()}

    def several(runs: Iterable[Run]) -> str:
        names = dict.fromkeys(dataset[run.reads] for run in runs)
        return one_of(names) if len({examples[name] for name in names}) > 1 else ""

    mixed: set[str] = set()
    for name in study.experiments:
        if read := several(run for run in study.runs if run.experiment == name):
            yield (
                f"experiments.{name}: its variants read the data sets {read}, and variants of an "
                "experiment are ranked among each other; give each data set an experiment of its "
                "own"
            )
            mixed.add(name)
    for name, spec in study.tables.items():
        runs = [run for own in study.protocols for run in study.select(own, spec.runs)]
        runs = [run for run in runs if run.experiment not in mixed]
        if read := several(runs):
            yield (
                f"tables.{name}.runs: are of the data sets {read}, which are never ranked "
                "together; ask for a table of each"
            )


def _examples(study: Study, name: str) -> str:
    """The data set that has the same examples: that which it is like, where pixels alone differ."""
    section = study.data[name]
    root = root_of(name, section)
    told = {key: value for key, value in section.items() if key not in _OF_PIXELS}
    same = {key: value for key, value in study.data.get(root, {}).items() if key not in _OF_PIXELS}
    return root if told == same else name
