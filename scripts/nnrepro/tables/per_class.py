"""Tables of kind `per_class`: how well each class is told from the others."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnrepro.document import wording
from nnrepro.document.grid import Cell, entry, grid, number_field, text_field
from nnrepro.document.text import text
from nnrepro.measures.predictions import PredictionsOf
from nnrepro.metrics.classification import class_counts
from nnrepro.metrics.registry import REGRESSION
from nnrepro.study.kinds import shows, table
from nnrepro.tables.columns import floats
from nnrepro.tables.content import Shown, TableContent, TableContext
from nnrepro.tables.csvfile import tidy_types
from nnrepro.tables.predicted import NOTHING_PREDICTED, predicted_by_variant, stops_early

COLUMNS = (
    *("protocol", "experiment", "variant", "label", "class", "seeds", "examples"),
    *("precision", "recall", "f1"),
)
_SHARES = {"precision": "Precision (%)", "recall": "Recall (%)", "f1": "F1 (%)"}


@table
def per_class(
    variants: pd.DataFrame, runs: pd.DataFrame, predictions: PredictionsOf
) -> pd.DataFrame:
    """How well each class is told from the others on the largest test set.

    Returns:
        A row per variant and class, or label: what identifies the variant, `class`, `seeds` (runs
        whose predictions are kept), `examples` (of the class), and, as means over these seeds after
        the last epoch, `precision`, `recall` and `f1`; the last two are blank of a class without
        examples. Of regressions there are none, nor of a class that no example is of or is
        answered to be.
    """
    rows = []
    for key, by_run in predicted_by_variant(variants, runs, predictions):
        found = [*by_run.values()]
        if found[0].task == REGRESSION:
            continue
        counted = [class_counts(each.labels, each.outputs) for each in found]
        shares = np.array([_shares(*each) for each in counted])
        occurs = np.sum([answered + there for _, answered, there in counted], axis=0) > 0
        for index, name in enumerate(found[0].names):
            if not occurs[index]:
                continue
            means = dict(zip(_SHARES, shares[:, :, index].mean(axis=0), strict=True))
            counts = {"seeds": len(found), "examples": int(counted[0][2][index])}
            rows.append({**key, "class": name, **counts, **means})
    return tidy_types(pd.DataFrame(rows, columns=[*COLUMNS]))


def _shares(right: NDArray, answered: NDArray, there: NDArray) -> list[NDArray]:
    """Precision, recall and F1 of each class; 0 where a class is never answered right.

    What has no examples cannot be found, well or badly.
    """
    examples = np.where(there > 0, there, np.nan)
    return [
        right / np.maximum(answered, 1),
        right / examples,
        2 * right / (answered + examples),
    ]


@shows(per_class)
def show(context: TableContext) -> TableContent:
    """The classes of one protocol's variants, and which is told worst."""
    context.require("experiment", "variant", "label", "class", "examples", *_SHARES)
    frame = context.frame
    if frame.empty:
        return TableContent((), (text(NOTHING_PREDICTED),))
    several = len(frame[["experiment", "variant"]].drop_duplicates()) > 1
    fields = (
        *([text_field("Variant", context.variant_cell)] if several else []),
        text_field("Class", lambda row: Cell(str(row["class"]), header=not several)),
        number_field("Examples", entry("examples", wording.whole)),
        *(
            number_field(heading, entry(name, wording.percent_number))
            for name, heading in _SHARES.items()
        ),
    )
    told = frame[frame["f1"].notna()]
    shares = floats(told["f1"])
    names = [str(name) for name in told["class"]]
    worst, best = int(shares.argmin()), int(shares.argmax())
    if shares[worst] == shares[best]:
        said = text(
            "All classes of the test examples are told alike well: F1 is "
            f"{wording.percent(shares[best])}."
        )
    else:
        said = text(
            f"By F1, \u201c{names[best]}\u201d is told best ({wording.percent(shares[best])}) and "
            f"\u201c{names[worst]}\u201d worst ({wording.percent(shares[worst])})."
        )
    epoch = "last or, with early stopping, the best" if stops_early(context.runs) else "last"
    note = text(
        "Precision: share of right ones among the examples that are called so. Recall: share of "
        "the class\u2019s examples that are called so. F1: their harmonic mean. All are of the "
        f"{epoch} epoch on the test set, means over seeds."
        + (" A class without examples has no recall." if len(told) < len(frame) else "")
    )
    shown = Shown(grid(context.rows(), fields), notes=(note,))
    return TableContent((shown,), (said,) if len(told) > 1 else ())
