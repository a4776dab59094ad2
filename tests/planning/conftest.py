"""Studies cut from the shipped one, and results made up for them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nnrepro.models.registry import catalogue
from nnrepro.planning.machines import Machine, Record
from nnrepro.study.config import load_study
from nnrepro.study.paths import RUN_FILES, StudyPaths
from nnrepro.study.run import Run
from nnrepro.study.sources import merge, read_source
from nnrepro.study.study import Study

CODE = "c" * 64
CODES = dict.fromkeys(catalogue(), CODE)
MACHINE = Machine("Test Processor", "tensorflow", 1)

SMALL = {
    "name": "small",
    "only": {
        "protocols": ["tan"],
        "variants": ["channel_grid/c1-10_c2-20", "channel_grid/c1-90_c2-100", "text_models/char_*"],
        "experiments": ["channel_grid", "optimizers", "text_models"],
    },
}


@pytest.fixture
def small_study(repository: Path) -> Callable[..., Study]:
    """Loads two grid runs, four optimiser runs and two text runs, under a further overlay."""

    def load(overlay: dict[str, Any] | None = None) -> Study:
        shipped = read_source(repository / "config.yaml").values
        return load_study(merge(merge(shipped, SMALL), overlay or {}), catalogue())

    return load


@pytest.fixture
def record() -> Callable[..., Record]:
    """Makes the record of a run."""

    def make(run: Run, epoch_seconds: float, *, code: str = CODE, setup: float = 5.0) -> Record:
        return Record(run, MACHINE, code, setup, epoch_seconds)

    return make


@pytest.fixture
def finish() -> Callable[..., Path]:
    """Writes a run's folder as training does, in the working directory; gives its run.json."""

    def write(study: Study, run: Run, epoch_seconds: float = 1.0, code: str = CODE) -> Path:
        path = StudyPaths.of(study).run(run.id, "record")
        path.parent.mkdir(parents=True, exist_ok=True)
        for name in RUN_FILES.values():
            (path.parent / name).write_text("{}")
        epochs = int(run.settings["epochs"])
        content = {
            "run": run.for_training().to_dict(),
            "status": "completed",
            "epochs_completed": epochs,
            "seconds": {"setup": 5.0, "training": 0.75 * epochs * epoch_seconds}
            | {"evaluation": 0.25 * epochs * epoch_seconds},
            "data": {"name": "data", "sha256": {"file": "1"}},
            "code": {"sha256": code},
            "device": {"kind": "cpu", "name": MACHINE.device, "backend": MACHINE.backend},
            "threads": MACHINE.threads,
            "files": {"history.json": "2"},
        }
        path.write_text(json.dumps(content))
        return path

    return write
