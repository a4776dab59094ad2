"""A published number as a row of the report's table."""

import math
import re
from collections.abc import Callable, Sequence

from nnrepro.document import wording
from nnrepro.document.grid import Cell, Column, Row
from nnrepro.measures.names import unit_named
from nnrepro.published.comparison import SHOWN
from nnrepro.report.source import Source
from nnrepro.study.labels import titled
from nnrepro.study.run import Run
from nnrepro.tables.content import Record

COLUMNS = (
    Column("Number", number=False),
    Column("Printed"),
    Column("Reproduced"),
    Column("Difference"),
    Column("One further run"),
    Column("Mark", number=False),
    Column("Remarks", number=False),
)
"""What is told of a printed number."""

NOT_JUDGED = "not judged"
"""The mark of a number of which a run gives a counterpart that it is not held against."""

_MINUS = "\u2212"
_DECIMALS = {"fraction": 4, "loss": 4, "epochs": 0, "percent": 2, "ratio": 2}
"""Decimals at most, by the unit of a number; fewer where its error is large."""


def metric_words(metric: str) -> str:
    """A printed number's metric as words: `last200_mean_test_accuracy`, "last 200 mean ..."."""
    return re.sub(r"^last(\d+)", r"last \1", metric.replace("_", " "))


def number_row(source: Source, row: Record) -> Row:
    """One printed number: what it is, its reproduction, the mark, and what limits them."""
    seeds, deviation = row["seeds"], row["reproduced_sd"]
    show = _formatter(str(row["metric"]), _error(row))
    spread = ""
    if seeds is not None:
        spread = wording.counted(int(seeds), "seed")
        if deviation is not None:
            spread = f"± {show(deviation)}, {spread}"
    difference = row["difference"]
    sign = "+" if difference is not None and difference > 0 else ""
    return Row(
        (
            _name(source, row),
            Cell(str(row["value"]).replace("-", _MINUS), number=True),
            Cell(show(row["reproduced"]), spread, number=True),
            Cell(f"{sign}{show(difference)}", number=True),
            Cell(_interval(row, show), number=True),
            Cell(NOT_JUDGED if row["status"] == SHOWN else str(row["status"])),
            Cell("; ".join(filter(None, (row["reason"], row["remark"])))),
        )
    )


def _name(source: Source, row: Record) -> Cell:
    """Variant and metric of a number, with its question and remarks; leads to the run."""
    protocol, selectors = str(row["protocol"]), (row["runs"] or "").split()
    runs = source.study.select(protocol, selectors) if protocol in source.study.protocols else []
    single = len({(run.experiment, run.variant) for run in runs}) == 1
    what = runs[0].label if single else _several(source, runs) or " ".join(selectors)
    question = row.get("question")
    details = (f"question {question}" if question else "", row.get("note"))
    return Cell(
        ", ".join(filter(None, (what, metric_words(str(row["metric"]))))),
        "; ".join(filter(None, details)),
        f"#{source.run_anchor(runs[0].id)}" if single else "",
        header=True,
    )


def _several(source: Source, runs: Sequence[Run]) -> str:
    """Several variants in few words: by the parameters that all have alike, or by their labels."""
    if len({run.experiment for run in runs}) == 1:
        swept = source.study.experiments[runs[0].experiment].swept
        values = {name: {run.settings[name] for run in runs} for name in swept}
        alike = [
            f"{titled(name)} {wording.plain(*own)}" for name, own in values.items() if len(own) == 1
        ]
        if alike:
            return wording.joined(alike)
    return wording.some([*dict.fromkeys(run.label for run in runs)], 2)


def _interval(row: Record, show: Callable[[float | None], str]) -> str:
    low, high = row["interval_low"], row["interval_high"]
    if low is None or high is None:
        return wording.EMPTY
    return show(low) if low == high else f"{show(low)} to {show(high)}"


def _error(row: Record) -> float:
    """How far another run may differ, roughly: a quarter of its interval; 0 where not known."""
    low, high = row["interval_low"], row["interval_high"]
    return 0.0 if low is None or high is None else (high - low) / 4


def _formatter(metric: str, error: float) -> Callable[[float | None], str]:
    """How values of a metric are written: in the unit in which they are printed.

    They have as many digits as two of their error need.
    """
    unit = unit_named(metric)
    if unit == "seconds":
        return wording.seconds_number
    if unit == "count":
        return wording.whole
    decimals = _DECIMALS.get(unit, 4)
    if error > 0:
        decimals = max(0, min(decimals, 1 - math.floor(math.log10(error))))

    def show(value: float | None) -> str:
        if value is None or wording.is_missing(value):
            return wording.EMPTY
        text = f"{abs(value):.{decimals}f}"
        return f"{_MINUS}{text}" if value < 0 and text.strip("0.") else text

    return show
