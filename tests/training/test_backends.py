"""The other backends of Keras train the same models, where they are installed."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from small_runs import MODELS

from nnrepro.study.paths import SIDE_HISTORIES

PROGRAM = Path(__file__).with_name("small_runs.py")


def start(folder, model, backend, repository):
    """Train in a process with another backend."""
    environment = {
        **os.environ,
        "KERAS_BACKEND": backend,
        "PYTHONPATH": os.pathsep.join([str(repository / "scripts"), *sys.path]),
    }
    command = [sys.executable, str(PROGRAM), str(folder), model]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )


@pytest.mark.slow
@pytest.mark.parametrize("model", list(MODELS))
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_a_killed_run_goes_on_with_the_same_history(tmp_path, repository, backend, model):
    """Contract files come out, the loss falls, and a kill changes nothing."""
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    _, errors = start(whole, model, backend, repository).communicate(timeout=200)
    assert (whole / "out" / "run.json").exists(), errors
    told = json.loads((whole / "out" / "run.json").read_text())
    assert told["device"]["backend"] == backend and backend in told["packages"]
    history = json.loads((whole / "out" / "history.json").read_text())
    assert history["loss"][-1] < history["loss"][0]

    victim = start(killed, model, backend, repository)
    for line in victim.stdout:
        if line.startswith("epoch"):
            victim.kill()
            break
    victim.communicate()
    told, errors = start(killed, model, backend, repository).communicate(timeout=200)
    assert "going on from" in told, errors
    correct = np.array(json.loads((whole / "out" / "history_folds.json").read_text())["correct"])
    assert (correct.sum(axis=1) / 50).tolist() == history["val_accuracy"]
    for name in ("history.json", *SIDE_HISTORIES, "final.weights.h5"):
        expected = (whole / "out" / name).read_bytes()
        assert (killed / "out" / name).read_bytes() == expected


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_the_test_set_is_evaluated_when_it_is_asked_for(repository, backend):
    """What is true of the default backend, by the same tests."""
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    tests = str(PROGRAM.with_name("test_evaluation_sets.py"))
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-k",
            "once and at_end",
            tests,
        ],
        capture_output=True,
        text=True,
        env={**os.environ, "KERAS_BACKEND": backend},
        cwd=repository,
        check=False,
    )
    assert done.returncode == 0, done.stdout
