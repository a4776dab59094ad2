"""What one run gives for a published metric, and how far it is the same measurement."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from nnrepro.analysis.metrics import LAST_WINDOW, windows, with_window
from nnrepro.measures.runs import RunData
from nnrepro.published.numbers import PublishedNumber
from nnrepro.published.prediction import sampling_deviation
from nnrepro.published.stages import WHOLE_RUN, Level, Widths, lowest_epoch, read_level, stage_of
from nnrepro.study import Run
from nnrepro.tables.columns import COMPARISON, COMPARISON_PREFIX, examples_column

_LAST = re.compile(r"last(\d+)_(mean_.+)")
_LEVEL = re.compile(r"((?:train|test)_(?:loss|accuracy))_level")
_RISE = re.compile(r"((?:train|test)_loss)_rise_epoch")
_WHOLE_MODEL = ("total", "trainable")


@dataclass(frozen=True)
class RunEvidence:
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


@dataclass(frozen=True)
class Measured:
    """One run's value.

    Attributes:
        value: the value; None where the run does not give it.
        short: in what it falls short of what the protocol asks for; empty for nothing.
        problem: why there is no value, as the end of a sentence about a run.
        deviation: sampling error on the test set, for accuracies on one.
    """

    value: float | None
    short: str = ""
    problem: str = ""
    deviation: float | None = None


Measure = Callable[[PublishedNumber, RunEvidence], Measured]


def measure_of(metric: str, number: PublishedNumber, columns: frozenset[str]) -> Measure | None:
    """How a metric is read off one run; None where no clear rule exists.

    Args:
        metric: name as printed in the published file, or a metric of the runs table.
        number: the published number, whose remarks may name a stage.
        columns: metrics of the runs table.
    """
    if metric in columns or metric.startswith(LAST_WINDOW) or _LAST.fullmatch(metric):
        return lambda number, found: _column(metric, number, found)
    if metric == "parameter_count":
        whole = any(remark.startswith(_WHOLE_MODEL) for remark in number.remarks)
        return _parameters if whole or not number.remarks else None
    level = _LEVEL.fullmatch(metric)
    stage = stage_of(number.remarks)
    if level is not None and stage is not None:
        curve, read = level[1], stage
        return lambda number, found: _from_history(
            number, found, curve, lambda h, w: read_level(h, curve, read, w)
        )
    rise = _RISE.fullmatch(metric)
    if rise is not None:
        curve = rise[1]
        return lambda number, found: _from_history(
            number, found, "", lambda h, w: lowest_epoch(h, curve, w)
        )
    return None


def shortfall(found: RunEvidence, needed: int = WHOLE_RUN) -> str:
    """In what a run falls short of its protocol, in words; empty for nothing.

    Args:
        found: the run.
        needed: epochs that are enough for the quantity at hand; `WHOLE_RUN` for all.
    """
    done, asked = int(found.row["epochs_completed"]), int(found.row["protocol_epochs"])
    enough = asked if needed == WHOLE_RUN else min(needed, asked)
    parts = [f"{done} of {asked} epochs"] if done < enough else []
    for name, words in (("train_examples", "training"), ("test_examples", "test")):
        wanted = found.run.protocol_settings.get(name)
        if wanted is not None and wanted != found.run.settings[name]:
            parts.append(f"{found.run.settings[name]} of {wanted} {words} examples")
    return ", ".join(parts)


def _column(metric: str, number: PublishedNumber, found: RunEvidence) -> Measured:
    """A metric of the runs table; a closing mean comes from the run's own closing window."""
    row, short = found.row, shortfall(found)
    used = int(row["window"])
    name = with_window(metric, used)
    closing = _LAST.fullmatch(metric)
    if closing is not None:
        asked, wanted = int(row["window_asked"]), int(closing[1])
        if asked != wanted:
            return Measured(None, problem=f"has a closing window of {asked} epochs")
        name = f"last{used}_{closing[2]}"
        if used != wanted:
            short = f"{short}, closing window of {used} epochs".removeprefix(", ")
    if number.test_set == COMPARISON:
        name = COMPARISON_PREFIX + name
    value = row.get(name)
    if value is None or pd.isna(value):
        return Measured(None, short, _absent(name))
    return Measured(float(value), short, deviation=_deviation(name, float(value), row))


def _absent(column: str) -> str:
    """Why a run has no value in a column."""
    if column.startswith(COMPARISON_PREFIX):
        return "has no metrics on the comparison test set"
    if column.endswith("_convergence_epoch"):
        return "does not settle"
    return "has no such value on record"


def _deviation(column: str, value: float, row: Mapping[str, Any]) -> float | None:
    examples = row.get(examples_column(column) or "")
    if examples is None or pd.isna(examples):
        return None
    return sampling_deviation(value, int(examples))


def _parameters(number: PublishedNumber, found: RunEvidence) -> Measured:
    record = None if found.data is None else found.data.record
    count = None if record is None else record.get("parameters")
    if count is None:
        return Measured(None, problem="has no number of parameters on record")
    return Measured(float(count))


def _from_history(
    number: PublishedNumber,
    found: RunEvidence,
    curve: str,
    read: Callable[[Any, Widths], Level],
) -> Measured:
    """A quantity that the runs table does not hold, read off the curves."""
    assert found.data is not None
    if number.test_set == COMPARISON:
        return Measured(None, problem="has such curves on its primary test set only")
    run, history = found.run, found.data.history
    window, smoothing = windows(run, history.epochs)
    full = smoothing.asked if smoothing.asked % 2 == 1 else smoothing.asked - 1
    level = read(history, Widths(window.used, smoothing.used, full))
    if level.value is None or not np.isfinite(level.value):
        return Measured(None, problem=level.problem or "has no finite value there")
    deviation = None
    if curve == "test_accuracy":
        deviation = sampling_deviation(level.value, int(run.settings["test_examples"]))
    # A run's first epochs are the same however long it goes on.
    return Measured(level.value, shortfall(found, level.needs), deviation=deviation)
