"""Figures drawn from the variants table: heat maps, and accuracy beside training time."""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pandas as pd

from nnrepro.analysis.columns import SELECTION, floats, metric_name, metric_values, rows_of
from nnrepro.analysis.cross import AVERAGE, cross_matrix, cross_table
from nnrepro.analysis.metrics import lower_is_better
from nnrepro.plots.accuracy_time import AccuracyTime, accuracy_time
from nnrepro.plots.drawing import Drawing, ProtocolFigures
from nnrepro.plots.heatmap import Cell, ParameterGrid, heatmap
from nnrepro.study import FigureSpec

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


def heatmap_drawings(figures: ProtocolFigures, variants: pd.DataFrame) -> Iterator[Drawing]:
    """A metric over the grid of two parameters, with averages and the best cell.

    A spec of which no run has the metric gives no figure.
    """
    for spec, runs in figures.specs("heatmap"):
        table = rows_of(variants, runs)
        metric = chosen_metric(figures, spec.options["metric"])
        if metric_values(table, metric).isna().all():
            continue
        selected = figures.selected(runs)
        figure = heatmap(
            _grid(table, spec, metric, None if selected is None else selected.variant),
            metric=metric_words(table, metric),
            title=figures.titled(spec.title),
            tied="95 %, multiple comparisons with the best",
        )
        yield Drawing(spec.name, figure, runs)


def accuracy_time_drawings(figures: ProtocolFigures, variants: pd.DataFrame) -> Iterator[Drawing]:
    """Accuracy of each variant with its interval, beside the seconds that training took.

    A spec of which no run has the metric gives no figure.
    """
    for spec, runs in figures.specs("accuracy_time"):
        table = rows_of(variants, runs)
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


def _grid(
    table: pd.DataFrame, spec: FigureSpec, metric: str, selected: str | None
) -> ParameterGrid:
    """The metric over two parameters, with the best pair and those that equal it."""
    rows, columns = spec.options["rows"], spec.options["columns"]
    cross = cross_table(table, rows=rows, columns=columns, metrics=[metric])
    matrix = cross_matrix(cross, metric)
    inside = cross[(cross[rows] != AVERAGE) & (cross[columns] != AVERAGE)]
    pairs = list(inside[[columns, rows]].itertuples(index=False, name=None))
    best = pairs[_best(inside, metric, selected)]
    is_tied = inside["tied_with_best"].fillna(False).astype(bool)
    return ParameterGrid(
        rows=rows,
        columns=columns,
        cells=matrix.drop(index=AVERAGE, columns=AVERAGE),
        column_means=matrix.T[AVERAGE].drop(AVERAGE),
        row_means=matrix[AVERAGE].drop(AVERAGE),
        mean=float(matrix[AVERAGE][AVERAGE]),
        best=best,
        tied=[pair for pair in _where(pairs, is_tied) if pair != best],
        unasked=_where(pairs, inside["variant"].isna()),
    )


def _best(cells: pd.DataFrame, metric: str, selected: str | None) -> int:
    """Position of the cell with the best value; among equals the selected one, else the first."""
    values = floats(cells["value"])
    best = np.nanmin(values) if lower_is_better(metric) else np.nanmax(values)
    equal = np.flatnonzero(values == best)
    chosen = np.flatnonzero((cells["variant"] == selected).fillna(False))
    return int(next((i for i in equal if i in chosen), equal[0]))


def _where(pairs: Iterable[Cell], marks: Iterable[bool]) -> list[Cell]:
    return [pair for pair, marked in zip(pairs, marks, strict=True) if marked]


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


def chosen_metric(figures: ProtocolFigures, metric: str) -> str:
    """The metric meant, where `selection` stands for the one that the protocol selects by."""
    if metric != SELECTION:
        return metric
    return figures.study.protocols[figures.protocol].selection_metric


def metric_words(table: pd.DataFrame, metric: str) -> str:
    """A metric as a label for an axis."""
    if metric in _WORDS:
        return _WORDS[metric]
    what = metric_name(table, metric).rpartition("mean_")[2].replace("_", " ")
    windows = sorted(int(window) for window in table["window"].dropna().unique())
    if windows == [1]:
        return f"{what.capitalize()} of the last epoch"
    return f"Mean {what} of the last {' or '.join(map(str, windows))} epochs"


def interval_words(kinds: pd.Series) -> str:
    """What the intervals are, in words; empty without one."""
    words = {
        "seeds": "95 % interval of the mean over seeds",
        "test set": "95 % interval for sampling the test set",
        "test set and epochs": "95 % interval for sampling the test set and noise between epochs",
        "epochs": "95 % interval for noise between epochs",
    }
    return " or ".join(words[kind] for kind in dict.fromkeys(kinds.dropna()))
