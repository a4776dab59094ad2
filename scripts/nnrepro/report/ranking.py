"""Tables of kind `ranking`: variants by a metric, and who cannot be told apart from the best."""

from dataclasses import dataclass

import pandas as pd

from nnrepro.document import wording
from nnrepro.document.grid import Cell, Column, Grid, Row
from nnrepro.report.metrics import Metric, metric
from nnrepro.report.page import Statement
from nnrepro.tables.content import (
    CONFIDENCE_LEVEL,
    TIED,
    TIED_FACTS,
    TableContent,
    TableContext,
    flag,
    interval_notes,
    interval_text,
    interval_words,
    number,
)


@dataclass(frozen=True)
class Placed:
    """A variant and its value in words."""

    label: str
    value: str


@dataclass(frozen=True)
class RankingFacts:
    """Who leads, by how much, and who cannot be told apart.

    Attributes:
        metric: what is ranked by.
        count: variants that have a value.
        without: labels of the variants that have none.
        leaders: labels of the variants with the best value.
        value: the best value.
        interval: its interval; empty where not known.
        level: confidence level of the interval, in percent.
        runner_up: labels of the next best variants.
        margin: how far they lie behind.
        last: the worst variant; None where all have the same value.
        tied: labels of other variants that cannot be told apart from the best; None where that is
            not known of all.
        chance: the leader's probability of being the best; empty where not known, or where several
            lead.
    """

    metric: str
    count: int
    without: tuple[str, ...] = ()
    leaders: tuple[str, ...] = ()
    value: str = ""
    interval: str = ""
    level: str = CONFIDENCE_LEVEL
    runner_up: tuple[str, ...] = ()
    margin: str = ""
    last: Placed | None = None
    tied: tuple[str, ...] | None = None
    chance: str = ""


@dataclass(frozen=True)
class StableFacts:
    """How many variants a limit on their closing range leaves."""

    kept: int
    considered: int
    limit: str

    @property
    def single(self) -> bool:
        """Whether one variant is left."""
        return self.kept == 1

    @property
    def every(self) -> bool:
        """Whether none is left out."""
        return self.kept == self.considered


def ranking_content(context: TableContext) -> TableContent:
    """A ranking of one protocol's variants."""
    context.require("rank", "experiment", "variant", "label", "difference_to_best")
    frame = context.frame
    shown = context.asked_metrics()
    ranked_by = _ranked_by(context, shown)
    if ranked_by.name not in [item.name for item in shown]:
        shown.insert(0, ranked_by)
    grid = Grid(
        columns=(
            Column("Rank"),
            Column("Variant", number=False),
            *_metric_headings(context, shown, ranked_by),
            *_extra_headings(context),
        ),
        rows=tuple(_row(context, row, shown, ranked_by) for _, row in frame.iterrows()),
    )
    statements = (*_stable_statements(context), *_statements(context, ranked_by))
    return TableContent((("", grid),), statements, {"": _notes(context, shown, ranked_by)})


def ranking_facts(frame: pd.DataFrame, column: str, shown: Metric, phrase: str) -> RankingFacts:
    """Facts on a ranking.

    Args:
        frame: rows with `label`, the metric's column and, where known, its interval's ends,
            `tied_with_best` and `probability_best`.
        column: the metric's column.
        shown: the metric.
        phrase: its name in a sentence.
    """
    values = frame[column].astype("float64")
    present = frame[values.notna()]
    without = tuple(str(label) for label in frame.loc[values.isna(), "label"])
    if present.empty:
        return RankingFacts(phrase, 0, without)
    order = values[present.index].sort_values(ascending=not shown.higher_is_better, kind="stable")
    best = float(order.iloc[0])
    leaders = order.index[order == best]
    behind = order[order != best]
    first = present.loc[leaders[0]]
    return RankingFacts(
        metric=phrase,
        count=len(present),
        without=without,
        leaders=_labels(frame, leaders),
        value=shown.text(best),
        interval=interval_words(first, column, shown),
        runner_up=_labels(frame, behind.index[behind == behind.iloc[0]]) if len(behind) else (),
        margin=shown.margin(behind.iloc[0] - best) if len(behind) else "",
        last=_last(frame, order, shown) if len(behind) else None,
        tied=_tied(present, leaders),
        chance=_chance(present, leaders),
    )


def _last(frame: pd.DataFrame, order: pd.Series, shown: Metric) -> Placed:
    return Placed(str(frame.loc[order.index[-1], "label"]), shown.text(float(order.iloc[-1])))


def _labels(frame: pd.DataFrame, index: pd.Index) -> tuple[str, ...]:
    return tuple(str(label) for label in frame.loc[index, "label"])


