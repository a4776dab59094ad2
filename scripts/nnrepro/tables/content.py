"""What every kind of table has in common: its context, its content, and cells that several use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from nnrepro.document import wording
from nnrepro.document.grid import Cell, Grid
from nnrepro.report.errors import ReportError
from nnrepro.report.metrics import Metric, metric
from nnrepro.report.page import Said, Statement
from nnrepro.report.source import Source, Window
from nnrepro.statistics.intervals import CONFIDENCE, EPOCHS, SEEDS, TEST_SET, TEST_SET_AND_EPOCHS
from nnrepro.study.run import Run
from nnrepro.study.study import TableSpec

SELECTION = "selection"
TIED = "≈"

_SOUND = ("completed", "unknown")
"""Statuses of variants whose every run has a sound history."""

CONFIDENCE_LEVEL = wording.plain(100 * CONFIDENCE)


@dataclass(frozen=True)
class TiedFacts:
    """The sign for what cannot be told apart from the best, and at which confidence level."""

    mark: str
    level: str


TIED_FACTS = TiedFacts(TIED, CONFIDENCE_LEVEL)


@dataclass(frozen=True)
class TableContent:
    """One protocol's share of a table.

    Attributes:
        grids: its grids, each with the title of the strip that it stands in.
        statements: what it says in words.
        notes: what explains the columns and marks of each grid, by the title of its strip.
    """

    grids: tuple[tuple[str, Grid], ...]
    statements: tuple[Said, ...] = ()
    notes: Mapping[str, tuple[Said, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class TableContext:
    """What a kind of table makes its content from.

    Attributes:
        source: what the report is made from.
        spec: the table of the configuration.
        protocol: whose rows these are.
        frame: the rows of that protocol.
        runs: the runs that they were made from.
    """

    source: Source
    spec: TableSpec
    protocol: str
    frame: pd.DataFrame
    runs: Sequence[Run]

    @cached_property
    def windows(self) -> tuple[Window, ...]:
        """Closing windows of the runs."""
        return self.source.windows(self.runs, compared=True)

    def asked_metrics(self) -> list[Metric]:
        """The metrics that the configuration asks for, `selection` as the protocol's own."""
        names = [self.resolve(str(name)) for name in self.spec.options.get("metrics", ())]
        return [metric(name) for name in dict.fromkeys(names)]

    def resolve(self, name: str) -> str:
        """The metric that a name of the configuration stands for."""
        protocol = self.source.study.protocols[self.protocol]
        return protocol.selection_metric if name == SELECTION else name

    def column(self, wanted: Metric) -> str:
        """The column that holds a metric.

        Raises:
            ReportError: the table has no such column.
        """
        for name in self.frame.columns:
            if metric(str(name)).name == wanted.name:
                return str(name)
        raise ReportError(
            f"{self.source.table_path(self.spec.name)}: the table has no column for the metric "
            f"'{wanted.name}', which the configuration asks for; remove the file, so that it is "
            "made again"
        )

    def require(self, *columns: str) -> None:
        """Check that the table has these columns.

        Raises:
            ReportError: one is missing.
        """
        for name in columns:
            if name not in self.frame.columns:
                raise ReportError(
                    f"{self.source.table_path(self.spec.name)}: a table of kind "
                    f"'{self.spec.kind}' has a column '{name}', this one has not; remove the file, "
                    "so that it is made again"
                )

    def heading(self, wanted: Metric) -> str:
        """A metric's heading; a closing mean names its epochs where all runs have the same."""
        if not wanted.closing or len(self.windows) != 1:
            return wanted.heading
        return wanted.heading.replace("Closing mean", closing_header(self.windows[0]))

    def phrase(self, wanted: Metric) -> str:
        """A metric's name in a sentence, as `heading` does it."""
        return metric_phrase(wanted, self.windows)

    def label_cell(self, experiment: str, variant: str, label: str, status: Any = None) -> Cell:
        """The cell that names a row's variant and leads to its first run.

        A status is shown where it is one that a reader has to know of.
        """
        anchor = self.source.variant_anchor(self.protocol, experiment, variant)
        plain = status is None or pd.isna(status) or str(status) in _SOUND
        detail = "" if plain else str(status)
        return Cell(label, detail, f"#{anchor}" if anchor else "", header=True)

    def window_notes(self, shown: Sequence[Metric]) -> tuple[Statement, ...]:
        """Which epochs the closing means are over, where any is shown."""
        if not self.windows or not any(item.closing for item in shown):
            return ()
        if len(self.windows) == 1 and self.windows[0].used == self.windows[0].asked:
            return ()  # the heading says it all
        return (Statement("window_note", window_facts(self.windows)),)


