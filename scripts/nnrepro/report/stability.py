"""Tables of kind `stability`: how steadily variants train, and how soon they get somewhere."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from nnrepro.document import wording
from nnrepro.document.grid import Cell, Column, Grid, Row
from nnrepro.report.page import Statement
from nnrepro.study.run import Run
from nnrepro.tables.content import TableContent, TableContext, epochs_cell, number
from nnrepro.tables.runs import reach_columns


@dataclass(frozen=True)
class Amount:
    """Variants and what they have in common, in words."""

    labels: tuple[str, ...]
    value: str


@dataclass(frozen=True)
class StabilityFacts:
    """Who trains most and least steadily.

    Attributes:
        count: variants whose jitter is known.
        steadiest: those with the least jitter; None when nothing is known.
        wildest: those with the most; None when all have as much.
        judged: variants of which it is known whether they collapse.
        collapsing: those that do, with how often, most often first.
    """

    count: int
    steadiest: Amount | None
    wildest: Amount | None
    judged: int
    collapsing: tuple[Amount, ...]


@dataclass(frozen=True)
class CollapseFacts:
    """What counts as a collapse, in words."""

    below: str
    above: str
    epochs: str


def stability_content(context: TableContext) -> TableContent:
    """How steadily one protocol's variants train."""
    levels = [float(level) for level in context.spec.options.get("accuracies", ())]
    reached = [name for level in levels for name in reach_columns(level)]
    context.require("experiment", "variant", "label", "epochs", *_SHOWN, *reached)
    frame = context.frame
    columns = (
        Column("Variant", number=False),
        Column("Jitter (points)"),
        Column("Range at end (points)"),
        Column("Collapses"),
        Column("Train \u2212 test (points)"),
        *(Column(heading) for level in levels for heading in _reach_headings(level)),
        Column("Epochs trained"),
    )
    rows = tuple(_row(context, row, levels) for _, row in frame.iterrows())
    statements = (Statement("stability", stability_facts(frame)),) if rows else ()
    return TableContent((("", Grid(columns, rows)),), statements, _notes(context))


def stability_facts(frame: pd.DataFrame) -> StabilityFacts:
    """Facts on a stability table.

    Args:
        frame: rows of one protocol with `label`, `jitter_test_accuracy` and `collapses`.
    """
    jitter = frame["jitter_test_accuracy"].astype("float64").dropna()
    collapses = frame["collapses"].astype("float64").dropna()
    least, most = jitter.min(), jitter.max()
    counts = sorted({value for value in collapses if value > 0}, reverse=True)
    return StabilityFacts(
        count=len(jitter),
        steadiest=_amount(frame, jitter, least, _points(least)) if len(jitter) else None,
        wildest=_amount(frame, jitter, most, _points(most)) if most > least else None,
        judged=len(collapses),
        collapsing=tuple(
            _amount(frame, collapses, value, wording.mean_count(value)) for value in counts
        ),
    )


_SHOWN = ("jitter_test_accuracy", "window_range_test_accuracy", "collapses", "gap")


def _points(value: float) -> str:
    return f"{wording.percent_number(value)} percentage points"


def _amount(frame: pd.DataFrame, values: pd.Series, value: float, words: str) -> Amount:
    labels = frame.loc[values.index[values == value], "label"]
    return Amount(tuple(str(label) for label in labels), words)


def _reach_headings(level: float) -> tuple[str, str]:
    accuracy = wording.plain(round(100 * level, 6))
    return f"Epochs to {accuracy}\u202f%", f"Seconds to {accuracy}\u202f%"


def _row(context: TableContext, row: pd.Series, levels: Sequence[float]) -> Row:
    jitter, spread, collapses, gap = (number(row[name]) for name in _SHOWN)
    head = context.label_cell(
        str(row["experiment"]), str(row["variant"]), str(row["label"]), row.get("status")
    )
    cells = [
        head,
        Cell(wording.percent_number(jitter), number=True),
        Cell(wording.percent_number(spread), number=True),
        Cell(wording.mean_count(collapses), number=True),
        Cell(wording.points(gap), number=True),
    ]
    for level in levels:
        epochs, seconds = reach_columns(level)
        detail = _seeds_reaching(row, epochs)
        cells.append(Cell(wording.mean_count(number(row[epochs])), detail, number=True))
        cells.append(Cell(wording.seconds_number(number(row[seconds])), number=True))
    return Row((*cells, epochs_cell(row)))


def _seeds_reaching(row: pd.Series, column: str) -> str:
    """In how many seeds an accuracy is reached, where that is not all of them."""
    reached, seeds = number(row.get(f"{column}_n")), number(row["seeds"])
    if not reached or seeds is None or reached >= seeds:
        return ""
    return f"in {wording.whole(reached)} of {wording.counted(round(seeds), 'seed')}"


def _notes(context: TableContext) -> dict[str, tuple[Statement, ...]]:
    if context.frame.empty:
        return {}
    notes = [Statement("stability_note", None)]
    notes += [Statement("collapse_note", facts) for facts in _definitions(context.runs)]
    if context.spec.options.get("accuracies"):
        notes.append(Statement("reach_note", None))
    return {"": tuple(notes)}


def _definitions(runs: Sequence[Run]) -> list[CollapseFacts]:
    """What counts as a collapse in these runs; of several definitions each once."""
    names = ("collapse_below", "collapse_above", "collapse_epochs")
    known = [run.settings for run in runs if run.settings.get("classes")]
    found = dict.fromkeys(tuple(settings[name] for name in names) for settings in known)
    return [CollapseFacts(*map(wording.plain, values)) for values in found]
