"""Tables of kind `pairs`: what a change did to each base variant."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from nnrepro.document import wording
from nnrepro.document.grid import Cell, Field, grid, number_field, text_field
from nnrepro.document.text import Text, spaced, text
from nnrepro.study.kinds import shows, table
from nnrepro.study.messages import nearest
from nnrepro.study.options import Metrics, Pairs, TestSet
from nnrepro.tables.columns import SelectionOf, floats, metric_name, metric_of, metric_values
from nnrepro.tables.content import Record, Shown, TableContent, TableContext, labels, records
from nnrepro.tables.csvfile import TableError, tidy_types
from nnrepro.tables.metrics import SECONDS, Metric, metric


@table
def pairs(
    variants: pd.DataFrame,
    selection: SelectionOf,
    *,
    metrics: Metrics,
    pairs: Pairs,
    test_set: TestSet = "primary",
) -> pd.DataFrame:
    """Base variants against changed ones, for example without and with dropout.

    Returns:
        A row per protocol, pair and metric: `protocol`, `base`, `changed`, `label` and
        `changed_label`, `metric`, `base_value`, `changed_value`, `difference` (changed minus base),
        `relative` (difference over base), `time_ratio` (training time, changed over base) and
        `intervals_overlap`. A protocol that has neither variant of a pair is left out of it.

    Raises:
        TableError: a pair of which one variant, or in every protocol both, are not among the rows.
    """
    rows: list[dict[str, Any]] = []
    found: set[tuple[str, ...]] = set()
    for protocol, here in variants.groupby("protocol", sort=False):
        position = {name: i for i, name in enumerate(here["experiment"] + "/" + here["variant"])}
        for pair in map(tuple, pairs):
            if not position.keys() & set(pair):
                continue
            for name in pair:
                if name not in position:
                    raise TableError(
                        f"pair {' and '.join(pair)}: '{name}' is not among the table's runs of the "
                        f"protocol '{protocol}'{nearest(name, position)}"
                    )
            found.add(pair)
            both = here.iloc[[position[name] for name in pair]]
            for asked in metrics:
                wanted = metric_of(asked, str(protocol), selection)
                shown = metric_name(variants, wanted)
                rows.append(
                    {"protocol": protocol, "base": pair[0], "changed": pair[1], "metric": shown}
                    | _compared(both, wanted, test_set)
                )
    for pair in map(tuple, pairs):
        if pair not in found:
            raise TableError(f"pair {' and '.join(pair)}: neither is among the table's runs")
    return tidy_types(pd.DataFrame(rows))


def _compared(pair: pd.DataFrame, wanted: str, test_set: str) -> dict[str, Any]:
    """Base and changed variant (the two rows of `pair`) by one metric."""
    (base, changed), low, high = (
        floats(metric_values(pair, wanted, test_set=test_set, suffix=suffix)).tolist()
        for suffix in ("", "_ci95_low", "_ci95_high")
    )
    seconds = floats(pair["train_seconds"]).tolist()
    known = not np.isnan(low).any()
    return {
        "label": pair["label"].iloc[0],
        "changed_label": pair["label"].iloc[1],
        "base_value": base,
        "changed_value": changed,
        "difference": changed - base,
        "relative": (changed - base) / base if base else float("nan"),
        "time_ratio": seconds[1] / seconds[0] if seconds[0] else float("nan"),
        "intervals_overlap": bool(max(low) <= min(high)) if known else None,
    }


@shows(pairs)
def show(context: TableContext) -> TableContent:
    """Base and changed variants of one protocol."""
    context.require("base", "changed", "label", "changed_label", "metric", "difference")
    shown = context.asked_metrics()
    pairs = [
        {metric(str(row["metric"])): row for row in records(rows)}
        for _, rows in context.frame.groupby(["base", "changed"], sort=False)
    ]

    def changed(pair: Mapping[Metric, Record]) -> Cell:
        row = next(iter(pair.values()))
        return context.linked_cell(row["changed"], row["changed_label"], f"from {row['label']}")

    fields = [text_field("Changed variant", changed)]
    for item in shown:
        fields += _change_fields(context, item)
    said = [words(rows, item, context.phrase(item)) for item, rows in context.by_metric()]
    table = Shown(grid(pairs, fields), notes=context.window_notes(*shown))
    return TableContent((table,), tuple(filter(None, said)))


def _change_fields(context: TableContext, shown: Metric) -> tuple[Field, Field]:
    """A metric's values, and how the second differs from the first."""

    def values(pair: Mapping[Metric, Record]) -> str:
        row = pair.get(shown, {})
        return " → ".join(shown.number(row.get(f"{end}_value")) for end in ("base", "changed"))

    def change(pair: Mapping[Metric, Record]) -> str:
        row = pair.get(shown, {})
        timed = shown.quantity == SECONDS
        return (
            wording.ratio(row.get("time_ratio")) if timed else shown.change(row.get("difference"))
        )

    heading = "Factor" if shown.quantity == SECONDS else shown.difference_heading
    return (
        number_field(f"{context.heading(shown)}, from → to", values),
        number_field(heading, change),
    )


def words(rows: pd.DataFrame, shown: Metric, phrase: str) -> Text:
    """What changed in a metric.

    Rows have `label`, `changed_label`, `difference` (for times `time_ratio`) and, where known,
    `intervals_overlap`.
    """
    if shown.quantity == SECONDS:
        return _time_words(rows["time_ratio"].dropna().astype("float64"))
    known = rows[rows["difference"].notna()]
    if known.empty:
        return text(f"No pair has both values of {phrase}.")
    change = known["difference"].astype("float64")
    counts = {
        "rises in": int((change > 0).sum()),
        "falls in": int((change < 0).sum()),
        "stays the same in": int((change == 0).sum()),
    }
    moves = wording.joined([f"{how} {wording.grouped(n)}" for how, n in counts.items() if n])
    said = spaced(
        f"Of {wording.counted(len(known), 'pair')}, {phrase} {moves}.", _largest(known, shown)
    )
    overlaps = [row.get("intervals_overlap") for row in records(known)]
    if None not in overlaps:
        apart = known["changed_label"][[not overlap for overlap in overlaps]]
        if len(apart):
            said = spaced(said, text("Intervals that do not overlap: ", labels(apart), "."))
    unknown = len(rows) - len(known)
    further = wording.counted(unknown, "further pair")
    return spaced(said, f"In {further} a value is missing." if unknown else "")


def _largest(known: pd.DataFrame, shown: Metric) -> Text:
    """The largest change; nothing where none changed."""
    change = known["difference"].astype("float64")
    row = known.iloc[int(change.abs().to_numpy().argmax())]
    if not row["difference"]:
        return ()
    size = f"{shown.change(float(row['difference']))}{shown.change_unit}"
    base, changed = labels([row["label"]]), labels([row["changed_label"]])
    return text(f"The largest change is {size} (", base, " \u2192 ", changed, ").")


def _time_words(ratios: pd.Series) -> Text:
    """By which factors training time changes; nothing where that is not known."""
    if ratios.empty:
        return ()
    least, most = wording.ratio(ratios.min()), wording.ratio(ratios.max())
    if least == most:
        return text(f"Training time changes by a factor of {least}.")
    return text(f"Training time changes by factors from {least} to {most}.")
