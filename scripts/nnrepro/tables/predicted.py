"""The predictions of variants' runs, for tables that look at them example by example."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from nnrepro.measures.predictions import Predictions, PredictionsOf
from nnrepro.tables.columns import KEYS

NOTHING_PREDICTED = (
    "No predictions of classes are there: the runs are regressions, or an archive without them."
)


def predicted_by_variant(
    variants: pd.DataFrame, runs: pd.DataFrame, predictions: PredictionsOf
) -> Iterator[tuple[dict[str, str], list[Predictions]]]:
    """What identifies each variant that has any, and its runs' predictions on one test set.

    Args:
        variants: rows of the variants table.
        runs: the runs table.
        predictions: gives a run's predictions.
    """
    members = runs.groupby([*KEYS], sort=False)["run_id"].agg(list)
    for row in variants.to_dict("records"):
        found = [one for run in members[tuple(row[k] for k in KEYS)] if (one := predictions(run))]
        if found:
            yield {name: str(row[name]) for name in (*KEYS, "label")}, alike(found)


def alike(found: list[Predictions]) -> list[Predictions]:
    """Those that are of the same examples as the first."""
    first = found[0]
    return [one for one in found if np.array_equal(one.labels, first.labels)]
