"""Runs with augmentation or masked padding are as repeatable as the others."""

import numpy as np
import pytest
from small_runs import small_data, small_run, train

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


@pytest.mark.parametrize(
    ("model", "setting", "off", "on"),
    [("image_cnn", "augment", "none", "light"), ("char_rnn", "mask_padding", False, True)],
)
def test_the_setting_changes_what_is_learned(tmp_path, model, setting, off, on):
    data = small_data(small_run(model).input)
    if model == "char_rnn":
        data.train_x[:, 60:] = 0
    histories = [
        train(small_run(model, epochs=1, **{setting: value}), data, tmp_path / str(at))
        for at, value in enumerate((off, on))
    ]
    first, second = ((folder / "history.json").read_bytes() for folder in histories)
    assert first != second
