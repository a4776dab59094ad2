"""The kinds of table that a configuration can ask for, each made from rows of the variants table.

Every kind gives a tidy table with a `protocol` column. Where the configuration says `selection`,
the metric by which each protocol selects is meant.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from nnrepro.analysis.convergence_table import convergence_table
from nnrepro.analysis.optimism_table import optimism_table
from nnrepro.analysis.stability_table import stability_table
from nnrepro.analysis.tests_table import tests_table
from nnrepro.measures.folds import FoldsOf
from nnrepro.measures.predictions import AnswersOf
from nnrepro.study.messages import nearest, one_of
from nnrepro.tables.columns import (
    PRIMARY,
    examples_used,
    floats,
    metric_name,
    metric_of,
    metric_values,
    metrics_of,
    require_column,
    standings_by,
)
from nnrepro.tables.cross import cross_table
from nnrepro.tables.csvfile import TableError, tidy_types
from nnrepro.tables.factors import factors_table

DECLARED = "declared"

_GIVEN = ("selection", "runs", "answers", "folds")
"""What a kind may take that the configuration does not give as an option."""

STABLE_RANGE = 0.15
"""Range of test accuracy in the closing window below which the Tan report calls a run stable."""


def make_table(
    kind: str,
    variants: pd.DataFrame,
    options: Mapping[str, Any],
    selection: Mapping[str, str] | None = None,
    *,
    runs: pd.DataFrame | None = None,
    answers: AnswersOf | None = None,
    folds: FoldsOf | None = None,
) -> pd.DataFrame:
    """Make the table of a kind.

    Args:
        kind: a key of `TABLE_KINDS`.
        variants: rows of the variants table, in the order in which the table declares them.
        options: what the configuration says of the table, apart from its runs.
        selection: the metric by which each protocol selects.
        runs: the runs table, for the kinds that compare seed by seed.
        answers: gives a run's answers on the test examples, for the kinds that pair them.
        folds: gives a run's right answers by folds of the test set.

    Raises:
        TableError: no such kind, an option that the kind does not have, or what the kind raises.
    """
    if kind not in TABLE_KINDS:
        raise TableError(
            f"there is no kind of table '{kind}'{nearest(kind, TABLE_KINDS)}; "
            f"allowed: {one_of(TABLE_KINDS)}"
        )
    function = TABLE_KINDS[kind]
    allowed = list(inspect.signature(function).parameters)[1:]
    unknown = [name for name in options if name not in allowed or name in _GIVEN]
    if unknown:
        raise TableError(f"a table of kind '{kind}' has no option '{unknown[0]}'")
    given = dict(options)
    found = dict(zip(_GIVEN, (selection or {}, runs, answers, folds), strict=True))
    given |= {name: value for name, value in found.items() if name in allowed}
    return function(variants, **given)


def ranking_table(
    variants: pd.DataFrame,
    *,
    metrics: Sequence[str],
    sort_by: str = DECLARED,
    stable_below: float | None = None,
    test_set: str = PRIMARY,
    extra: Sequence[str] = (),
    selection: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Variants by rank.

    Args:
        variants: rows of the variants table.
        metrics: metrics to show, beside the one that ranks.
        sort_by: the metric that ranks and orders the rows; in `declared` order the first of
            `metrics` ranks.
        stable_below: keep only variants whose test accuracy ranges over less than this in the
            closing window (on the mean over seeds).
        test_set: `comparison` takes the larger test set for the variants that have one.
        extra: further columns of the variants table.
        selection: the metric by which each protocol selects.

    Returns:
        `protocol`, `rank` within the protocol, `ranked_by`, `experiment`, `variant`, `label`,
        `seeds`, `status`, `test_examples`, `window`; each metric, for those with an interval also
        `_sd`, `_se`, `_ci95_low`, `_ci95_high` and `_interval`; `difference_to_best`,
        `tied_with_best` (in the 95 % set of those that may be the best), `probability_best`,
        `window_range_test_accuracy`, `stable` and `extra`. A variant with a diverged run is ranked
        like the others: a table tells what came out, and only a selection leaves it out.
    """
    protocols = list(dict.fromkeys(variants["protocol"]))
    spread = metric_values(variants, "window_range_test_accuracy", test_set=test_set)
    limit = STABLE_RANGE if stable_below is None else stable_below
    stable = floats(spread) < limit
    table = variants[["protocol", "experiment", "variant", "label", "seeds", "status"]].copy()
    table["test_examples"] = examples_used(variants, test_set)
    table["window"] = variants["window"]
    # What ranks the rows is among the columns, whether asked for or not.
    wanted = metrics if sort_by == DECLARED else [*metrics, sort_by]
    for metric in metrics_of(wanted, protocols, selection):
        for suffix in ("", "_sd", "_se", "_ci95_low", "_ci95_high", "_interval"):
            values = metric_values(variants, metric, test_set=test_set, suffix=suffix)
            table[metric_name(variants, metric) + suffix] = values
    parts = []
    for protocol in protocols:
        here = (variants["protocol"] == protocol).to_numpy(dtype=bool)
        if stable_below is not None:
            here = here & stable
        asked = metrics[0] if sort_by == DECLARED else sort_by
        metric = metric_of(asked, protocol, selection)
        place = standings_by(variants[here], metric, test_set=test_set)
        part = table[here].copy()
        part.insert(1, "rank", pd.Series(place.rank, index=part.index, dtype="object"))
        part.insert(2, "ranked_by", metric_name(variants, metric))
        part["difference_to_best"] = place.difference
        part["tied_with_best"] = pd.Series(place.tied, index=part.index, dtype="object")
        part["probability_best"] = pd.Series(place.probability, index=part.index, dtype="object")
        part["window_range_test_accuracy"] = spread[here]
        part["stable"] = pd.Series(stable[here], index=part.index).where(spread[here].notna(), None)
        for name in extra:
            require_column(variants, name)
            part[name] = variants[name][here]
        parts.append(part if sort_by == DECLARED else part.iloc[place.order])
    return _joined(parts)


