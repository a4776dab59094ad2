"""Accuracy beside training time, from the variants table."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from nnrepro.measures.names import lower_is_better
from nnrepro.plots.accuracy_time import AccuracyTime, accuracy_time
from nnrepro.plots.drawing import Drawing, ProtocolFigures
from nnrepro.plots.metric_words import chosen_metric, interval_words, metric_words
from nnrepro.study.run import Run
from nnrepro.tables.columns import floats, metric_values, rows_of


def accuracy_time_drawings(
    figures: ProtocolFigures, variants_of: Callable[[Sequence[Run]], pd.DataFrame]
) -> Iterator[Drawing]:
    """Accuracy of each variant with its interval, beside the seconds that training took.

    A spec of which no run has the metric gives no figure.

    Args:
        figures: a protocol's figures.
        variants_of: gives the variants table of runs that are compared.
    """
    for spec, runs in figures.specs("accuracy_time"):
        table = rows_of(variants_of(runs), runs)
        metric = chosen_metric(figures, spec.options["metric"])
        values = metric_values(table, metric)
        if values.isna().all():
            continue
        order = np.argsort(values if lower_is_better(metric) else -values, kind="stable")
        names = figures.labels(runs)
        rows = _rows(table, metric, dict.fromkeys(map(figures.key, runs)), names)
        figure = accuracy_time(
            [rows[i] for i in order],
            figures.styles_of(runs),
            metric=metric_words(table, metric),
            interval=interval_words(metric_values(table, metric, suffix="_interval")),
            title=figures.titled(spec.title),
            ordered=False,
        )
        yield Drawing(spec.name, figure, runs)


def _rows(
    table: pd.DataFrame, metric: str, keys: Iterable[str], labels: Mapping[str, str]
) -> list[AccuracyTime]:
    """One row per variant of the table, whose keys are given in the same order."""
    columns = {
        "accuracy": metric_values(table, metric),
        "low": metric_values(table, metric, suffix="_ci95_low"),
        "high": metric_values(table, metric, suffix="_ci95_high"),
        "seconds": metric_values(table, "train_seconds"),
    }
    numbers = pd.DataFrame({name: floats(values) for name, values in columns.items()})
    return [
        AccuracyTime(
            key,
            labels[key],
            **{str(name): None if np.isnan(value) else value for name, value in row.items()},
        )
        for key, row in zip(keys, numbers.to_dict("records"), strict=True)
    ]
