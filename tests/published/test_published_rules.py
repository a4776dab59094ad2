"""Levels at the stages that reports name in words, on curves with known answers."""

import numpy as np
import pytest

from nnrepro.measures.curves import RunCurves
from nnrepro.published.rules import reading_of

RAMP = np.arange(1.0, 101.0) / 100


def curves(values):
    return RunCurves({"test_accuracy": np.asarray(values, float)}, 10, 5, full_width=5)


@pytest.mark.parametrize(
    ("remark", "value", "settled_by"),
    [
        ("start", 0.01, 1),
        ("first epoch", 0.01, 1),
        ("by epoch 50", 0.50, 52),
        ("within 10 epochs", 0.10, 12),
        ("from epoch 91 on", 0.955, None),
        ("by epoch 91 and after", 0.955, None),
        ("epochs 20 to 30", 0.25, 30),
        ("end of the run", 0.955, None),
        ("rest of the run, with spikes", 0.955, None),
        ("constant for the whole run", 0.505, None),
    ],
)
def test_a_stage_is_read_by_its_rule(remark, value, settled_by):
    reading = reading_of("test_accuracy_level", ("approx", remark))
    assert reading.value(curves(RAMP)) == pytest.approx(value)
    assert reading.settled_by(curves(RAMP)) == settled_by


@pytest.mark.parametrize("remark", ["first drop", "dip near epoch 25", "plateau", "from the start"])
def test_words_without_a_clear_rule_have_none(remark):
    assert reading_of("test_loss_level", (remark,)) is None
    assert reading_of("test_loss_level", ()) is None


def test_at_convergence_is_the_level_where_the_curve_settles():
    reading = reading_of("test_accuracy_level", ["at convergence"])
    settling = np.concatenate([np.linspace(0, 0.5, 20), np.full(80, 0.5)])
    assert reading.value(curves(settling)) == pytest.approx(0.5, abs=0.011)
    assert np.isnan(reading.value(curves(RAMP)))


@pytest.mark.parametrize("remark", ["by epoch 101", "from epoch 101 on", "epochs 90 to 101"])
def test_a_level_names_the_epochs_that_it_takes(remark):
    assert reading_of("test_loss_level", [remark]).latest == 101


def test_epochs_in_the_wrong_order_give_no_level():
    reading = reading_of("test_accuracy_level", ["epochs 30 to 20"])
    assert np.isnan(reading.value(curves(RAMP)))


@pytest.mark.parametrize(
    ("values", "epoch"),
    [
        ((np.arange(1, 101) - 40.0) ** 2, 40),
        (-np.arange(1.0, 101), np.nan),
        (np.full(100, np.nan), np.nan),
    ],
)
def test_a_loss_rises_from_its_lowest_smoothed_epoch(values, epoch):
    reading = reading_of("test_loss_rise_epoch", ())
    run = RunCurves({"test_loss": values}, 10, 5)
    assert reading.value(run) == pytest.approx(epoch, nan_ok=True)
