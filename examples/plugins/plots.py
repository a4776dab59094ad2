"""A kind of table and a kind of figure."""

from functools import partial

import pandas as pd

from nnrepro.figures.drawing import Drawing
from nnrepro.plots.frame import add_axes, start_figure
from nnrepro.plots.style import styled
from nnrepro.study.kinds import figure, table
from nnrepro.study.options import Metric
from nnrepro.tables.columns import metric_values


@table
def gap(variants: pd.DataFrame, *, above: float = -1.0) -> pd.DataFrame:
    """Closing accuracy in training less that on the test set, where it is above a limit."""
    rows = variants[["protocol", "experiment", "variant", "label"]].copy()
    rows["train_less_test_accuracy"] = metric_values(variants, "gap")
    return rows[rows["train_less_test_accuracy"] > above]


@figure(reading="A dot is a run.")
def dots(figure, runs: pd.DataFrame, *, metric: Metric = "max_test_accuracy"):
    """A dot for each run, in a row for each variant."""
    rows = runs[runs["run_id"].isin([run.id for run in figure.runs])]
    chart = partial(draw, rows, metric, figure.titled(figure.spec.title))
    yield Drawing(figure.name, chart, figure.runs, figure.alt("Dots of every run", figure.runs))


@styled
def draw(rows, metric, title):
    """The dots on a page."""
    page, body = start_figure(0.6 + 0.25 * rows["label"].nunique(), title)
    axes = add_axes(page, body.inset(left=2.0, bottom=0.5, right=0.2))
    axes.plot(rows[metric].astype(float), rows["label"], "o")
    axes.set_xlabel(metric.replace("_", " "))
    return page
