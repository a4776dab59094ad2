"""Tables of kind `ranking`: variants by a metric, and who cannot be told apart from the best."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from nnrepro.document import wording
from nnrepro.document.grid import Cell, Field, entry, grid, number_field, numeric, text_field
from nnrepro.document.text import Text, bold, spaced, text
from nnrepro.measures.curves import ROUNDING
from nnrepro.study.kinds import shows, table
from nnrepro.study.metrics import DECLARED
from nnrepro.study.options import Metrics, Share, SortBy, TestSet
from nnrepro.tables.columns import (
    COMPARISON,
    RANGE,
    SelectionOf,
    examples_used,
    finalists,
    floats,
    main_metric,
    metric_name,
    metric_of,
    metric_values,
    metrics_of,
    standings_by,
)
from nnrepro.tables.content import (
    LEVEL,
    TIED,
    TIED_NOTE,
    Record,
    Shown,
    TableContent,
    TableContext,
    ends,
    labels,
    records,
)
from nnrepro.tables.csvfile import tidy_types
from nnrepro.tables.metrics import Metric, metric

STABLE_RANGE = 0.15
"""Range of test accuracy in the closing window below which the Tan report calls a run stable."""

_ROUGH = 0.02
"""Width of an interval, as a share, from which on a hundredth of a percent tells nothing."""
_LOWER = 0.85
"""A limit is tried again at this share of it."""

_SUFFIXES = ("", "_sd", "_se", "_ci95_low", "_ci95_high", "_interval")


@table
def ranking(
    variants: pd.DataFrame,
    selection: SelectionOf,
    *,
    metrics: Metrics,
    sort_by: SortBy,
    stable_below: Share | None = None,
    test_set: TestSet = "primary",
) -> pd.DataFrame:
    """Variants by rank.

    In `declared` order the first of `metrics` ranks, else the rows are ordered by what ranks them.
    `stable_below` keeps only variants whose test accuracy ranges over less than that in the closing
    window (on the mean over seeds), or the metric that their runs recorded first.

    Returns:
        `protocol`, `rank` within the protocol, `ranked_by`, `experiment`, `variant`, `label`,
        `seeds`, `status`, `test_examples`, `window`; `epochs` where a halving left some behind,
        which have no rank; each metric, for those with an interval also
        `_sd`, `_se`, `_ci95_low`, `_ci95_high` and `_interval`; `difference_to_best`,
        `tied_with_best` (in the 95 % set of those that may be the best), `probability_best`,
        `window_range_test_accuracy` (of the metric recorded first) and `stable`. A variant with a
        diverged run is ranked like the others: a table tells what came out, and only a selection
        leaves it out. Where variants of a protocol were judged on test sets of different sizes, the
    larger one is read of all; they have no rank where they have none in common.
    """
    test_set = _one_test_set(variants, test_set)
    at_end = f"{RANGE}{main_metric(variants)}"
    spread = metric_values(variants, at_end, test_set=test_set)
    limit = STABLE_RANGE if stable_below is None else stable_below
    stable = floats(spread) < limit - ROUNDING
    table = variants[["protocol", "experiment", "variant", "label", "seeds", "status"]].copy()
    table["test_examples"] = examples_used(variants, test_set)
    table["window"] = variants["window"]
    if not finalists(variants).all():
        table["epochs"] = variants["epochs_completed"]
    protocols = list(dict.fromkeys(variants["protocol"]))
    asked = metrics[0] if sort_by == DECLARED else sort_by
    for name in metrics_of([*metrics, asked], protocols, selection):
        for suffix in _SUFFIXES:
            values = metric_values(variants, name, test_set=test_set, suffix=suffix)
            table[metric_name(variants, name) + suffix] = values
    parts = []
    for protocol in protocols:
        here = (variants["protocol"] == protocol).to_numpy(dtype=bool)
        if stable_below is not None:
            here = here & stable
        name = metric_of(asked, protocol, selection)
        one_size = np.full(here.sum(), table["test_examples"][here].nunique() <= 1)
        place = standings_by(variants[here], name, test_set=test_set, eligible=one_size)
        part = table[here].copy()
        part.insert(1, "rank", pd.Series(place.rank, index=part.index, dtype="object"))
        part.insert(2, "ranked_by", metric_name(variants, name))
        part["difference_to_best"] = place.difference
        part["tied_with_best"] = pd.Series(place.tied, index=part.index, dtype="object")
        part["probability_best"] = pd.Series(place.probability, index=part.index, dtype="object")
        part[at_end] = spread[here]
        part["stable"] = pd.Series(stable[here], index=part.index).where(spread[here].notna(), None)
        parts.append(part if sort_by == DECLARED else part.iloc[place.order])
    return tidy_types(pd.concat(parts, ignore_index=True))


def _one_test_set(variants: pd.DataFrame, asked: TestSet) -> TestSet:
    """The test set that is read: the larger one where the one asked for is not the same for all."""
    sizes = floats(examples_used(variants, asked))
    counted = pd.Series(sizes).groupby(variants["protocol"].to_numpy()).nunique()
    return asked if (counted <= 1).all() else "comparison"


@shows(ranking)
def show(context: TableContext) -> TableContent:
    """A ranking of one protocol's variants."""
    context.require("rank", "experiment", "variant", "label", "difference_to_best")
    frame, options = context.frame, context.options
    shown = context.asked_metrics()
    ranked_by = _ranked_by(context, shown)
    if ranked_by not in shown:
        shown.insert(0, ranked_by)
    chances = "probability_best" in frame and bool(frame["probability_best"].notna().any())
    several = len(frame) > 1
    fields = [text_field("Variant", context.variant_cell)]
    if several:
        fields.insert(0, number_field("Rank", entry("rank", wording.whole)))
    for item in shown:
        fields.append(_value_field(context, item, ranks=item == ranked_by))
        if item == ranked_by and several:
            fields.append(number_field("To best", partial(_to_best, item)))
            if chances:
                chance = entry("probability_best", wording.chance_number)
                fields.append(number_field("Chance of best (%)", chance))
    if "stable_below" in options:
        spread = _at_end(frame)
        fields.append(number_field("Range at end", entry(spread, wording.percent_number)))
    if "epochs" in frame:
        fields.append(number_field("Epochs", entry("epochs", wording.whole)))
    if options.get("test_set") == COMPARISON:
        fields.append(number_field("Test images", entry("test_examples", wording.whole)))
    table = grid(context.rows(), fields)
    marked = any(cell.mark for line in table.rows for cell in line.cells)
    notes = (
        *context.window_notes(*shown),
        *context.interval_notes(ranked_by),
        *((TIED_NOTE,) if marked else ()),
        *((_CHANCE_NOTE,) if chances and several else ()),
        *((_LEFT_NOTE,) if "epochs" in frame else ()),
        *((_RANGE_NOTE,) if "stable_below" in options and table.rows else ()),
    )
    return TableContent((Shown(table, notes=notes),), _statements(context, ranked_by))


