"""Claims by what became of them: supported, contradicted, partly, would need more; times apart."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nnrepro.claims.conditions import FAILS, HOLDS, UNDECIDED
from nnrepro.claims.judge import CAUSES
from nnrepro.claims.language import parse_comparisons
from nnrepro.document import wording
from nnrepro.document.elements import Bullets, Element, Paragraph, Section
from nnrepro.document.text import Text, bold, linked, small, spaced, text
from nnrepro.measures.expressions import Mistake
from nnrepro.measures.functions import COUNT, EPOCHS, FUNCTIONS, RATIO
from nnrepro.measures.names import in_words, unit_named
from nnrepro.metrics.registry import FRACTION, LOSS
from nnrepro.report.sections.claims import CLAIMS, MINUS, asked, claim_anchor, claims_table
from nnrepro.report.source import Source
from nnrepro.statistics.intervals import CONFIDENCE
from nnrepro.tables.content import LEVEL, Record, records

SUPPORTED, CONTRADICTED, PARTLY, OPEN = "supported", "contradicted", "partly", "would need more"
GROUPS = (SUPPORTED, CONTRADICTED, PARTLY, OPEN)

_ANCHOR = "claim-groups"
_LONGEST = 26
"""Words of a statement."""
_IN_PART = re.compile(r"^([^:]+): (.+)$")
"""The name of a part with what it asks of a curve, such as "the loss settles: level at the end"."""
_PARTS = "claim_parts"
_PART_COLUMNS = ("id", "name", "decides", "condition", "verdict", "value", "threshold", "unit")
_WHAT_LACKS = {
    "short runs": "runs of full length",
    "noise": "more seeds or test examples: the difference lies within the noise",
    "times": "times that can be compared",
    "one seed": "a second seed: one shows no spread",
    "no number": "a number that nothing here gives",
    "generated data": "real data",
}
_TITLES = {
    SUPPORTED: "Supported",
    CONTRADICTED: "Contradicted",
    PARTLY: "Partly: one part holds, another does not",
    OPEN: "Would need more",
}


@dataclass(frozen=True)
class _Claim:
    """A claim with its group.

    Attributes:
        because: what the group's bullet says behind the statement.
        timed: whether all that decides it compares computing times.
    """

    row: Record
    group: str
    because: str
    timed: bool = False


def claim_groups(source: Source, most: int) -> Section | None:
    """Claims by group; None where there are none.

    At `most` so many of each are named.
    """
    claims = list(_claims(source))
    if not claims:
        return None
    timed = [claim for claim in claims if claim.timed]
    contents: list[Element] = []
    for group in GROUPS:
        own = [claim for claim in claims if claim.group == group and not claim.timed]
        if own:
            shown = tuple(_group(source, own, most))
            contents.append(Section(f"{_TITLES[group]} ({len(own)})", shown))
    if timed:
        shown = tuple(_times(source, timed, most))
        contents.append(Section(f"On computing time ({len(timed)})", shown))
    every = linked(CLAIMS, "Every claim with its parts, margins and intervals.")
    contents.append(Paragraph(every, "note"))
    return Section("The claims", tuple(contents), _ANCHOR, "back", listed=True)


def claims_answer(source: Source) -> tuple[str, str] | None:
    """How many claims are in which group, in few words and in a sentence or two.

    None where there is none.
    """
    claims = list(_claims(source))
    if not claims:
        return None
    total = wording.grouped(len(claims))
    counts = _counts(claims)
    said = f"Of {total} claims, {_listed(counts)}."
    if len(counts) == 1:
        said = f"{_every(len(claims))} {_listed(counts, counted=False)}."
    if timed := sum(claim.timed for claim in claims):
        are = "is" if timed == 1 else "are"
        said += f" {wording.grouped(timed)} of them {are} about computing time."
    return _mark(counts), f"{said} {_corrected(claims)}".rstrip()


def _mark(counts: dict[str, int]) -> str:
    """How many claims hold and how many do not, in few words; the others are neither."""
    if [*counts] == [OPEN]:
        return "Not decided"
    hold, fail = counts.get(SUPPORTED, 0), counts.get(CONTRADICTED, 0)
    holds, fails = "holds" if hold == 1 else "hold", "does not" if fail == 1 else "do not"
    return f"{wording.grouped(hold)} {holds}, {wording.grouped(fail)} {fails}"


def claims_of(source: Source, question: str) -> Text:
    """How the claims on a question came out, a single one with its words; nothing without any."""
    own = list(_claims(source, question))
    if not own:
        return ()
    counts = _counts(own)
    said = f"Of {wording.grouped(len(own))} claims made here, {_listed(counts)}."
    if len(counts) == 1:
        said = f"{_every(len(own))} made here {_listed(counts, counted=False)}"
        said += f": {_statement(own[0])}" if len(own) == 1 else "."
    return linked(_ANCHOR, said)


def _every(count: int) -> str:
    return {1: "The one claim", 2: "Both claims"}.get(count, f"All {wording.grouped(count)} claims")


def _counts(claims: list[_Claim]) -> dict[str, int]:
    """How many claims each group has, those with none left out."""
    found = {group: sum(claim.group == group for claim in claims) for group in GROUPS}
    return {group: count for group, count in found.items() if count}


def _listed(counts: dict[str, int], *, counted: bool = True) -> str:
    """What became of claims, as the rest of a sentence on them."""
    verbs = {
        SUPPORTED: ("is supported", "are supported"),
        CONTRADICTED: ("is contradicted", "are contradicted"),
        PARTLY: ("holds in part", "hold in part"),
        OPEN: (f"{OPEN} evidence", f"{OPEN} evidence"),
    }
    said = [
        f"{f'{wording.grouped(count)} ' if counted else ''}{verbs[group][count > 1]}"
        for group, count in counts.items()
    ]
    return wording.joined(said)


def _group(source: Source, claims: list[_Claim], most: int) -> Iterator[Element]:
    """The claims of a group, open ones by what would decide them."""
    lacking = dict.fromkeys(claim.because for claim in claims)
    if claims[0].group != OPEN:
        lacking = {"": None}
    for reason in lacking:
        own = [claim for claim in claims if not reason or claim.because == reason]
        if reason:
            yield Paragraph(text(bold(f"{len(own)}"), f" would need {reason}."))
        shown = own[: most if not reason else (most + 1) // 2]
        items = [_bullet(source, claim, told=not reason) for claim in shown]
        if len(own) > len(shown):
            further = wording.counted(len(own) - len(shown), "further claim")
            items.append(linked(CLAIMS, f"{further} in the appendix"))
        if most:
            yield Bullets(tuple(items))


def _times(source: Source, claims: list[_Claim], most: int) -> Iterator[Element]:
    """Claims on computing time, of which the groups above name none."""
    yield Paragraph(
        f"Times tell of programs and machines, not of methods: {_listed(_counts(claims))}."
    )
    named = [claim for claim in claims if claim.group != OPEN][:most]
    if named:
        items = (
            spaced(bold(f"{claim.group.capitalize()}:"), _bullet(source, claim, told=False))
            for claim in named
        )
        yield Bullets(tuple(items))


def _bullet(source: Source, claim: _Claim, *, told: bool) -> Text:
    name = str(claim.row["id"])
    return source.said_of(
        str(claim.row["protocol"]),
        _statement(claim),
        linked(claim_anchor(name), small(name)),
        small(claim.because) if told and claim.because else (),
    )


def _statement(claim: _Claim) -> str:
    return wording.clipped(str(claim.row["statement"]), _LONGEST)


def _claims(source: Source, question: str = "") -> Iterator[_Claim]:
    """The claims, or those on a question."""
    rows = claims_table(source) or ()
    table = source.table(_PARTS, _PART_COLUMNS) if rows else None
    parts: dict[str, list[Record]] = {}
    for part in [] if table is None else records(table):
        parts.setdefault(str(part["id"]), []).append(part)
    for row in rows:
        if not question or row["section"] == question:
            yield _claim(row, None if table is None else parts.get(str(row["id"]), []))


def _claim(row: Record, parts: Sequence[Record] | None) -> _Claim:
    verdict = str(row["verdict"])
    timed = False
    if parts is not None:
        deciding = [part for part in parts if part["decides"]]
        timed = bool(deciding) and all(_in_seconds(str(part["condition"])) for part in deciding)
        names = {
            word: [str(part["name"]) for part in deciding if part["verdict"] == word]
            for word in (HOLDS, FAILS)
        }
        if verdict != HOLDS and names[HOLDS] and (names[FAILS] or verdict == FAILS):
            held, failed = (
                wording.some([_IN_PART.sub(r"\1 (\2)", name) for name in names[word]], 2)
                for word in (HOLDS, FAILS)
            )
            because = f"Holds: {held}. Does not: {failed or row['reason']}."
            return _Claim(row, PARTLY, because, timed)
    if verdict in (HOLDS, FAILS):
        group = SUPPORTED if verdict == HOLDS else CONTRADICTED
        return _Claim(row, group, "" if parts is None else measured(row, parts), timed)
    cause = str(row["cause"]) if verdict == UNDECIDED else ""
    lacking = _WHAT_LACKS[cause] if cause in CAUSES else "what no run here can give"
    return _Claim(row, OPEN, lacking, timed)


def _in_seconds(condition: str) -> bool:
    """Whether a condition asks for a time."""
    return any(unit_named(word) == "seconds" for word in re.findall(r"[a-z]\w+", condition))


def measured(row: Record, parts: Sequence[Record]) -> str:
    """The number that decided a claim with what it is and its unit, beside what was asked for."""
    if not parts:
        return ""
    deciding = [part for part in parts if part["name"] == row["deciding_part"]]
    first = (deciding or parts)[0]
    value, threshold, unit = first["value"], first["threshold"], first["unit"] or ""
    if value is None or threshold is None:
        return ""
    shown = round(100 * value, 2) if unit == FRACTION else value
    digits = f"{shown:.3g}" if abs(shown) < 1000 else f"{shown:.0f}"
    subject = _subject(str(first["condition"]))
    words = _unit(unit, subject, digits)
    named = f"{wording.capitalised(in_words(subject))}:" if subject else "Measured"
    said = f"{named} {digits.replace('-', MINUS)}{words}"
    return f"{said}; asked {asked(str(threshold), unit)}."


def _subject(condition: str) -> str:
    """What the number of a part is, by what it asks; empty where that is more than one thing."""
    texts = condition.partition(", where ")[0].split("; ")
    try:
        found = {comparison.subject for each in texts for comparison in parse_comparisons(each)}
    except Mistake:
        return ""
    return found.pop() if len(found) == 1 else ""


def _unit(unit: str, subject: str, digits: str) -> str:
    """The unit of a measured number, as it stands behind it; nothing where it has none.

    A share is in per cent where it is the level of one variant, else it is a difference; an epoch
    is no number of epochs.
    """
    read = re.match(r"\w+(?=\()", subject)
    if unit in ("", RATIO, COUNT, LOSS) or (unit == EPOCHS and read):
        return ""
    if unit != FRACTION:
        return f" {unit.removesuffix('s')}" if digits == "1" else f" {unit}"
    if read and read[0] in FUNCTIONS and FUNCTIONS[read[0]].level:
        return "\N{NARROW NO-BREAK SPACE}%"
    return " percentage point" if digits == "1" else " percentage points"


def _corrected(claims: Sequence[_Claim]) -> str:
    """How many verdicts stand when they are corrected for the number of claims."""
    decided = [claim.row["p_holm"] for claim in claims if claim.row["verdict"] in (HOLDS, FAILS)]
    sure = sum(p is not None and p < 1 - CONFIDENCE for p in decided)
    if not decided:
        return ""
    return (
        f"Each verdict is made at the {LEVEL} level by itself; corrected for their number (Holm), "
        f"{wording.grouped(sure)} of {wording.grouped(len(decided))} "
        f"{'stands' if sure == 1 else 'stand'}."
    )
