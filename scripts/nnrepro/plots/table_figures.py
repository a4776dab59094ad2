"""Figures drawn from the variants table: heat maps, and accuracy beside training time."""

from collections.abc import Iterator

import pandas as pd

from nnrepro.analysis.columns import SELECTION, metric_name, metric_values, rows_of
from nnrepro.analysis.cross import AVERAGE, cross_matrix, cross_table
from nnrepro.plots.accuracy_time import AccuracyTime, accuracy_time
from nnrepro.plots.drawing import Drawing, ProtocolFigures
from nnrepro.plots.heatmap import ParameterGrid, heatmap

_WORDS = {
    "max_test_accuracy": "Highest test accuracy",
    "mean_test_accuracy": "Mean test accuracy of all epochs",
    "final_test_accuracy": "Test accuracy after the last epoch",
    "max_test_loss": "Highest test loss",
    "min_test_loss": "Lowest test loss",
    "mean_test_loss": "Mean test loss of all epochs",
    "final_test_loss": "Test loss after the last epoch",
    "train_seconds": "Seconds of training",
}


def heatmap_drawings(figures: ProtocolFigures, variants: pd.DataFrame) -> Iterator[Drawing]:
    """A metric over the grid of two parameters, with averages and the best cell."""
    for spec, runs in figures.specs("heatmap"):
        table = rows_of(variants, runs)
        rows, columns = spec.options["rows"], spec.options["columns"]
        metric = _metric(figures, spec.options["metric"])
        cross = cross_table(table, rows=rows, columns=columns, metrics=[metric])
        matrix = cross_matrix(cross, metric)
        cells = matrix.drop(index=AVERAGE, columns=AVERAGE)
        if cells.isna().to_numpy().all():
            continue
        inside = cross[(cross[rows] != AVERAGE) & (cross[columns] != AVERAGE)]
        pairs = list(inside[[columns, rows]].itertuples(index=False, name=None))
        selected = figures.selected(runs)
        best = [p for p, name in zip(pairs, inside["variant"], strict=True) if name == selected]
        is_tied = inside["tied_with_best"].fillna(False)
        tied = [p for p, yes in zip(pairs, is_tied, strict=True) if yes]
        grid = ParameterGrid(
            rows=rows,
            columns=columns,
            cells=cells,
            column_means=matrix.T[AVERAGE].drop(AVERAGE),
            row_means=matrix[AVERAGE].drop(AVERAGE),
            mean=float(matrix[AVERAGE][AVERAGE]),
            best=best[0] if best else None,
            tied=[pair for pair in tied if pair not in best],
        )
        figure = heatmap(
            grid,
            metric=_words(table, metric),
            title=figures.titled(spec.title),
            tied="95 % intervals overlap",
        )
        yield Drawing(spec.name, figure, runs)


def accuracy_time_drawings(figures: ProtocolFigures, variants: pd.DataFrame) -> Iterator[Drawing]:
    """Accuracy of each variant with its interval, beside the seconds that training took."""
    for spec, runs in figures.specs("accuracy_time"):
        table = rows_of(variants, runs)
        metric = _metric(figures, spec.options["metric"])
        columns = {
            "accuracy": metric_values(table, metric),
            "low": metric_values(table, metric, suffix="_ci95_low"),
            "high": metric_values(table, metric, suffix="_ci95_high"),
            "seconds": metric_values(table, "train_seconds"),
        }
        rows = [
            AccuracyTime(
                str(table["variant"].iloc[i]),
                str(table["label"].iloc[i]),
                **{
                    name: None if pd.isna(values.iloc[i]) else float(values.iloc[i])
                    for name, values in columns.items()
                },
            )
            for i in range(len(table))
        ]
        figure = accuracy_time(
            rows,
            figures.styles,
            metric=_words(table, metric),
            interval=_interval(metric_values(table, metric, suffix="_interval")),
            title=figures.titled(spec.title),
        )
        yield Drawing(spec.name, figure, runs)


def _metric(figures: ProtocolFigures, metric: str) -> str:
    if metric != SELECTION:
        return metric
    return figures.study.protocols[figures.protocol].selection_metric


def _words(table: pd.DataFrame, metric: str) -> str:
    """A metric as a label for an axis."""
    if metric in _WORDS:
        return _WORDS[metric]
    windows = sorted(int(window) for window in table["window"].dropna().unique())
    what = metric_name(table, metric).rpartition("mean_")[2].replace("_", " ")
    return f"Mean {what} of the last {' or '.join(map(str, windows))} epochs"


def _interval(kinds: pd.Series) -> str:
    """What the intervals are, in words; empty without one."""
    words = {
        "seeds": "95 % interval of the mean over seeds",
        "test set": "95 % interval for sampling the test set",
    }
    return " or ".join(words[kind] for kind in dict.fromkeys(kinds.dropna()))
