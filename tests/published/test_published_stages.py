"""Levels at the stages that reports name in words, on curves with known answers."""

import numpy as np
import pytest
from nnrepro.published.stages import WHOLE_RUN, Widths, lowest_epoch, read_level, stage_of

from nnrepro.measures.history import History

WIDTHS = Widths(window=10, smoothing=5, full_smoothing=5)
RAMP = np.arange(1.0, 101.0) / 100


def history(values):
    return History.of(loss=values, accuracy=RAMP, val_loss=values, val_accuracy=RAMP)


@pytest.mark.parametrize(
    ("remark", "value", "needs"),
    [
        ("start", 0.01, 1),
        ("first epoch", 0.01, 1),
        ("by epoch 50", 0.50, 52),
        ("within 10 epochs", 0.10, 12),
        ("from epoch 91 on", 0.955, WHOLE_RUN),
        ("by epoch 91 and after", 0.955, WHOLE_RUN),
        ("epochs 20 to 30", 0.25, 30),
        ("end of the run", 0.955, WHOLE_RUN),
        ("rest of the run, with spikes", 0.955, WHOLE_RUN),
        ("constant for the whole run", 0.505, WHOLE_RUN),
    ],
)
def test_a_stage_is_read_by_its_rule(remark, value, needs):
    stage = stage_of(("approx", remark))
    level = read_level(history(RAMP), "test_accuracy", stage, WIDTHS)
    assert level.value == pytest.approx(value)
    assert level.needs == needs


@pytest.mark.parametrize("remark", ["first drop", "dip near epoch 25", "plateau", "from the start"])
def test_words_without_a_clear_rule_have_none(remark):
    assert stage_of((remark,)) is None


def test_at_convergence_is_the_level_where_the_curve_settles():
    values = np.concatenate([np.linspace(0, 0.5, 20), np.full(80, 0.5)])
    curves = History.of(loss=values, accuracy=values, val_loss=values, val_accuracy=values)
    level = read_level(curves, "test_accuracy", stage_of(["at convergence"]), WIDTHS)
    assert level.value == pytest.approx(0.5, abs=0.011)
    rising = read_level(history(RAMP), "test_accuracy", stage_of(["at convergence"]), WIDTHS)
    assert rising.value is None and rising.problem == "does not settle"


@pytest.mark.parametrize("remark", ["by epoch 101", "from epoch 101 on", "epochs 90 to 101"])
def test_a_run_that_ends_earlier_has_no_such_level(remark):
    level = read_level(history(RAMP), "test_loss", stage_of([remark]), WIDTHS)
    assert level.value is None and level.problem == "ends before epoch 101"


def test_epochs_in_the_wrong_order_give_no_level():
    level = read_level(history(RAMP), "test_loss", stage_of(["epochs 30 to 20"]), WIDTHS)
    assert level.value is None


def test_a_loss_rises_from_its_lowest_smoothed_epoch():
    epochs = np.arange(1, 101)
    assert lowest_epoch(history((epochs - 40.0) ** 2), "test_loss", WIDTHS).value == 40
    falling = lowest_epoch(history(-epochs), "test_loss", WIDTHS)
    assert falling.value is None and falling.problem == "does not rise before the end"
    nothing = lowest_epoch(history(np.full(100, np.nan)), "test_loss", WIDTHS)
    assert nothing.value is None
