"""Metrics of one run, by hand and against plain NumPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnrepro.measures.curves import (
    MetricError,
    Window,
    level_metrics,
    settling_metrics,
    train_metrics,
    windows,
)
from nnrepro.measures.names import lower_is_better, with_window


@pytest.mark.parametrize(
    ("asked", "epochs", "protocol_epochs", "used"),
    [
        (200, 1000, 1000, 200),
        (200, 40, 1000, 8),
        (200, 1, 1000, 1),
        (200, 2000, 1000, 200),
        (50, 250, 250, 50),
        (20, 8, 100, 2),
        (300, 100, 200, 100),
    ],
)
def test_the_closing_window_keeps_its_share_of_a_shorter_run(asked, epochs, protocol_epochs, used):
    assert Window.closing(asked, epochs, protocol_epochs) == Window(asked, used)


@given(st.integers(1, 400), st.integers(1, 1500), st.integers(1, 1000))
def test_windows_stay_within_the_run_and_smoothing_is_odd(asked, epochs, protocol_epochs):
    closing = Window.closing(asked, epochs, protocol_epochs)
    assert 1 <= closing.used <= min(asked, epochs)
    smoothing = Window.smoothing(asked, epochs, protocol_epochs)
    assert smoothing.used % 2 == 1
    assert smoothing.used in (closing.used, closing.used - 1)


def test_the_history_and_not_the_settings_decides_on_the_length(make_run):
    run = make_run(epochs=1000, window=200, smoothing=25)
    assert windows(run, 100) == (Window(200, 20), Window(25, 1))


def test_a_budget_is_measured_against_the_protocol(make_run):
    run = make_run(epochs=100, window=200, smoothing=25, protocol_settings={"epochs": 1000})
    assert windows(run, 100)[0] == Window(200, 20)


def test_a_run_without_window_setting_is_named(make_run):
    run = make_run()
    settings = {k: v for k, v in run.settings.items() if k != "window"}
    bare = type(run)(**{**run.__dict__, "settings": settings})
    with pytest.raises(MetricError, match=r"tan/grid/a/seed0.*window"):
        windows(bare, 10)


def test_level_metrics_by_hand(make_history):
    history = make_history([0.1, 0.5, 0.4, 0.5, 0.3], val_loss=[3.0, 1.0, 2.0, 1.0, 4.0])
    assert level_metrics(history, 2) == {
        "max_test_accuracy": 0.5,
        "max_test_accuracy_epoch": 2,
        "mean_test_accuracy": pytest.approx(0.36),
        "final_test_accuracy": 0.3,
        "last_window_mean_test_accuracy": 0.4,
        "min_test_loss": 1.0,
        "min_test_loss_epoch": 2,
        "max_test_loss": 4.0,
        "mean_test_loss": 2.2,
        "final_test_loss": 4.0,
        "last_window_mean_test_loss": 2.5,
        "window_range_test_accuracy": 0.2,
        "last_window_mean_test_accuracy_se_window": pytest.approx(np.nan, nan_ok=True),
        "last_window_mean_test_accuracy_effective_epochs": pytest.approx(np.nan, nan_ok=True),
        "last_window_mean_test_loss_se_window": pytest.approx(np.nan, nan_ok=True),
        "last_window_mean_test_loss_effective_epochs": pytest.approx(np.nan, nan_ok=True),
    }


def test_train_metrics_by_hand(make_history):
    history = make_history([0.2, 0.4, 0.4], accuracy=[0.2, 0.6, 0.8], loss=[3.0, 2.0, 1.0])
    assert train_metrics(history, 2) == {
        "final_train_accuracy": 0.8,
        "last_window_mean_train_accuracy": pytest.approx(0.7),
        "final_train_loss": 1.0,
        "last_window_mean_train_loss": 1.5,
        "gap": pytest.approx(0.3),
    }


@given(st.lists(st.floats(0, 1), min_size=1, max_size=300), st.integers(1, 300))
def test_means_agree_with_numpy(make_history, accuracies, window):
    metrics = level_metrics(make_history(accuracies), window)
    values = np.array(accuracies)
    assert metrics["mean_test_accuracy"] == pytest.approx(values.mean(), abs=1e-12)
    closing = values[-window:]
    assert metrics["last_window_mean_test_accuracy"] == pytest.approx(closing.mean(), abs=1e-12)
    assert metrics["max_test_accuracy"] == values[metrics["max_test_accuracy_epoch"] - 1]
    assert metrics["max_test_accuracy_epoch"] == 1 + accuracies.index(max(accuracies))


def test_a_diverged_curve_keeps_its_extremes_and_loses_its_means(make_history):
    history = make_history([0.3, 0.1, 0.1], val_loss=[2.0, np.nan, np.nan])
    metrics = level_metrics(history, 2)
    assert (metrics["min_test_loss"], metrics["min_test_loss_epoch"]) == (2.0, 1)
    for name in ("mean_test_loss", "final_test_loss", "last_window_mean_test_loss"):
        assert np.isnan(metrics[name])
    assert metrics["mean_test_accuracy"] == pytest.approx(0.5 / 3)
    assert settling_metrics(history, 2, 1)["test_loss_convergence_epoch"] is None
    assert settling_metrics(history, 2, 1)["test_loss_converged"] is False


def test_a_curve_without_any_finite_value_has_no_extremes(make_history):
    metrics = level_metrics(make_history([0.1], val_loss=[np.nan]), 1)
    assert np.isnan(metrics["min_test_loss"])
    assert metrics["min_test_loss_epoch"] is None


def test_names_carry_the_number_of_the_window():
    assert with_window("last_window_mean_test_loss", 200) == "last200_mean_test_loss"
    assert with_window("max_test_loss", 200) == "max_test_loss"


@pytest.mark.parametrize(
    ("metric", "lower"),
    [("max_test_accuracy", False), ("mean_test_loss", True), ("train_seconds", True)],
)
def test_losses_and_times_are_better_when_lower(metric, lower):
    assert lower_is_better(metric) is lower
