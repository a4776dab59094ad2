"""The figure of published against reproduced numbers, from the table that compares them."""

import re
from collections.abc import Iterator

import pandas as pd

from nnrepro.plots.agreement import AgreementPanel, AgreementPoint, agreement
from nnrepro.plots.drawing import Drawing, ProtocolFigures
from nnrepro.published.comparison import FIGURE_STEM

_INTERVALS = {
    "seeds": "95 % prediction interval of one run from the seeds",
    "test set": "95 % interval for two runs on a test set of that size",
}


def agreement_drawings(figures: ProtocolFigures, compared: pd.DataFrame) -> Iterator[Drawing]:
    """A protocol's published numbers that have a reproduction; without any, no figure.

    Args:
        figures: the protocol.
        compared: the table of published and reproduced numbers, values as text.
    """
    rows = compared[compared["protocol"].eq(figures.protocol) & compared["reproduced"].notna()]
    # A number that is printed again would lie over itself.
    rows = rows.drop_duplicates(["metric", "value", "reproduced"])
    if rows.empty:
        return
    kinds = [kind for kind in _INTERVALS if kind in set(rows["interval_kind"].dropna())]
    figure = agreement(
        [
            AgreementPanel(_words(metric), _points(rows[rows["metric"] == metric]))
            for metric in dict.fromkeys(rows["metric"])
        ],
        title=figures.titled("published numbers against reproduced ones"),
        interval=" or ".join(_INTERVALS[kind] for kind in kinds),
    )
    yield Drawing(FIGURE_STEM, figure, figures.study.runs_of(figures.protocol))


def _words(metric: str) -> str:
    """A metric as a title: `last200_mean_test_accuracy` gives "last 200 mean test accuracy"."""
    return re.sub(r"^last(\d+)", r"last \1", metric.replace("_", " "))


def _points(rows: pd.DataFrame) -> list[AgreementPoint]:
    return [
        AgreementPoint(
            float(row["value"]),
            float(row["reproduced"]),
            _number(row["interval_low"]),
            _number(row["interval_high"]),
            None if pd.isna(row["inside"]) else bool(row["inside"]),
        )
        for row in rows.to_dict("records")
    ]


def _number(value: object) -> float | None:
    return None if pd.isna(value) else float(value)  # type: ignore[arg-type, call-overload]