def _tied(present: pd.DataFrame, leaders: pd.Index) -> tuple[str, ...] | None:
    """Labels of the variants behind the leaders that cannot be told apart from the best."""
    behind = present[~present.index.isin(leaders)]
    ties = [flag(value) for value in behind.get("tied_with_best", [None] * len(behind))]
    if None in ties:
        return None
    return _labels(present, behind.index[[bool(tie) for tie in ties]])


def _chance(present: pd.DataFrame, leaders: pd.Index) -> str:
    """The probability of the one leader being the best, in words."""
    if len(leaders) != 1 or len(present) < 2 or "probability_best" not in present.columns:
        return ""
    chance = number(present.loc[leaders[0], "probability_best"])
    return "" if chance is None else wording.chance(chance)


def _ranked_by(context: TableContext, shown: list[Metric]) -> Metric:
    names = context.frame.get("ranked_by", pd.Series(dtype="str")).dropna()
    if len(names):
        return metric(str(names.iloc[0]))
    sort_by = context.resolve(str(context.spec.options.get("sort_by", "declared")))
    return shown[0] if sort_by == "declared" else metric(sort_by)


def _metric_headings(
    context: TableContext, shown: list[Metric], ranked_by: Metric
) -> tuple[Column, ...]:
    headings: list[Column] = []
    for item in shown:
        headings.append(Column(context.heading(item)))
        if item.name == ranked_by.name:
            headings.append(Column("To best"))
            headings += [Column("Chance of best (%)")] if _shows_chance(context) else []
    return tuple(headings)


def _extra_headings(context: TableContext) -> tuple[Column, ...]:
    return (
        *((Column("Range at end"),) if _shows_range(context) else ()),
        *((Column("Test images"),) if _mixes_test_sets(context) else ()),
    )


def _shows_range(context: TableContext) -> bool:
    return "stable_below" in context.spec.options


def _shows_chance(context: TableContext) -> bool:
    """Whether the probability of being the best is known."""
    frame = context.frame
    return "probability_best" in frame.columns and bool(frame["probability_best"].notna().any())


def _mixes_test_sets(context: TableContext) -> bool:
    return context.spec.options.get("test_set") == "comparison"


def _row(context: TableContext, row: pd.Series, shown: list[Metric], ranked_by: Metric) -> Row:
    rank = number(row["rank"])
    tied = flag(row.get("tied_with_best"))
    cells = [
        Cell(wording.whole(rank), number=True),
        context.label_cell(
            str(row["experiment"]), str(row["variant"]), str(row["label"]), row.get("status")
        ),
    ]
    for item in shown:
        column = context.column(item)
        ranks = item.name == ranked_by.name
        detail = interval_text(row, column, item) if ranks else ""
        text = item.number(number(row[column]))
        cells.append(Cell(text, detail, number=True, best=ranks and rank == 1))
        if ranks:
            gap = number(row["difference_to_best"])
            mark = TIED if tied and rank != 1 else ""
            cells.append(Cell(item.change(gap), mark=mark, number=True))
            if _shows_chance(context):
                chance = number(row["probability_best"])
                cells.append(Cell(wording.chance_number(chance), number=True))
    if _shows_range(context):
        spread = number(row.get("window_range_test_accuracy"))
        cells.append(Cell(wording.percent_number(spread), number=True))
    if _mixes_test_sets(context):
        cells.append(Cell(wording.whole(number(row.get("test_examples"))), number=True))
    return Row(tuple(cells))


def _statements(context: TableContext, ranked_by: Metric) -> tuple[Statement, ...]:
    if context.frame.empty:
        return ()
    column = context.column(ranked_by)
    facts = ranking_facts(context.frame, column, ranked_by, context.phrase(ranked_by))
    return (Statement("ranking", facts),)


def _stable_statements(context: TableContext) -> tuple[Statement, ...]:
    limit = context.spec.options.get("stable_below")
    if limit is None:
        return ()
    considered = len({(run.experiment, run.variant) for run in context.runs})
    facts = StableFacts(len(context.frame), considered, wording.plain(100 * float(limit)))
    return (Statement("stable", facts),)


def _notes(context: TableContext, shown: list[Metric], ranked_by: Metric) -> tuple[Statement, ...]:
    frame = context.frame
    tied = [flag(value) for value in frame.get("tied_with_best", [])]
    ranks = [number(value) for value in frame["rank"]]
    marked = any(mark and rank != 1 for mark, rank in zip(tied, ranks, strict=True))
    return (
        *context.window_notes(shown),
        *interval_notes(context, ranked_by),
        *((Statement("tied_note", TIED_FACTS),) if marked else ()),
        *((Statement("chance_note", None),) if _shows_chance(context) else ()),
        *((Statement("range_note", None),) if _shows_range(context) and len(frame) else ()),
    )
