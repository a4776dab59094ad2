"""What every kind of table shows alike: its context, its content, and cells and words."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import pandas as pd

from nnrepro.document import wording
from nnrepro.document.grid import Cell, Grid, grid, numeric, text_field
from nnrepro.document.text import Text, bold, code, joined, text
from nnrepro.measures.curves import Window
from nnrepro.measures.names import one_mean, set_words
from nnrepro.statistics.intervals import CONFIDENCE, EPOCHS, SEEDS, TEST_SET, TEST_SET_AND_EPOCHS
from nnrepro.study.kinds import Kind
from nnrepro.study.metrics import SELECTION
from nnrepro.study.run import Run
from nnrepro.study.selectors import Selector
from nnrepro.study.study import Spec, Study
from nnrepro.tables.csvfile import TableError
from nnrepro.tables.metrics import Metric, metric

CONFIDENCE_LEVEL = wording.plain(100 * CONFIDENCE)
LEVEL = f"{CONFIDENCE_LEVEL}\u00a0%"
"""The confidence level of all intervals, for a sentence."""

TIED = "≈"
TIED_NOTE = text(
    f"{TIED} cannot be told apart from the best: multiple comparisons with the best (Hsu), {LEVEL} "
    "for all of them together."
)

_SOUND = ("completed", "unknown")
_CLOSING_MEAN = "Closing mean"
"""Statuses of variants whose every run has a sound history."""

_COVERED = {
    SEEDS: "over seeds (Student\u2019s t)",
    TEST_SET: "from the size of the {} (Wilson)",
    TEST_SET_AND_EPOCHS: "from the size of the {} (Wilson) and the noise between epochs",
    EPOCHS: "from the noise between epochs alone",
}
"""What an interval covers, in words; `{}` is the set of examples."""


_PICKED = (
    "The {} is the best of many epochs on the same examples; it has no interval, as none here "
    "covers what picking the epoch adds."
)


Record = Mapping[str, Any]
"""A row of a table by column; None where an entry is missing."""


@dataclass(frozen=True)
class Shown:
    """A grid, the title of the strip that it stands in, and what explains its columns and marks."""

    grid: Grid
    title: str = ""
    notes: tuple[Text, ...] = ()


@dataclass(frozen=True)
class TableContent:
    """One protocol's share of a table: its grids, and what it says in words."""

    shown: tuple[Shown, ...]
    statements: tuple[Text, ...] = ()


