"""Tables of kind `factors`: which differences carry the gap between two ways of working.

A comparison goes from one way of working to another by changing one factor at a time. A factor may
be a matter of training (another run), of the test set, or of the metric; the last two are other
scores of the same runs and cost no training.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from nnrepro.document import wording
from nnrepro.document.grid import Cell, Grid, Row, entry, grid, number_field, numeric, text_field
from nnrepro.document.text import Text, bold, joined, spaced, text
from nnrepro.statistics.effects import Effect, Score, effect_of, effect_over_seeds
from nnrepro.statistics.intervals import SEEDS, TEST_SET, summarise
from nnrepro.study.kinds import shows, table
from nnrepro.study.options import Comparisons
from nnrepro.study.selectors import Selector
from nnrepro.tables.columns import (
    COMPARISON,
    PRIMARY,
    examples_column,
    examples_used,
    floats,
    metric_name,
    metric_values,
    on_comparison_set,
)
from nnrepro.tables.content import (
    LEVEL,
    Record,
    Shown,
    TableContent,
    TableContext,
    change_interval,
    labels,
    records,
)
from nnrepro.tables.csvfile import TableError, tidy_types
from nnrepro.tables.metrics import metric

FROM, FACTOR, TO, REST = "from", "factor", "to", "rest"
"""What a row stands for: the first way, one factor changed, all changed, what the sum leaves."""

Scoring = Mapping[str, Any]
"""What is scored, and how: `run` (`experiment/variant`), `metric` and `test_set`."""


@table
def factors(
    variants: pd.DataFrame,
    runs: pd.DataFrame,
    *,
    comparisons: Comparisons,
) -> pd.DataFrame:
    """Every factor of every comparison.

    Each of the `comparisons` has a `title`, `from` (`run`, `metric` and `test_set`), `factors` (by
    name, each what it changes of `from`, and its `label`) and `to` (all changed).

    Returns:
        A row per protocol, comparison and `role`: `from`, each `factor`, `to`, and `rest`, which is
        the gap less the sum of the factors' effects: what they do together only. `value` is the
        mean over seeds; `difference` to `from` is the mean over the `seeds` that both have, with
        `ci95_low`, `ci95_high` and `interval`, which tells whether it is over `seeds` or of the
        `test set`. `apart`: the interval leaves out 0. `share`: difference over gap, blank where
        the gap's own interval holds 0. A protocol that lacks a comparison's first run is left out.

    Raises:
        TableError: a comparison names a run that is not among `variants`.
    """
    named = variants["experiment"] + "/" + variants["variant"]
    rows: list[dict[str, Any]] = []
    for protocol in dict.fromkeys(variants["protocol"]):
        present = set(named[variants["protocol"] == protocol])
        here = runs[runs["protocol"] == protocol]
        for name, section in comparisons.items():
            first = {"test_set": PRIMARY, **section["from"]}
            if first["run"] not in present:
                continue
            steps = [first | dict(step) for step in (*section["factors"].values(), section["to"])]
            for step in steps:
                if step["run"] not in present:
                    raise TableError(
                        f"comparison {name}: '{step['run']}' is not among the table's runs"
                    )
            common = {"protocol": protocol, "comparison": name, "title": section["title"]}
            rows += [
                common | row for row in _compared(here, first, list(section["factors"]), steps)
            ]
    if not rows:
        raise TableError(f"none of the comparisons {', '.join(comparisons)} has its first run")
    return tidy_types(pd.DataFrame(rows))


def _compared(
    runs: pd.DataFrame, first: Scoring, names: Sequence[str], steps: Sequence[Scoring]
) -> Iterator[dict[str, Any]]:
    """The rows of one comparison and protocol: a step per name, and one that changes everything."""
    scored, before = _scored(runs, first)
    yield {"role": FROM} | scored
    found = [_scored(runs, step) for step in steps]
    *effects, gap = [
        effect_of(before, after, same_run=step["run"] == first["run"])
        for step, (_, after) in zip(steps, found, strict=True)
    ]
    for name, step, (scored, _), effect in zip(names, steps, found, effects, strict=False):
        row = {"role": FACTOR, "factor": name, "label": str(step.get("label", name))}
        yield row | scored | effect.columns(gap)
    yield {"role": TO} | found[-1][0] | gap.columns(gap)
    yield {"role": REST} | _rest(gap, effects).columns(gap)


def _scored(runs: pd.DataFrame, scoring: Scoring) -> tuple[dict[str, Any], dict[int, Score]]:
    """What is scored with its mean over seeds, and the metric of each seed in their order."""
    experiment, variant = Selector.parse(scoring["run"])
    rows = runs[(runs["experiment"] == experiment) & (runs["variant"] == variant)]
    rows, metric, test_set = rows.sort_values("seed"), scoring["metric"], scoring["test_set"]
    values = floats(metric_values(rows, metric, test_set=test_set))
    if test_set == COMPARISON:  # without a second test set there is nothing to tell
        values = np.where(on_comparison_set(rows).to_numpy(dtype=bool), values, np.nan)
    sizes = floats(examples_used(rows, test_set))
    if examples_column(metric) is None:
        sizes = np.full(len(rows), np.nan)
    summary, epochs = summarise(values), rows["epochs_completed"].dropna()
    scored = {
        "experiment": experiment,
        "variant": variant,
        "metric": metric_name(rows, metric),
        "test_examples": max((int(size) for size in sizes if size > 0), default=None),
        "epochs": int(epochs.min()) if len(epochs) else None,
        "value": summary.mean,
        "seeds": summary.count,
    }
    return scored, {
        int(seed): Score(float(value), None if np.isnan(size) else int(size))
        for seed, value, size in zip(rows["seed"], values, sizes, strict=True)
    }


def _rest(gap: Effect, effects: Sequence[Effect]) -> Effect:
    """The gap less the effects, over the seeds that have them all."""
    return effect_over_seeds(
        {
            # Rounded: where effects add up exactly, what binary fractions leave is no interaction.
            seed: round(whole - sum(effect.by_seed[seed] for effect in effects), 12)
            for seed, whole in gap.by_seed.items()
            if all(seed in effect.by_seed for effect in effects)
        }
    )


@shows(factors)
def show(context: TableContext) -> TableContent:
    """One protocol's comparisons, each in a grid of its own."""
    context.require(
        *("comparison", "title", "role", "label", "value", "difference", "apart", "share")
    )
    groups = [rows for _, rows in context.frame.groupby("comparison", sort=False)]
    shown = (
        Shown(_grid(context, rows), str(rows["title"].iloc[0]), (_note(rows),)) for rows in groups
    )
    return TableContent(tuple(shown), tuple(map(words, groups)))


