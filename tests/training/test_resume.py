"""A run that is stopped at any moment goes on as if it had not been."""

import json
import os
import signal
import subprocess
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from forked import forked_python
from small_runs import small_data, small_run, train

from nnrepro.study.paths import SIDE_HISTORIES
from nnrepro.training import train as train_module
from nnrepro.training.backends.tensorflow import TensorFlowEngine
from nnrepro.training.checkpoint import CheckpointPolicy
from nnrepro.training.errors import TrainingError, TrainingInterrupted
from nnrepro.training.progress import ProgressLog

PROGRAM = Path(__file__).with_name("small_runs.py")
ALWAYS = CheckpointPolicy(every_seconds=0)
RUN, DATA = small_run("image_cnn"), small_data("image")


def start(folder, model, repository):
    """Train in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(repository / "scripts")}
    return subprocess.Popen(
        [forked_python(), str(PROGRAM), str(folder), model],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    )


@pytest.mark.slow
@pytest.mark.parametrize("model", ["char_rnn", "image_cnn"])
def test_a_killed_run_gives_the_same_history_bit_for_bit(tmp_path, repository, model):
    """SIGKILL in training, with dropout; a second process goes on; nothing differs.

    The run that nobody kills has a process of its own, too: threads are a process's.
    """
    whole = start(tmp_path / "whole", model, repository)
    killed = start(tmp_path / "killed", model, repository)
    checkpoint = tmp_path / "killed" / "checkpoint" / "checkpoint.npz"
    deadline = time.monotonic() + 60
    while not checkpoint.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    killed.kill()
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    assert checkpoint.exists() and not (tmp_path / "killed" / "out").exists()
    told, _ = start(tmp_path / "killed", model, repository).communicate(timeout=120)
    assert "going on from" in told
    whole.communicate(timeout=120)
    for name in ("history.json", *SIDE_HISTORIES, "predictions.npz", "final.weights.h5"):
        expected = (tmp_path / "whole" / "out" / name).read_bytes()
        assert (tmp_path / "killed" / "out" / name).read_bytes() == expected, name
    assert not checkpoint.exists()


@pytest.mark.parametrize(
    ("model", "number"), [("word_cnn", signal.SIGTERM), ("image_cnn", signal.SIGINT)]
)
def test_a_signal_in_mid_epoch_leaves_a_checkpoint_to_go_on_from(
    trained, tmp_path, monkeypatch, model, number
):
    """The message names signal, epoch and checkpoint; the resumed history is the same."""
    run = small_run(model, test_folds=10)
    data = small_data(run.input, validation=20)
    whole = trained(model, {"validation": 20}, test_folds=10)
    calls = []
    original = TensorFlowEngine.train

    def signalled(self, indices, weights, begin, stop):
        results = original(self, indices, weights, begin, stop)
        calls.append(stop)
        if len(calls) == 4:
            os.kill(os.getpid(), number)
        return results

    monkeypatch.setattr(TensorFlowEngine, "train", signalled)
    folder = tmp_path / "stopped"
    before = signal.getsignal(number)
    with pytest.raises(TrainingInterrupted, match=f"{number.name} in epoch . of 4"):
        train(run, data, folder)
    assert signal.getsignal(number) == before
    assert (folder / "checkpoint" / "checkpoint.npz").exists() and not (folder / "out").exists()
    lines = []
    out = train(run, data, folder, log=lines.append)
    assert "going on from" in lines[0]
    for name in ("history.json", "history_validation.json", "history_folds.json"):
        assert (out / name).read_bytes() == (whole / name).read_bytes()
    with np.load(out / "predictions.npz") as got, np.load(whole / "predictions.npz") as expected:
        np.testing.assert_array_equal(got["probabilities"], expected["probabilities"])


class Crash(Exception):
    """Stands for a kill."""


def crashing_log(epoch):
    """A log that ends the run when it hears of `epoch`."""

    def log(line):
        if line.startswith(f"epoch {epoch}/"):
            raise Crash

    return log


@pytest.fixture(scope="module")
def crashed(tmp_path_factory):
    """The checkpoint of a run that ended in its first epoch, one after every chunk."""
    folder = tmp_path_factory.mktemp("crashed")
    with pytest.raises(Crash):
        train(RUN, DATA, folder, policy=ALWAYS, log=crashing_log(1))
    return (folder / "checkpoint" / "checkpoint.npz").read_bytes()


def put(checkpoint, folder):
    """Leave a checkpoint in a run's folder."""
    path = folder / "checkpoint" / "checkpoint.npz"
    path.parent.mkdir()
    path.write_bytes(checkpoint)


