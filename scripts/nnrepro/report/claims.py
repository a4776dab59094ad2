"""The section on claims: how many hold, and for each one the verdict with what it rests on."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from nnrepro.claims.conditions import FAILS, HOLDS, UNDECIDED, VERDICTS
from nnrepro.claims.judge import CAUSES
from nnrepro.document import wording
from nnrepro.document.grid import Cell, Column, Grid, Row
from nnrepro.measures.names import in_words
from nnrepro.report.page import TABLE, ClaimFinding, ClaimGroup, Claims, Panel
from nnrepro.report.source import Source
from nnrepro.statistics.intervals import CONFIDENCE
from nnrepro.study.run import Run
from nnrepro.tables.content import CONFIDENCE_LEVEL, flag, number

CLAIMS = "claims"

_COLUMNS = (
    "id",
    "protocol",
    "section",
    "statement",
    "verdict",
    "reason",
    "cause",
    "effect",
    "unit",
    "ci95_low",
    "ci95_high",
    "threshold",
    "seeds",
    "seeds_holding",
    "p_holm",
    "published_verdict",
    "agrees_with_report",
)
_HEADINGS = (
    Column("Claim", number=False),
    Column("Statement", number=False),
    Column("Verdict", number=False),
    Column("Margin"),
    Column("Asked", number=False),
    Column("Seeds"),
    Column("Own numbers", number=False),
)
_OWN = {"true": "bear it out", "false": "contradict it", "not_checkable": "not checkable"}
DIFFERS = "≠"
_MINUS = "\u2212"


@dataclass(frozen=True)
class ClaimFacts:
    """How many claims there are of each verdict, and what their intervals are.

    Attributes:
        claims: how many there are.
        verdicts: counts by verdict.
        undecided: the word for those that are undecided, and counts by cause.
        level: confidence level of the intervals, in percent.
        mark: the sign for a verdict that differs from that by the published numbers.
        differing: how many do.
        decided: how many hold or fail.
        corrected: how many of these still do when corrected for the number of claims.
    """

    claims: int
    verdicts: tuple[tuple[str, int], ...]
    undecided: tuple[str, tuple[tuple[str, int], ...]]
    level: str
    mark: str
    differing: int
    decided: int
    corrected: int


def claims_of(source: Source, table_numbers: Iterator[int]) -> Claims | None:
    """The section on claims; None where the study has none.

    Raises:
        ReportError: the table is there but damaged.
    """
    if source.study.claims is None:
        return None
    numbers = {"summary": next(table_numbers)}
    numbers |= {name: next(table_numbers) for name in source.study.protocols}
    frame, facts = source.table(CLAIMS, _COLUMNS), claim_facts(source)
    if frame is None:
        return Claims(None, _summary(source, None, numbers["summary"]), ())
    groups = tuple(
        _group(source, name, frame[frame["protocol"] == name], numbers[name])
        for name in source.study.protocols
    )
    summary = _summary(source, frame, numbers["summary"])
    return Claims(facts, summary, tuple(group for group in groups if group.rows))


def findings_of(source: Source, question: str) -> tuple[ClaimFinding, ...]:
    """The claims that belong to a question, each with its verdict and what it rests on."""
    frame = source.table(CLAIMS, _COLUMNS) if source.study.claims else None
    if frame is None:
        return ()
    rows = frame[frame["section"].astype("object") == question]
    return tuple(_finding(source, row) for _, row in rows.iterrows())


def claim_facts(source: Source) -> ClaimFacts | None:
    """How many claims there are of each verdict; None without a table of claims.

    Raises:
        ReportError: the table is there but damaged.
    """
    frame = source.table(CLAIMS, _COLUMNS) if source.study.claims else None
    if frame is None:
        return None
    differing = sum(flag(value) is False for value in frame["agrees_with_report"])
    counts = tuple((word, int((frame["verdict"] == word).sum())) for word in VERDICTS)
    causes = frame.loc[frame["verdict"] == UNDECIDED, "cause"].astype("object")
    why = tuple((cause, count) for cause in CAUSES if (count := int((causes == cause).sum())))
    decided = frame["verdict"].isin([HOLDS, FAILS])
    sure = decided & (pd.to_numeric(frame["p_holm"]) < 1 - CONFIDENCE)
    return ClaimFacts(
        len(frame),
        counts,
        (UNDECIDED, why),
        CONFIDENCE_LEVEL,
        DIFFERS,
        differing,
        int(decided.sum()),
        int(sure.sum()),
    )


def _finding(source: Source, row: pd.Series) -> ClaimFinding:
    effect, own = number(row["effect"]), row["published_verdict"]
    seeds, holding = number(row["seeds"]), number(row["seeds_holding"])
    name, protocol = str(row["id"]), str(row["protocol"])
    return ClaimFinding(
        name=name,
        anchor=claim_anchor(name),
        protocol=source.protocol_title(protocol) if protocol in source.study.protocols else "",
        statement=str(row["statement"]),
        verdict=str(row["verdict"]),
        margin="" if effect is None else _margin(row),
        interval=_interval(row),
        seeds="" if not seeds else _seeds(seeds, holding),
        reason=in_words(str(row["reason"])),
        own="" if pd.isna(own) else _OWN.get(str(own), str(own)),
    )


def claim_anchor(claim: str) -> str:
    """Id of a claim's row."""
    return f"claim-{wording.slug(claim)}"


