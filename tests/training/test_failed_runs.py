"""A run that fails by itself says so in its folder, and no reader takes that for numbers."""

import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from nnrepro.errors import NnreproError
from nnrepro.files import write_json
from nnrepro.measures.inventory import IncompleteReportError, check_results, inventory
from nnrepro.measures.predictions import read_predictions
from nnrepro.measures.runs import read_runs
from nnrepro.models.registry import catalogue
from nnrepro.study.config import load_study
from nnrepro.study.decisions import no_decision, read_decisions, read_undecided
from nnrepro.study.folders import RunFolders
from nnrepro.study.paths import SIDE_HISTORIES, StudyPaths
from nnrepro.study.run import Run
from nnrepro.study.study import Study
from nnrepro.tables.runs import runs_table
from nnrepro.tables.selection import SelectionError, select
from nnrepro.tables.variants import variants_table
from nnrepro.training import job
from nnrepro.training.errors import FailedRunError, TrainingInterrupted
from nnrepro.training.failed import write_failure
from nnrepro.training.train import Replicate

DESCRIPTION = {"name": "cifar10", "source": "generated", "generated": True, "sha256": {"x": "0"}}


@pytest.fixture
def study(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    """A grid of two and a run at the selected pair, in a working directory of their own."""
    monkeypatch.chdir(tmp_path)
    config = yaml.safe_load((repository / "config.yaml").read_text(encoding="utf-8"))
    variants = ["channel_grid/c1-10_c2-20", "channel_grid/c1-10_c2-40", "optimizers/adam"]
    only = {"protocols": ["tan"], "experiments": ["channel_grid", "optimizers"]}
    config |= {"budget": {"epochs": 2}, "only": {**only, "variants": variants}}
    return load_study(config, catalogue())


@pytest.fixture
def attempt(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., list[str]]:
    """Trains a run, in which an error is raised; gives the ids of the runs that it came to."""
    write_json(tmp_path / "data.json", DESCRIPTION)

    def train(run: Run, error: Exception | None = None, **options: Any) -> list[str]:
        reached = []

        def train_replicates(
            replicates: list[Replicate], *arguments: Any, **settings: Any
        ) -> list[Exception | None]:
            reached.extend(each.run.id for each in replicates)
            return [error for _ in replicates]

        monkeypatch.setattr(job, "load_dataset", lambda *arguments: None)
        monkeypatch.setattr(job, "train_replicates", train_replicates)
        settings = {"backend": "none", "threads": 1, "slots": lambda: None, "log": print}
        outcomes = job.train_unless_finished(
            [run], study, tmp_path / "data.npz", "c0de", **{**settings, **options}
        )
        if failure := outcomes[run.id].failure:
            raise failure
        return reached

    return train


def folder_of(study: Study, run: Run) -> Path:
    return StudyPaths.of(study).runs.folder(run.id)


@pytest.mark.parametrize(
    "error", [ValueError("no such word"), NnreproError("no such word"), RecursionError()]
)
def test_the_reason_stands_where_the_numbers_would(
    study: Study, attempt: Callable[..., list[str]], error: Exception
) -> None:
    run, other = study.runs_of("tan", "channel_grid")
    with pytest.raises(FailedRunError, match=run.id):
        attempt(run, error)
    folders = StudyPaths.of(study).runs
    record = json.loads((folder_of(study, run) / "run.json").read_text())
    assert record["status"] == "failed" and record["error"]
    assert (folder_of(study, run) / "final.weights.h5").exists()
    assert read_predictions(folder_of(study, run) / "predictions.npz") is None

    data, problems = read_runs([run, other], folders)
    assert data == []
    assert [problem.status for problem in problems] == ["failed", "missing"]
    assert problems[0].message == record["error"]
    table = runs_table(data, problems, [run, other])
    assert list(table["status"]) == ["failed", "missing"]
    assert table["max_test_accuracy"].isna().all()
    with pytest.raises(SelectionError, match="failed, missing"):
        select(variants_table(table), "max_test_accuracy")
    told = inventory(study, folders, problems)["problems"]
    with pytest.raises(IncompleteReportError, match=run.id):
        check_results(told, {}, {}, allow_gaps=True)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError(errno.ENOSPC, "No space left on device"),
        RuntimeError("RESOURCE_EXHAUSTED: Out of memory"),
        TrainingInterrupted("SIGTERM in epoch 1"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_the_machine_is_to_blame_for_leaves_no_record(
    study: Study, attempt: Callable[..., list[str]], error: Exception
) -> None:
    """The job fails as a job, so that it is tried again."""
    run = study.runs[0]
    with pytest.raises(type(error)) as raised:
        attempt(run, error)
    assert raised.value is error
    assert not (folder_of(study, run) / "run.json").exists()


def test_a_failed_run_is_trained_again(study: Study, attempt: Callable[..., list[str]]) -> None:
    run = study.runs[0]
    for _ in range(2):
        with pytest.raises(FailedRunError):
            attempt(run, ValueError("no such word"))
    assert attempt(run) == [run.id]


def test_no_gpu_to_be_had_is_no_failure_of_the_run(
    study: Study, attempt: Callable[..., list[str]]
) -> None:
    def no_slots() -> None:
        raise NnreproError("there is no GPU")

    with pytest.raises(NnreproError, match="no GPU"):
        attempt(study.runs[0], slots=no_slots)
    assert not folder_of(study, study.runs[0]).exists()


def test_a_run_that_nothing_was_selected_for_is_not_trained(
    study: Study, attempt: Callable[..., list[str]], tmp_path: Path
) -> None:
    decision = tmp_path / "tan" / "channel_grid.json"
    write_json(decision, no_decision("the variants are diverged"))
    assert read_decisions([decision]) == {}
    assert read_undecided([decision]) == {("tan", "channel_grid"): "the variants are diverged"}
    (run,) = study.runs_of("tan", "optimizers")
    with pytest.raises(FailedRunError, match=r"nothing was selected.*the variants are diverged"):
        attempt(run, decision=decision)
    (problem,) = read_runs([run], StudyPaths.of(study).runs)[1]
    assert problem.status == "failed" and "not trained" in problem.message


def test_nothing_of_an_earlier_training_is_left(study: Study) -> None:
    run = study.runs[0]
    folder = folder_of(study, run)
    numbers = {key: [0.5] for key in ("loss", "accuracy", "val_loss", "val_accuracy")}
    for name in ("history.json", *SIDE_HISTORIES):
        write_json(folder / name, numbers)
    write_json(folder / "run.json", {"status": "completed"})
    write_failure(folder, run, "no such word")
    assert [name for name in SIDE_HISTORIES if (folder / name).exists()] == []
    # Its history alone, as somebody may copy it, is no run either.
    (folder / "run.json").unlink()
    data, (problem,) = read_runs([run], RunFolders(StudyPaths.of(study).root / "runs"))
    assert data == [] and problem.status == "damaged"