def _value_field(context: TableContext, shown: Metric, *, ranks: bool) -> Field:
    """A metric's values, those of the one that ranks with their intervals."""
    column = context.column(shown)

    def value(row: Record) -> Cell:
        found = ends(row, f"{column}_") if ranks and not shown.picked else None
        interval = wording.DASH.join(map(shown.number, found or ()))
        return numeric(shown.number(row[column]), interval, best=ranks and row["rank"] == 1)

    return number_field(context.heading(shown), value)


def _to_best(shown: Metric, row: Record) -> Cell:
    mark = TIED if row.get("tied_with_best") and row["rank"] != 1 else ""
    return numeric(shown.change(row["difference_to_best"]), mark=mark)


_CHANCE_NOTE = text(
    "Chance of best: the probability that the variant\u2019s level is the highest, if each lies "
    "about its value as its interval says."
)
_LEFT_NOTE = text(
    "Without a rank: left behind by the successive halving, with values of the epochs trained."
)
_RANGE_NOTE = text(
    "Range at end: highest minus lowest test accuracy in the closing window, in percentage points."
)


def _ranked_by(context: TableContext, shown: Sequence[Metric]) -> Metric:
    names = context.frame.get("ranked_by", pd.Series(dtype="str")).dropna()
    if len(names):
        return metric(str(names.iloc[0]))
    sort_by = context.resolve(str(context.options.get("sort_by", DECLARED)))
    return shown[0] if sort_by == DECLARED else metric(sort_by)


def _statements(context: TableContext, ranked_by: Metric) -> tuple[Text, ...]:
    frame, limit = context.frame, context.options.get("stable_below")
    said = []
    if limit is not None:
        considered = len({(run.experiment, run.variant) for run in context.runs})
        ranges = [float(value) for value in frame[_at_end(frame)]] if len(frame) else []
        said.append(stable_words(ranges, considered, float(limit)))
    if "epochs" in frame:
        frame = frame[frame["rank"].notna()]
    sizes = sorted(frame["test_examples"].dropna().unique()) if "test_examples" in frame else []
    if len(sizes) > 1:
        counts = wording.joined([wording.grouped(int(size)) for size in sizes])
        said.append(text(f"Judged on test sets of {counts} examples, so they are not ranked."))
    elif len(frame):
        name = context.phrase(ranked_by)
        found = leaders(frame, context.column(ranked_by), ranked_by, name)
        without = text("Without a value: ", labels(found.without), ".") if found.without else ""
        said.append(spaced(text(leaders_words(found), "."), without))
    return tuple(said)


def _at_end(frame: pd.DataFrame) -> str:
    """The column of the range of the test accuracy at the end."""
    return next(str(name) for name in frame.columns if name.startswith(RANGE))