@dataclass(frozen=True)
class TableContext:
    """What a kind of table makes its content from.

    Attributes:
        study: the study.
        spec: the table of the configuration.
        protocol: whose rows these are.
        frame: the rows of that protocol.
        runs: the runs that they were made from.
        windows: distinct closing windows of these runs, as they are compared with one another.
        path: where the table lies.
        file: the same, as readers of the report find it.
        anchor: id of the element that shows a variant, by experiment and variant; empty for none.
    """

    study: Study
    spec: Spec
    protocol: str
    frame: pd.DataFrame
    runs: Sequence[Run]
    windows: Sequence[Window]
    path: Path
    file: str
    anchor: Callable[[str, str], str]

    @property
    def options(self) -> Mapping[str, Any]:
        """What the configuration says of the table, apart from its runs."""
        return self.spec.options

    def asked_metrics(self) -> list[Metric]:
        """The metrics that the configuration asks for, `selection` as the protocol's own."""
        names = [self.resolve(name) for name in self.options.get("metrics", ())]
        return [metric(name) for name in dict.fromkeys(names)]

    def resolve(self, name: str) -> str:
        """The metric that a name of the configuration stands for."""
        if name != SELECTION:
            return name
        return self.study.selection_metric(self.protocol, self.spec.runs)

    def column(self, wanted: Metric) -> str:
        """The column that holds a metric."""
        for name in map(str, self.frame.columns):
            if metric(name).name == wanted.name:
                return name
        raise TableError(
            f"{self.path}: the table has no column for the metric '{wanted.name}', which the "
            "configuration asks for; remove the file, so that it is made again"
        )

    def require(self, *columns: str) -> None:
        """Check that the table has these columns."""
        for name in columns:
            if name not in self.frame.columns:
                raise TableError(
                    f"{self.path}: a table of kind '{self.spec.kind}' has a column '{name}', this "
                    "one has not; remove the file, so that it is made again"
                )

    def rows(self) -> list[Record]:
        """The rows one by one."""
        return records(self.frame)

    def by_metric(self) -> list[tuple[Metric, pd.DataFrame]]:
        """The metrics asked for that the column `metric` has, each with its rows."""
        names = self.frame["metric"].map(lambda name: metric(str(name)).name)
        found = ((shown, self.frame[names == shown.name]) for shown in self.asked_metrics())
        return [(shown, rows) for shown, rows in found if len(rows)]

    def heading(self, wanted: Metric) -> str:
        """A metric's heading; a closing mean names its epochs where all runs have the same."""
        return metric_heading(wanted, self.windows)

    def phrase(self, wanted: Metric) -> str:
        """A metric's name in a sentence, as `heading` does it."""
        return metric_phrase(wanted, self.windows)

    def title(self, wanted: Metric) -> str:
        """The title of the strip of a metric's grid."""
        return wording.capitalised(one_mean(wanted.phrase))

    def variant_cell(self, row: Record) -> Cell:
        """The cell that names a row's variant, with a status that a reader has to know of."""
        status = row.get("status")
        plain = status is None or status in _SOUND
        return self.named_cell(row, "" if plain else str(status))

    def named_cell(self, row: Record, detail: str = "") -> Cell:
        """The cell that names a row's variant, and leads to its first run."""
        return self.linked_cell(f"{row['experiment']}/{row['variant']}", str(row["label"]), detail)

    def linked_cell(self, name: str, label: str, detail: str = "") -> Cell:
        """A cell that leads to the first run of a variant, `experiment/variant`."""
        anchor = self.anchor(*Selector.parse(name))
        return Cell(label, detail, f"#{anchor}" if anchor else "", header=True)

    def window_notes(self, *shown: Metric) -> tuple[Text, ...]:
        """Which epochs the closing means are over, where any is shown and its heading lacks it."""
        said = len(self.windows) == 1 and self.windows[0].used == self.windows[0].asked
        if said or not self.windows or not any(item.closing for item in shown):
            return ()
        return (window_note(self.windows),)

    def interval_notes(self, shown: Metric) -> tuple[Text, ...]:
        """What a metric's intervals are intervals of, and where those of the others are."""
        if shown.picked:
            return (text(_PICKED.format(shown.phrase)),)
        name = f"{self.column(shown)}_interval"
        kinds = set(self.frame[name].dropna()) if name in self.frame.columns else set()
        if not kinds:
            return ()
        covered = wording.joined(
            [
                words.format(set_words(shown.name))
                for kind, words in _COVERED.items()
                if kind in kinds
            ],
            "or",
        )
        single = "; with one seed, the spread over seeds is not known" if kinds != {SEEDS} else ""
        return (
            text(
                f"Beside the metric that ranks: its {LEVEL} interval {covered}{single}. Those of "
                "the other metrics are in ",
                code(self.file),
                ".",
            ),
        )


def window_note(windows: Iterable[Window]) -> Text:
    """Which epochs closing means are over; nothing without a window."""
    windows = tuple(windows)
    full = [last_epochs(item.used) for item in windows if item.used == item.asked]
    shrunk = [
        f"the {last_epochs(item.used)}, standing in for the {last_epochs(item.asked)} of a run in "
        "full"
        for item in windows
        if item.used != item.asked
    ]
    parts = [f"the {wording.joined(full, 'or')}"] if full else []
    parts += [", or over ".join(shrunk)] if shrunk else []
    return text(f"Closing means are taken over {'; '.join(parts)}.") if parts else ()


def last_epochs(count: int) -> str:
    """The end of a run in words: "last epoch", "last 8 epochs"."""
    return "last epoch" if count == 1 else f"last {wording.counted(count, 'epoch')}"


