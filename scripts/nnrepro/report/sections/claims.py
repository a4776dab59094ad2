"""Claims: how many hold, and for each one the verdict with what it rests on."""

import math
import re
from collections.abc import Iterator, Sequence

from nnrepro.claims.conditions import FAILS, HOLDS, VERDICTS
from nnrepro.claims.decide import CLAIM_COLUMNS
from nnrepro.claims.lists import LIST_COLUMNS
from nnrepro.document import wording
from nnrepro.document.elements import Element, Paragraph, Section, Table
from nnrepro.document.grid import Cell, Row, entry, grid, number_field, numeric, text_field
from nnrepro.document.text import (
    VERDICT,
    Text,
    bold,
    code,
    joined,
    linked,
    plain,
    small,
    spaced,
    text,
)
from nnrepro.measures.names import in_words, unit_named
from nnrepro.metrics.registry import FRACTION
from nnrepro.report.exhibits import TABLE, Numbers, caption, missing
from nnrepro.report.source import Source
from nnrepro.tables.content import LEVEL, Record, ends, records

CLAIMS = "claims"

_OWN = {"true": "bear it out", "false": "contradict it", "not_checkable": "not checkable"}
DIFFERS = "≠"
MINUS = "\u2212"
_NUMBER = re.compile(r"(?<![\w.-])-?\d+(\.\d+)?(e[-+]?\d+)?(?![\w.])")


def claims(source: Source, numbers: Numbers) -> Section | None:
    """The section on claims; None where the study has none."""
    if source.study.claims is None:
        return None
    protocols, frame = source.study.protocols, claims_table(source)
    contents: list[Element] = []
    if frame is None:
        contents.append(Paragraph(missing(TABLE, f"tables/{CLAIMS}.csv"), "warning"))
    else:
        contents += [Paragraph(_extent(frame)), Paragraph(_measure())]
        for name in protocols:
            own = [row for row in frame if row["protocol"] == name]
            if own:
                shown = _protocol_table(source, name, own, next(numbers.tables))
                said = (Paragraph(_extent(own)),) if source.several_protocols else ()
                contents.append(Section(protocols[name].title, (*said, shown)))
    return Section("Claims", tuple(contents), "claims", "back long", listed=True, fresh=True)


def claims_on(source: Source, question: str) -> tuple[tuple[Text, tuple[Text, ...]], ...]:
    """The verdicts on the claims of a question, each with the claim and what decided it."""
    rows = claims_table(source) or ()
    return tuple(_finding(source, row) for row in rows if row["section"] == question)


def claim_anchor(claim: str) -> str:
    """Id of a claim's row."""
    return wording.anchor(claim, "claim")


def claims_table(source: Source) -> list[Record] | None:
    """The rows of the table of claims; None where there is none."""
    frame = source.table(CLAIMS, CLAIM_COLUMNS, ("section",)) if source.study.claims else None
    return None if frame is None else records(frame)


def _phrase(word: str, count: int) -> str:
    if word in (HOLDS, FAILS):
        return word if count == 1 else word.removesuffix("s")
    return f"{'is' if count == 1 else 'are'} {word}"


def _extent(rows: Sequence[Record]) -> Text:
    found = {word: sum(row["verdict"] == word for row in rows) for word in VERDICTS}
    counts = (
        text(bold(wording.grouped(count)), f" {_phrase(word, count)}")
        for word, count in found.items()
        if count
    )
    decided = wording.counted(len(rows), "statement is", "statements are")
    said = text(f"{decided} decided by rule from the runs: ", joined(", ", counts), ".")
    differing = sum(row["agrees_with_report"] is False for row in rows)
    if not differing:
        return said
    return spaced(
        said,
        f"On {wording.grouped(differing)} the runs and the published numbers disagree ({DIFFERS}).",
    )


def _measure() -> Text:
    return text(
        "The margin is by how much the condition is met, negative where it is not, with its "
        f"{LEVEL} interval; of several conditions the one that is "
        "met least counts. A claim is undecided where that interval covers the threshold, where "
        "one seed tells nothing of the spread, or where runs are shorter than their protocol asks "
        "for. Own numbers: whether what was published bears the claim out. Every part of every "
        "claim is in ",
        code("tables/claim_parts.csv"),
        ".",
    )


def _finding(source: Source, row: Record) -> tuple[Text, tuple[Text, ...]]:
    name = str(row["id"])
    link = linked(claim_anchor(name), small(name))
    claim = source.said_of(str(row["protocol"]), str(row["statement"]), link)
    return plain(str(row["verdict"]), VERDICT), (claim, small(" ".join(_sure(row))))


