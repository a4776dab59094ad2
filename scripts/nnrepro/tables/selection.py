"""Choosing the best variant of an experiment, as a protocol chooses it.

Both reports chose on the test set by the highest single number. That is what `select` does;
`selection_table` shows beside it which variants cannot be told apart from the chosen one.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnrepro.measures.history import FloatArray
from nnrepro.statistics.best import Standings
from nnrepro.study.messages import nearest
from nnrepro.study.run import Scalar
from nnrepro.tables.columns import (
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
    variants: pd.DataFrame, metric: str, parameters: Iterable[str] | None = None
) -> dict[str, Scalar]:
    """The parameters of the best variant.

    Args:
        variants: rows of the variants table of one protocol and one experiment.
        metric: a metric column, or `last_window_mean_test_accuracy` for the closing window in use.
        parameters: names of the settings to tell; without it, those in which the variants differ.

    Returns:
        `variant`, the chosen variant's name, and its parameters. Among variants with exactly the
        same value the first in the table is chosen. Variants without the metric and those with a
        diverged run are not chosen.

    Raises:
        SelectionError: more than one experiment, no variant to choose, or an unknown parameter.
        TableError: the table has no such metric.
    """
    _check_one_experiment(variants)
    best = _standings(variants, metric).best
    if best is None:
        raise SelectionError(
            f"{_experiment(variants)}: no variant can be selected by {metric}; the variants are "
            f"{', '.join(sorted(set(variants['status'])))}"
        )
    columns = _parameter_columns(variants, parameters)
    chosen = variants.iloc[best]
    decision: dict[str, Scalar] = {"variant": str(chosen["variant"])}
    for column in columns:
        if not pd.isna(chosen[column]):
            decision[setting_name(column)] = _scalar(chosen[column])
    return decision


def selection_table(
    variants: pd.DataFrame, metric: str, parameters: Iterable[str] | None = None
) -> pd.DataFrame:
    """How the variants of an experiment stand by the metric that selects.

    Arguments as for `select`.

    Returns:
        A row per variant, best first, with `rank`, its parameters, `metric`, `value`, `ci95_low`,
        `ci95_high`, `difference_to_best`, `eligible`, `selected`, `equal_to_selected` (exactly the
        same value, the earlier one was chosen), `tied_with_best` (in the 95 % set of those that may
        be the best) and `probability_best`, both among the eligible (`nnrepro.statistics.best`).
    """
    _check_one_experiment(variants)
    place = _standings(variants, metric)
    identity = ["protocol", "experiment", "variant", "label", "seeds", "status"]
    table = variants[[*identity, *_parameter_columns(variants, parameters)]].copy()
    values = floats(metric_values(variants, metric))
    table.insert(0, "rank", place.rank)
    table["window"] = variants["window"]
    table["metric"] = metric_name(variants, metric)
    table["value"] = values
    for end in ("low", "high"):
        table[f"ci95_{end}"] = metric_values(variants, metric, suffix=f"_ci95_{end}")
    table["difference_to_best"] = place.difference
    table["eligible"] = _eligible(variants, values)
    table["selected"] = np.arange(len(table)) == (-1 if place.best is None else place.best)
    table["equal_to_selected"] = (place.difference == 0) & ~table["selected"]
    table["tied_with_best"] = place.tied
    table["probability_best"] = place.probability
    return tidy_types(table.iloc[place.order].reset_index(drop=True))


def _standings(variants: pd.DataFrame, metric: str) -> Standings:
    """Standings of the variants that may be chosen."""
    values = floats(metric_values(variants, metric))
    return standings_by(variants, metric, eligible=_eligible(variants, values))


def selectable(variants: pd.DataFrame) -> NDArray[np.bool_]:
    """Which variants have no diverged run, shape [variants]."""
    return ~variants["status"].str.contains("diverged").to_numpy(dtype=bool)


def _eligible(variants: pd.DataFrame, values: FloatArray) -> NDArray[np.bool_]:
    return ~np.isnan(values) & selectable(variants)


def _parameter_columns(variants: pd.DataFrame, parameters: Iterable[str] | None) -> list[str]:
    columns = setting_columns(variants)
    if parameters is None:
        return [name for name in columns if variants[name].nunique(dropna=False) > 1]
    by_name = {setting_name(column): column for column in columns}
    names = list(parameters)
    unknown = [name for name in names if name not in by_name]
    if unknown:
        raise SelectionError(
            f"{_experiment(variants)}: its variants have no parameter '{unknown[0]}'"
            f"{nearest(unknown[0], by_name)}"
        )
    return [by_name[name] for name in names]


def _check_one_experiment(variants: pd.DataFrame) -> None:
    found = variants[["protocol", "experiment"]].drop_duplicates()
    if len(found) != 1:
        listed = ", ".join("/".join(key) for key in found.itertuples(index=False, name=None))
        raise SelectionError(
            f"a selection is made among the variants of one experiment, not of: {listed or 'none'}"
        )


def _experiment(variants: pd.DataFrame) -> str:
    return f"{variants['protocol'].iloc[0]}/{variants['experiment'].iloc[0]}"


def _scalar(value: Any) -> Scalar:
    """A plain Python value, which JSON can carry."""
    return value.item() if isinstance(value, np.generic) else value
