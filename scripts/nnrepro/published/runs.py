"""The reproduced runs, and what one of them gives for a published metric."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from nnrepro.measures.expressions import QUANTITIES, Reading
from nnrepro.measures.functions import AVERAGES, FUNCTIONS
from nnrepro.measures.names import LARGER, reading_named, with_window, without_window
from nnrepro.measures.runs import RunData
from nnrepro.published.numbers import PublishedNumber
from nnrepro.published.prediction import sampling_deviation
from nnrepro.published.rules import Measured, reading_of
from nnrepro.statistics.grid import Spread, as_grid, residual_spread
from nnrepro.study.decisions import Decisions
from nnrepro.study.run import Run
from nnrepro.study.study import Study
from nnrepro.tables.columns import COMPARISON, examples_column, metric_columns


@dataclass(frozen=True)
class StudyRun:
    """A run as the study declares it with what was found of it.

    `row` is that of the runs table; `data` is None where it is missing or damaged.
    """

    run: Run
    row: Mapping[str, Any]
    data: RunData | None

    @property
    def found(self) -> bool:
        """Whether the run has a sound history."""
        return self.data is not None and not pd.isna(self.row["epochs_completed"])

    def shortfall(self, needed: int | None = None) -> str:
        """In what the run falls short of its protocol, in words; empty for nothing.

        Where fewer epochs than all are enough for the quantity at hand, these are `needed`.
        """
        done, asked = int(self.row["epochs_completed"]), int(self.row["protocol_epochs"])
        enough = asked if needed is None else min(needed, asked)
        parts = [f"{done} of {asked} epochs"] if done < enough else []
        stops = self.run.settings.get("on_divergence") == "stop"
        if parts and stops and self.row["status"] == "diverged":
            parts = [f"diverged and stopped at epoch {done}"]
        for name, words in (("train_examples", "training"), ("test_examples", "test")):
            wanted = self.run.protocol_settings.get(name)
            if wanted is not None and wanted != self.run.settings[name]:
                parts.append(f"{self.run.settings[name]} of {wanted} {words} examples")
        return ", ".join(parts)

    def column(self, metric: str, *, larger: bool) -> Measured:
        """A metric of the runs table; a closing mean is that of the run's own closing window."""
        row, short, used = self.row, self.shortfall(), int(self.row["window"])
        generic, wanted = without_window(metric)
        if wanted is not None:
            asked = int(row["window_asked"])
            if asked != wanted:
                return Measured(None, problem=f"has a closing window of {asked} epochs")
            if used != wanted:
                short = f"{short}, closing window of {used} epochs".removeprefix(", ")
        name = with_window(f"{LARGER if larger else ''}{generic}", used)
        value = row.get(name)
        if value is None or pd.isna(value):
            return Measured(None, short, _absent(name))
        examples = row.get(examples_column(name) or "")
        if examples is None or pd.isna(examples):
            return Measured(float(value), short)
        size = int(examples)
        return Measured(
            float(value), short, "", sampling_deviation(float(value), size), examples=size
        )

    def read(self, reading: Reading, *, larger: bool) -> Measured:
        """What the runs table does not hold, from the curves or the record."""
        assert self.data is not None
        if reading.function in QUANTITIES:
            record: Mapping[str, Any] = self.data.record or {}
            count = record.get(reading.function)
            if count is None:
                return Measured(None, problem=f"has no number of {reading.function} on record")
            return Measured(float(count))
        if larger:
            return Measured(None, problem="has such curves on its primary test set only")
        curves = self.data.curves()
        beyond = reading.latest > curves.epochs
        value = math.nan if beyond else reading.value(curves)
        if not np.isfinite(value):
            ends = f"ends before epoch {reading.latest}"
            return Measured(None, problem=ends if beyond else FUNCTIONS[reading.function].lacking)
        # A run's first epochs are the same however long it goes on.
        found = Measured(value, self.shortfall(reading.settled_by(curves)))
        size = self.run.settings.get("test_examples")
        if size is None or not (reading.is_share and reading.curve.startswith("test_")):
            return found
        return replace(found, deviation=sampling_deviation(value, int(size)), examples=int(size))


