"""Calls at once, kills, and folders of something else: no run of an archive is ever lost."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnrepro.archive import exchange
from nnrepro.archive.build import Outcome
from nnrepro.archive.collect import CollectError
from nnrepro.study.folders import ArchivedRuns, ArchiveError

VARIANT = "tan/text_models/char_cnn"
RUN = f"{VARIANT}/seed0"
CURVES = {key: [0.5, 0.25] for key in ("loss", "accuracy", "val_loss", "val_accuracy")}


def put(results: Path, run_id: str, **files: Any) -> Path:
    """A finished run, with further JSON files by name where given."""
    folder = results / "runs" / run_id
    folder.mkdir(parents=True)
    (folder / "history.json").write_text(json.dumps(CURVES))
    (folder / "run.json").write_text(json.dumps({"status": "completed", "epochs_completed": 2}))
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return folder


def call(repository: Path, results: Path, archive: Path) -> subprocess.Popen[str]:
    """A call of the script that makes an archive."""
    return subprocess.Popen(
        [sys.executable, "-m", "nnrepro", "archive", results, "--to", archive],
        cwd=repository,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("existing", [False, True])
def test_calls_at_once_lose_no_run(
    repository: Path, tmp_path: Path, existing: bool, archived: Callable[..., Outcome]
) -> None:
    archive = tmp_path / "archive"
    seeds = range(1, 5)
    if existing:
        put(tmp_path / "first", RUN)
        archived(tmp_path / "first")
    for seed in seeds:
        put(tmp_path / str(seed), f"{VARIANT}/seed{seed}")
    calls = [call(repository, tmp_path / str(seed), archive) for seed in seeds]
    for started in calls:
        assert not started.wait(), started.communicate()[1]
    expected = {f"{VARIANT}/seed{seed}" for seed in (*([0] if existing else []), *seeds)}
    runs = ArchivedRuns.of(archive)
    assert set(runs.placed) == expected
    assert not any(runs.altered(run_id) for run_id in expected)
    assert {path.name for path in tmp_path.glob(".*")} == set()


CHANGE = """
import sys
from pathlib import Path
from nnrepro.archive.exchange import recover, take_place
from nnrepro.temporaries import remove_abandoned, temporary_beside
from nnrepro.archive import exchange
place, aside = Path(sys.argv[1]), sys.argv[2] == "aside"
if aside:
    exchange._exchanged = lambda first, second: False
print("ready", flush=True)
for count in range(10**9):
    recover(place)
    remove_abandoned(place.parent)
    new = temporary_beside(place)
    new.mkdir()
    for part in range(3):
        (new / str(part)).write_text(str(count))
    take_place(new, place)
