"""Columns of the runs and variants tables, found by name.

Both tables have the same layout: what identifies a row up to `status`, then the settings up to
`epochs_completed`, windows up to `smoothing`, then the metrics up to `device` or the table's end.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnrepro.measures.history import FloatArray
from nnrepro.measures.names import LARGER, LAST_WINDOW, lower_is_better, reading_named, with_window
from nnrepro.statistics.best import Levels, Standings, levels_by_folds, standings
from nnrepro.study.messages import nearest
from nnrepro.study.metrics import SELECTION
from nnrepro.study.run import Run
from nnrepro.tables.csvfile import TableError

SelectionOf = Callable[..., str]
"""The metric by which a protocol selects from an experiment, or ranks all variants of a table."""

PRIMARY = "primary"
COMPARISON = "comparison"

SETTING_PREFIX = "setting_"
"""Stands before a setting whose name is that of another column."""

KEYS = ("protocol", "experiment", "variant")

RANGE = "window_range_test_"
"""Stands before a metric's name in that of its range at the end."""

_BEST_EPOCH = re.compile(r"(?:max|min)_test_(\w+)_epoch")
_LARGER_BEST = re.compile(rf"{LARGER}(?:max|min)_test_")
RUNG = "rung"
"""The column with the rung of a successive halving that a run reached, where any run is in one."""

SPREAD = ("_n", "_sd", "_se", "_ci95_low", "_ci95_high", "_interval")
"""What follows a metric's name in the columns on its uncertainty in the variants table."""

NOISE = ("_se_window", "_effective_epochs")
"""What follows the name of a mean over a window in the columns on the noise of its epochs."""


BY_FOLDS = "_by_folds"
"""What follows a metric's name in the column with its values by folds of the primary test set."""


def setting_columns(frame: pd.DataFrame) -> list[str]:
    """Columns that hold settings."""
    names = list(frame.columns)
    return names[names.index("status") + 1 : names.index("epochs_completed")]


def metric_columns(frame: pd.DataFrame) -> list[str]:
    """Columns that hold metrics, those on spread left out."""
    names = list(frame.columns)
    end = names.index("device") if "device" in names else len(names)
    found = names[names.index("smoothing") + 1 : end]
    return [name for name in found if not name.endswith((*SPREAD, BY_FOLDS))]


def main_metric(frame: pd.DataFrame) -> str:
    """The metric that the runs of a table are judged by: the first that they recorded."""
    found = map(_BEST_EPOCH.fullmatch, map(str, frame.columns))
    return next(match[1] for match in found if match)


def setting_name(column: str) -> str:
    """The name of the setting that a column holds."""
    return column.removeprefix(SETTING_PREFIX)


def examples_column(metric: str) -> str | None:
    """The column with the number of examples that an accuracy was measured on.

    None for metrics that are no share of right answers on a test set or on held-out examples.
    """
    reading = reading_named(metric)
    if reading is None or not reading.is_share or reading.curve.startswith("train_"):
        return None
    larger = LARGER if metric.startswith(LARGER) else ""
    return f"{larger}{reading.curve.partition('_')[0]}_examples"


def metric_name(frame: pd.DataFrame, metric: str) -> str:
    """The name under which a metric of this table is shown.

    `last_window_mean_test_accuracy` becomes `last200_mean_test_accuracy` when all rows have the
    same closing window; otherwise it stays, and the column `window` tells the number of each row.
    """
    used = frame["window"].dropna().unique()
    if metric.startswith(LAST_WINDOW) and len(used) == 1:
        return with_window(metric, int(used[0]))
    return metric


def metric_values(
    frame: pd.DataFrame, metric: str, *, test_set: str = PRIMARY, suffix: str = ""
) -> pd.Series:
    """A metric for every row of the runs or variants table.

    Args:
        frame: the table.
        metric: a metric column, or a name with `last_window_` for each row's own closing window.
        test_set: `primary`, or `comparison` for the larger test set in the rows that have one.
        suffix: one of `SPREAD` for the columns on spread.
    """
    values = _own_window(frame, metric, suffix)
    if test_set == PRIMARY:
        return values
    try:
        larger = _own_window(frame, LARGER + metric, suffix)
    except TableError:
        return values  # times and training metrics belong to no test set
    return larger.where(on_comparison_set(frame), values)


def on_comparison_set(frame: pd.DataFrame) -> pd.Series:
    """Which rows have metrics on a larger test set."""
    best = [name for name in metric_columns(frame) if _LARGER_BEST.match(name)]
    return frame[best].notna().any(axis=1)


def examples_used(frame: pd.DataFrame, test_set: str = PRIMARY) -> pd.Series:
    """Size of the test set that `metric_values` reads in each row."""
    unknown = pd.Series(float("nan"), frame.index)
    primary = frame.get("test_examples", unknown)
    if test_set == PRIMARY:
        return primary
    column = f"{LARGER}test_examples"
    return frame[column].where(on_comparison_set(frame), primary)


def lengths(variants: pd.DataFrame) -> pd.DataFrame:
    """Who the variants are and how long their runs were: how such a table begins.

    Returns:
        `protocol`, `experiment`, `variant`, `label`, `seeds`, `status`, `epochs`,
        `protocol_epochs`, `shortened`, `window` and `smoothing`, a row per variant.
    """
    table = variants[["protocol", "experiment", "variant", "label", "seeds", "status"]].copy()
    done, asked = variants["epochs_completed"], variants["protocol_epochs"]
    table["epochs"], table["protocol_epochs"] = done, asked
    table["shortened"] = (done < asked).astype("object").where(done.notna(), None)
    for name in ("window", "smoothing"):
        table[name] = variants[name]
    return table


