"""Where everything of a study lies below `results/`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from nnrepro.study.study import Study

RUN_FILES = {
    "history": "history.json",
    "record": "run.json",
    "predictions": "predictions.npz",
    "weights": "final.weights.h5",
}
COMPARISON_HISTORY = "history_comparison.json"


@dataclass(frozen=True)
class StudyPaths:
    """Paths of one study; all below `root`, which is `results/<study>`."""

    root: Path

    @classmethod
    def of(cls, study: Study) -> Self:
        """The paths of `study` below `results/` in the working directory."""
        return cls(Path("results") / study.name)

    @property
    def runs(self) -> Path:
        """Folder of all runs."""
        return self.root / "runs"

    def run(self, run_id: str, file: str) -> Path:
        """A file of a run, by its key in `RUN_FILES`."""
        return self.runs / run_id / RUN_FILES[file]

    def checkpoints(self, run_id: str) -> Path:
        """Where a run keeps its checkpoint; no rule declares it, so that nothing removes it."""
        return self.root / "checkpoints" / run_id

    def data(self, name: str) -> Path:
        """A prepared data file."""
        return self.root / "data" / name

    def selection(self, protocol: str, experiment: str) -> Path:
        """The decision of a selection, and nothing but the decision."""
        return self.root / "selection" / protocol / f"{experiment}.json"

    def table(self, name: str) -> Path:
        """A table."""
        return self.root / "tables" / f"{name}.csv"

    def figures(self, protocol: str, kind: str) -> Path:
        """Folder of a protocol's figures of one kind."""
        return self.root / "figures" / protocol / kind

    @property
    def report(self) -> Path:
        """The report."""
        return self.root / "report" / "index.html"
