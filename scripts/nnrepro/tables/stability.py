"""Tables of kind `stability`: how steadily variants train, and how soon they get somewhere."""

from collections.abc import Callable, Iterable

import pandas as pd

from nnrepro.document import wording
from nnrepro.document.grid import Cell, Field, entry, grid, number_field, numeric, text_field
from nnrepro.document.text import Text, joined, spaced, text
from nnrepro.metrics.registry import known
from nnrepro.study.kinds import shows, table
from nnrepro.study.options import Shares
from nnrepro.study.run import Run
from nnrepro.tables.columns import RANGE, lengths, main_metric, metric_values
from nnrepro.tables.content import (
    Record,
    Shown,
    TableContent,
    TableContext,
    epochs_cell,
    labels,
    seeds_of,
)
from nnrepro.tables.csvfile import tidy_types
from nnrepro.tables.runs import reach_columns


@table
def stability(variants: pd.DataFrame, *, accuracies: Shares = ()) -> pd.DataFrame:
    """How steadily variants train, and how soon they reach an accuracy.

    Returns:
        A row per variant: what identifies it, `seeds`, `epochs` (trained), `protocol_epochs`,
        `shortened` (trained for fewer than the protocol asks for), `window` and `smoothing`. Then,
        each as a mean over seeds with `_sd`: `jitter_test_accuracy` (standard deviation about the
        smoothed curve in the closing window), `collapses` (blank where the number of classes is not
        known), `gap` (closing mean on the training set minus that on the test set) and
        `window_range_test_accuracy`, of the metric that the runs recorded first. Then for each
        accuracy `epochs_to_..._test_accuracy` and `seconds_to_..._test_accuracy` with `_n`, the
        seeds that reach it, whose mean it is.
    """
    table = lengths(variants)
    metric = main_metric(variants)
    named = (f"jitter_test_{metric}", "collapses", "gap", f"{RANGE}{metric}")
    for name in filter(variants.columns.__contains__, named):
        for suffix in ("", "_sd"):
            table[name + suffix] = metric_values(variants, name, suffix=suffix)
    for level in accuracies:
        for name in reach_columns(level):
            for suffix in ("", "_n"):
                table[name + suffix] = metric_values(variants, name, suffix=suffix)
    return tidy_types(table.reset_index(drop=True))


def _measures(metric: str, columns: Iterable[str]) -> dict[str, Field]:
    """How each measure of stability is headed and written, of those that a table has."""
    shares = known(metric).bounded
    points, write = (" (points)", wording.percent_number) if shares else ("", wording.plain)
    measures: dict[str, tuple[str, Callable[[float | None], str]]] = {
        f"jitter_test_{metric}": (f"Jitter{points}", write),
        f"{RANGE}{metric}": (f"Range at end{points}", write),
        "collapses": ("Collapses", wording.mean_count),
        "gap": ("Train \u2212 test (points)", wording.points),
    }
    return {
        name: number_field(heading, entry(name, write))
        for name, (heading, write) in measures.items()
        if name in columns
    }


def _metric_of(columns: Iterable[str]) -> str:
    """The metric whose range at the end a table of this kind tells."""
    names = (name.removeprefix(RANGE) for name in columns if name.startswith(RANGE))
    return next(names, "accuracy")


@shows(stability)
def show(context: TableContext) -> TableContent:
    """How steadily one protocol's variants train."""
    levels = [*map(float, context.options.get("accuracies", ()))]
    columns = [name for level in levels for name in reach_columns(level)]
    measures = _measures(_metric_of(context.frame.columns), context.frame.columns)
    context.require("experiment", "variant", "label", "epochs", *measures, *columns)
    fields = (
        text_field("Variant", context.variant_cell),
        *measures.values(),
        *(field for level in levels for field in _reach_fields(level)),
        number_field("Epochs trained", epochs_cell),
    )
    table = grid(context.rows(), fields)
    if not table.rows:
        return TableContent((Shown(table),))
    notes = (
        _note(_metric_of(context.frame.columns)),
        *_collapse_notes(context.runs),
        *((_REACH_NOTE,) if levels else ()),
    )
    return TableContent((Shown(table, notes=notes),), (words(context.frame),))


def _reach_fields(level: float) -> tuple[Field, Field]:
    """The epochs and the seconds to an accuracy, and how many seeds reach it."""
    accuracy = f"{wording.plain(round(100 * level, 6))}\u202f%"
    epochs, seconds = reach_columns(level)

    def reached(row: Record) -> Cell:
        count, seeds = row.get(f"{epochs}_n"), row["seeds"]
        detail = seeds_of(count, row) if count and seeds and count < seeds else ""
        return numeric(wording.mean_count(row[epochs]), detail)

    return (
        number_field(f"Epochs to {accuracy}", reached),
        number_field(f"Seconds to {accuracy}", entry(seconds, wording.seconds_number)),
    )


def _note(metric: str) -> Text:
    words = known(metric).words
    return text(
        f"Jitter: standard deviation of test {words} about its moving mean in the closing window. "
        f"Range at end: highest minus lowest test {words} there. Train \u2212 test: closing mean "
        "on the training set minus that on the test set. With several seeds all are means over "
        "them."
    )


_REACH_NOTE = text(
    "An accuracy is reached at the first epoch whose test accuracy is at least as high; seconds "
    "are that many average epochs, evaluation included."
)


def _collapse_notes(runs: Iterable[Run]) -> list[Text]:
    """What counts as a collapse in these runs; of several definitions each once."""
    names = ("collapse_below", "collapse_above", "collapse_epochs")
    known = [run.settings for run in runs if run.settings.get("classes")]
    found = dict.fromkeys(tuple(map(wording.plain, map(settings.get, names))) for settings in known)
    return [
        text(
            f"A collapse: test accuracy falls below {below} times that of guessing, after having "
            f"exceeded {above} times it, and is above that again within {epochs} epochs."
        )
        for below, above, epochs in found
    ]


def words(frame: pd.DataFrame) -> Text:
    """Who trains most and least steadily, and whose accuracy collapses."""
    metric = _metric_of(frame.columns)
    jitter, collapses = (
        frame[name].astype("float64").dropna() if name in frame else pd.Series(dtype="float64")
        for name in (f"jitter_test_{metric}", "collapses")
    )

    def named(values: pd.Series, value: float) -> Text:
        return labels(frame["label"][values.index[values == value]])

    def points(value: float) -> str:
        return f"{wording.percent_number(value)} percentage points"

    least, most = jitter.min(), jitter.max()
    if jitter.empty:
        said = text("Of no variant is it known how steadily it trains.")
    elif most == least:
        steady = named(jitter, least)
        said = text(
            f"The jitter of test {known(metric).words} is {points(least)} in all: ", steady, "."
        )
    else:
        said = text(
            f"Steadiest in test {known(metric).words}: ",
            named(jitter, least),
            f" (jitter {points(least)}); least steady: ",
            named(jitter, most),
            f" ({points(most)}).",
        )
    often = sorted({value for value in collapses if value > 0}, reverse=True)
    if often:
        times = [
            text(named(collapses, value), f" ({wording.mean_count(value)} times)")
            for value in often
        ]
        return spaced(said, text("Collapses that it recovers from: ", joined(", ", times), "."))
    return spaced(said, "It never collapses." if len(collapses) else "")