def pairs_table(
    variants: pd.DataFrame,
    *,
    pairs: Sequence[Sequence[str]],
    metrics: Sequence[str],
    test_set: str = PRIMARY,
    selection: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Base variants against changed ones, for example without and with dropout.

    Args:
        variants: rows of the variants table.
        pairs: base and changed variant, each as `experiment/variant`.
        metrics: metrics to compare.
        test_set: `comparison` takes the larger test set for the variants that have one.
        selection: the metric by which each protocol selects.

    Returns:
        A row per protocol, pair and metric: `protocol`, `base`, `changed`, `label` and
        `changed_label`, `metric`, `base_value`, `changed_value`, `difference` (changed minus base),
        `relative` (difference over base), `time_ratio` (training time, changed over base) and
        `intervals_overlap`. A protocol that has neither variant of a pair is left out of it.

    Raises:
        TableError: a pair of which one variant, or in every protocol both, are not among the rows.
    """
    rows: list[dict[str, Any]] = []
    for protocol in dict.fromkeys(variants["protocol"]):
        here = variants[variants["protocol"] == protocol]
        position = {name: i for i, name in enumerate(here["experiment"] + "/" + here["variant"])}
        for pair in pairs:
            found = [position[name] for name in pair if name in position]
            if not found:
                continue
            _check_pair(pair, protocol, position)
            for asked in metrics:
                metric = metric_of(asked, protocol, selection)
                shown = metric_name(variants, metric)
                rows.append(
                    {"protocol": protocol, "base": pair[0], "changed": pair[1], "metric": shown}
                    | _compared(here.iloc[found], metric, test_set)
                )
    for pair in pairs:
        if not any(row["base"] == pair[0] and row["changed"] == pair[1] for row in rows):
            raise TableError(f"pair {' and '.join(pair)}: neither is among the table's runs")
    return tidy_types(pd.DataFrame(rows))


TABLE_KINDS: Mapping[str, Callable[..., pd.DataFrame]] = {
    "ranking": ranking_table,
    "cross": cross_table,
    "pairs": pairs_table,
    "convergence": convergence_table,
    "tests": tests_table,
    "stability": stability_table,
    "factors": factors_table,
    "optimism": optimism_table,
}
"""The kinds of table by the name that a configuration gives them."""


def _joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    return tidy_types(pd.concat(list(parts), ignore_index=True))


def _check_pair(pair: Sequence[str], protocol: str, position: Mapping[str, int]) -> None:
    for name in pair:
        if name not in position:
            raise TableError(
                f"pair {' and '.join(pair)}: '{name}' is not among the table's runs of the "
                f"protocol '{protocol}'{nearest(name, position)}"
            )


def _compared(pair: pd.DataFrame, metric: str, test_set: str) -> dict[str, Any]:
    """Base and changed variant (the two rows of `pair`) by one metric."""
    base, changed = floats(metric_values(pair, metric, test_set=test_set)).tolist()
    seconds = floats(pair["train_seconds"]).tolist()
    low, high = (
        floats(metric_values(pair, metric, test_set=test_set, suffix=suffix))
        for suffix in ("_ci95_low", "_ci95_high")
    )
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