def _role(rows: pd.DataFrame, role: str) -> Record:
    return records(rows[rows["role"] == role])[0]


def _grid(context: TableContext, rows: pd.DataFrame) -> Grid:
    shown = metric(str(_role(rows, FROM)["metric"]))
    unit = shown.heading.removeprefix(shown.header).strip()

    def changed(row: Record) -> Cell:
        if row["role"] == REST:
            return Cell("Left over", header=True)
        what = {FROM: "Nothing", TO: "Everything"}.get(row["role"], str(row["label"]))
        return context.linked_cell(f"{row['experiment']}/{row['variant']}", what)

    def change(row: Record) -> Cell:
        if row["role"] == FROM:
            return numeric(wording.EMPTY)
        difference = shown.change(row["difference"])
        return numeric(difference, change_interval(row, shown), best=bool(row["apart"]))

    fields = (
        text_field("Changed", changed),
        text_field("Scored by", _scored_by),
        number_field(f"Value {unit}".strip(), entry("value", shown.number)),
        number_field(shown.difference_heading, change),
        number_field("Share of the gap (%)", lambda row: _share(row) or wording.EMPTY),
        number_field("Seeds", entry("seeds", wording.whole)),
    )
    return grid(records(rows), fields, lambda row, cells: Row(cells, row["role"] in (TO, REST)))


def _scored_by(row: Record) -> Cell:
    if row["role"] == REST:
        return Cell(wording.EMPTY)
    examples = row.get("test_examples")
    counted = "" if examples is None else wording.counted(round(examples), "test example")
    return Cell(metric(str(row["metric"])).header, counted)


def _share(row: Record) -> str:
    share = row.get("share")
    return "" if share is None else wording.whole(100 * share)


def _note(rows: pd.DataFrame) -> Text:
    kinds = set(rows["interval"].dropna()) if "interval" in rows.columns else set()
    covered = {
        (True, True): ", over pairs of runs with one seed where there are several, else from the "
        "size of the test sets",
        (True, False): " over pairs of runs with one seed (Student\u2019s t)",
        (False, True): " from the size of the test sets; with one seed, the spread over seeds is "
        "not known",
    }.get((SEEDS in kinds, TEST_SET in kinds))
    return spaced(
        "Each row changes one thing of the first row; the last but one changes all of them, and "
        "what is left over is its change less the sum of the others.",
        f"Behind a change: its {LEVEL} interval{covered}; in bold where it leaves out zero."
        if covered
        else "",
        "Shares are given where the gap itself does.",
    )


def words(rows: pd.DataFrame) -> Text:
    """What carries the gap of a comparison, whose rows these are."""
    first, last, rest = (_role(rows, role) for role in (FROM, TO, REST))
    factors = records(rows[rows["role"] == FACTOR])
    shown = metric(str(first["metric"]))

    def signed(row: Record) -> str:
        return shown.change(row["difference"]) + shown.change_unit

    def share(row: Record) -> str:
        found = _share(row)
        return f" ({found}\u00a0% of the gap)" if found else ""

    carriers = [
        text(bold(str(row["label"])), f", {signed(row)}{share(row)}")
        for row in factors
        if row["apart"]
    ]
    unclear, unknown = (
        [row["label"] for row in factors if row["apart"] is known] for known in (False, None)
    )
    left = ""
    if rest["difference"]:
        brought = {
            True: "which only changes made together bring about",
            False: "which cannot be told from none",
            None: "of which it is not known how sure it is",
        }[rest["apart"]]
        left = f"The effects one by one leave {signed(rest)}, {brought}."
    ends = [shown.text(row["value"]) for row in (first, last)]
    return spaced(
        f"{first['title']}: {_gap_words(last, ends, signed, change_interval(last, shown))}",
        text("Effects one by one: ", joined("; ", carriers), ".") if carriers else "",
        text("Effects that cannot be told from none: ", labels(unclear), ".") if unclear else "",
        text("Effects of unknown certainty: ", labels(unknown), ".") if unknown else "",
        left,
    )


def _gap_words(
    last: Record, ends: Sequence[str], signed: Callable[[Record], str], interval: str
) -> str:
    if last["difference"] is None:
        return "one of the two ends has no value, so that there is no gap to explain."
    apart, gap, between = last["apart"], signed(last), f"from {ends[0]} to {ends[1]}"
    sure = f"({LEVEL} interval {interval})"
    if apart is None:
        return f"{between}, a gap of {gap} whose uncertainty is not known."
    if apart:
        return f"{between}, a gap of {gap} {sure}."
    nothing = "so that there is nothing to divide up"
    return f"{between}: the gap of {gap} cannot be told from none {sure}, {nothing}."
