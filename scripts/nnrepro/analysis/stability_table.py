"""Tables of kind `stability`: how steadily variants train, and how soon they get somewhere."""

from collections.abc import Sequence

import pandas as pd

from nnrepro.tables.columns import lengths, metric_values
from nnrepro.tables.csvfile import tidy_types
from nnrepro.tables.runs import reach_columns

_SHOWN = ("jitter_test_accuracy", "collapses", "gap")


def stability_table(variants: pd.DataFrame, *, accuracies: Sequence[float] = ()) -> pd.DataFrame:
    """How steadily variants train.

    Args:
        variants: rows of the variants table.
        accuracies: test accuracies of which the time to reach them is told.

    Returns:
        A row per variant: what identifies it, `seeds`, `epochs` (trained), `protocol_epochs`,
        `shortened` (trained for fewer than the protocol asks for), `window` and `smoothing`. Then,
        each as a mean over seeds with `_sd`: `jitter_test_accuracy` (standard deviation about the
        smoothed curve in the closing window), `collapses` (blank where the number of classes is not
        known), `gap` (closing mean on the training set minus that on the test set) and
        `window_range_test_accuracy`. Then for each accuracy `epochs_to_..._test_accuracy` and
        `seconds_to_..._test_accuracy` with `_n`, the seeds that reach it, whose mean it is.

    Raises:
        TableError: the variants table does not tell the time to an accuracy.
    """
    table = lengths(variants)
    for name in (*_SHOWN, "window_range_test_accuracy"):
        for suffix in ("", "_sd"):
            table[name + suffix] = metric_values(variants, name, suffix=suffix)
    for level in accuracies:
        for name in reach_columns(level):
            for suffix in ("", "_n"):
                table[name + suffix] = metric_values(variants, name, suffix=suffix)
    return tidy_types(table.reset_index(drop=True))
