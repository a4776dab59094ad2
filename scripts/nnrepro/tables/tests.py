"""Tables of kind `tests`: differences between variants, each tested, corrected for their number."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from nnrepro.document import wording
from nnrepro.document.grid import Cell, Grid, entry, grid, number_field, numeric, text_field
from nnrepro.document.text import Text, bold, spaced, text
from nnrepro.measures.names import one_mean
from nnrepro.measures.predictions import AnswersOf
from nnrepro.statistics.intervals import CONFIDENCE
from nnrepro.statistics.paired import MCNEMAR, PAIRED_SAMPLING, PAIRED_T, SAMPLING, WELCH_T
from nnrepro.study.kinds import shows, table
from nnrepro.study.messages import nearest
from nnrepro.study.options import Against, Metrics, SelectedPairs, TestSet
from nnrepro.study.selectors import SELECTED, Selector
from nnrepro.tables.columns import SelectionOf, metric_name, metric_of, standings_by
from nnrepro.tables.content import (
    LEVEL,
    Record,
    Shown,
    TableContent,
    TableContext,
    change_interval,
    list_of,
    records,
)
from nnrepro.tables.csvfile import TableError, tidy_types
from nnrepro.tables.metrics import Metric
from nnrepro.tables.seed_pairs import SeedPairs, corrected
from nnrepro.tables.selection import selectable

BEST = "best"

_COLUMNS = (
    *("protocol", "metric", "base", "changed", "label", "changed_label", "seeds", "test_examples"),
    *("base_value", "changed_value", "difference", "ci95_low", "ci95_high"),
    *("test", "p", "p_holm", "significant"),
)


@table
def tests(
    variants: pd.DataFrame,
    runs: pd.DataFrame,
    selection: SelectionOf,
    answers: AnswersOf,
    *,
    metrics: Metrics,
    pairs: SelectedPairs | None = None,
    against: Against | None = None,
    test_set: TestSet = "primary",
) -> pd.DataFrame:
    """Differences between variants with interval and test.

    Several common seeds are compared seed by seed, several others without pairs. With one, an
    accuracy is tested by the test examples (`nnrepro.statistics.paired`): that of the last epoch by
    the exact McNemar test where both runs have their predictions; other accuracies by the same
    examples' sampling error, to which the noise between epochs is added for means over a window.
    Runs without predictions, or judged on different test sets, are compared by both sampling
    errors. Of losses and times of single runs nothing is tested.

    In place of `pairs` of a base and a changed variant, all others are compared `against` an
    `experiment/variant`, or against `best`, the best by each metric. `experiment/selected` is the
    variant that the protocol selects of those in the table.

    Returns:
        A row per protocol, metric and pair: `protocol`, `metric`, `base`, `changed`, `label`,
        `changed_label`, `seeds` (compared, of the variant that has fewer), `test_examples`,
        `base_value`, `changed_value`, `difference` (changed minus base), `ci95_low`, `ci95_high`,
        `test`, `p`, `p_holm` (corrected for the number of tests of this protocol in this table by
        the first metric, the primary one; blank for others) and `significant` (`p_holm` below 5 %).
        The two values are means over the seeds compared, or where one variant has no value, over
        all seeds of the other.

    Raises:
        TableError: a variant of a pair is unknown.
    """
    rows: list[dict[str, Any]] = []
    for protocol in dict.fromkeys(variants["protocol"]):
        here = _Here(variants[variants["protocol"] == protocol].reset_index(drop=True), selection)
        seeds = SeedPairs(here.rows, runs, test_set, answers)
        parts = []
        for metric in dict.fromkeys(metric_of(name, protocol, selection) for name in metrics):
            found = (
                here.all_against(against, metric, test_set) if against else here.pairs(pairs or ())
            )
            for base, changed in found:
                parts.append(
                    {"protocol": protocol, "metric": metric_name(variants, metric)}
                    | {"base": here.names[base], "changed": here.names[changed]}
                    | seeds.compared(base, changed, metric)
                )
        # One primary metric: what further ones say of the same runs is no further question.
        first = next((part["metric"] for part in parts if not np.isnan(part["p"])), "")
        rows += corrected(parts, first)
    # As objects, so that whole numbers beside blanks stay whole.
    return tidy_types(pd.DataFrame(rows, columns=_COLUMNS, dtype="object"))


@dataclass(frozen=True, eq=False)
class _Here:
    """The variants of one protocol, and which of them are compared."""

    rows: pd.DataFrame
    selection: SelectionOf

    @cached_property
    def names(self) -> list[str]:
        """Each variant as `experiment/variant`."""
        return [*(self.rows["experiment"] + "/" + self.rows["variant"])]

    def all_against(self, base: str, metric: str, test_set: str) -> list[tuple[int, int]]:
        """Positions of the base and of every other variant; none where there is no such base."""
        if base == BEST:
            position = standings_by(self.rows, metric, test_set=test_set).best
        else:
            position = self._position(base)
        if position is None:
            return []
        return [(position, other) for other in range(len(self.rows)) if other != position]

    def pairs(self, pairs: Sequence[Sequence[str]]) -> Iterator[tuple[int, int]]:
        """Positions of base and changed variants; pairs of which neither is here are left out.

        Of a pair only a selected variant may be lacking: where nothing could be selected.
        """
        for pair in pairs:
            base, changed = (self._position(name) for name in pair)
            if base is not None and changed is not None:
                yield base, changed
            elif base is not None or changed is not None:
                lacking = pair[0] if base is None else pair[1]
                if not lacking.endswith(f"/{SELECTED}"):
                    raise TableError(
                        f"pair {' and '.join(pair)}: '{lacking}' is not among the table's runs of "
                        f"the protocol '{self.rows['protocol'][0]}'{nearest(lacking, self.names)}"
                    )

    def _position(self, name: str) -> int | None:
        """Where a variant stands; None where it does not."""
        experiment, variant = Selector.parse(name)
        if variant != SELECTED:
            return self.names.index(name) if name in self.names else None
        among = (self.rows["experiment"] == experiment).to_numpy(dtype=bool)
        if among.sum() < 2:  # the table was made of the selected one alone
            return next(iter(np.flatnonzero(among).tolist()), None)
        metric = self.selection(str(self.rows["protocol"][0]), experiment)
        return standings_by(self.rows, metric, eligible=among & selectable(self.rows)).best


_MEANINGS = {
    PAIRED_T: "differences seed by seed (Student\u2019s t)",
    WELCH_T: "the spread of each one\u2019s seeds, as fewer than two are in common",
    MCNEMAR: "which test examples each answered right after its last epoch",
    PAIRED_SAMPLING: (
        "the sampling error on the same test examples, and for means over a window the noise "
        "between epochs"
    ),
    SAMPLING: "the sampling errors of both test results, as if these had nothing in common",
}
"""What each test goes by."""


@shows(tests)
def show(context: TableContext) -> TableContent:
    """The tests of one protocol, a grid per metric."""
    context.require("metric", "base", "changed", "label", "changed_label", "difference", "p_holm")
    shown, said = [], []
    for item, rows in context.by_metric():
        notes = (*context.window_notes(item), _note(set(rows["test"].dropna())))
        shown.append(Shown(_grid(context, rows, item), context.title(item), notes))
        said.append(words(rows, item, context.phrase(item)))
    return TableContent(tuple(shown), tuple(said))


def _grid(context: TableContext, rows: pd.DataFrame, shown: Metric) -> Grid:
    def changed(row: Record) -> Cell:
        against = f"against {row['label']}"
        return context.linked_cell(row["changed"], row["changed_label"], against)

    def values(row: Record) -> str:
        return " \u2192 ".join(shown.number(row[f"{end}_value"]) for end in ("base", "changed"))

    def change(row: Record) -> Cell:
        interval = change_interval(row, shown)
        return numeric(shown.change(row["difference"]), interval, best=bool(row["significant"]))

    def tested_by(row: Record) -> Cell:
        seeds, test = row["seeds"], row["test"] or ""
        counted = wording.counted(round(seeds), "seed") if test and seeds and seeds > 1 else ""
        return Cell(test or wording.EMPTY, counted)

    fields = (
        text_field("Variant", changed),
        number_field(f"{one_mean(shown.heading)}, from \u2192 to", values),
        number_field(shown.difference_heading, change),
        number_field("p", entry("p", wording.p_value)),
        number_field("p (Holm)", entry("p_holm", wording.p_value)),
        text_field("Tested by", tested_by),
    )
    return grid(records(rows), fields)


def _note(used: set[str]) -> Text:
    limit = wording.plain(round(100 * (1 - CONFIDENCE), 9))
    return spaced(
        f"Behind a change: its {LEVEL} interval. p (Holm) is corrected for all tests by the "
        f"first metric; a change is in bold where it is below {limit}\u00a0%.",
        *(f"Tested by {name}: {goes_by}." for name, goes_by in _MEANINGS.items() if name in used),
        "With one seed, how another would turn out is not known."
        if used - {PAIRED_T, WELCH_T}
        else "",
    )


def words(rows: pd.DataFrame, shown: Metric, phrase: str) -> Text:
    """Which differences in a metric are significant."""
    tested = rows[rows["p_holm"].notna()]
    alone = rows.get("p", rows["p_holm"]).dropna()
    if tested.empty and len(alone):
        counted = wording.counted(len(alone), "difference")
        clear = int((alone < 1 - CONFIDENCE).sum())
        if not clear:
            return text(f"No difference in {phrase}, a further metric, lies outside the noise.")
        return text(
            f"Of {counted} in {phrase}, a further metric, {wording.grouped(clear)} "
            f"{'lies' if clear == 1 else 'lie'} outside the noise, not corrected for their number."
        )
    if tested.empty:
        return text(f"No difference in {phrase} could be tested.")
    found = [
        text(
            bold(str(row["changed_label"])),
            " against ",
            bold(str(row["label"])),
            f" ({shown.change(row['difference'])}{shown.change_unit})",
        )
        for row in records(tested)
        if row["significant"]
    ]
    count = wording.counted(len(tested), "difference")
    after = "significant after Holm\u2019s correction"
    if found:
        are = wording.agree(found, "is", "are")
        said = text(f"Of {count} in {phrase}, {len(found)} {are} {after}: ", list_of(found), ".")
    elif len(tested) == 1:
        said = text(f"The one difference in {phrase} is not {after}.")
    else:
        said = text(f"None of {count} in {phrase} is {after}.")
    further = wording.counted(len(rows) - len(tested), "further difference")
    return spaced(said, f"{further} could not be tested." if len(rows) > len(tested) else "")
