"""A lane's process trains what it is told, as a training job of the workflow would."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from nnrepro.batch.selecting import decide
from nnrepro.batch.worker import serve
from nnrepro.files import write_json
from nnrepro.models.registry import catalogue
from nnrepro.study.config import load_study
from nnrepro.study.run import Run
from nnrepro.study.study import Study

DESCRIPTION = {
    "name": "cifar10",
    "source": "generated",
    "generated": True,
    "sha256": {"x": "0" * 64},
    "input": "image",
    "kind": "image",
    "num_classes": 10,
    "vocabulary_size": 0,
    "image_shape": [3, 32, 32],
}
GRID = ("channel_grid/c1-10_c2-20", "channel_grid/c1-10_c2-40")


@pytest.fixture
def study(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    """Two image runs of two epochs, in a working directory of their own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    config = yaml.safe_load((repository / "config.yaml").read_text(encoding="utf-8"))
    config |= {
        "name": "batch",
        "budget": {"epochs": 2, "train_examples": 128, "test_examples": 60},
        "only": {
            "protocols": ["tan"],
            "experiments": ["channel_grid", "optimizers"],
            "variants": [*GRID, "optimizers/adam"],
        },
    }
    return load_study(config, catalogue())


@pytest.fixture
def data(tmp_path: Path) -> dict[str, Path]:
    """Prepared arrays of random images."""
    path = tmp_path / "images.npz"
    generator = np.random.default_rng(4)
    np.savez(
        path,
        train_x=generator.integers(0, 256, (128, 3072), dtype=np.uint8),
        train_y=generator.integers(0, 10, 128, dtype=np.uint8),
        test_x=generator.integers(0, 256, (60, 3072), dtype=np.uint8),
        test_y=generator.integers(0, 10, 60, dtype=np.uint8),
    )
    write_json(path.with_suffix(".json"), DESCRIPTION)
    return {"image": path}


def told(study: Study, data: dict[str, Path], *runs: Run) -> list[dict[str, Any]]:
    """What the process answers to these runs, each a job."""
    answers = io.StringIO()
    asked = io.StringIO("".join(json.dumps([run.to_dict()]) + "\n" for run in runs))
    serve(study, data, {"image_cnn": "c0de"}, None, asked=asked, answers=answers)
    lines = [json.loads(line) for line in answers.getvalue().splitlines()]
    return [line[run.id] for line, run in zip(lines, runs, strict=True)]


def history(run: Run) -> bytes:
    return Path(f"results/batch/runs/{run.id}/history.json").read_bytes()


def test_runs_of_one_process_do_not_know_of_each_other(study: Study, data: dict[str, Path]) -> None:
    """In either order the histories are the same to the last bit; what is finished is kept."""
    first, second = study.runs_of("tan", "channel_grid")
    answers = told(study, data, first, second, first)
    assert [answer["status"] for answer in answers] == ["done", "done", "kept"]
    before = [history(run) for run in (first, second)]
    for run in (first, second):
        Path(f"results/batch/runs/{run.id}/run.json").unlink()
    assert [answer["status"] for answer in told(study, data, second, first)] == ["done", "done"]
    assert [history(run) for run in (first, second)] == before
    assert "epoch 2/2" in Path(f"results/batch/logs/batch/{first.id}.log").read_text()


def test_selections_are_made_from_what_was_trained(study: Study, data: dict[str, Path]) -> None:
    """And the runs that depend on them get their parameters."""
    told(study, data, *study.runs_of("tan", "channel_grid"))
    decision = decide(study, "tan", "channel_grid")
    assert f"channel_grid/{decision['variant']}" in GRID
    (adam,) = study.runs_of("tan", "optimizers")
    (answer,) = told(study, data, adam.resolved(decision))
    assert answer["status"] == "done"


def test_an_error_that_a_user_can_mend_fails_that_run_alone(
    study: Study, data: dict[str, Path], tmp_path: Path
) -> None:
    run = study.runs_of("tan", "channel_grid")[0]
    data["image"].write_bytes(b"no arrays")
    (answer,) = told(study, data, run)
    assert answer["status"] == "failed" and "damaged" in answer["reason"]
    assert answer["recorded"]
    record = json.loads(Path(f"results/batch/runs/{run.id}/run.json").read_text())
    assert record["status"] == "failed" and "damaged" in record["error"]


def test_seeds_of_one_job_are_answered_one_by_one(study: Study, data: dict[str, Path]) -> None:
    """What is finished is kept, the others are trained."""
    first = study.runs_of("tan", "channel_grid")[0]
    second = replace(first, seed=first.seed + 1)
    told(study, data, second)
    answers = io.StringIO()
    asked = io.StringIO(json.dumps([first.to_dict(), second.to_dict()]) + "\n")
    serve(study, data, {"image_cnn": "c0de"}, None, asked=asked, answers=answers)
    (line,) = answers.getvalue().splitlines()
    assert {name: own["status"] for name, own in json.loads(line).items()} == {
        first.id: "done",
        second.id: "kept",
    }