@dataclass(frozen=True, eq=False)
class StudyRuns:
    """The reproduced runs: their table, and by id those that could be read."""

    study: Study
    table: pd.DataFrame
    data: Mapping[str, RunData]
    decisions: Decisions = field(default_factory=dict)
    _spreads: dict[Any, Spread | None] = field(default_factory=dict)

    @cached_property
    def larger_metrics(self) -> frozenset[str]:
        """Metrics on the larger test set, as they are called where the window is not known."""
        names = (name for name in metric_columns(self.table) if name.startswith(LARGER))
        return frozenset(f"{LARGER}{without_window(n.removeprefix(LARGER))[0]}" for n in names)

    @cached_property
    def metrics(self) -> frozenset[str]:
        """Metrics of the runs table, as they are called where the window is not known."""
        names = (name.removeprefix(LARGER) for name in metric_columns(self.table))
        return frozenset(without_window(name)[0] for name in names)

    @cached_property
    def by_variant(self) -> Mapping[tuple[str, str, str], Mapping[int, StudyRun]]:
        """Runs by protocol, experiment and variant, then by seed."""
        records = self.table.to_dict("records")
        rows = {str(row["run_id"]): {str(k): v for k, v in row.items()} for row in records}
        found: dict[tuple[str, str, str], dict[int, StudyRun]] = {}
        for run in self.study.runs:
            if run.id in rows:
                item = StudyRun(run, rows[run.id], self.data.get(run.id))
                key = (run.protocol, run.experiment, run.variant)
                found.setdefault(key, {})[run.seed] = item
        return found

    def own_sample(self, number: PublishedNumber, metric: str, run: StudyRun) -> int | None:
        """How many examples of a draw of its own a number was measured on; None for ours."""
        sizes = self.study.own_test_examples.get(run.run.input, ())
        name = "comparison_test_examples" if number.test_set == COMPARISON else "test_examples"
        size = run.run.protocol_settings.get(name, run.run.settings.get(name))
        return int(size) if size in sizes and examples_column(metric) else None

    def larger(self, number: PublishedNumber, metric: str, runs: Sequence[StudyRun]) -> bool:
        """Whether the level of runs is read on their larger test set.

        So is what was measured there, and what was measured on examples of a draw of its own: of
        means over epochs more examples tell more. A maximum is the higher the fewer they are.
        """
        if number.test_set == COMPARISON:
            return True
        reading = reading_named(metric)
        name = f"{LARGER}{without_window(metric)[0]}"
        return (
            reading is not None
            and reading.function in AVERAGES
            and name in self.larger_metrics
            and all(
                self.own_sample(number, metric, run)
                and int(run.run.settings.get("comparison_test_examples", 0)) > 0
                for run in runs
            )
        )

    def spread(
        self, number: PublishedNumber, metric: str, run: StudyRun, examples: int | None
    ) -> Spread | None:
        """The spread of one run by the grid of single runs that it stands in.

        For an accuracy on a test set, also that from which its settings are chosen.

        `examples`: size of the test set on which the runs of the grid are read.
        """
        # Another optimiser's losses and epochs scatter otherwise than those of the grid.
        source = (examples and run.run.selects_from) or run.run.experiment
        key = (number.protocol, source, metric, number.remarks, examples)
        if key not in self._spreads:
            self._spreads[key] = self._grid_spread(number, metric, source, examples)
        return self._spreads[key]

    def _grid_spread(
        self, number: PublishedNumber, metric: str, experiment: str, examples: int | None
    ) -> Spread | None:
        cells = [
            list(by_seed.values())
            for (protocol, own, _), by_seed in self.by_variant.items()
            if (protocol, own) == (number.protocol, experiment)
        ]
        runs = [run for by_seed in cells for run in by_seed if run.found]
        if len(runs) != len(cells):
            return None  # several seeds, which tell more, or some of the grid is missing
        places = as_grid([run.run.settings for run in runs])
        if places is None:
            return None
        for larger in (False, True):
            found = self._read(metric, number, runs, larger=larger) or []
            values = [item.value for item in found if item.examples == examples and not item.short]
            if len(values) == len(runs) and None not in values:
                return residual_spread(np.asarray(values, dtype=np.float64)[np.asarray(places)])
        return None

    def measured(
        self, metric: str, number: PublishedNumber, runs: Sequence[StudyRun]
    ) -> list[Measured] | None:
        """What runs give for a metric; None where no clear rule exists.

        The number's remarks may name a stage; all `runs` have a history.
        """
        return self._read(metric, number, runs, larger=self.larger(number, metric, runs))

    def _read(
        self, metric: str, number: PublishedNumber, runs: Sequence[StudyRun], *, larger: bool
    ) -> list[Measured] | None:
        if without_window(metric)[0] in self.metrics:
            return [run.column(metric, larger=larger) for run in runs]
        reading = reading_of(metric, number.remarks)
        if reading is None:
            return None
        return [run.read(reading, larger=larger) for run in runs]


def _absent(column: str) -> str:
    """Why a run has no value in a column."""
    if column.startswith(LARGER):
        return "has no metrics on the comparison test set"
    if column.endswith("_convergence_epoch"):
        return "does not settle"
    return "has no such value on record"
