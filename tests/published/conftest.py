"""The shipped study with made-up histories, and its published numbers."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from nnrepro.measures.history import History
from nnrepro.measures.runs import Problem, RunData
from nnrepro.models.registry import catalogue
from nnrepro.published.numbers import PublishedNumber, load_published
from nnrepro.published.runs import StudyRuns
from nnrepro.study.config import load_study
from nnrepro.study.run import Run
from nnrepro.study.study import Study
from nnrepro.tables.runs import runs_table

Curve = Callable[[Run], Any]
DECISIONS = {
    (protocol, "channel_grid"): {"variant": "c1-70_c2-100", "c1": 70, "c2": 100}
    for protocol in ("tan", "koh")
}


def accuracy_of(run: Run) -> np.ndarray:
    """A noisy rise, another for each run, the same every time."""
    epochs = int(run.settings["epochs"])
    rng = np.random.default_rng(list(run.id.encode()))
    level = 0.4 + 0.2 * rng.random()
    return level * (1 - np.exp(-np.arange(1, epochs + 1) / 9)) + rng.normal(0, 0.004, epochs)


def history_of(accuracy: Any) -> History:
    """A history with this test accuracy; its losses fall as it rises."""
    values = np.clip(np.asarray(accuracy, dtype=np.float64), 0, 1)
    return History.of(
        loss=2.3 - 2 * values, accuracy=values, val_loss=2.3 - values, val_accuracy=values
    )


def record_of(run: Run, name: str = "a processor") -> dict[str, Any]:
    """What training leaves behind."""
    seconds = {"training": 10.0 + run.seed + len(run.variant), "evaluation": 1.0}
    return {
        "status": "completed",
        "seconds": seconds,
        "parameters": 307310,
        "device": {"kind": "cpu", "name": name},
        "threads": 1,
    }


class Reproduced:
    """A study whose runs have made-up histories."""

    def __init__(self, study: Study, curve: Curve = accuracy_of) -> None:
        """Give every run the history of a test accuracy; None stands for a missing run."""
        self.study = study
        self.data: dict[str, RunData] = {}
        for run in study.runs:
            accuracy = curve(run)
            if accuracy is not None:
                resolved = study.resolved(run, DECISIONS)
                self.data[run.id] = RunData(resolved, history_of(accuracy), None, record_of(run))

    @property
    def evidence(self) -> StudyRuns:
        """What a comparison takes."""
        problems = [
            Problem(run, "history.json", "there is no such file", "missing")
            for run in self.study.runs
            if run.id not in self.data
        ]
        runs = [self.study.resolved(run, DECISIONS) for run in self.study.runs]
        table = runs_table(list(self.data.values()), problems, runs)
        return StudyRuns(self.study, table, self.data, DECISIONS)


@pytest.fixture(scope="session")
def shipped(repository: Path) -> dict[str, Any]:
    """config.yaml; do not change it."""
    return yaml.safe_load((repository / "config.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def make_study(shipped: dict[str, Any]) -> Callable[..., Study]:
    """The shipped study with sections of its configuration replaced."""

    def make(**changes: Any) -> Study:
        return load_study(shipped | changes, catalogue())

    return make


@pytest.fixture(scope="session")
def study(make_study: Callable[..., Study]) -> Study:
    """The shipped study with three seeds."""
    return make_study(seeds=[0, 1, 2])


@pytest.fixture(scope="session")
def results(repository: Path) -> Path:
    """The shipped file of published numbers."""
    return repository / "published" / "results.csv"


@pytest.fixture(scope="session")
def numbers(results: Path, study: Study) -> list[PublishedNumber]:
    """The shipped published numbers."""
    return load_published(results, study)


@pytest.fixture(scope="session")
def whole(study: Study) -> StudyRuns:
    """Every run of three seeds."""
    return Reproduced(study).evidence


@pytest.fixture(scope="session")
def reproduced() -> type[Reproduced]:
    """Builds the evidence of a study."""
    return Reproduced


@pytest.fixture(scope="session")
def make_number() -> Callable[..., PublishedNumber]:
    """A published number of the Koh report about one text run, but for what is given."""

    def make(**given: Any) -> PublishedNumber:
        note = str(given.pop("note", ""))
        extra: Mapping[str, str] = given.pop("extra", {})
        fields = {
            "line": 2,
            "protocol": "koh",
            "metric": "max_test_accuracy",
            "printed": "0.5",
            "runs": ("text_models/char_cnn",),
            "remarks": tuple(part.strip() for part in note.split(";") if part.strip()),
        }
        made = fields | given
        cells = {
            "protocol": made["protocol"],
            "metric": made["metric"],
            "value": made["printed"],
            "runs": " ".join(made["runs"]),
            "note": note,
            **extra,
        }
        return PublishedNumber(**made, cells=cells)

    return make
