"""Tables of kind `convergence`: from which epoch on the test curves stay level."""

from collections.abc import Iterable, Iterator
from functools import partial

import pandas as pd

from nnrepro.document import wording
from nnrepro.document.grid import Cell, grid, number_field, numeric, text_field
from nnrepro.document.text import Text, text
from nnrepro.measures.convergence import ACCURACY_TOLERANCE, LOSS_TOLERANCE, settling
from nnrepro.metrics.registry import known
from nnrepro.study.kinds import shows, table
from nnrepro.tables.columns import KEYS, lengths
from nnrepro.tables.content import (
    Record,
    Shown,
    TableContent,
    TableContext,
    epochs_cell,
    labels,
    records,
    seeds_of,
)
from nnrepro.tables.csvfile import tidy_types

_SETTLES = "_convergence_epoch"


def curves_in(columns: Iterable[str]) -> dict[str, str]:
    """The curves of which a table tells when they settle, with their words."""
    names = (name.removesuffix(_SETTLES) for name in columns if name.endswith(_SETTLES))
    return {name: f"Test {known(name.removeprefix('test_')).words}" for name in names}


@table
def convergence(variants: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """When the test curves of variants settle.

    Returns:
        A row per variant: what identifies it, `seeds`, `epochs` (trained), `protocol_epochs`,
        `shortened` (trained for fewer than the protocol asks for), `window`, `smoothing`, and for
        `test_accuracy` and `test_loss` each `_convergence_epoch` (the median over the seeds,
        those that do not settle as the latest), `_converged` (in more than half of the seeds) and
        `_converged_seeds` (in how many). A run that blew up has not converged, however level its
        curves end.
    """
    table = lengths(variants)
    seeds_by = dict(list(runs.groupby([*KEYS], sort=False)))
    members = [seeds_by.get(key, runs[:0]) for key in variants[[*KEYS]].itertuples(False, None)]
    for curve in curves_in(variants.columns):
        share = variants[f"{curve}_converged"]
        epochs = [settling(_settled(own, curve)) for own in members]
        table[f"{curve}_convergence_epoch"] = pd.Series(epochs, table.index, dtype="float64")
        table[f"{curve}_converged"] = (share > 0.5).astype("object").where(share.notna(), None)
        seeds = (share * variants[f"{curve}_converged_n"]).round()
        table[f"{curve}_converged_seeds"] = seeds.astype("Int64")
    return tidy_types(table.reset_index(drop=True))


def _settled(runs: pd.DataFrame, curve: str) -> Iterator[float | None]:
    """When each of some runs settles, None where it does not; unknown ones left out."""
    for run in records(runs[[f"{curve}_convergence_epoch", f"{curve}_converged"]]):
        epoch, has = run.values()
        if has is not None:
            yield float(epoch) if has else None


@shows(convergence)
def show(context: TableContext) -> TableContent:
    """Convergence epochs of one protocol's variants."""
    curves = curves_in(context.frame.columns) or {"test_loss": "Test loss"}
    names = [f"{curve}_{what}" for curve in curves for what in ("convergence_epoch", "converged")]
    context.require("experiment", "variant", "label", "epochs", *names)
    fields = (
        text_field("Variant", context.variant_cell),
        *(
            number_field(f"{words} settles at epoch", partial(epoch_cell, curve))
            for curve, words in curves.items()
        ),
        number_field("Epochs trained", epochs_cell),
    )
    shown = grid(context.rows(), fields)
    notes = (_definition(),) if shown.rows else ()
    said = tuple(words(context.frame, curve) for curve in curves)
    return TableContent((Shown(shown, notes=notes),), said)


def epoch_cell(curve: str, row: Record) -> Cell:
    """When a curve settles, and in how many of several seeds it does so, or does not."""
    converged = row[f"{curve}_converged"]
    if converged is None:
        return numeric(wording.EMPTY)
    seeds, of = row.get(f"{curve}_converged_seeds"), row.get("seeds")
    epoch = wording.whole(row[f"{curve}_convergence_epoch"])
    cell = epoch if converged else "not settled"
    if seeds is None or of is None or of <= 1:
        return numeric(cell)
    return numeric(cell, seeds_of(seeds if converged else of - seeds, row))


def _definition() -> Text:
    points = 100 * ACCURACY_TOLERANCE
    accuracy = f"{wording.plain(points)} percentage point{'' if points == 1 else 's'}"
    return text(
        "A curve settles at the epoch from which its moving mean stays within "
        f"{accuracy} (for losses: within {wording.plain(LOSS_TOLERANCE)}) of its closing mean. A "
        "curve that does so only near the end, or still rises or falls there, has not settled. Of "
        "several seeds it is the median, in which those that do not settle count as the latest."
    )


def words(frame: pd.DataFrame, curve: str) -> Text:
    """How many variants settle in a curve, and which first and last."""
    converged = [row[f"{curve}_converged"] for row in records(frame)]
    known = len(converged) - converged.count(None)
    name = curves_in(frame.columns)[curve]
    if not known:
        return text(f"Of no variant is it known when {name.lower()} settles.")
    settled = frame[[bool(value) for value in converged]]
    epochs = settled[f"{curve}_convergence_epoch"].astype("float64").dropna()
    of = wording.counted(known, "variant")
    if epochs.empty:
        return text(f"{name} settles in none of {of}." if known > 1 else f"{name} does not settle.")
    (first, early), (last, late) = (
        (labels(settled["label"][epochs.index[epochs == epoch]]), wording.whole(epoch))
        for epoch in (epochs.min(), epochs.max())
    )
    if known == 1:
        return text(f"{name} settles at epoch {wording.whole(epochs.iloc[0])}.")
    said = f"{name} settles in {wording.grouped(len(settled))} of {of}"
    if epochs.max() == epochs.min():
        return text(f"{said}, at epoch {early}: ", first, ".")
    return text(
        f"{said}. Earliest: ", first, f" (epoch {early}); latest: ", last, f" (epoch {late})."
    )
