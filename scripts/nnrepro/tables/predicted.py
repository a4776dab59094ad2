"""The predictions of variants' runs, for tables that look at them example by example."""

from collections.abc import Iterable, Iterator, Mapping

import pandas as pd

from nnrepro.measures.predictions import Predictions, PredictionsOf
from nnrepro.study.run import Run
from nnrepro.tables.columns import KEYS

NOTHING_PREDICTED = (
    "No predictions of classes are there: the runs are regressions, or an archive without them."
)


def stops_early(runs: Iterable[Run]) -> bool:
    """Whether any of the runs predicts by the weights of its best epoch, not of its last."""
    return any("early_stopping" in run.settings for run in runs)


def predicted_by_variant(
    variants: pd.DataFrame, runs: pd.DataFrame, predictions: PredictionsOf
) -> Iterator[tuple[dict[str, str], dict[str, Predictions]]]:
    """What identifies each variant with predictions, and these on one test set, by run."""
    for number, row in enumerate(variants.to_dict("records")):
        own = runs_among(variants.iloc[[number]], runs)
        if found := {run: one for run in own if (one := predictions(run))}:
            yield {name: str(row[name]) for name in (*KEYS, "label")}, alike(found)


def runs_among(variants: pd.DataFrame, runs: pd.DataFrame) -> list[str]:
    """The ids of the runs of some variants, in these ones' order."""
    members = runs.groupby([*KEYS], sort=False)["run_id"].agg(list)
    return [run for key in variants[[*KEYS]].itertuples(index=False) for run in members[tuple(key)]]


def alike(found: Mapping[str, Predictions]) -> dict[str, Predictions]:
    """Those that are of the same examples and classes as most, of equally many the first."""
    tested = [(one.names, one.labels.shape, one.labels.tobytes()) for one in found.values()]
    most = max(tested, key=tested.count)
    return {run: found[run] for run, own in zip(found, tested, strict=True) if own == most}
