"""The metric of a figure and its intervals, in words."""

import pandas as pd

from nnrepro.document.wording import capitalised
from nnrepro.measures.names import one_mean, picked, set_words, without_window, words_named
from nnrepro.tables.columns import metric_values


def metric_phrase(name: str) -> str:
    """A metric within a sentence."""
    return one_mean(words_named(without_window(name)[0]).phrase)


def metric_words(table: pd.DataFrame, metric: str) -> str:
    """A metric as a label for an axis; of more than two windows it names the first and the last."""
    axis = words_named(metric).axis
    windows = sorted(int(window) for window in table["window"].dropna().unique())
    if "{window}" in axis and windows == [1]:
        axis = axis.removeprefix("mean ").replace("{window} epochs", "epoch")
    several = windows if len(windows) <= 2 else [windows[0], windows[-1]]
    joint = " or " if len(windows) <= 2 else " to "
    words = axis.format(window=joint.join(map(str, several)))
    return capitalised(words)


def interval_words(table: pd.DataFrame, metric: str) -> str:
    """What the intervals of a metric in the variants table are, in words; empty without one.

    The best value of many epochs is drawn without one.
    """
    if picked(metric):
        return ""
    kinds = metric_values(table, metric, suffix="_interval")
    sampled = f"95 % interval for sampling the {set_words(metric)}"
    words = {
        "seeds": "95 % interval of the mean over seeds",
        "test set": sampled,
        "test set and epochs": f"{sampled} and noise between epochs",
        "epochs": "95 % interval for noise between epochs",
    }
    return " or ".join(words[kind] for kind in dict.fromkeys(kinds.dropna()))