def _sure(row: Record) -> Iterator[str]:
    """How clearly a claim holds or fails, why, and what the published numbers say of it."""
    if row["effect"] is not None:
        interval = f" ({words})" if (words := _interval(row)) else ""
        seeds = f", seeds {_seeds(row)}" if row["seeds"] else ""
        yield f"Margin {_margin(row)}{interval}{seeds}."
    yield wording.sentence(in_words(str(row["reason"])))
    if own := _own(row):
        yield f"The published numbers {'cannot tell' if own == _OWN['not_checkable'] else own}."


def _protocol_table(source: Source, protocol: str, rows: Sequence[Record], number: int) -> Table:
    title, owner = "Claims with their verdicts", source.protocol_title(protocol)
    fields = (
        text_field("Claim", lambda row: Cell(str(row["id"]), header=True)),
        text_field("Statement", lambda row: Cell(str(row["statement"]), _reason(row))),
        text_field("Verdict", entry("verdict")),
        number_field("Margin", lambda row: numeric(_margin(row), _interval(row))),
        text_field("Asked", lambda row: asked(row["threshold"] or "", row["unit"] or "")),
        number_field("Seeds", _seeds),
        text_field("Own numbers", _own_cell),
    )

    def line(row: Record, cells: tuple[Cell, ...]) -> Row:
        return Row(cells, anchor=claim_anchor(str(row["id"])))

    return Table(
        f"claims-{wording.slug(protocol)}",
        caption(TABLE, number, title, owner, source.budget(source.study.runs_of(protocol))),
        grid(rows, fields, line),
        role=CLAIMS,
    )


def _own(row: Record) -> str:
    """What the published numbers say of a claim; empty where nothing."""
    own = str(row["published_verdict"] or "").lower()
    return _OWN.get(own, own)


def _own_cell(row: Record) -> Cell:
    differs = row["agrees_with_report"] is False
    return Cell(_own(row) or wording.EMPTY, mark=DIFFERS if differs else "")


def _seeds(row: Record) -> str:
    """In how many of how many seeds a claim holds."""
    seeds, holding = row["seeds"], row["seeds_holding"]
    if not seeds:
        return wording.EMPTY
    return wording.whole(seeds) if holding is None else f"{holding:.0f} of {seeds:.0f}"


def _reason(row: Record) -> str:
    """What a verdict rests on, and the adjusted p-value where there is one."""
    p = row["p_holm"]
    said = wording.sentence(in_words(str(row["reason"])))
    if p is None:
        return said
    return f"{said} {'Holm p < 0.001' if p < 0.001 else f'Holm p = {p:.3f}'}."


def _margin(row: Record) -> str:
    return _quantity(row["effect"], row["unit"] or "", named=True)


def _interval(row: Record) -> str:
    return " to ".join(_quantity(end, row["unit"] or "", named=False) for end in ends(row) or ())


def asked(threshold: str, unit: str) -> str:
    """What is asked of a number, as it is shown: shares in percent."""

    def shown(found: re.Match[str]) -> str:
        words = f"{100 * float(found[0]):.6g}" if unit == FRACTION else found[0]
        return words.replace("-", MINUS)

    return _NUMBER.sub(shown, threshold)


def _quantity(value: float | None, unit: str, *, named: bool) -> str:
    """A signed margin in its unit; shares of right answers in percentage points."""
    if value is None:
        return wording.EMPTY
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    if unit == FRACTION:
        return wording.points(value) + (" points" if named else "")
    words = f"{value:+.3g}".replace("-", MINUS)
    return f"{words} {unit}" if named and unit not in ("ratio", "count", "") else words


_LISTS = "printed_lists"


def lists_on(source: Source, question: str) -> Iterator[Text]:
    """A sentence on each printed list of a question."""
    frame = source.table(_LISTS, LIST_COLUMNS, ("question",)) if source.study.claims else None
    if frame is None:
        return
    for row in records(frame[frame["question"] == question]):
        of, there, here, both = (int(row[name]) for name in ("variants", "listed", "here", "both"))
        measure, limit = str(row["measure"]), float(row["below"])
        below = wording.plain(limit)
        if unit_named(measure) == FRACTION:
            below = f"{100 * limit:.6g} percentage points"
        said = (
            f"In print, {there} of {of} variants have a {in_words(measure)} below {below}. Here "
            f"{here} do, {both} of those {there} among them; by chance, {there * here / of:.2g} "
            "would be."
        )
        yield source.said_of(str(row["protocol"]), said)
