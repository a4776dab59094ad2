"""The reproduced runs, and what one of them gives for a published metric."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from nnrepro.measures.expressions import QUANTITIES, Reading
from nnrepro.measures.functions import FUNCTIONS
from nnrepro.measures.names import LARGER, with_window, without_window
from nnrepro.measures.runs import RunData
from nnrepro.published.numbers import PublishedNumber
from nnrepro.published.prediction import sampling_deviation
from nnrepro.published.rules import Measured, reading_of
from nnrepro.study.decisions import Decisions
from nnrepro.study.run import Run
from nnrepro.study.study import Study
from nnrepro.tables.columns import COMPARISON, examples_column, metric_columns


@dataclass(frozen=True)
class StudyRun:
    """A run with what was found of it.

    Attributes:
        run: the run as the study declares it.
        row: its row of the runs table.
        data: its history and record; None where it is missing or damaged.
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

        Args:
            needed: epochs that are enough for the quantity at hand; None for all.
        """
        done, asked = int(self.row["epochs_completed"]), int(self.row["protocol_epochs"])
        enough = asked if needed is None else min(needed, asked)
        parts = [f"{done} of {asked} epochs"] if done < enough else []
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
        deviation = None
        if examples is not None and not pd.isna(examples):
            deviation = sampling_deviation(float(value), int(examples))
        return Measured(float(value), short, deviation=deviation)

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
        if reading.latest > curves.epochs:
            return Measured(None, problem=f"ends before epoch {reading.latest}")
        value = reading.value(curves)
        if not np.isfinite(value):
            return Measured(None, problem=FUNCTIONS[reading.function].lacking)
        deviation = None
        if reading.is_share and reading.curve.startswith("test_"):
            deviation = sampling_deviation(value, int(self.run.settings["test_examples"]))
        # A run's first epochs are the same however long it goes on.
        return Measured(value, self.shortfall(reading.settled_by(curves)), deviation=deviation)


@dataclass(frozen=True, eq=False)
class StudyRuns:
    """The reproduced runs.

    Attributes:
        study: the study.
        table: the runs table.
        data: the runs that could be read, by id.
        decisions: what each protocol selected, by (protocol, experiment).
    """

    study: Study
    table: pd.DataFrame
    data: Mapping[str, RunData]
    decisions: Decisions = field(default_factory=dict)

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

    def measured(
        self, metric: str, number: PublishedNumber, runs: Sequence[StudyRun]
    ) -> list[Measured] | None:
        """What runs give for a metric; None where no clear rule exists.

        Args:
            metric: name as printed in the published file, or a metric of the runs table.
            number: the published number, whose remarks may name a stage.
            runs: runs that have a history.
        """
        larger = number.test_set == COMPARISON
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