def rows_of(variants: pd.DataFrame, runs: Iterable[Run]) -> pd.DataFrame:
    """The rows of the variants that `runs` belong to, in the order of `runs`.

    Raises:
        TableError: the table lacks one of the variants.
    """
    keys = list(variants[list(KEYS)].itertuples(index=False, name=None))
    position = {key: index for index, key in enumerate(keys)}
    wanted = dict.fromkeys((run.protocol, run.experiment, run.variant) for run in runs)
    lacking = [key for key in wanted if key not in position]
    if lacking:
        raise TableError(f"the variants table has no row for {'/'.join(lacking[0])}")
    return variants.iloc[[position[key] for key in wanted]].reset_index(drop=True)


def require_column(frame: pd.DataFrame, name: str) -> None:
    """Check that a table has a column.

    Raises:
        TableError: it has not; the message names the most similar one.
    """
    if name not in frame.columns:
        raise TableError(f"there is no column '{name}'{_nearest(name, tuple(frame.columns))}")


@cache
def _nearest(name: str, columns: tuple[str, ...]) -> str:
    """A hint for a column that is not there, which takes long beside looking for one in vain."""
    return nearest(name, columns)


def _own_window(frame: pd.DataFrame, metric: str, suffix: str) -> pd.Series:
    prefix, generic, quantity = metric.partition(LAST_WINDOW)
    if not generic:
        require_column(frame, metric)
        return _spread(frame, metric, suffix)
    values = pd.Series(None, index=frame.index, dtype="object")
    used = sorted(int(window) for window in frame["window"].dropna().unique())
    for window in used:
        column = f"{prefix}{with_window(generic + quantity, window)}"
        require_column(frame, column)
        here = (frame["window"] == window).fillna(False).to_numpy(dtype=bool)
        values[here] = _spread(frame, column, suffix)[here]
    return values if suffix in ("_interval", BY_FOLDS) else values.astype("float64")


def metric_of(metric: str, protocol: str, selection: SelectionOf) -> str:
    """The metric meant for a protocol, where `selection` stands for the one by which it selects."""
    return selection(protocol) if metric == SELECTION else metric


def metrics_of(
    metrics: Iterable[str], protocols: Sequence[str], selection: SelectionOf
) -> list[str]:
    """Metrics asked for, without repeats; `selection` gives those of all the protocols."""
    found = (metric_of(name, protocol, selection) for name in metrics for protocol in protocols)
    return list(dict.fromkeys(found))


def floats(column: pd.Series) -> FloatArray:
    """A numeric column as float64, missing entries as NaN."""
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def standings_by(
    variants: pd.DataFrame,
    metric: str,
    *,
    test_set: str = PRIMARY,
    eligible: NDArray[np.bool_] | None = None,
) -> Standings:
    """Rank rows of the variants table.

    Args:
        variants: the rows.
        metric: a metric column, or a name with `last_window_` for each row's own closing window.
        test_set: `comparison` takes the larger test set for the variants that have one.
        eligible: which rows may be ranked, shape [variants]; all that have a value without it.
            A variant that a halving left behind is never ranked.
    """
    values, errors, counts = (
        floats(metric_values(variants, metric, test_set=test_set, suffix=suffix))
        for suffix in ("", "_se", "_n")
    )
    if eligible is not None:
        values = np.where(eligible, values, np.nan)
    finals = finalists(variants)
    values = np.where(finals, values, np.nan)
    levels = _by_folds(variants, metric, values) if test_set == PRIMARY else None
    lower = lower_is_better(metric)
    place = standings(values, errors, counts, smaller_is_better=lower, levels=levels)
    if not finals.all() and np.isfinite(values).sum() < 2:  # nothing to be better than
        return replace(place, probability=[None] * len(values))
    return place


def _by_folds(variants: pd.DataFrame, metric: str, values: FloatArray) -> Levels | None:
    """The levels of values of single runs by the folds of their test set, where all have the same.

    None where one has no counts by folds, or several seeds.
    """
    texts = metric_values(variants, metric, suffix=BY_FOLDS)[~np.isnan(values)]
    if len(texts) < 2 or texts.isna().any():
        return None
    found = [np.array(str(words).split(), dtype=np.float64) for words in texts]
    if len({len(own) for own in found}) > 1 or len(found[0]) < 2:
        return None
    scores = np.full((len(values), len(found[0])), np.nan)
    scores[~np.isnan(values)] = found
    noise = np.nan_to_num(floats(metric_values(variants, metric, suffix=NOISE[0])))
    return levels_by_folds(values, scores, noise)


def finalists(variants: pd.DataFrame) -> NDArray[np.bool_]:
    """Which variants no halving left behind others of their experiment, shape [variants]."""
    if RUNG not in variants:
        return np.ones(len(variants), dtype=bool)
    rung = variants[RUNG].astype("float64")
    furthest = rung.groupby([variants["protocol"], variants["experiment"]]).transform("max")
    return (rung.isna() | (rung == furthest)).to_numpy(dtype=bool)


def _spread(frame: pd.DataFrame, column: str, suffix: str) -> pd.Series:
    """A metric's column on spread; blank for metrics that have no interval."""
    if column + suffix in frame.columns:
        return frame[column + suffix]
    return pd.Series(np.nan, index=frame.index)
