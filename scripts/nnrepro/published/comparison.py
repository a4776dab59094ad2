"""Published numbers beside reproduced ones: one row per published number, and a summary.

Every row of the file stays, in its order. A number that runs can give gets the mean over seeds, the
difference (reproduced minus published) and the interval in which one further run would lie
(`nnrepro.published.prediction`). It is `inside` when the interval reaches a number that would be
printed like the published one. What was measured on a test sample of the report's own is judged on
two levels (`nnrepro.published.offsets`): the interval is that of one further run on the report's
sample, and the offset that all of it shares must be one that another sample gives. A number is
shown but not judged where the measurement is not the same (a bound, a time on another machine, runs
cut short, made-up data), where it is printed a second time, and where nothing is known of its
spread; `reason` then says why.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from nnrepro.measures.expressions import ALIASES, SECONDS
from nnrepro.measures.functions import COUNT, EPOCHS, RATIO
from nnrepro.measures.names import bounds_named, reading_named, unit_named
from nnrepro.metrics.registry import FRACTION, LOSS
from nnrepro.published.numbers import NEEDED, RESULT_COLUMNS, PublishedNumber
from nnrepro.published.offsets import Offset, Pair, Sample, offsets
from nnrepro.published.prediction import prediction_interval
from nnrepro.published.reproduction import (
    FOUND,
    LEFT_OUT,
    MISSING,
    NO_RULE,
    Reproduction,
    reproduce,
)
from nnrepro.published.runs import StudyRuns
from nnrepro.statistics.grid import Spread
from nnrepro.statistics.intervals import SEEDS, Interval, agree, summarise
from nnrepro.tables.csvfile import tidy_types

INSIDE = "inside"
OUTSIDE = "outside"
SHOWN = "shown"
STATUSES = (INSIDE, OUTSIDE, SHOWN, MISSING, LEFT_OUT, NO_RULE)
"""What a row can be; `shown` has a reproduced value that is not judged."""

OFFSET_COLUMNS = (
    *("protocol", "metric", "published_examples", "reproduced_examples", "numbers", "offset"),
    *("offset_low", "offset_high", "fits", "residual_sd", "seed_sd", "residuals_inside"),
)
"""Columns of the table of shared offsets."""

ALL = "all"
"""Stands in the summary for all questions of a protocol, and for all protocols."""

_GROUP = ("protocol", "part", "question")
_WINDOW = re.compile(r"^last\d+_mean_")
_UNSIGNED = (SECONDS, EPOCHS, RATIO, COUNT, LOSS)
"""Units of numbers that are never negative."""


def compare_published(numbers: Sequence[PublishedNumber], runs: StudyRuns) -> pd.DataFrame:
    """One row per published number, in the order given.

    Returns:
        The file's own columns as text, then `RESULT_COLUMNS`. `seeds` counts the seeds in the mean
        and `seed_values` has their values, blanks between them, where there are several; `epochs`
        is the length of the shortest run, `status` is one of `STATUSES`.
    """
    header = list(numbers[0].cells) if numbers else list(NEEDED)
    found = [reproduce(number, runs) for number in numbers]
    shared = _Shared.of(numbers, found)
    rows = [
        {**number.cells, **_result(number, own, shared.of_number(place))}
        for place, (number, own) in enumerate(zip(numbers, found, strict=True))
    ]
    frame = pd.DataFrame(rows, columns=[*header, *RESULT_COLUMNS], dtype="object")
    results = tidy_types(frame[list(RESULT_COLUMNS)])
    return pd.concat([frame[header].astype("str"), results], axis="columns")


def published_offsets(numbers: Sequence[PublishedNumber], runs: StudyRuns) -> pd.DataFrame:
    """What the numbers that a report measured on a test sample of its own have in common.

    Returns:
        Columns `OFFSET_COLUMNS`, a row per protocol, metric and size of the report's sample:
        `numbers` that the `offset` (mean of reproduced minus published) is from; `offset_low` and
        `offset_high`, between which 95 % of other samples of these sizes give it, and `fits`,
        whether it is there; `residual_sd` of the numbers about it, `seed_sd` that two runs give,
        and `residuals_inside`, how many of them are such as another seed gives.
    """
    found = [reproduce(number, runs) for number in numbers]
    shared = _Shared.of(numbers, found)
    rows = []
    for sample, offset in shared.offsets.items():
        own = [(n, p) for n, (s, p) in shared.pairs.items() if s == sample and p.estimates]
        inside = [_reaches(numbers[n], offset.interval(pair)) for n, pair in own]
        rows.append(
            {
                "protocol": sample[0],
                "metric": numbers[own[0][0]].metric,
                "published_examples": sample[2],
                "reproduced_examples": min(pair.own_examples for _, pair in own),
                "numbers": offset.count,
                "offset": offset.value,
                "offset_low": -offset.reach,
                "offset_high": offset.reach,
                "fits": offset.fits,
                "residual_sd": offset.deviation,
                "seed_sd": offset.expected,
                "residuals_inside": sum(inside),
            }
        )
    return tidy_types(pd.DataFrame(rows, columns=list(OFFSET_COLUMNS), dtype="object"))


def published_summary(compared: pd.DataFrame) -> pd.DataFrame:
    """How much of what was published is reproduced, per question, protocol and in all.

    Returns:
        Columns `protocol`, `part`, `question` (each `all` where summed over), `rows`;
        `reproducible` (a run of this study can give it), `reproduced` (a run has), `inside`,
        `outside`, `median_absolute_difference` of the accuracies judged, and `missing`.
    """
    frame = compared.assign(**{n: compared.get(n, "") for n in _GROUP})
    frame = frame.assign(accuracy=[unit_named(metric) == "fraction" for metric in frame["metric"]])
    rows = []
    for protocol, own in frame.groupby("protocol", sort=False):
        for part, question in sorted(
            set(zip(own["part"], own["question"], strict=True)), key=_natural
        ):
            chosen = own[(own["part"] == part) & (own["question"] == question)]
            rows.append(
                {**dict(zip(_GROUP, (protocol, part, question), strict=True)), **_counts(chosen)}
            )
        rows.append({**dict(zip(_GROUP, (protocol, ALL, ALL), strict=True)), **_counts(own)})
    rows.append({**dict.fromkeys(_GROUP, ALL), **_counts(frame)})
    return pd.DataFrame(rows)


def _natural(group: tuple[str, str]) -> list[list[str | int]]:
    """Sorts parts and questions as a reader counts them: 2 before 10, 1a before 2."""
    return [
        [int(word) if word.isdigit() else word for word in re.split(r"(\d+)", str(name))]
        for name in group
    ]


def _counts(rows: pd.DataFrame) -> dict[str, Any]:
    count = {status: int((rows["status"] == status).sum()) for status in STATUSES}
    judged = rows[rows["status"].isin((INSIDE, OUTSIDE)) & rows["accuracy"]]
    differences = judged["difference"].to_numpy(dtype=np.float64, na_value=np.nan)
    return {
        "rows": len(rows),
        "reproducible": len(rows) - count[NO_RULE] - count[LEFT_OUT],
        "reproduced": count[INSIDE] + count[OUTSIDE] + count[SHOWN],
        "inside": count[INSIDE],
        "outside": count[OUTSIDE],
        "median_absolute_difference": (
            float(np.median(np.abs(differences))) if differences.size else None
        ),
        "missing": count[MISSING],
    }


@dataclass(frozen=True, eq=False)
class _Shared:
    """The numbers of a report's own test samples by their places, and what these share."""

    pairs: Mapping[int, tuple[Sample, Pair]]
    offsets: Mapping[Sample, Offset]

    @classmethod
    def of(cls, numbers: Sequence[PublishedNumber], found: Sequence[Reproduction]) -> "_Shared":
        """That of published numbers and what the runs give for each."""
        pairs: dict[int, tuple[Sample, Pair]] = {}
        for place, (number, own) in enumerate(zip(numbers, found, strict=True)):
            pair = _pair(number, own)
            if pair is not None:
                pairs[place] = ((number.protocol, own.metric, pair.examples), pair)
        return cls(pairs, offsets(pairs))

    def of_number(self, place: int) -> tuple[Offset, Pair] | None:
        """The offset of the number at a place; None for one measured on our examples."""
        if place not in self.pairs:
            return None
        sample, pair = self.pairs[place]
        return (self.offsets[sample], pair) if sample in self.offsets else None


