"""Damaged predictions cost the tests that rest on them, and the run stays."""

import json
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import yaml

from nnrepro.measures.predictions import usable_answers, vouched_predictions
from nnrepro.measures.runs import damaged_predictions, read_runs
from nnrepro.models.registry import catalogue
from nnrepro.study.config import load_study
from nnrepro.study.folders import ArchivedRuns, RunFolders
from nnrepro.study.study import Study

SOUND = {name: [0.5, 0.6] for name in ("loss", "accuracy", "val_loss", "val_accuracy")}


@pytest.fixture(scope="module")
def study(repository: Path) -> Study:
    return load_study(yaml.safe_load((repository / "config.yaml").read_text()), catalogue())


def put(folder: Path, content: bytes | None) -> None:
    """A run's history and, where given, the content of its predictions."""
    folder.mkdir(parents=True)
    (folder / "history.json").write_text(json.dumps(SOUND))
    if content is not None:
        (folder / "predictions.npz").write_bytes(content)


def predictions(tmp_path: Path, label: int) -> bytes:
    probabilities = np.eye(3, dtype=np.float16)
    np.savez_compressed(tmp_path / "p.npz", probabilities=probabilities, labels=np.full(3, label))
    return (tmp_path / "p.npz").read_bytes()


def test_the_run_stays_and_its_predictions_are_named(tmp_path: Path, study: Study) -> None:
    sound = predictions(tmp_path, 0)
    one, two, three = study.runs[:3]
    for run, content in ((one, sound), (two, sound[:70]), (three, None)):
        put(tmp_path / "runs" / run.id, content)
    folders = RunFolders(tmp_path / "runs")
    data, problems = read_runs([one, two, three], folders)
    assert len(data) == 3 and not problems
    (problem,) = damaged_predictions(data, folders)
    assert (problem.run_id, problem.file, problem.excludes) == (two.id, "predictions.npz", False)
    assert str(tmp_path / "runs" / two.id / "predictions.npz") in problem.message
    assert usable_answers(one.id, folders) is not None
    assert usable_answers(two.id, folders) is None and usable_answers(three.id, folders) is None


def test_answers_of_the_best_epoch_are_not_those_of_the_last(tmp_path: Path, study: Study) -> None:
    """Early stopping goes back to the best weights: its answers tell nothing of the last epoch."""
    folders = RunFolders(tmp_path / "runs")
    for run, best in zip(study.runs, (1, 2), strict=False):
        put(tmp_path / "runs" / run.id, predictions(tmp_path, 0))
        record = {"status": "completed", "epochs_completed": 2, "best_epoch": best}
        (tmp_path / "runs" / run.id / "run.json").write_text(json.dumps(record))
    stopped, best_at_last = study.runs[:2]
    assert usable_answers(stopped.id, folders) is None
    assert usable_answers(best_at_last.id, folders) is not None
    assert vouched_predictions(stopped.id, folders) is not None


def test_predictions_that_the_manifest_does_not_vouch_for_are_not_used(
    tmp_path: Path, study: Study
) -> None:
    """They are sound in themselves, but not those of the run."""
    run = study.runs[0]
    folder = tmp_path / "archive" / run.id
    put(folder, predictions(tmp_path, 0))
    files = {
        f"{run.id}/{path.name}": {"sha256": sha256(path.read_bytes()).hexdigest()}
        for path in folder.iterdir()
    }
    (tmp_path / "archive" / "manifest.json").write_text(json.dumps({"files": files}))
    folders = ArchivedRuns.of(tmp_path / "archive")
    assert vouched_predictions(run.id, folders) is not None
    (folder / "predictions.npz").write_bytes(predictions(tmp_path, 1))
    data, problems = read_runs([run], folders)
    assert len(data) == 1 and not problems
    (problem,) = damaged_predictions(data, folders)
    assert "manifest" in problem.message
    assert usable_answers(run.id, folders) is None


def test_predictions_that_the_record_does_not_vouch_for_are_not_used(
    tmp_path: Path, study: Study
) -> None:
    run, other = study.runs[:2]
    folders = RunFolders(tmp_path / "runs")
    own = predictions(tmp_path, 0)
    for each, content in ((run, own), (other, predictions(tmp_path, 1))):
        put(folders.folder(each.id), content)
        sums = {"predictions.npz": sha256(own).hexdigest()}
        record = {"status": "completed", "epochs_completed": 2, "files": sums}
        (folders.folder(each.id) / "run.json").write_text(json.dumps(record))
    data, _ = read_runs([run, other], folders)
    (problem,) = damaged_predictions(data, folders)
    assert problem.run_id == other.id and "not the one in run.json" in problem.message