def _summary(source: Source, frame: pd.DataFrame | None, number_: int) -> Panel:
    """How many claims of each protocol have which verdict."""
    panel = _panel(source, number_, "claims-summary", source.study.runs)
    if frame is None:
        return replace(panel, missing=f"tables/{CLAIMS}.csv")
    columns = (Column("Protocol", number=False), *(Column(word) for word in VERDICTS))
    rows = []
    for name, protocol in source.study.protocols.items():
        verdicts = frame.loc[frame["protocol"] == name, "verdict"]
        counts = [int((verdicts == word).sum()) for word in VERDICTS]
        cells = [Cell(wording.grouped(count), number=True) for count in counts]
        rows.append(Row((Cell(protocol.title, header=True), *cells)))
    return replace(panel, grid=Grid(columns, tuple(rows)))


def _group(source: Source, protocol: str, frame: pd.DataFrame, number_: int) -> ClaimGroup:
    title = source.study.protocols[protocol].title
    panel = replace(
        _panel(source, number_, f"claims-{wording.slug(protocol)}", source.study.runs_of(protocol)),
        title="Claims with their verdicts",
        protocol=source.protocol_title(protocol),
        grid=Grid(_HEADINGS, ()),
    )
    rows = tuple((claim_anchor(str(row["id"])), _row(row)) for _, row in frame.iterrows())
    return ClaimGroup(title, panel, rows)


def _panel(source: Source, number_: int, anchor: str, runs: Sequence[Run]) -> Panel:
    return Panel(
        kind=TABLE,
        number=number_,
        anchor=anchor,
        title="Claims by verdict",
        protocol="",
        stamp=source.stamp(runs),
        cut=source.cut(runs),
    )


def _row(row: pd.Series) -> Row:
    seeds, holding = number(row["seeds"]), number(row["seeds_holding"])
    own = row["published_verdict"]
    asked = "" if pd.isna(row["threshold"]) else str(row["threshold"])
    return Row(
        (
            Cell(str(row["id"]), header=True),
            Cell(str(row["statement"]), _reason(row)),
            Cell(str(row["verdict"])),
            Cell(_margin(row), _interval(row), number=True),
            Cell(asked),
            Cell(_seeds(seeds, holding), number=True),
            Cell(
                wording.EMPTY if pd.isna(own) else _OWN.get(str(own), str(own)),
                mark=DIFFERS if flag(row["agrees_with_report"]) is False else "",
            ),
        )
    )


def _seeds(seeds: float | None, holding: float | None) -> str:
    if not seeds:
        return wording.EMPTY
    return wording.whole(seeds) if holding is None else f"{holding:.0f} of {seeds:.0f}"


def _reason(row: pd.Series) -> str:
    """What a verdict rests on, and the adjusted p-value where there is one."""
    p = number(row["p_holm"])
    said = wording.sentence(in_words(str(row["reason"])))
    if p is None:
        return said
    return f"{said} {'Holm p < 0.001' if p < 0.001 else f'Holm p = {p:.3f}'}."


def _margin(row: pd.Series) -> str:
    return _quantity(number(row["effect"]), str(row["unit"]), named=True)


def _interval(row: pd.Series) -> str:
    low, high = number(row["ci95_low"]), number(row["ci95_high"])
    if low is None or high is None:
        return ""
    ends = [_quantity(end, str(row["unit"]), named=False) for end in (low, high)]
    return f"{ends[0]} to {ends[1]}"


def _quantity(value: float | None, unit: str, *, named: bool) -> str:
    """A signed margin in its unit; shares of right answers in percentage points."""
    if value is None:
        return wording.EMPTY
    if math.isinf(value):
        return "∞" if value > 0 else f"{_MINUS}∞"
    if unit == "fraction":
        return wording.points(value) + (" points" if named else "")
    text = f"{value:+.3g}".replace("-", _MINUS)
    return f"{text} {unit}" if named and unit not in ("ratio", "count", "") else text