def _pair(number: PublishedNumber, found: Reproduction) -> Pair | None:
    """A number of a report's own sample beside its reproduction; None for any other."""
    judged = found.state == FOUND and not next(_not_judged(number, found, known=True), "")
    if not judged or found.own_sample is None or found.examples is None:
        return None
    values = np.asarray(found.values, dtype=np.float64)
    spread = found.spread
    if not agree(values):
        spread = Spread(float(np.std(np.sort(values), ddof=1)), len(values) - 1, SEEDS)
    if spread is None:
        return None
    mean = summarise(values).mean
    return Pair(
        mean - number.value,
        mean,
        spread,
        len(values),
        found.single,
        found.own_sample,
        found.examples,
    )


def _reaches(number: PublishedNumber, interval: Interval) -> bool:
    """Whether an interval reaches a value that would be printed like a number."""
    return interval.low - number.half_unit <= number.value <= interval.high + number.half_unit


def _result(
    number: PublishedNumber, found: Reproduction, shared: tuple[Offset, Pair] | None
) -> dict[str, Any]:
    if found.state != FOUND:
        return {"status": found.state, "reason": found.reason, "remark": ""}
    values = np.asarray(found.values, dtype=np.float64)
    summary = summarise(values)
    spread = found.spread if found.own_sample is None else None
    interval = prediction_interval(values, found.deviation, spread=spread, exact=found.exact)
    if shared is not None:
        interval = shared[0].interval(shared[1])
    if interval is not None:
        interval = _possible(interval, number.metric)
    reason = next(_not_judged(number, found, known=interval is not None), "")
    inside, offset = None, None if shared is None else shared[0]
    if interval is not None and not reason:
        inside = _reaches(number, interval) and (offset is None or offset.fits)
    return {
        "reproduced": summary.mean,
        "reproduced_sd": summary.deviation,
        "seed_values": " ".join(f"{v:.9g}" for v in values) if len(values) > 1 else None,
        "seeds": summary.count,
        "epochs": found.epochs,
        "difference": summary.mean - number.value,
        "offset": None if offset is None else offset.value,
        "residual": None if offset is None else summary.mean - number.value - offset.value,
        "interval_low": None if interval is None else interval.low,
        "interval_high": None if interval is None else interval.high,
        "interval_kind": None if interval is None else interval.kind,
        "inside": inside,
        "status": SHOWN if inside is None else INSIDE if inside else OUTSIDE,
        "reason": reason,
        "remark": "; ".join((*_remarks(found), *_levels(number, offset, interval, inside))),
    }