@pytest.mark.parametrize("damage", ["cut", "garbage", "empty"])
def test_a_damaged_checkpoint_is_reported_and_not_used(trained, crashed, tmp_path, damage):
    """Training starts anew and gives the same history."""
    middle = len(crashed) // 2
    damaged = {
        "cut": crashed[:middle],
        "garbage": crashed[:middle] + b"\xff" * 64 + crashed[middle + 64 :],
        "empty": b"",
    }
    put(damaged[damage], tmp_path)
    lines = []
    out = train(RUN, DATA, tmp_path, log=lines.append)
    assert "is damaged" in lines[0] and "starts anew" in lines[0]
    whole = trained("image_cnn") / "history.json"
    assert (out / "history.json").read_bytes() == whole.read_bytes()


@pytest.mark.parametrize(
    ("run", "options"),
    [
        (RUN, {"code_sha256": "other"}),
        (RUN, {"data_provenance": {"sha256": {"x": "1"}}}),
        (small_run("image_cnn", learning_rate=0.02), {}),
    ],
    ids=["code", "data", "settings"],
)
def test_a_foreign_checkpoint_is_reported_and_not_used(crashed, tmp_path, run, options):
    """One of other code, data or settings does not count."""
    put(crashed, tmp_path)
    lines = []
    train(run, DATA, tmp_path, log=lines.append, **options)
    assert "belongs to other settings, data, code" in lines[0]
    assert any(line.startswith("epoch 1/4") for line in lines)


ELSEWHERE = CheckpointPolicy(every_seconds=0, resume_elsewhere=True)


@pytest.fixture
def every_epoch(monkeypatch):
    """Every epoch is logged, however quick."""
    monkeypatch.setattr(train_module, "ProgressLog", partial(ProgressLog, interval=0.0))


def moved(monkeypatch):
    """From here on this is another machine: another version of NumPy."""
    packages = {**train_module.package_versions(), "numpy": "0.1"}
    monkeypatch.setattr(train_module, "package_versions", lambda: packages)


def stop_after(folder, epoch, policy=ALWAYS):
    """Train until `epoch` is over and the next has begun."""
    with pytest.raises(Crash):
        train(RUN, DATA, folder, policy=policy, log=crashing_log(epoch + 1))


def test_a_checkpoint_from_elsewhere_is_neither_used_nor_lost_unasked(
    tmp_path, monkeypatch, every_epoch
):
    """The error says what it is and how to go on from it; without the file training starts anew."""
    stop_after(tmp_path, 2)
    path = tmp_path / "checkpoint" / "checkpoint.npz"
    content = path.read_bytes()
    moved(monkeypatch)
    with pytest.raises(TrainingError, match=r"elsewhere.* to epoch 2.*resume_elsewhere: true"):
        train(RUN, DATA, tmp_path)
    assert path.read_bytes() == content
    path.unlink()
    out = train(RUN, DATA, tmp_path)
    assert "earlier" not in json.loads((out / "run.json").read_text())


def test_asked_to_a_run_goes_on_elsewhere_and_says_so(trained, tmp_path, monkeypatch, every_epoch):
    """Nothing done is lost, also when it is interrupted there; run.json tells who did what."""
    whole = trained("image_cnn")
    there = json.loads((whole / "run.json").read_text())
    folder = tmp_path / "moved"
    stop_after(folder, 1)
    moved(monkeypatch)
    stop_after(folder, 2, ELSEWHERE)
    lines = []
    out = train(RUN, DATA, folder, log=lines.append)
    assert "going on from" in lines[0]
    assert not any(line.startswith("epoch 1/4") for line in lines)
    assert (out / "history.json").read_bytes() == (whole / "history.json").read_bytes()
    told = json.loads((out / "run.json").read_text())
    assert told["packages"]["numpy"] == "0.1"
    assert told["earlier"] == [
        {"epochs": 1, **{key: there[key] for key in ("device", "packages", "environment", "code")}}
    ]


def test_what_was_computed_otherwise_never_counts_elsewhere_either(
    tmp_path, monkeypatch, every_epoch
):
    """Other code is other mathematics."""
    stop_after(tmp_path, 1)
    moved(monkeypatch)
    lines = []
    train(RUN, DATA, tmp_path, policy=ELSEWHERE, log=lines.append, code_sha256="other")
    assert "belongs to other settings, data, code" in lines[0]


def test_a_checkpoint_that_does_not_fit_the_backend_is_kept(tmp_path, monkeypatch, every_epoch):
    """As where backends keep random states of other shapes."""
    stop_after(tmp_path, 1)
    kept = TensorFlowEngine.variables
    monkeypatch.setattr(TensorFlowEngine, "variables", lambda self: kept(self)[1:])
    with pytest.raises(TrainingError, match="does not fit this backend"):
        train(RUN, DATA, tmp_path)
    assert (tmp_path / "checkpoint" / "checkpoint.npz").exists()