def metric_heading(wanted: Metric, windows: Sequence[Window]) -> str:
    """A metric's heading; a closing mean names its epochs where there is one window."""
    if not wanted.closing or len(windows) != 1:
        return one_mean(wanted.heading)
    words = last_epochs(windows[0].used)
    average = "" if windows[0].used == 1 else "mean of "
    quantity, comma, rest = wanted.heading.removeprefix(_CLOSING_MEAN).partition(",")
    if not quantity[1:2].isalpha():
        named = words.capitalize() if not average else f"Mean, {words}"
        return wanted.heading.replace(_CLOSING_MEAN, named)
    if quantity.startswith(" mean "):
        average = ""
    return f"{quantity[1:2].upper()}{quantity[2:]}, {average}{words}{comma}{rest}"


def metric_phrase(wanted: Metric, windows: Sequence[Window]) -> str:
    """A metric's name in a sentence; a closing mean names its epochs where there is one window."""
    if not wanted.closing or len(windows) != 1:
        return one_mean(wanted.phrase)
    quantity = wanted.phrase.removeprefix("closing mean ")
    words = last_epochs(windows[0].used)
    return (
        f"{quantity} of the {words}"
        if windows[0].used == 1
        else one_mean(f"mean {quantity} over the {words}")
    )


def records(frame: pd.DataFrame) -> list[Record]:
    """The rows of a table one by one; what is missing is None."""
    rows = frame.astype("object").where(frame.notna(), None).to_dict("records")
    return [{str(name): cell for name, cell in row.items()} for row in rows]


def epochs_cell(row: Record) -> Cell:
    """The epochs that a variant's runs have, and of how many where they are fewer than asked."""
    done, asked = wording.whole(row["epochs"]), wording.whole(row.get("protocol_epochs"))
    return numeric(f"{done} of {asked}" if row.get("shortened") else done)


def seeds_of(count: float, row: Record) -> str:
    """In how many of a row's seeds something is so."""
    return f"in {wording.whole(count)} of {wording.counted(round(row['seeds']), 'seed')}"


def ends(row: Record, prefix: str = "") -> tuple[float, float] | None:
    """Both ends of a row's interval, whose columns begin with `prefix`; None without one."""
    low, high = (row.get(f"{prefix}ci95_{end}") for end in ("low", "high"))
    return None if low is None or high is None else (low, high)


def change_interval(row: Record, shown: Metric) -> str:
    """The interval of a row's difference; empty where there is none."""
    return " to ".join(map(shown.change, ends(row) or ()))


def labels(names: Iterable[Any]) -> Text:
    """Labels of variants in a list; of many the last ones are only counted.

    Nobody knows what a user calls variants: "The best of them, three times" is no subject of a
    sentence, and has commas of its own. Sentences name variants after a colon or in brackets, and
    each stands out by itself.
    """
    return list_of([bold(name) for name in wording.few([str(name) for name in names])])


def list_of(parts: Sequence[Text]) -> Text:
    """Parts as a list in a sentence."""
    if len(parts) < 2:
        return text(*parts)
    return text(joined(", ", parts[:-1]), " and ", parts[-1])


_NAMES = ("experiment", "variant", "label")


def show_table(kind: Kind, context: TableContext) -> TableContent:
    """What a table of a kind shows: as its file's function `show` says, or its columns."""
    return getattr(kind.function(), "show", show_columns)(context)


def show_columns(context: TableContext) -> TableContent:
    """The table of one protocol: the variant, where rows are about variants, and each column."""
    frame = context.frame
    named = set(_NAMES) <= set(frame.columns)
    is_number = {
        str(name): pd.api.types.is_numeric_dtype(frame[name])
        and not pd.api.types.is_bool_dtype(frame[name])
        for name in frame.columns
        if name != "protocol" and not (named and name in _NAMES)
    }
    fields = [text_field("Variant", context.named_cell)] if named else []
    for name, number in is_number.items():
        heading = wording.capitalised(name.replace("_", " "))
        fields.append(text_field(heading, partial(_text, name), number=number))
    return TableContent((Shown(grid(context.rows(), fields)),))


def _text(name: str, row: Record) -> str:
    value = row[name]
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Real) and not isinstance(value, Integral):
        return wording.plain(float(f"{value:.4g}"))
    return wording.plain(value)
