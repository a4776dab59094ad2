"""What is in training is told by the logs that are being written."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from nnrepro.planning.table import as_lines, in_training
from nnrepro.training.history import History
from nnrepro.training.progress import ProgressLog

from .conftest import SMALL


@pytest.fixture
def study(small_study: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    return small_study()


def write_log(file: Path, epochs: int, done: int) -> None:
    """A log as training writes it, of a run that has `done` of its `epochs`."""
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = ["what a backend has to say"]
    progress = ProgressLog(lines.append, epochs, interval=0)
    for epoch in range(1, done + 1):
        progress.epoch_done(History({"loss": [0.5] * epoch}, {"loss": [0.25] * epoch}))
    file.write_text("\n".join(lines) + "\n")


def test_runs_whose_logs_are_written_are_in_training_and_no_others(
    study: Any, tmp_path: Path
) -> None:
    training, ended, killed, begun = [run for run in study.runs if run.selects_from is None][:4]
    write_log(tmp_path / f"{training.id}.log", 12, 3)
    write_log(tmp_path / f"{ended.id}.log", 3, 3)
    write_log(tmp_path / f"{killed.id}.log", 12, 3)
    write_log(tmp_path / f"{begun.id}.log", 12, 0)
    long_ago = time.time() - 3600
    os.utime(tmp_path / f"{killed.id}.log", (long_ago, long_ago))
    (told,) = in_training(study.runs, tmp_path)
    assert (told.run, told.done, told.epochs) == (training.id, 3, 12)
    assert told.seconds_left == 9 * told.epoch_seconds
    head, line = as_lines([told])
    assert head.split() == ["in", "training", "epoch", "s/epoch", "left"]
    assert line.split()[:2] == [training.id, "3/12"] and len(head) == len(line)


def test_it_is_printed_until_all_is_done(
    study: Any, repository: Path, tmp_path: Path, interruptible: None
) -> None:
    """Printed once more each time; a call that is ended by Ctrl-C has no traceback."""
    (tmp_path / "config.yaml").write_text((repository / "config.yaml").read_text())
    (tmp_path / "small.yaml").write_text(yaml.dump(SMALL))
    run = study.runs_of("tan", "channel_grid")[0]
    write_log(tmp_path / f"results/{study.name}/logs/train_run/{run.id}.log", 5, 2)
    watching = subprocess.Popen(
        [sys.executable, "-m", "nnrepro", "plan", "--configfile", "small.yaml", "--watch", "0.1"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert watching.stdout is not None
    seen = ""
    while seen.count("Study small") < 2:
        line = watching.stdout.readline()
        assert line, watching.communicate()[1]
        seen += line
    watching.send_signal(signal.SIGINT)
    assert "Traceback" not in watching.communicate(timeout=120)[1]
    assert watching.returncode == 130
    assert f"{run.id}    2/5" in seen


def test_runs_of_one_job_are_told_apart(study: Any, tmp_path: Path) -> None:
    """Trained as one, each line names its seed; one after the other, a line says who begins."""
    first = next(run for run in study.runs if run.selects_from is None)
    runs = [replace(first, seed=seed) for seed in (0, 1)]
    log = tmp_path / first.combination / "seeds0_1.log"
    write_log(log, 12, 3)
    epochs = [line for line in log.read_text().splitlines() if line.startswith("epoch")]
    log.write_text("\n".join([f"seed 0: {epochs[0]}", f"seed 1: {epochs[1]}"]) + "\n")
    assert [(told.run, told.done) for told in in_training(runs, tmp_path)] == [
        (runs[0].id, 1),
        (runs[1].id, 2),
    ]
    begun = [f"{run.id}: ready to train after 2.0 s" for run in runs]
    log.write_text("\n".join([begun[0], epochs[1].replace("2/12", "2/2"), begun[1], epochs[0]]))
    assert [(told.run, told.done) for told in in_training(runs, tmp_path)] == [(runs[1].id, 1)]
