"""Tables of kind `optimism`: what selecting on the test set adds to the selected score."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from nnrepro.document import wording
from nnrepro.document.grid import Cell, Column, Grid, Row
from nnrepro.report.metrics import Metric, metric
from nnrepro.report.page import Statement
from nnrepro.tables.content import CONFIDENCE_LEVEL, TableContent, TableContext, flag, number

_COLUMNS = (
    *("experiment", "rule", "selects", "selected_score", "honest_score", "optimism"),
    *("optimism_low", "optimism_high", "epoch_optimism", "variant", "label", "chosen_share"),
    "reason",
)


@dataclass(frozen=True)
class OptimismFacts:
    """What a protocol's own way of selecting adds.

    Attributes:
        metric: what it selects by.
        reason: why no number is given; empty when there is one.
        optimism: the mean difference between both halves.
        selected: score on the half that selects.
        honest: score on the other half.
        splits: ways in which the test set was halved.
        low: lower end of the differences of most splits.
        high: upper end.
        level: share of the splits between these ends, in percent.
        epoch: what choosing the epoch adds; empty where none is chosen.
        favourite: the variant that is chosen most often.
        share: in which share of the splits.
        others: how many other variants are chosen at least once.
    """

    metric: str
    reason: str = ""
    optimism: str = ""
    selected: str = ""
    honest: str = ""
    splits: int = 0
    low: str = ""
    high: str = ""
    level: str = CONFIDENCE_LEVEL
    epoch: str = ""
    favourite: str = ""
    share: str = ""
    others: int = 0


@dataclass(frozen=True)
class OptimismNote:
    """What a grid rests on.

    Attributes:
        level: as in `OptimismFacts`.
        half: examples in half of the test set.
        final: whether only the answers of the final epoch are known.
        left_out: variants of which nothing is known.
        single_runs: whether the optimism among single runs is told, as there are several seeds.
    """

    level: str
    half: int
    final: bool
    left_out: int
    single_runs: bool


def optimism_content(context: TableContext) -> TableContent:
    """One protocol's ways of selecting, a grid per experiment that is selected from."""
    context.require(*_COLUMNS)
    experiments = context.source.study.experiments
    groups = [(str(name), group) for name, group in context.frame.groupby("experiment", sort=False)]
    grids, notes, statements = [], {}, []
    for name, rows in groups:
        title = experiments[name].title if len(groups) > 1 else ""
        rules = [group for _, group in rows.groupby("rule", sort=False)]
        grids.append((title, _grid(context, rules)))
        notes[title] = _notes(rows)
        own = next((group for group in rules if flag(group["selects"].iloc[0])), None)
        if own is not None:
            statements.append(Statement("optimism", optimism_facts(own, _phrase(context, own))))
    return TableContent(tuple(grids), tuple(statements), notes)


def optimism_facts(rows: pd.DataFrame, phrase: str) -> OptimismFacts:
    """Facts on one way of selecting.

    Args:
        rows: its rows, one per variant chosen, the most frequent first.
        phrase: the metric that selects, in a sentence.
    """
    first = rows.iloc[0]
    if not pd.isna(first["reason"]):
        return OptimismFacts(phrase, str(first["reason"]))
    epoch = number(first["epoch_optimism"])
    low, high = (_points(first[f"optimism_{end}"]) for end in ("low", "high"))
    return OptimismFacts(
        metric=phrase,
        optimism=f"{_points(first['optimism'])} percentage points",
        selected=wording.percent(number(first["selected_score"])),
        honest=wording.percent(number(first["honest_score"])),
        splits=int(first["splits"]),
        low=low,
        high=high,
        epoch=f"{_points(epoch)} percentage points" if epoch else "",
        favourite=str(first["label"]),
        share=_share(first["chosen_share"]),
        others=len(rows) - 1,
    )


def _grid(context: TableContext, rules: Sequence[pd.DataFrame]) -> Grid:
    columns = [
        Column("Selected by", number=False),
        Column("Half that selects (%)"),
        Column("Other half (%)"),
        Column("Optimism (points)"),
        Column("From the epoch (points)"),
    ]
    several = any(number(rows["single_run_ci95_low"].iloc[0]) is not None for rows in rules)
    if several:
        columns.append(Column("Single runs (points)"))
    columns.append(Column("Chosen most often", number=False))
    rows = tuple(_row(context, group, several=several) for group in rules)
    return Grid(tuple(columns), rows)


def _row(context: TableContext, rows: pd.DataFrame, *, several: bool) -> Row:
    first = rows.iloc[0]
    own = bool(flag(first["selects"]))
    head = Cell(
        context.heading(_rule(rows)).removesuffix(" (%)"),
        "the protocol\u2019s own" if own else "",
        header=True,
        best=own,
    )
    known = pd.isna(first["reason"])
    cells = [
        head,
        Cell(wording.percent_number(number(first["selected_score"])), number=True),
        Cell(wording.percent_number(number(first["honest_score"])), number=True),
        _spread(first, "optimism", "optimism_low", "optimism_high"),
        Cell(_points(first["epoch_optimism"]), number=True),
    ]
    if several:
        ends = ("single_run_ci95_low", "single_run_ci95_high")
        cells.append(_spread(first, "single_run_optimism", *ends))
    if known:
        chosen = _share(first["chosen_share"])
        label = context.label_cell(
            str(first["experiment"]), str(first["variant"]), str(first["label"])
        )
        cells.append(Cell(label.text, f"in {chosen} of splits", label.href))
    else:
        cells.append(Cell("none given", str(first["reason"])))
    return Row(tuple(cells))


def _notes(rows: pd.DataFrame) -> tuple[Statement, ...]:
    known = rows[rows["reason"].isna()]
    if known.empty:
        return ()
    first = known.iloc[0]
    facts = OptimismNote(
        level=CONFIDENCE_LEVEL,
        half=int(first["test_examples"]) // 2,
        final=str(first["basis"]) == "final epoch",
        left_out=int(first["left_out"]),
        single_runs=number(first["single_run_ci95_low"]) is not None,
    )
    return (Statement("optimism_note", facts),)


def _rule(rows: pd.DataFrame) -> Metric:
    return metric(str(rows["rule"].iloc[0]))


def _phrase(context: TableContext, rows: pd.DataFrame) -> str:
    return context.phrase(_rule(rows))


def _spread(row: pd.Series, value: str, low: str, high: str) -> Cell:
    ends = [_points(row[end]) for end in (low, high)]
    detail = "" if wording.EMPTY in ends else " to ".join(ends)
    return Cell(_points(row[value]), detail, number=True)


def _points(difference: object) -> str:
    return wording.points(number(difference))


def _share(share: object) -> str:
    value = number(share)
    return f"{wording.whole(None if value is None else 100 * value)}\u202f%"
