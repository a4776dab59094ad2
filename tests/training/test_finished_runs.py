"""A finished run is recognised, and anything that decides it makes it unfinished."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from small_runs import small_data, small_run, train

from nnrepro.study.run import Run
from nnrepro.training.finished import is_finished

RUN = small_run("word_cnn", epochs=1, test_folds=2)
IDENTITY: dict[str, Any] = {
    "data_provenance": {"name": "words", "sha256": {"a.csv": "1"}},
    "code_sha256": "c0de",
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run."""
    return train(RUN, small_data("words", train=64), tmp_path_factory.mktemp("run"), **IDENTITY)


def finished(folder: Path, run: Run = RUN, **changes: Any) -> bool:
    import keras

    return is_finished(folder, run, **{**IDENTITY, "backend": keras.backend.backend(), **changes})


def test_same_run_is_finished(trained: Path) -> None:
    assert finished(trained)


def test_folder_without_a_run_is_not(tmp_path: Path) -> None:
    assert not finished(tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"code_sha256": "other"},
        {"data_provenance": {"name": "words", "sha256": {"a.csv": "2"}}},
        {"backend": "numpy"},
        {"run": replace(RUN, seed=2)},
        {"run": replace(RUN, settings={**RUN.settings, "learning_rate": 0.5})},
    ],
    ids=["code", "data", "backend", "seed", "settings"],
)
def test_other_run_is_not(trained: Path, changes: dict[str, Any]) -> None:
    assert not finished(trained, **changes)


def _truncate(folder: Path) -> None:
    (folder / "history.json").write_text('{"loss": [')


def _remove(folder: Path) -> None:
    (folder / "final.weights.h5").unlink()


def _remove_folds(folder: Path) -> None:
    (folder / "history_folds.json").unlink()


def _other_version(folder: Path) -> None:
    record = json.loads((folder / "run.json").read_text())
    record["packages"]["keras"] = "0.0"
    (folder / "run.json").write_text(json.dumps(record))


def _damage_record(folder: Path) -> None:
    (folder / "run.json").write_text("{")


@pytest.mark.parametrize(
    "spoil", [_truncate, _remove, _remove_folds, _other_version, _damage_record]
)
def test_spoiled_folder_is_not(
    trained: Path, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    for file in trained.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    assert finished(tmp_path)
    spoil(tmp_path)
    assert not finished(tmp_path)


def test_the_sum_of_the_prepared_content_counts_where_the_record_has_one(
    trained: Path, tmp_path: Path
) -> None:
    """So that runs of versions that did not record it stay finished."""
    for file in trained.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    summed = {**IDENTITY["data_provenance"], "content_sha256": "1"}
    assert finished(tmp_path, data_provenance=summed)
    record = json.loads((tmp_path / "run.json").read_text())
    record["data"]["content_sha256"] = "1"
    (tmp_path / "run.json").write_text(json.dumps(record))
    assert finished(tmp_path, data_provenance=summed)
    assert not finished(tmp_path, data_provenance={**summed, "content_sha256": "2"})


@pytest.mark.parametrize("entry", ["files", "packages", "data", "device", "run"])
@pytest.mark.parametrize("odd", [None, {}, [], 7])
def test_odd_record_is_trained_again_and_raises_nothing(
    trained: Path, tmp_path: Path, entry: str, odd: Any
) -> None:
    for file in trained.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    record = json.loads((tmp_path / "run.json").read_text())
    (tmp_path / "run.json").write_text(json.dumps({**record, entry: odd}))
    assert finished(tmp_path) == (entry == "packages" and odd == {})