def _possible(interval: Interval, metric: str) -> Interval:
    """The part of an interval that a metric can have; a wide one reaches beyond."""
    reading, unit = reading_named(metric), unit_named(metric)
    low, high = (0.0 if unit in _UNSIGNED else -math.inf), math.inf
    if metric in ALIASES:
        low = -math.inf  # a difference
    elif reading is not None and reading.level:
        low, high = bounds_named(metric)
    elif unit == FRACTION:
        low, high = 0.0, 1.0
    return Interval(max(interval.low, low), min(interval.high, high), interval.kind)


def _not_judged(number: PublishedNumber, found: Reproduction, *, known: bool) -> Iterator[str]:
    """Why a number is shown without a mark, the weightiest reason first.

    `known` tells whether its spread is.
    """
    if found.generated:
        yield "the runs are made on generated data"
    if number.is_repeat:
        yield "a repeat, judged where it is printed first"
    if number.is_bound:
        yield "the report gives a bound, not a value"
    if unit_named(number.metric) == "seconds":
        yield "times are of another machine"
    if found.machines_differ:
        yield "the times to compare are of different machines"
    if found.busy:
        yield "the times were taken while other work took the processors"
    if found.short:
        why = "a run diverged" if "diverged" in found.short else "the runs are cut short"
        yield f"not the same measurement ({why})"
    if found.unsettled:
        yield f"not every seed gives it ({found.unsettled})"
    if found.exact and found.other_settings:
        yield "another network than the report's"
    if not known:
        one = len(found.values) == 1
        yield f"{'one seed tells' if one else 'seeds that agree tell'} nothing of its spread"


def _levels(
    number: PublishedNumber, offset: Offset | None, interval: Interval | None, inside: bool | None
) -> Iterator[str]:
    """On which of the two levels a number lies outside."""
    if offset is None or interval is None or inside is not False:
        return
    if not offset.fits:
        yield "the offset that it shares is not one that another test sample gives"
    if not _reaches(number, interval):
        yield "its residual is not one that another seed gives"


def _remarks(found: Reproduction) -> Iterator[str]:
    """What a reader has to know of a reproduced value."""
    if found.other_settings:
        yield f"made at {found.other_settings}"
    if found.short:
        yield found.short
    if found.lacking:
        yield f"missing: {found.lacking}"


def printed_values(table: pd.DataFrame | None, protocol: str, metric: str) -> dict[str, float]:
    """What a protocol's report printed of a metric, by `experiment/variant`; the first counts.

    Args:
        table: the table of printed beside reproduced numbers; None without one.
        protocol: the protocol.
        metric: the metric, a mean over the closing window as `last_window_mean_...`.

    Numbers on a second test set and differences from a baseline are other quantities.
    """
    if table is None:
        return {}
    names = table["metric"].astype("str").str.replace(_WINDOW, "last_window_mean_", regex=True)
    rows = table[table["protocol"].eq(protocol) & names.eq(metric)]
    for column in ("test_set", "baseline"):
        if column in rows.columns:
            rows = rows[rows[column].isna()]
    printed: dict[str, float] = {}
    for row in rows.to_dict("records"):
        printed.setdefault(str(row["runs"]), float(row["value"]))
    return printed
