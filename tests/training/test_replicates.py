"""Replicates in one job are what they are alone, and none of them stops another."""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import pytest
from packed_runs import CASES
from small_runs import small_data

from nnrepro.files import write_json
from nnrepro.models.registry import catalogue
from nnrepro.planning.order import training_jobs
from nnrepro.study.config import load_study
from nnrepro.study.paths import RUN_FILES, StudyPaths
from nnrepro.study.study import Study
from nnrepro.training import job, train
from nnrepro.training.errors import TrainingInterrupted

PROGRAM = Path(__file__).with_name("packed_runs.py")
DATA = small_data("words", train=64, test=(20,))
CONFIG: dict[str, Any] = {
    "name": "replicates",
    "seeds": [1, 2, 3],
    "data": {"words": {"source": "generated", "generate": {"train": 64, "test": 20, "seed": 1}}},
    "experiments": {"one": {"model": "word_cnn", "epochs": 2, "parameters": {"filters": [4]}}},
}
Work = Callable[..., dict[str, job.Outcome]]


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], tuple[Study, Work]]:
    """A study of three seeds in a results folder by its name, and what trains runs of it."""
    write_json(tmp_path / "data.json", {"source": "generated", "generated": True, "sha256": {}})
    monkeypatch.setattr(job, "load_dataset", lambda *_: DATA)

    def of(name: str) -> tuple[Study, Work]:
        study = load_study({**CONFIG, "results": str(tmp_path / name)}, catalogue())

        def trained(*seeds: int) -> dict[str, job.Outcome]:
            return job.train_unless_finished(
                [run for run in study.runs if run.seed in seeds],
                study,
                tmp_path / "data.npz",
                "c0de",
                backend=keras.backend.backend(),
                threads=1,
                slots=lambda: None,
                log=print,
            )

        return study, trained

    return of


def files(study: Study) -> list[bytes]:
    """What the runs of a study left, but for their records, which tell the time."""
    paths = StudyPaths.of(study)
    names = [name for name in RUN_FILES if name != "record"]
    return [paths.run(run.id, name).read_bytes() for run in study.runs for name in names]


def test_one_job_leaves_what_jobs_of_their_own_leave(work: Any) -> None:
    """To the last byte; and a seed more has that seed trained."""
    together, train_together = work("together")
    assert all(each.trained for each in train_together(1, 2).values())
    more = train_together(1, 2, 3)
    assert [each.trained for each in more.values()] == [False, False, True]
    alone, train_alone = work("alone")
    for seed in (1, 2, 3):
        train_alone(seed)
    assert files(together) == files(alone)
    assert not list(StudyPaths.of(together).root.rglob("checkpoint.npz"))


def test_a_job_that_is_stopped_goes_on_with_each_run(
    work: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though Snakemake has removed what those before had left: the epochs are not trained again."""
    study, trained = work("stopped")
    paths = StudyPaths.of(study)
    real = job.train_replicates

    def stopped(replicates: Any, *arguments: Any, **options: Any) -> Any:
        if replicates[0].run.seed == 2:
            return [TrainingInterrupted("SIGTERM in epoch 1")]
        return real(replicates, *arguments, **options)

    monkeypatch.setattr(job, "train_replicates", stopped)
    with pytest.raises(TrainingInterrupted):
        trained(1, 2)
    folder = paths.runs.folder(study.runs[0].id)
    left = {file.name: file.read_bytes() for file in folder.iterdir()}
    for file in folder.iterdir():
        file.unlink()
    monkeypatch.setattr(job, "train_replicates", real)
    with monkeypatch.context() as patch:
        patch.setattr(train.Loop, "_epoch", lambda *_: pytest.fail("trained again"))
        trained(1)
    for name in set(RUN_FILES.values()) - {"run.json"}:
        assert (folder / name).read_bytes() == left[name]


def test_a_run_that_fails_leaves_the_others_to_go_on(
    work: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, trained = work("failed")
    real = train.build_model

    def failing(name: str, settings: Any, task: Any) -> Any:
        if task.seed == 2:
            raise ValueError("no such word")
        return real(name, settings, task)

    monkeypatch.setattr(train, "build_model", failing)
    outcomes = trained(1, 2, 3)
    assert [each.trained for each in outcomes.values()] == [True, False, True]
    paths = StudyPaths.of(study)
    told = [json.loads(paths.run(run.id, "record").read_text())["status"] for run in study.runs]
    assert told == ["completed", "failed", "completed"]


@pytest.mark.slow
@pytest.mark.parametrize("case", list(CASES))
def test_one_computation_gives_the_histories_of_lone_runs(
    tmp_path: Path, repository: Path, case: str
) -> None:
    """With JAX: in float32; begun together and gone on with alone, and where one has diverged."""
    if importlib.util.find_spec("jax") is None:
        pytest.skip("jax is not installed")
    environment = {
        **os.environ,
        "KERAS_BACKEND": "jax",
        "PYTHONPATH": os.pathsep.join([str(repository / "scripts"), *sys.path]),
    }
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(tmp_path), case],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    differences = json.loads(done.stdout.splitlines()[-1])
    assert len(differences) == 3 and max(differences.values()) < 1e-3, differences
    status = [json.loads((tmp_path / f"{k}/out/run.json").read_text())["status"] for k in (1, 2, 3)]
    expected = "diverged" if case == "diverged" else "completed"
    assert status == ["completed", expected, "completed"]


def test_further_seeds_leave_the_jobs_before_them_as_they_are(make_run: Any) -> None:
    runs = [make_run(variant=name, seed=seed) for seed in (4, 0, 2) for name in ("a", "b")]
    seeds = [[run.seed for run in job] for job in training_jobs(runs, 2)]
    assert seeds == [[0, 2], [4], [0, 2], [4]]
    more = [[run.seed for run in job] for job in training_jobs([*runs, make_run(seed=9)], 2)]
    assert [job for job in seeds if len(job) == 2] == [job for job in more if job == [0, 2]]
    assert [len(job) for job in training_jobs(runs, 1)] == [1] * 6
