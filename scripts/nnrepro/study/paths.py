"""Where everything of a study lies below `results/`."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from nnrepro.study.folders import (
    ARCHITECTURES_FILE,
    FEATURE_MAPS,
    MODELS_CHECKED,
    ArchivedRuns,
    RunFolders,
)
from nnrepro.study.run import Run
from nnrepro.study.study import Study

RUN_FILES = {
    "history": "history.json",
    "record": "run.json",
    "predictions": "predictions.npz",
    "weights": "final.weights.h5",
}
MODEL_FILE = "model.keras"
COMPARISON_HISTORY = "history_comparison.json"
VALIDATION_HISTORY = "history_validation.json"
FOLDS_HISTORY = "history_folds.json"
SIDE_HISTORIES = (COMPARISON_HISTORY, VALIDATION_HISTORY, FOLDS_HISTORY)
"""What a run records beside `history.json`, where its settings ask for it."""

SUPPLEMENTS = "supplements"
"""The folder of a study's results below which those of its supplements lie."""

_FAILURES = "failures"


@dataclass(frozen=True)
class StudyPaths:
    """Paths of one study below its `root`; without an `archive` it trains its runs."""

    root: Path
    archive: Path | None = None

    @classmethod
    def of(cls, study: Study) -> Self:
        """The paths of `study`, relative to the working directory."""
        root = Path(study.results) if study.results else Path("results") / study.name
        return cls(root, None if study.archive is None else Path(study.archive))

    @cached_property
    def runs(self) -> RunFolders:
        """The folders of all runs.

        Raises:
            ArchiveError: the archive cannot be read as a whole.
        """
        if self.archive is not None:
            return ArchivedRuns.of(self.archive)
        return RunFolders(self.root / "runs")

    def run(self, run_id: str, file: str) -> Path:
        """A file of a run, by its key in `RUN_FILES`."""
        return self.runs.folder(run_id) / RUN_FILES[file]

    def model(self, run_id: str) -> Path:
        """The trained network of a run in Keras's own layers, where the study asks for it."""
        return self.runs.folder(run_id) / MODEL_FILE

    def checkpoints(self, run_id: str, rung: int = 0) -> Path:
        """Where a run keeps its checkpoint; no rule declares it, so that nothing removes it.

        In each rung of a halving but the last, 0, it has one of its own.
        """
        return self.root / "checkpoints" / (f"rung{rung}" if rung else "") / run_id

    def rung(self, number: int) -> RunFolders:
        """The folders of runs as they were at the end of a rung, which is not their last."""
        return RunFolders(self.root / "rungs" / str(number))

    def rung_decision(self, protocol: str, experiment: str, number: int) -> Path:
        """Which variants go on from a rung."""
        return self.root / "selection" / protocol / f"{experiment}.rung{number}.json"

    def lock(self, name: str) -> Path:
        """The lock of the study, or of a run by its id."""
        return self.root / "locks" / f"{name}.lock"

    def data(self, name: str) -> Path:
        """A prepared data file."""
        return self.root / "data" / name

    @property
    def models_checked(self) -> Path:
        """What the models were like when each of them was last built once, before training."""
        return self.root / MODELS_CHECKED

    @property
    def architectures(self) -> Path:
        """What the models are made of; beside archived runs it is all that is kept of the check."""
        return self.models_checked if self.archive is None else self.archive / ARCHITECTURES_FILE

    @property
    def feature_maps(self) -> Path:
        """What layers of trained networks make of images, by protocol and figure."""
        return (self.archive or self.root) / FEATURE_MAPS

    def selection(self, protocol: str, experiment: str) -> Path:
        """The decision of a selection, and nothing but the decision."""
        return self.root / "selection" / protocol / f"{experiment}.json"

    def decisions(self, study: Study, *protocols: str) -> list[Path]:
        """Decisions of protocols, or all; of an archive, those that a run is there to decide."""
        return [
            self.selection(protocol, experiment)
            for protocol in protocols or study.protocols
            for experiment in study.selecting_experiments
            if any(
                self.archive is None or self.runs.has(run.id)
                for run in study.runs_of(protocol, experiment)
            )
        ]

    def table(self, name: str) -> Path:
        """A table."""
        return self.root / "tables" / f"{name}.csv"

    def failures(self, made: Path) -> Path:
        """What could not be made of a file or folder of this study."""
        inside = made.relative_to(self.root)
        return self.root / _FAILURES / inside.with_suffix(".json")

    def tells(self, file: Path) -> bool:
        """Whether a file tells what of this study could not be made."""
        return file.is_relative_to(self.root / _FAILURES)

    @property
    def provenance(self) -> Path:
        """Where everything behind the runs came from."""
        return self.root / "provenance.json"

    @property
    def reading(self) -> Path:
        """What reading the histories brought to light."""
        return self.root / "histories.json"

    def figures(self, protocol: str, kind: str) -> Path:
        """Folder of a protocol's figures of one kind."""
        return self.root / "figures" / protocol / kind

    def supplement(self, name: str) -> Path:
        """Folder of all that is made of a supplement."""
        return self.root / SUPPLEMENTS / name

    @property
    def report(self) -> Path:
        """The report."""
        return self.root / "report" / "index.html"

    @property
    def crate(self) -> Path:
        """What describes the results for programs."""
        return self.root / "ro-crate-metadata.json"

    def beside_report(self, name: str) -> Path:
        """What is written with the report: its other forms, and the appendix."""
        return self.report.with_name(name)


def logs_of(run: Run, logs: Path) -> Iterator[Path]:
    """A run's own log below the folder `logs`, and those of jobs that train it with other seeds."""
    if (logs / f"{run.id}.log").is_file():
        yield logs / f"{run.id}.log"
    for path in (logs / run.combination).glob("seeds*.log"):
        if str(run.seed) in path.stem.removeprefix("seeds").split("_"):
            yield path