"""


@pytest.mark.parametrize("way", ["exchange", "aside"])
def test_a_killed_exchange_leaves_one_of_both_whole(
    repository: Path, tmp_path: Path, way: str
) -> None:
    place = tmp_path / "archive"
    chosen = random.Random(1)
    for _ in range(8):
        process = subprocess.Popen(
            [sys.executable, "-c", CHANGE, str(place), way],
            env={**os.environ, "PYTHONPATH": str(repository / "scripts")},
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.02 + chosen.random() * 0.1)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        if way == "exchange" and place.exists():
            assert len(list(place.iterdir())) == 3
        exchange.recover(place)
        assert len({file.read_text() for file in place.iterdir()}) == 1
        assert len(list(place.iterdir())) == 3


def test_a_killed_call_leaves_the_old_archive_or_the_new(
    repository: Path, tmp_path: Path, archived: Callable[..., Outcome]
) -> None:
    archive = tmp_path / "archive"
    for seed in range(3):
        put(tmp_path / "results", f"{VARIANT}/seed{seed}")
    archived()
    chosen = random.Random(2)
    for seed in range(3, 7):
        put(tmp_path / str(seed), f"{VARIANT}/seed{seed}")
        before = set(ArchivedRuns.of(archive).placed)
        started = call(repository, tmp_path / str(seed), archive)
        time.sleep(chosen.uniform(0.5, 3.0))
        started.kill()
        started.communicate()
        runs = ArchivedRuns.of(archive)
        assert set(runs.placed) in (before, {*before, f"{VARIANT}/seed{seed}"})
        assert not any(runs.altered(run_id) for run_id in runs.placed)
    archived()
    assert {path.name for path in tmp_path.glob(".*")} == set()


def test_a_folder_of_something_else_is_left_alone(
    tmp_path: Path, archived: Callable[..., Outcome]
) -> None:
    put(tmp_path / "results", RUN)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for place in ("home", "file", "results", "."):
        with pytest.raises(ArchiveError, match="name another"):
            archived(to=place)
    assert (tmp_path / "home" / "thesis.txt").read_text() == "mine"
    assert sorted(path.name for path in (tmp_path / "results").iterdir()) == ["runs"]
    (tmp_path / "empty").mkdir()
    assert archived(to="empty").runs == 1


def test_an_archive_that_is_a_link_stays_one(
    tmp_path: Path, archived: Callable[..., Outcome]
) -> None:
    put(tmp_path / "results", RUN)
    (tmp_path / "disk").mkdir()
    (tmp_path / "archive").symlink_to(tmp_path / "disk")
    archived()
    assert (tmp_path / "archive").is_symlink()
    assert set(ArchivedRuns.of(tmp_path / "disk").placed) == {RUN}


SIDES = {
    "history_comparison": {"val_loss": [0.5, 0.5], "val_accuracy": [0.5, 0.5]},
    "history_validation": {"val_loss": [0.5, 0.5], "val_accuracy": [0.5, 0.5]},
    "history_folds": {"folds": 2, "examples": [2, 2], "correct": [[1, 1], [1, 0]]},
}


def test_sound_side_histories_are_taken(tmp_path: Path, archived: Callable[..., Outcome]) -> None:
    put(tmp_path / "results", RUN, **SIDES)
    archived()
    assert {f"{name}.json" for name in SIDES} < set(
        ArchivedRuns.of(tmp_path / "archive").vouched(RUN)
    )


@pytest.mark.parametrize("name", SIDES)
@pytest.mark.parametrize("content", [{"password": "x"}, [], {"val_loss": [1], "val_accuracy": [1]}])
def test_json_that_is_no_side_history_stays_out(
    name: str, content: Any, tmp_path: Path, archived: Callable[..., Outcome]
) -> None:
    folder = put(tmp_path / "results", RUN)
    (tmp_path / "results" / "elsewhere.json").write_text(json.dumps(content))
    (folder / f"{name}.json").symlink_to(tmp_path / "results" / "elsewhere.json")
    with pytest.raises(CollectError, match=rf"{RUN}: .*{name}\.json"):
        archived()
    assert not (tmp_path / "archive").exists()


@pytest.mark.parametrize("name", ["history.json", "run.json", "history_folds.json"])
def test_links_out_of_the_results_are_not_followed(
    name: str, tmp_path: Path, archived: Callable[..., Outcome]
) -> None:
    folder = put(tmp_path / "results", RUN, **SIDES)
    (folder / name).rename(tmp_path / name)
    (folder / name).symlink_to(tmp_path / name)
    with pytest.raises(CollectError, match=rf"{name} is a link to .*outside"):
        archived()


def test_a_pipe_and_damaged_predictions_are_refused_by_name(
    tmp_path: Path, archived: Callable[..., Outcome]
) -> None:
    folder = put(tmp_path / "results", RUN)
    np.savez(folder / "predictions.npz", probabilities=np.zeros(3), labels=np.zeros(3))
    with pytest.raises(CollectError, match=r"predictions\.npz"):
        archived(predictions=True)
    os.mkfifo(folder / "history_validation.json")
    with pytest.raises(CollectError, match="named pipe"):
        archived()


@pytest.mark.parametrize(
    "change",
    [{"files": [1]}, {"data": [1]}, {"epochs_completed": []}, {"x": float("nan")}, {"x": "\ud800"}],
)
def test_odd_records_never_end_in_anything_but_a_message(
    change: dict[str, Any], tmp_path: Path, archived: Callable[..., Outcome]
) -> None:
    folder = put(tmp_path / "results", RUN)
    (folder / "run.json").write_text(json.dumps({"status": "completed", **change}))
    try:
        archived()
    except CollectError as error:
        assert RUN in str(error)


def test_a_file_system_without_locks_is_refused_with_the_remedy(
    tmp_path: Path, archived: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(descriptor: int, operation: int) -> None:
        raise OSError(95, "Operation not supported")

    put(tmp_path / "results", RUN)
    monkeypatch.setattr("fcntl.flock", no_locks)
    with pytest.raises(Exception, match=r"knows no locks.*another file system"):
        archived()
    assert not (tmp_path / "archive").exists()
