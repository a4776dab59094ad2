"""Tables of kind `convergence`: from which epoch on the test curves stay level."""

from dataclasses import dataclass

import pandas as pd

from nnrepro.document import wording
from nnrepro.document.grid import Cell, Column, Grid, Row
from nnrepro.measures.convergence import ACCURACY_TOLERANCE, LOSS_TOLERANCE
from nnrepro.report.page import Statement
from nnrepro.tables.content import TableContent, TableContext, epochs_cell, flag, number

CURVES = {"test_accuracy": "Test accuracy", "test_loss": "Test loss"}
NOT_SETTLED = "not settled"


@dataclass(frozen=True)
class Settled:
    """Variants that settle at one epoch."""

    labels: tuple[str, ...]
    epoch: str


@dataclass(frozen=True)
class ConvergenceFacts:
    """How many variants settle in one curve, and which first and last.

    Attributes:
        curve: the curve in words.
        settled: variants that settle.
        known: variants of which it is known.
        earliest: the first to settle; None when none does.
        latest: the last to settle; None when all settle at one epoch.
    """

    curve: str
    settled: int
    known: int
    earliest: Settled | None = None
    latest: Settled | None = None


@dataclass(frozen=True)
class ToleranceFacts:
    """How close to the closing mean counts as level."""

    accuracy: str
    loss: str


def convergence_content(context: TableContext) -> TableContent:
    """Convergence epochs of one protocol's variants."""
    names = [f"{curve}_{what}" for curve in CURVES for what in ("convergence_epoch", "converged")]
    context.require("experiment", "variant", "label", "epochs", *names)
    rows = tuple(_row(context, row) for _, row in context.frame.iterrows())
    headings = [f"{words} settles at epoch" for words in CURVES.values()]
    grid = Grid(
        (
            Column("Variant", number=False),
            *(Column(heading) for heading in headings),
            Column("Epochs trained"),
        ),
        rows,
    )
    statements = tuple(
        Statement("convergence", convergence_facts(context.frame, curve)) for curve in CURVES
    )
    return TableContent((("", grid),), statements, {"": (definition(),)} if rows else {})


def definition() -> Statement:
    """What it means that a curve settles."""
    points = 100 * ACCURACY_TOLERANCE
    tolerance = ToleranceFacts(
        f"{wording.plain(points)} percentage point{'' if points == 1 else 's'}",
        wording.plain(LOSS_TOLERANCE),
    )
    return Statement("convergence_note", tolerance)


def convergence_facts(frame: pd.DataFrame, curve: str) -> ConvergenceFacts:
    """Facts on one curve of a convergence table.

    Args:
        frame: rows of one protocol.
        curve: a key of `CURVES`.
    """
    converged = [flag(value) for value in frame[f"{curve}_converged"]]
    known = [value for value in converged if value is not None]
    settled = frame[[bool(value) for value in converged]]
    words = CURVES[curve].lower()
    facts = ConvergenceFacts(words, len(settled), len(known))
    epochs = settled[f"{curve}_convergence_epoch"].astype("float64").dropna()
    if epochs.empty:
        return facts
    first, last = (_settled(settled, epochs, value) for value in (epochs.min(), epochs.max()))
    return ConvergenceFacts(
        words, len(settled), len(known), first, last if epochs.max() > epochs.min() else None
    )


def _settled(rows: pd.DataFrame, epochs: pd.Series, value: float) -> Settled:
    labels = rows.loc[epochs.index[epochs == value], "label"]
    return Settled(tuple(str(label) for label in labels), wording.whole(value))


def _row(context: TableContext, row: pd.Series) -> Row:
    head = context.label_cell(
        str(row["experiment"]), str(row["variant"]), str(row["label"]), row.get("status")
    )
    cells = [head, *(_epoch(row, curve) for curve in CURVES)]
    return Row((*cells, epochs_cell(row)))


def _epoch(row: pd.Series, curve: str) -> Cell:
    converged = flag(row[f"{curve}_converged"])
    if converged is None:
        return Cell(wording.EMPTY, number=True)
    seeds, of = number(row.get(f"{curve}_converged_seeds")), number(row.get("seeds"))
    detail = ""
    if seeds is not None and of is not None and of > 1:
        detail = f"in {wording.whole(seeds)} of {wording.counted(round(of), 'seed')}"
    epoch = wording.whole(number(row[f"{curve}_convergence_epoch"]))
    return Cell(epoch if converged else NOT_SETTLED, detail, number=True)
