"""What a killed training left is cleared away by the next job of its run, under the run's lock."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from nnrepro.models.registry import catalogue
from nnrepro.study.config import load_study
from nnrepro.study.paths import StudyPaths
from nnrepro.study.study import Study
from nnrepro.temporaries import temporary_beside
from nnrepro.training import job


@pytest.fixture
def study(repository: Path, tmp_path: Path) -> Study:
    """The shipped study, with its results here."""
    config = yaml.safe_load((repository / "config.yaml").read_text(encoding="utf-8"))
    return load_study({**config, "results": str(tmp_path / "results")}, catalogue())


def left_behind(paths: StudyPaths, run_id: str) -> list[Path]:
    """A finished run whose job was killed in the end, and what others before it left."""
    folder, checkpoints = paths.run(run_id, "record").parent, paths.checkpoints(run_id)
    for place in (folder, checkpoints):
        place.mkdir(parents=True)
    (folder / "run.json").touch()
    checkpoint = checkpoints / "checkpoint.npz"
    found = [
        temporary_beside(folder / "final.weights.h5"),
        temporary_beside(checkpoint),
        checkpoint,
    ]
    for path in found:
        path.touch()
    return found


def call(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bool:
    """The next job of the study's first run, which finds it finished."""
    data = tmp_path / "data.json"
    data.write_text(json.dumps({"name": "a", "source": "b", "generated": True, "sha256": {}}))
    monkeypatch.setattr(job, "is_finished", lambda *arguments, **options: True)
    outcomes = job.train_unless_finished(
        study.runs[:1],
        study,
        tmp_path / "data.npz",
        "c0de",
        backend="jax",
        threads=1,
        slots=lambda: None,
        log=print,
    )
    return outcomes[study.runs[0].id].trained


def test_a_job_clears_away_what_killed_ones_left(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = StudyPaths.of(study)
    left = left_behind(paths, study.runs[0].id)
    assert not call(study, tmp_path, monkeypatch)
    assert not any(path.exists() for path in left)
    assert paths.run(study.runs[0].id, "record").exists()


def test_without_locks_a_job_works_and_leaves_what_may_be_anothers(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """The process that wrote these is this one, and alive."""

    def no_locks(descriptor: int, operation: int) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.flock", no_locks)
    left = left_behind(StudyPaths.of(study), study.runs[0].id)
    assert not call(study, tmp_path, monkeypatch)
    assert left[0].exists()
    assert "knows no locks" in capsys.readouterr().err
