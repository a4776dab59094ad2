"""Tables of kind `stability`: how steadily variants train, and how soon they get somewhere."""

from collections.abc import Callable, Iterable

import pandas as pd

from nnrepro.document import wording
from nnrepro.document.grid import Column, Grid, Row
from nnrepro.document.text import Text, joined, spaced, text
from nnrepro.metrics.registry import known
from nnrepro.study.kinds import shows, table
from nnrepro.study.options import Shares
from nnrepro.study.run import Run
from nnrepro.tables.columns import RANGE, lengths, main_metric, metric_values
from nnrepro.tables.content import (
    Shown,
    TableContent,
    TableContext,
    epochs_cell,
    labels,
    number,
    numeric,
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

    Raises:
        TableError: the variants table does not tell the time to an accuracy.
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


def _measures(
    metric: str, columns: Iterable[str]
) -> dict[str, tuple[Column, Callable[[float | None], str]]]:
    """How each measure of stability is headed and written, of those that a table has."""
    shares = known(metric).bounded
    points, write = (" (points)", wording.percent_number) if shares else ("", wording.plain)
    measures = {
        f"jitter_test_{metric}": (Column(f"Jitter{points}"), write),
        f"{RANGE}{metric}": (Column(f"Range at end{points}"), write),
        "collapses": (Column("Collapses"), wording.mean_count),
        "gap": (Column("Train \u2212 test (points)"), wording.points),
    }
    return {name: shown for name, shown in measures.items() if name in columns}


def _metric_of(columns: Iterable[str]) -> str:
    """The metric whose range at the end a table of this kind tells."""
    names = (name.removeprefix(RANGE) for name in columns if name.startswith(RANGE))
    return next(names, "accuracy")


@shows(stability)
def show(context: TableContext) -> TableContent:
    """How steadily one protocol's variants train."""
    reached: dict[str, tuple[Column, str, str]] = {}
    for level in map(float, context.options.get("accuracies", ())):
        accuracy = f"{wording.plain(round(100 * level, 6))}\u202f%"
        epochs, seconds = reach_columns(level)
        reached[accuracy] = (Column(f"Epochs to {accuracy}"), epochs, seconds)
    columns = [name for _, *names in reached.values() for name in names]
    measures = _measures(_metric_of(context.frame.columns), context.frame.columns)
    context.require("experiment", "variant", "label", "epochs", *measures, *columns)
    headings = [Column("Variant", number=False), *(heading for heading, _ in measures.values())]
    for accuracy, (heading, *_) in reached.items():
        headings += [heading, Column(f"Seconds to {accuracy}")]
    headings.append(Column("Epochs trained"))
    lines = []
    for row in context.rows():
        cells = [context.variant_cell(row)]
        cells += [numeric(write(number(row[name]))) for name, (_, write) in measures.items()]
        for _, epochs, seconds in reached.values():
            count, seeds = number(row.get(f"{epochs}_n")), number(row["seeds"])
            detail = seeds_of(count, row) if count and seeds and count < seeds else ""
            cells.append(numeric(wording.mean_count(number(row[epochs])), detail))
            cells.append(numeric(wording.seconds_number(number(row[seconds]))))
        lines.append(Row((*cells, epochs_cell(row))))
    grid = Grid(tuple(headings), tuple(lines))
    if not lines:
        return TableContent((Shown(grid),))
    notes = (
        _note(_metric_of(context.frame.columns)),
        *_collapse_notes(context.runs),
        *((_REACH_NOTE,) if reached else ()),
    )
    return TableContent((Shown(grid, notes=notes),), (words(context.frame),))


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
    """Who trains most and least steadily, and whose accuracy collapses.

    Args:
        frame: rows of one protocol with `label`, `jitter_test_accuracy` and `collapses`.
    """
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