def stable_words(ranges: Sequence[float], considered: int, limit: float) -> Text:
    """How many variants a limit on the range of their test accuracy at the end leaves.

    Also how many a lower one would, where those are half as many or fewer.

    `ranges` are those of the variants that are left, of all that were `considered`.
    """
    kept, left = len(ranges), sum(value < _LOWER * limit for value in ranges)
    within = f"within {wording.plain(100 * limit)} percentage points over the closing window."
    of = wording.counted(considered, "variant")
    if kept == considered and kept != 1:
        said = text(f"All {of} stay {within}")
    elif kept:
        stay = "stays" if kept == 1 else "stay"
        said = text(f"Of {of}, {wording.grouped(kept)} {stay} {within}")
    else:
        return text(f"None of {of} stays {within}")
    lower = wording.plain(round(100 * _LOWER * limit, 2))
    decides = f"The limit decides that: at {lower} points, {wording.grouped(left)} would be left."
    return spaced(said, decides if left <= kept / 2 else "")


@dataclass(frozen=True)
class Leaders:
    """Who leads by a metric, and who cannot be told apart; all in words.

    Attributes:
        metric: what is ranked by.
        count: variants that have a value.
        without: labels of the variants that have none.
        leaders: labels of the variants with the best value.
        value: the best value, with its interval where that is known.
        tied: how many others cannot be told apart from the best; None where that is not known of
            all.
        picked: whether values are the best of many epochs.
    """

    metric: str
    count: int
    without: tuple[str, ...] = ()
    leaders: tuple[str, ...] = ()
    value: str = ""
    tied: int | None = None
    picked: bool = False

    @property
    def many(self) -> int:
        """How many variants there are."""
        return self.count + len(self.without)

    @property
    def clear(self) -> bool:
        """Whether one variant is known to be the best of several."""
        return self.count > 1 and self.tied == 0 and len(self.leaders) == 1


def leaders(frame: pd.DataFrame, column: str, shown: Metric, phrase: str) -> Leaders:
    """Who leads a ranking.

    The frame has `label`, the metric's column and, where known, its interval's ends and
    `tied_with_best`.
    """
    values = frame[column].astype("float64")
    named = frame["label"].astype(str)
    without = tuple(named[values.isna()])
    order = values.dropna().sort_values(ascending=not shown.higher_is_better, kind="stable")
    if order.empty:
        return Leaders(phrase, 0, without)
    best = float(order.iloc[0])
    first, behind = records(frame.loc[order.index[:1]])[0], order[order != best]
    found = None if shown.picked else ends(first, f"{column}_")
    number_of, text_of = _digits(shown, found)
    sure = f" ({LEVEL} interval {number_of(found[0])} to {text_of(found[1])})" if found else ""
    ties = [row.get("tied_with_best") for row in records(frame.loc[behind.index])]
    return Leaders(
        metric=phrase,
        count=len(order),
        without=without,
        leaders=tuple(named[order.index[order == best]]),
        value=f"{text_of(best)}{sure}",
        tied=None if None in ties else sum(map(bool, ties)),
        picked=shown.picked,
    )


def _digits(
    shown: Metric, interval: tuple[float, float] | None
) -> tuple[Callable[[float], str], Callable[[float], str]]:
    """How values are written without and with their unit, with the digits that they allow."""
    if shown.quantity == "fraction" and interval and interval[1] - interval[0] >= _ROUGH:
        return partial(wording.percent_number, decimals=1), partial(wording.percent, decimals=1)
    return shown.number, shown.text


def leaders_words(found: Leaders) -> Text:
    """What the leaders reach, and whether they can be told apart, without a full stop."""
    leading = len(found.leaders)
    if not leading:
        return text(f"No variant has a value of {found.metric}")
    if found.count == 1:
        only = ", the only variant with a value" if found.without else ""
        return text(labels(found.leaders), f"{only}: the {found.metric} is {found.value}")
    among = wording.counted(found.many, "variant")
    if found.without:
        among = f"the {wording.grouped(found.count)} of {among} that have a value"
    if leading == found.count:
        same = f": {among} with the same {found.metric}, {found.value}"
        return text(bold("No difference"), same)
    best = wording.capitalised(found.metric) if found.picked else f"Best {found.metric}"
    first = text(": ", labels(found.leaders), f", {found.value}")
    others = found.count - leading
    if found.tied is None:
        return text(f"{best} of {among}", first, "; too little is known to rule chance out")
    if not found.tied:
        rest = "the other one lies" if others == 1 else "all others lie"
        return text(bold("Clear best"), f" of {among}. {best}", first, f"; {rest} clearly behind")
    if found.tied == others:
        few = {1: "the other one", 2: "both others"}
        rest = few.get(others, f"all {wording.grouped(others)} others")
        its = wording.agree(found.leaders, "its", "their")
        but = f", but {its} lead over {rest} may be chance"
    else:
        tied = wording.counted(found.tied, "other")
        them = wording.agree(found.leaders, "it", "them")
        but = f", but {tied} cannot be told apart from {them}"
    return text(bold("No clear best"), f" of {among}. {best}", first, but)
