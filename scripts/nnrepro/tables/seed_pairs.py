"""Two variants compared by their runs: by seed, or by test example where one seed is all."""

import functools
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from nnrepro.measures.autocorrelation import WindowNoise
from nnrepro.measures.predictions import AnswersOf, common_answers
from nnrepro.statistics.intervals import CONFIDENCE, single_error
from nnrepro.statistics.paired import (
    PAIRED_SAMPLING,
    SAMPLING,
    Comparison,
    compare_answers,
    compare_errors,
    compare_seeds,
    compare_unpaired_seeds,
    discordant,
    holm,
    paired_error,
)
from nnrepro.tables.columns import KEYS, NOISE, examples_column, examples_used, metric_values
from nnrepro.tables.csvfile import TableError

_FINAL = "final_test_accuracy"


class _Measured(NamedTuple):
    """One run by one metric: its value, the size of its test set and the noise of its epochs."""

    run_id: str
    value: float
    examples: int | None
    noise: WindowNoise


class SeedPairs:
    """The runs behind the variants of one protocol, compared two variants at a time.

    Args:
        here: rows of the variants table, of one protocol.
        runs: the runs table.
        test_set: `comparison` takes the larger test set for the runs that have one.
        answers: gives a run's answers on the test examples.
    """

    def __init__(
        self, here: pd.DataFrame, runs: pd.DataFrame, test_set: str, answers: AnswersOf
    ) -> None:
        self._here, self._test_set, self._runs = here, test_set, runs
        self._answers = functools.cache(answers)  # a base is compared with many others
        self._positions = runs.groupby([*KEYS], sort=False).indices

    def compared(self, base: int, changed: int, metric: str) -> dict[str, Any]:
        """Two variants by one metric.

        They are given by their places among the rows.

        Returns:
            The columns of a table of kind `tests` that tell of the comparison itself.
        """
        ends = [self._by_seed(index, metric) for index in (base, changed)]
        common = sorted(ends[0].keys() & ends[1].keys())
        result = Comparison(math.nan)
        if not all(ends):
            chosen = [[*end.values()] for end in ends]
        elif len(common) > 1:
            chosen = [[end[seed] for seed in common] for end in ends]
            values = [np.array([run.value for run in end]) for end in chosen]
            result = compare_seeds(values[1] - values[0])
        elif all(len(end) > 1 for end in ends):
            chosen = [[*end.values()] for end in ends]
            result = compare_unpaired_seeds(*(np.array([r.value for r in end]) for end in chosen))
        else:
            # Test examples are the same for every seed, so that runs of different seeds pair too.
            chosen = [[end[common[0] if common else min(end)]] for end in ends]
            result = self._single(chosen[0][0], chosen[1][0], metric)
        sizes = {run.examples for end in chosen for run in end}
        return {
            "label": self._here["label"][base],
            "changed_label": self._here["label"][changed],
            "seeds": min(map(len, chosen)),
            "test_examples": sizes.pop() if len(sizes) == 1 else None,
            "base_value": _mean(chosen[0]),
            "changed_value": _mean(chosen[1]),
            "difference": result.difference,
            "ci95_low": result.low,
            "ci95_high": result.high,
            "test": result.test,
            "p": result.p,
        }

    def _single(self, base: _Measured, changed: _Measured, metric: str) -> Comparison:
        difference = changed.value - base.value
        if base.examples is None or changed.examples is None:
            return Comparison(difference)
        pair = None
        if base.examples == changed.examples:
            found = self._answers(base.run_id), self._answers(changed.run_id)
            pair = common_answers(*found, base.examples)
        if pair is None:
            errors = [single_error(run.value, run.examples, run.noise) for run in (base, changed)]
            return compare_errors(difference, _joined(*errors), SAMPLING)
        if metric == _FINAL:
            return compare_answers(*pair, difference)
        sampling = paired_error(*discordant(*pair), base.examples)
        noise = _joined(base.noise.error, changed.noise.error)
        return compare_errors(difference, _joined(sampling, noise), PAIRED_SAMPLING)

    def _by_seed(self, index: int, metric: str) -> dict[int, _Measured]:
        """A variant's runs that have the metric, by seed."""
        key = tuple(self._here[name][index] for name in KEYS)
        rows = self._runs.iloc[self._positions.get(key, [])]
        counted = examples_column(metric) is not None
        columns = (
            *(rows["seed"], rows["run_id"], self._column(rows, metric)),
            examples_used(rows, self._test_set),
            *(self._noise(rows, metric + ending) for ending in NOISE),
        )
        return {
            int(seed): _Measured(
                str(run_id),
                float(value),
                int(size) if counted and not pd.isna(size) else None,
                WindowNoise(float(error), float(epochs)),
            )
            for seed, run_id, value, size, error, epochs in zip(*columns, strict=True)
            if not pd.isna(value)
        }

    def _column(self, rows: pd.DataFrame, metric: str) -> pd.Series:
        return metric_values(rows, metric, test_set=self._test_set).astype("float64")

    def _noise(self, rows: pd.DataFrame, metric: str) -> pd.Series:
        """A column on the noise of epochs; unknown for metrics that are no mean over a window."""
        try:
            return self._column(rows, metric)
        except TableError:
            return pd.Series(np.nan, index=rows.index)


def corrected(rows: Sequence[dict[str, Any]], metric: str = "") -> list[dict[str, Any]]:
    """Comparisons with their p-values corrected for their number; of a metric alone, if given."""
    counts = (metric in ("", row["metric"]) for row in rows)
    found = holm(row["p"] if own else math.nan for row, own in zip(rows, counts, strict=True))
    return [
        row | {"p_holm": p, "significant": None if np.isnan(p) else bool(p < 1 - CONFIDENCE)}
        for row, p in zip(rows, found, strict=True)
    ]


def _mean(runs: Sequence[_Measured]) -> float:
    return float(np.mean(np.sort([run.value for run in runs]))) if runs else math.nan


def _joined(*errors: float) -> float:
    """Errors joined by their squares, unknown ones left out; NaN when none is known."""
    known = [error**2 for error in errors if not np.isnan(error)]
    return float(np.sqrt(sum(known))) if known else math.nan
