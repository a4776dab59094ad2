"""The metric of a figure and its intervals, in words."""

import pandas as pd

from nnrepro.plots.drawing import ProtocolFigures
from nnrepro.tables.columns import SELECTION, metric_name

_WORDS = {
    "max_test_accuracy": "Highest test accuracy",
    "mean_test_accuracy": "Mean test accuracy of all epochs",
    "final_test_accuracy": "Test accuracy after the last epoch",
    "max_validation_accuracy": "Highest validation accuracy",
    "mean_validation_accuracy": "Mean validation accuracy of all epochs",
    "final_validation_accuracy": "Validation accuracy after the last epoch",
    "max_test_loss": "Highest test loss",
    "min_test_loss": "Lowest test loss",
    "mean_test_loss": "Mean test loss of all epochs",
    "final_test_loss": "Test loss after the last epoch",
    "train_seconds": "Seconds of training",
}


def chosen_metric(figures: ProtocolFigures, metric: str) -> str:
    """The metric meant, where `selection` stands for the one that the protocol selects by."""
    if metric != SELECTION:
        return metric
    return figures.study.protocols[figures.protocol].selection_metric


def metric_words(table: pd.DataFrame, metric: str) -> str:
    """A metric as a label for an axis; of more than two windows it names the first and the last."""
    if metric in _WORDS:
        return _WORDS[metric]
    what = metric_name(table, metric).rpartition("mean_")[2].replace("_", " ")
    windows = sorted(int(window) for window in table["window"].dropna().unique())
    if windows == [1]:
        return f"{what.capitalize()} of the last epoch"
    many = len(windows) > 2
    lengths = f"{windows[0]} to {windows[-1]}" if many else " or ".join(map(str, windows))
    return f"Mean {what} of the last {lengths} epochs"


def interval_words(kinds: pd.Series) -> str:
    """What the intervals are, in words; empty without one."""
    words = {
        "seeds": "95 % interval of the mean over seeds",
        "test set": "95 % interval for sampling the test set",
        "test set and epochs": "95 % interval for sampling the test set and noise between epochs",
        "epochs": "95 % interval for noise between epochs",
    }
    return " or ".join(words[kind] for kind in dict.fromkeys(kinds.dropna()))