@dataclass(frozen=True)
class WindowFacts:
    """Closing windows for a sentence: used in full, or standing in for longer ones."""

    full: tuple[str, ...] = ()
    shrunk: tuple[tuple[str, str], ...] = ()


def window_facts(windows: Sequence[Window]) -> WindowFacts:
    """Closing windows in words."""
    full = tuple(last_epochs(item.used) for item in windows if item.used == item.asked)
    shrunk = tuple(
        (last_epochs(item.used), last_epochs(item.asked))
        for item in windows
        if item.used != item.asked
    )
    return WindowFacts(full, shrunk)


def last_epochs(count: int) -> str:
    """The end of a run in words: "last epoch", "last 8 epochs"."""
    return "last epoch" if count == 1 else f"last {wording.counted(count, 'epoch')}"


def closing_header(window: Window) -> str:
    """A closing mean's heading."""
    words = last_epochs(window.used)
    return words.capitalize() if window.used == 1 else f"Mean, {words}"


def metric_phrase(wanted: Metric, windows: Sequence[Window]) -> str:
    """A metric's name in a sentence; a closing mean names its epochs where there is one window."""
    if not wanted.closing or len(windows) != 1:
        return wanted.phrase
    quantity = wanted.phrase.removeprefix("closing mean ")
    words = last_epochs(windows[0].used)
    return (
        f"{quantity} of the {words}"
        if windows[0].used == 1
        else (f"mean {quantity} over the {words}")
    )


def epochs_cell(row: pd.Series) -> Cell:
    """The epochs that a variant's runs have, and of how many where they are fewer than asked."""
    done, asked = number(row["epochs"]), number(row.get("protocol_epochs"))
    text = wording.whole(done)
    if flag(row.get("shortened")):
        text = f"{text} of {wording.whole(asked)}"
    return Cell(text, number=True)


def flag(value: Any) -> bool | None:
    """A truth value of a table; None where it is not known."""
    return None if pd.isna(value) else bool(value)


def number(value: Any) -> float | None:
    """A number of a table; None where there is none."""
    return None if pd.isna(value) else float(value)


def interval_text(row: pd.Series, column: str, shown: Metric) -> str:
    """A metric's interval for a table cell, low end and high end; empty where there is none."""
    low, high = (number(row.get(f"{column}_ci95_{end}")) for end in ("low", "high"))
    if low is None or high is None:
        return ""
    return f"{shown.number(low)}{wording.DASH}{shown.number(high)}"


def interval_words(row: pd.Series, column: str, shown: Metric) -> str:
    """A metric's interval for a sentence; empty where there is none."""
    low, high = (number(row.get(f"{column}_ci95_{end}")) for end in ("low", "high"))
    if low is None or high is None:
        return ""
    return f"{shown.number(low)} to {shown.text(high)}"


KINDS_OF_INTERVAL = {
    SEEDS: "over seeds (Student\u2019s t)",
    TEST_SET: "from the size of the test set (Wilson)",
    TEST_SET_AND_EPOCHS: "from the size of the test set (Wilson) and the noise between epochs",
    EPOCHS: "from the noise between epochs alone",
}
"""What an interval covers, in words."""


@dataclass(frozen=True)
class IntervalFacts:
    """How intervals came about, for the note that explains them.

    Attributes:
        level: confidence level in percent.
        seeds: whether some are over seeds.
        test_set: whether some are of one seed.
        file: where those of other metrics are.
        kinds: what they cover, in words.
    """

    level: str
    seeds: bool
    test_set: bool
    file: str
    kinds: tuple[str, ...] = ()


def interval_notes(context: TableContext, shown: Metric) -> tuple[Statement, ...]:
    """What the intervals of a metric are intervals of, and where those of the others are."""
    name = f"{context.column(shown)}_interval"
    if name not in context.frame.columns:
        return ()
    kinds = set(context.frame[name].dropna())
    if not kinds:
        return ()
    words = tuple(words for kind, words in KINDS_OF_INTERVAL.items() if kind in kinds)
    file = context.source.file(f"tables/{context.spec.name}.csv")
    facts = IntervalFacts(CONFIDENCE_LEVEL, SEEDS in kinds, kinds != {SEEDS}, file, words)
    return (Statement("interval_note", facts),)
