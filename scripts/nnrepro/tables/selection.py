"""Choosing the best variant of an experiment, as a protocol chooses it.

Both reports chose on the test set by the highest single number. That is what `select` does;
`selection_table` shows beside it which variants cannot be told apart from the chosen one.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnrepro.study.messages import one_of
from nnrepro.study.run import MODEL
from nnrepro.tables.columns import (
    finalists,
    floats,
    metric_name,
    metric_values,
    setting_columns,
    setting_name,
    standings_by,
)
from nnrepro.tables.csvfile import TableError, tidy_types


class SelectionError(TableError):
    """No variant can be selected; the message says of which experiment and why."""


def select(
    variants: pd.DataFrame, metric: str, parameters: Iterable[str] = (), top: int = 0
) -> dict[str, Any]:
    """The best variant with its parameters.

    Args:
        variants: rows of the variants table of one protocol and one experiment.
        metric: a metric column, or `last_window_mean_test_accuracy` for the closing window in use.
        parameters: names of the settings to tell; `model` is the variant's model.
        top: how many variants go on, where it is not the best alone.

    Returns:
        `variant`, the chosen variant's name, and its parameters, None for one that it has not.
        Among variants with exactly the same value the first in the table is chosen. Variants
        without the metric and those with a diverged run are not chosen. With `top`, `best` has the
        same of so many variants, or of as many as there are, best first, and `tied` the names of
        those that have the value of the last of them and are left behind.

    Raises:
        SelectionError: no variant to choose.
    """
    place = standings_by(variants, metric, eligible=selectable(variants))
    if place.best is None:
        raise SelectionError(
            f"{variants['protocol'].iloc[0]}/{variants['experiment'].iloc[0]}: no variant can be "
            f"selected by {metric}; the variants are {', '.join(sorted(set(variants['status'])))}"
        )
    names = list(parameters)
    decision = _told(variants, place.best, names)
    if not top:
        return decision
    ranked = [index for index in place.order if place.rank[index] is not None]
    values = floats(metric_values(variants, metric))
    tied = [index for index in ranked[top:] if values[index] == values[ranked[top - 1]]]
    return {
        **decision,
        "best": [_told(variants, index, names) for index in ranked[:top]],
        "tied": [str(variants["variant"].iloc[index]) for index in tied],
    }


def _told(variants: pd.DataFrame, index: int, parameters: list[str]) -> dict[str, Any]:
    """The name of a variant and its parameters."""
    chosen = variants.iloc[index]
    told = dict.fromkeys(parameters)
    told |= {name: chosen[column] for name, column in _columns(variants, told).items()}
    return {"variant": str(chosen["variant"])} | {
        name: None if pd.isna(value) else value.item() if isinstance(value, np.generic) else value
        for name, value in told.items()
    }


def selection_told(decision: Mapping[str, Any], top: int) -> str:
    """What is to be told of a selection of several variants; empty where that is nothing."""
    best, tied = decision.get("best", ()), decision.get("tied", ())
    if len(best) < top:
        return f"{len(best)} variants alone can be selected, of {top} that were asked for"
    if tied:
        return (
            f"'{best[-1]['variant']}' goes on in place {top}, and {one_of(tied)} with exactly the "
            "same value do not; the one that is declared first does"
        )
    return ""


def selection_table(
    variants: pd.DataFrame, metric: str, parameters: Iterable[str] = ()
) -> pd.DataFrame:
    """How the variants of an experiment stand by the metric that selects.

    Arguments as for `select`.

    Returns:
        A row per variant, best first, with `rank`, its parameters, `metric`, `value`, `ci95_low`,
        `ci95_high`, `difference_to_best`, `eligible`, `selected`, `equal_to_selected` (exactly the
        same value, the earlier one was chosen), `tied_with_best` (in the 95 % set of those that may
        be the best) and `probability_best`, both among the eligible (`nnrepro.statistics.best`).
    """
    place = standings_by(variants, metric, eligible=selectable(variants))
    identity = ["protocol", "experiment", "variant", "label", "seeds", "status"]
    table = variants[[*identity, *_columns(variants, parameters).values()]].copy()
    table.insert(0, "rank", place.rank)
    table["window"] = variants["window"]
    table["metric"] = metric_name(variants, metric)
    table["value"] = floats(metric_values(variants, metric))
    for end in ("low", "high"):
        table[f"ci95_{end}"] = metric_values(variants, metric, suffix=f"_ci95_{end}")
    table["difference_to_best"] = place.difference
    table["eligible"] = table["value"].notna() & selectable(variants) & finalists(variants)
    table["selected"] = np.arange(len(table)) == (-1 if place.best is None else place.best)
    table["equal_to_selected"] = (place.difference == 0) & ~table["selected"]
    table["tied_with_best"] = place.tied
    table["probability_best"] = place.probability
    return tidy_types(table.iloc[place.order].reset_index(drop=True))


def going_on(variants: pd.DataFrame, metric: str, count: int) -> list[str]:
    """The variants of a halving's rung that are trained further, best first.

    Arguments as for `select`; at most `count` are named.
    """
    place = standings_by(variants, metric, eligible=selectable(variants))
    names = [str(name) for name in variants["variant"]]
    return [names[index] for index in place.order if place.rank[index] is not None][:count]


def selectable(variants: pd.DataFrame) -> NDArray[np.bool_]:
    """Which variants have no diverged run, shape [variants]."""
    return ~variants["status"].str.contains("diverged").to_numpy(dtype=bool)


def _columns(variants: pd.DataFrame, parameters: Iterable[str]) -> dict[str, str]:
    """The columns of settings by the settings' names."""
    columns = {setting_name(column): column for column in setting_columns(variants)}
    columns[MODEL] = MODEL
    return {name: columns[name] for name in parameters if name in columns}
