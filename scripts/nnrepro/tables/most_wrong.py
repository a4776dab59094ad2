"""Tables of kind `most_wrong`: the test examples that most runs answer wrong."""

from typing import Annotated

import numpy as np
import pandas as pd

from nnrepro.document import wording
from nnrepro.document.grid import entry, grid, number_field, text_field
from nnrepro.document.text import text
from nnrepro.measures.predictions import InputsOf, PredictionsOf
from nnrepro.metrics.registry import CLASSIFICATION
from nnrepro.study.kinds import shows, table
from nnrepro.study.options import Range
from nnrepro.tables.content import Shown, TableContent, TableContext
from nnrepro.tables.csvfile import tidy_types
from nnrepro.tables.predicted import NOTHING_PREDICTED, alike, runs_among

COLUMNS = ("protocol", "example", "class", "answered", "wrong", "agreeing", "runs", "input")
_LONGEST = 200


@table
def most_wrong(
    variants: pd.DataFrame,
    runs: pd.DataFrame,
    predictions: PredictionsOf,
    inputs: InputsOf,
    *,
    examples: Annotated[int, Range(1, 1000)] = 20,
) -> pd.DataFrame:
    """The test examples that most runs answer wrong in their last epoch, and their answers.

    Returns:
        A row per protocol and example that any run answers wrong, at most `examples` of each
        protocol, the most often wrong first: `example` (its place in the test set, from 0),
        `class`, `answered` (the most frequent wrong answer), `wrong` (how many runs answer wrong),
        `agreeing` (how many give that answer), `runs` (how many have predictions of it) and `input`
        (what it holds, a table's columns or a text; empty where nobody knows). Runs on another test
        set than most of their protocol are left out.
    """
    rows = []
    for protocol, own in variants.groupby("protocol", sort=False):
        known = {run: predictions(run) for run in runs_among(own, runs)}
        asked = {r: one for r, one in known.items() if one and one.task == CLASSIFICATION}
        if not asked:
            continue
        (first, *_), found = zip(*alike(asked).items(), strict=True)
        labels, names = found[0].labels, found[0].names
        answers = np.stack([one.answered for one in found])
        wrong = np.count_nonzero(answers != labels, axis=0)
        for index in np.argsort(-wrong, kind="stable")[:examples]:
            if not wrong[index]:
                break
            taken = answers[:, index]
            counts = np.bincount(taken[taken != labels[index]], minlength=len(names))
            rows.append(
                {
                    "protocol": protocol,
                    "example": int(index),
                    "class": names[labels[index]],
                    "answered": names[int(counts.argmax())],
                    "wrong": int(wrong[index]),
                    "agreeing": int(counts.max()),
                    "runs": len(found),
                    "input": inputs(first, int(index)),
                }
            )
    return tidy_types(pd.DataFrame(rows, columns=[*COLUMNS]))


@shows(most_wrong)
def show(context: TableContext) -> TableContent:
    """One protocol's examples that are most often wrong."""
    context.require(*COLUMNS)
    if context.frame.empty:
        return TableContent((), (text(NOTHING_PREDICTED),))
    told = context.frame["input"].fillna("").astype(bool).any()
    fields = (
        number_field("Test example", entry("example", wording.whole)),
        *([text_field("What it holds", lambda row: _cut(row["input"] or ""))] if told else []),
        text_field("Class", entry("class")),
        text_field("Taken for", entry("answered")),
        number_field("Runs wrong", lambda row: f"{row['wrong']} of {row['runs']}"),
        number_field("Of these, taken for that", entry("agreeing", wording.whole)),
    )
    always = int((context.frame["wrong"] == context.frame["runs"]).sum())
    said = text(
        f"{wording.grouped(always) if always else 'None'} of these examples "
        f"{'are' if always > 1 else 'is'} answered wrong by every run."
    )
    note = text("Test examples are counted from 0, in the order of the prepared data.")
    return TableContent((Shown(grid(context.rows(), fields), notes=(note,)),), (said,))


def _cut(held: str) -> str:
    """What an example holds, of a long text the beginning."""
    return held if len(held) <= _LONGEST else f"{held[:_LONGEST]}…"
