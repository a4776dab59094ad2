"""Tables of kind `factors`: which differences carry the gap between two ways of working.

A comparison goes from one way of working to another by changing one factor at a time. A factor may
be a matter of training (another run), of the test set, or of the metric; the last two are other
readings of the same runs and cost no training.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from nnrepro.measures.history import FloatArray
from nnrepro.statistics.effects import Effect, Reading, effect_of, effect_over_seeds
from nnrepro.statistics.intervals import summarise
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
from nnrepro.tables.csvfile import TableError, tidy_types

FROM, FACTOR, TO, REST = "from", "factor", "to", "rest"
"""What a row stands for: the first way, one factor changed, all changed, what the sum leaves."""


@dataclass(frozen=True)
class Scoring:
    """What is scored, and how.

    Attributes:
        run: `experiment/variant`.
        metric: the metric.
        test_set: `primary` or `comparison`.
    """

    run: str
    metric: str
    test_set: str

    @classmethod
    def of(cls, section: Mapping[str, Any], base: "Scoring | None" = None) -> "Scoring":
        """From the configuration; what is left out is as in `base`."""
        known = {} if base is None else vars(base)
        given = {"test_set": PRIMARY, **known, **section}
        return cls(given["run"], given["metric"], given["test_set"])


def factors_table(
    variants: pd.DataFrame,
    *,
    comparisons: Mapping[str, Mapping[str, Any]],
    runs: pd.DataFrame,
) -> pd.DataFrame:
    """Every factor of every comparison.

    Args:
        variants: rows of the variants table.
        comparisons: by name, each with `title`, `from` (`run`, `metric` and `test_set`), `factors`
            (by name, each what it changes of `from`, and its `label`) and `to` (all changed).
        runs: the runs table.

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
    named = (variants["experiment"] + "/" + variants["variant"]).to_numpy()
    rows: list[dict[str, Any]] = []
    for protocol in dict.fromkeys(variants["protocol"]):
        present = set(named[(variants["protocol"] == protocol).to_numpy(dtype=bool)])
        here = runs[runs["protocol"] == protocol]
        for name, section in comparisons.items():
            comparison = _Comparison.of(section)
            if comparison.first.run not in present:
                continue
            comparison.check(name, present)
            found = comparison.rows(here)
            rows += [{"protocol": protocol, "comparison": name} | row for row in found]
    if not rows:
        raise TableError(f"none of the comparisons {', '.join(comparisons)} has its first run")
    return tidy_types(pd.DataFrame(rows))


@dataclass(frozen=True)
class _Comparison:
    """A comparison of the configuration with everything filled in."""

    title: str
    first: Scoring
    factors: Mapping[str, tuple[str, Scoring]]
    last: Scoring

    @classmethod
    def of(cls, section: Mapping[str, Any]) -> "_Comparison":
        first = Scoring.of(section["from"])
        factors = {
            name: (str(item.get("label", name)), Scoring.of(item, first))
            for name, item in section["factors"].items()
        }
        return cls(section["title"], first, factors, Scoring.of(section["to"], first))

    def check(self, name: str, present: set[str]) -> None:
        """Every run is there."""
        for scoring in (*(scoring for _, scoring in self.factors.values()), self.last):
            if scoring.run not in present:
                raise TableError(
                    f"comparison {name}: '{scoring.run}' is not among the table's runs"
                )

    def rows(self, runs: pd.DataFrame) -> list[dict[str, Any]]:
        """The rows of the table for one protocol."""
        first, last = _readings(runs, self.first), _readings(runs, self.last)
        gap = effect_of(first, last, same_run=self.first.run == self.last.run)
        rows = [{"role": FROM} | _scored(runs, self.first, first)]
        effects = []
        for name, (label, scoring) in self.factors.items():
            readings = _readings(runs, scoring)
            same_run = scoring.run == self.first.run
            effect = effect_of(first, readings, same_run=same_run)
            effects.append(effect)
            row = {"role": FACTOR, "factor": name, "label": label}
            rows.append(row | _scored(runs, scoring, readings) | effect.columns(gap))
        rows.append({"role": TO} | _scored(runs, self.last, last) | gap.columns(gap))
        rows.append({"role": REST} | _rest(gap, effects).columns(gap))
        return [{"title": self.title} | row for row in rows]


def _scored(
    runs: pd.DataFrame, scoring: Scoring, readings: Mapping[int, Reading]
) -> dict[str, Any]:
    """What was scored, and its mean over seeds."""
    experiment, _, variant = scoring.run.partition("/")
    rows = _rows(runs, scoring.run)
    examples = [reading.examples for reading in readings.values() if reading.examples]
    summary = summarise(np.array([reading.value for reading in readings.values()]))
    return {
        "experiment": experiment,
        "variant": variant,
        "metric": metric_name(rows, scoring.metric),
        "test_examples": max(examples, default=None),
        "epochs": _fewest(floats(rows["epochs_completed"])),
        "value": summary.mean,
        "seeds": summary.count,
    }


def _rows(runs: pd.DataFrame, run: str) -> pd.DataFrame:
    experiment, _, variant = run.partition("/")
    return runs[(runs["experiment"] == experiment) & (runs["variant"] == variant)]


def _fewest(epochs: FloatArray) -> int | None:
    known = epochs[~np.isnan(epochs)]
    return int(known.min()) if len(known) else None


def _readings(runs: pd.DataFrame, scoring: Scoring) -> dict[int, Reading]:
    """The metric of each seed, in the order of the seeds."""
    rows = _rows(runs, scoring.run).sort_values("seed")
    values = floats(metric_values(rows, scoring.metric, test_set=scoring.test_set))
    if scoring.test_set == COMPARISON:  # without a second test set there is nothing to tell
        values = np.where(on_comparison_set(rows).to_numpy(dtype=bool), values, np.nan)
    sizes = floats(examples_used(rows, scoring.test_set))
    known = examples_column(scoring.metric) is not None
    return {
        int(seed): Reading(float(value), int(size) if known and not np.isnan(size) else None)
        for seed, value, size in zip(rows["seed"], values, sizes, strict=True)
    }


def _rest(gap: Effect, effects: Sequence[Effect]) -> Effect:
    """The gap less the effects, over the seeds that have them all."""
    common = [seed for seed in gap.by_seed if all(seed in effect.by_seed for effect in effects)]
    return effect_over_seeds(
        {
            # Rounded: where effects add up exactly, what binary fractions leave is no interaction.
            seed: round(gap.by_seed[seed] - sum(e.by_seed[seed] for e in effects), 12)
            for seed in common
        }
    )
