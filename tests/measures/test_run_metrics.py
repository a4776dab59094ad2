"""Metrics of one run, by hand and against plain NumPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnrepro.measures.curves import MetricError, RunCurves, Window, windows
from nnrepro.measures.names import metric_value
from nnrepro.study.run import Run


def make_run(**settings):
    settings = {"epochs": 10, "window": 5, "smoothing": 3} | settings
    asked = settings.pop("protocol_settings", {})
    return Run("tan", "grid", "a", 0, "A", "m", "image", settings, protocol_settings=asked)


def metrics(names, window, width=1, **curves):
    found = {name: np.asarray(values, float) for name, values in curves.items()}
    run = RunCurves(found, window, width)
    return {name: metric_value(name, run) for name in names.split()}


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


def test_the_history_and_not_the_settings_decides_on_the_length():
    run = make_run(epochs=1000, window=200, smoothing=25)
    assert windows(run, 100) == (Window(200, 20), Window(25, 1))


def test_a_budget_is_measured_against_the_protocol():
    run = make_run(epochs=100, window=200, smoothing=25, protocol_settings={"epochs": 1000})
    assert windows(run, 100)[0] == Window(200, 20)


def test_a_run_without_window_setting_is_named():
    run = make_run()
    settings = {k: v for k, v in run.settings.items() if k != "window"}
    bare = type(run)(**{**run.__dict__, "settings": settings})
    with pytest.raises(MetricError, match=r"tan/grid/a/seed0.*window"):
        windows(bare, 10)


def test_metrics_by_hand():
    accuracy, loss = [0.1, 0.5, 0.4, 0.5, 0.3], [3.0, 1.0, 2.0, 1.0, 4.0]
    expected = {
        "max_test_accuracy": 0.5,
        "max_test_accuracy_epoch": 2,
        "mean_test_accuracy": pytest.approx(0.36),
        "final_test_accuracy": 0.3,
        "last_window_mean_test_accuracy": 0.4,
        "min_test_loss": 1.0,
        "min_test_loss_epoch": 2,
        "max_test_loss": 4.0,
        "window_range_test_accuracy": 0.2,
        "last_window_mean_test_accuracy_se_window": pytest.approx(np.nan, nan_ok=True),
        "last_window_mean_test_loss_effective_epochs": pytest.approx(np.nan, nan_ok=True),
        "jitter_test_accuracy": pytest.approx(np.nan, nan_ok=True),
        "gap": pytest.approx(0.3),
        "test_loss_convergence_epoch": None,
        "test_loss_converged": False,
    }
    train = [0.2, 0.2, 0.2, 0.6, 0.8]
    found = metrics(
        " ".join(expected), 2, test_accuracy=accuracy, test_loss=loss, train_accuracy=train
    )
    assert found == expected


@given(st.lists(st.floats(0, 1), min_size=1, max_size=300), st.integers(1, 300))
def test_means_agree_with_numpy(accuracies, window):
    names = "mean_test_accuracy last_window_mean_test_accuracy max_test_accuracy"
    found = metrics(f"{names} max_test_accuracy_epoch", window, test_accuracy=accuracies)
    values = np.array(accuracies)
    assert found["mean_test_accuracy"] == pytest.approx(values.mean(), abs=1e-12)
    closing = values[-window:]
    assert found["last_window_mean_test_accuracy"] == pytest.approx(closing.mean(), abs=1e-12)
    assert found["max_test_accuracy"] == values[found["max_test_accuracy_epoch"] - 1]
    assert found["max_test_accuracy_epoch"] == 1 + accuracies.index(max(accuracies))


def test_a_diverged_curve_keeps_its_extremes_and_loses_its_means():
    means = "mean_test_loss final_test_loss last_window_mean_test_loss"
    others = "min_test_loss min_test_loss_epoch test_loss_convergence_epoch test_loss_converged"
    found = metrics(f"{means} {others}", 2, test_loss=[2.0, np.nan, np.nan])
    assert [found[name] for name in others.split()] == [2.0, 1, None, False]
    assert all(np.isnan(found[name]) for name in means.split())


def test_a_curve_without_any_finite_value_has_no_extremes():
    found = metrics("min_test_loss min_test_loss_epoch", 1, test_loss=[np.nan])
    assert np.isnan(found["min_test_loss"])
    assert found["min_test_loss_epoch"] is None


def test_a_metric_that_nobody_has_heard_of_is_read_alike():
    found = metrics(
        "min_test_mae last_window_mean_validation_f1",
        2,
        test_mae=[3, 1, 2],
        validation_f1=[0, 2, 4],
    )
    assert found == {"min_test_mae": 1.0, "last_window_mean_validation_f1": 3.0}
