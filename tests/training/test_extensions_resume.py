"""Runs with augmentation or masked padding are as repeatable as the others."""

import keras
import numpy as np
import pytest
from small_runs import small_data, small_run, train

from nnrepro.models.registry import Task, build_model
from nnrepro.training.checkpoint import CheckpointPolicy

ALWAYS = CheckpointPolicy(every_seconds=0)
RUNS = {
    "augmented": ("image_cnn", {"augment": "light"}),
    "masked": ("char_rnn", {"mask_padding": True, "cell": "vanilla"}),
}


class Crash(Exception):
    """Stands for a kill."""


def crashing_log(line):
    """Ends the run when it hears of the first epoch."""
    if line.startswith("epoch 1/"):
        raise Crash


@pytest.mark.parametrize("name", list(RUNS))
def test_a_crashed_run_goes_on_bit_for_bit(tmp_path, name):
    """Random states of the augmentation are part of the checkpoint."""
    model, settings = RUNS[name]
    run = small_run(model, **settings)
    data = small_data(run.input)
    if model == "char_rnn":
        data.train_x[:, 60:] = 0
    whole = train(run, data, tmp_path / "whole")
    with pytest.raises(Crash):
        train(run, data, tmp_path / "cut", policy=ALWAYS, log=crashing_log)
    lines = []
    out = train(run, data, tmp_path / "cut", log=lines.append)
    assert "going on from" in lines[0]
    assert (out / "history.json").read_bytes() == (whole / "history.json").read_bytes()
    with np.load(out / "predictions.npz") as got, np.load(whole / "predictions.npz") as expected:
        np.testing.assert_array_equal(got["probabilities"], expected["probabilities"])


def test_augmentation_changes_what_is_learned(tmp_path):
    data = small_data("image")
    histories = [
        train(small_run("image_cnn", epochs=1, augment=value), data, tmp_path / value)
        for value in ("none", "light")
    ]
    first, second = ((folder / "history.json").read_bytes() for folder in histories)
    assert first != second


def test_masked_padding_changes_what_is_answered():
    """From the same weights, of texts that end before their row does."""
    texts = small_data("characters").train_x[:4]
    texts[:, 60:] = 0
    answers = []
    for masked in (False, True):
        keras.utils.set_random_seed(1)
        settings = small_run("char_rnn", mask_padding=masked).settings
        answers.append(np.asarray(build_model("char_rnn", settings, Task((100,), 15, 30))(texts)))
    assert not np.allclose(*answers)
