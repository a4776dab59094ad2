"""Tables of kind `constant_answer`: what one answer for all examples would reach."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import pandas as pd

from nnrepro.document.grid import Cell, grid, number_field, text_field
from nnrepro.document.text import Text, spaced, text
from nnrepro.measures.predictions import Predictions, PredictionsOf
from nnrepro.metrics import from_keras
from nnrepro.metrics.registry import CLASSIFICATION, REGRESSION, Metric, catalogue
from nnrepro.study.kinds import shows, table
from nnrepro.tables.columns import main_metric
from nnrepro.tables.content import Record, Shown, TableContent, TableContext, labels, records
from nnrepro.tables.csvfile import tidy_types
from nnrepro.tables.metrics import metric
from nnrepro.tables.predicted import predicted_by_variant, stops_early

COLUMNS = (
    *("protocol", "experiment", "variant", "label", "metric", "seeds", "examples"),
    *("task", "answer", "constant", "reached"),
)
_FINAL = "final_test_"
_ROUNDING = 1e-6
"""By how much float32 may miss a share, and less than kept probabilities differ by."""


@table
def constant_answer(
    variants: pd.DataFrame, runs: pd.DataFrame, predictions: PredictionsOf
) -> pd.DataFrame:
    """What networks reach beside one answer for all examples of the largest test set.

    That answer is the best guess of somebody who sees no example: how frequent each class or label
    is in that test set, or the mean of its targets.

    Returns:
        A row per variant and metric that its runs recorded, the first recorded first: what
        identifies the variant, `metric`, `seeds` (runs whose predictions are kept), `examples`,
        `task`, `answer` (the most frequent class; empty of other tasks, or where several are), and
        the metric's value of that answer, `constant`, and of the networks after the last epoch,
        `reached`, a mean over seeds. Metrics that Keras computes are left out.
    """
    rows = []
    recorded = runs.set_index("run_id")
    for key, by_run in predicted_by_variant(variants, runs, predictions):
        found = [*by_run.values()]
        task, labels, names = found[0].task, found[0].labels, found[0].names
        guess = np.broadcast_to(_frequencies(found[0]), found[0].outputs.shape)
        commonest = np.flatnonzero(guess[0] == guess[0].max())
        common = names[commonest[0]] if task == CLASSIFICATION and len(commonest) == 1 else ""
        known = {"seeds": len(found), "examples": len(labels), "task": task, "answer": common}
        for one in _recorded(runs, task, main_metric(variants)):
            values = {
                "constant": _value(one, found[0], guess),
                "reached": np.mean(
                    [
                        _reached(one, each, float(recorded[_FINAL + one.name][run]))
                        for run, each in by_run.items()
                    ]
                ),
            }
            rows.append({**key, "metric": _FINAL + one.name, **known, **values})
    return tidy_types(pd.DataFrame(rows, columns=[*COLUMNS]))


def _frequencies(found: Predictions) -> np.ndarray:
    """How frequent each class or label is, or the means of the targets, [outputs]."""
    if found.task == CLASSIFICATION:
        count = found.outputs.shape[1]
        return np.bincount(found.labels, minlength=count) / len(found.labels)
    return np.asarray(found.labels.mean(axis=0, dtype=np.float64))


def _recorded(runs: pd.DataFrame, task: str, first: str) -> Iterator[Metric]:
    names = [name.removeprefix(_FINAL) for name in runs.columns if name.startswith(_FINAL)]
    for name in sorted(names, key=lambda name: name != first):
        one = catalogue().get(name)
        if one is None or one.function is None or task not in one.tasks:
            continue
        if one.function.__module__ != from_keras.__name__ and runs[_FINAL + name].notna().any():
            yield one


def _value(one: Metric, found: Predictions, outputs: np.ndarray) -> float:
    kind = np.int32 if found.task == CLASSIFICATION else np.float32
    return one.value(found.labels.astype(kind), outputs.astype(np.float32))


def _reached(one: Metric, found: Predictions, recorded: float) -> float:
    """A metric of what a network answered, as its training recorded it where that can be.

    Kept probabilities are rounded, so that two classes may be level of which one was ahead.
    """
    nudge = np.zeros_like(found.outputs)
    if found.task == CLASSIFICATION:
        ahead = found.outputs == found.outputs.max(axis=1, keepdims=True)
        level = np.flatnonzero(ahead.sum(axis=1) > 1)
        nudge[level, found.labels[level]] = _ROUNDING
    low, high = sorted(_value(one, found, found.outputs + sign * nudge) for sign in (-1, 1))
    within = low - _ROUNDING <= recorded <= high + _ROUNDING
    return recorded if within else _value(one, found, found.outputs)


def _value_of(name: str, row: Record) -> str:
    return metric(row["metric"]).text(row[name])


@shows(constant_answer)
def show(context: TableContext) -> TableContent:
    """One protocol's variants beside one answer for all, and whether they do better."""
    context.require("experiment", "variant", "label", "metric", "task", "constant", "reached")
    frame = context.frame
    if frame.empty:
        return TableContent((), (text("No predictions are there to compare with."),))
    several = len(frame[["experiment", "variant"]].drop_duplicates()) > 1

    def named(row: Record) -> Cell:
        return Cell(context.title(metric(row["metric"])), header=not several)

    fields = (
        *([text_field("Variant", context.variant_cell)] if several else []),
        text_field("Metric", named),
        number_field("One answer for all", partial(_value_of, "constant")),
        number_field("Reached", partial(_value_of, "reached")),
    )
    note = "With early stopping, a network is that of its best epoch, not of its last."
    notes = (text(note),) if stops_early(context.runs) else ()
    return TableContent((Shown(grid(context.rows(), fields), notes=notes),), (words(frame),))


def no_better(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows whose networks do no better than one answer, by the metric recorded first."""
    rows = frame[frame["metric"] == frame["metric"].iloc[0]]
    sign = 1 if metric(str(rows["metric"].iloc[0])).higher_is_better else -1
    return rows[~((rows["reached"] - rows["constant"]) * sign > 0)]


def words(frame: pd.DataFrame) -> Text:
    """What one answer reaches by the metric recorded first, and who does no better."""
    first = records(frame)[0]
    shown = metric(str(first["metric"]))
    rows = frame[frame["metric"] == first["metric"]]
    guess = {
        CLASSIFICATION: "one of the commonest classes",
        REGRESSION: "the mean of the targets",
    }.get(str(first["task"]), "how frequent each label is")
    if first["answer"]:
        guess = f"\u201c{first['answer']}\u201d, the commonest class,"
    constant = f"would reach {shown.text(first['constant'])} in {shown.phrase}"
    behind = no_better(frame)
    if len(behind):
        return spaced(
            f"Always answering {guess} {constant}.",
            text("No better: ", labels(behind["label"]), "."),
        )
    if len(rows) > 1:
        return text(f"Always answering {guess} {constant}; every variant does better.")
    reached = f"reached here: {shown.text(first['reached'])}"
    return text(f"Always answering {guess} {constant}; {reached} (", labels([first["label"]]), ").")
