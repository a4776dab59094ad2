"""Deciding claims from the numbers that a report itself printed."""

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from nnrepro.claims.claim import Claim, Published
from nnrepro.claims.conditions import Condition, Crossing, Quantity, Untestable
from nnrepro.claims.evidence import matching
from nnrepro.claims.judge import met
from nnrepro.claims.tree import FAILS, HOLDS, UNDECIDED, Part, opposite, verdict
from nnrepro.files import read_text
from nnrepro.measures.expressions import Measure, Reading
from nnrepro.measures.spans import ANYTHING, Span, hull, intersection, mean
from nnrepro.study.study import Study

OWN = {HOLDS: "true", FAILS: "false"}
NOT_CHECKABLE = "not_checkable"

_SHARE = Span(0.0, 1.0)
_CLEARLY = 1e-9
_UPPER, _LOWER = "upper_bound", "lower_bound"


@dataclass(frozen=True)
class Printed:
    """One printed value of one reading of one variant.

    Attributes:
        question: question of the report that prints it.
        value: what is printed; a half-line for a bound.
        shared: whether the same number is printed for several variants at once.
    """

    question: str
    value: Span
    shared: bool


@dataclass(frozen=True)
class PrintedNumbers:
    """The printed numbers of one protocol's report.

    Attributes:
        study: the study whose variants they belong to.
        selected: the variant that the report selected, by experiment.
        values: what is printed, by variant and reading.
    """

    study: Study
    selected: Mapping[str, str]
    values: Mapping[tuple[str, str], Sequence[Printed]]

    @classmethod
    def read(cls, published: Published, study: Study) -> dict[str, "PrintedNumbers"]:
        """The printed numbers of every protocol, by its name."""
        text = read_text(published.numbers)
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
        numbers = {}
        for protocol in study.declared_protocols:
            selected = {e: v for (p, e), v in published.selected.items() if p == protocol}
            own = [row for row in rows if row["protocol"] == protocol]
            values: dict[tuple[str, str], list[Printed]] = {}
            for variant, reading, printed in (
                *_quantities(own, published, study, selected),
                *_lists(own, published, study, selected),
            ):
                values.setdefault((variant, str(reading)), []).append(printed)
            numbers[protocol] = cls(study, selected, values)
        return numbers


def _variants(row: Mapping[str, str], study: Study, selected: Mapping[str, str]) -> list[str]:
    """The variants that a row belongs to; those that the study does not declare are left out."""
    selectors = [s for s in row["runs"].split() if s.partition("/")[0] in study.declared_variants]
    return matching(selectors, study, selected)


def _quantities(
    rows: Sequence[Mapping[str, str]],
    published: Published,
    study: Study,
    selected: Mapping[str, str],
) -> Iterator[tuple[str, Reading, Printed]]:
    for row in rows:
        for quantity in published.quantities:
            if row["metric"] != quantity.metric or not _noted(row, quantity.notes):
                continue
            variants = _variants(row, study, selected)
            printed = Printed(row["question"], _value(row), len(variants) > 1)
            for variant in variants:
                for reading in quantity.readings:
                    yield variant, reading, printed


def _lists(
    rows: Sequence[Mapping[str, str]],
    published: Published,
    study: Study,
    selected: Mapping[str, str],
) -> Iterator[tuple[str, Reading, Printed]]:
    """What being in a list, or not being in it, tells of the runs of the same question."""
    for listed in published.lists:
        inside, outside = Span(-math.inf, _before(listed.below)), Span(listed.below, math.inf)
        members = [row for row in rows if row["metric"] == listed.metric]
        chosen = [row for row in members if _noted(row, listed.notes)]
        for question in dict.fromkeys(row["question"] for row in chosen):
            named = {
                variant
                for row in chosen
                if row["question"] == question
                for variant in _variants(row, study, selected)
            }
            everyone = {
                variant
                for row in members
                if row["question"] == question
                for variant in _variants(row, study, selected)
            }
            for variant in sorted(everyone):
                span = inside if variant in named else outside
                for reading in listed.readings:
                    yield variant, reading, Printed(question, span, False)


def _noted(row: Mapping[str, str], patterns: Sequence[str]) -> bool:
    return not patterns or any(fnmatchcase(row["note"], pattern) for pattern in patterns)


def _value(row: Mapping[str, str]) -> Span:
    value = float(row["value"])
    if _UPPER in row["note"]:
        return Span(-math.inf, value)
    return Span(value, math.inf) if _LOWER in row["note"] else Span.point(value)


def _before(limit: float) -> float:
    """The largest number that is clearly below a limit."""
    return limit - _CLEARLY


@dataclass(frozen=True)
class PrintedEvidence:
    """Printed numbers as evidence for a claim: which questions' numbers it means comes first."""

    numbers: PrintedNumbers
    questions: tuple[str, ...]

    def variants(self, selectors: Sequence[str]) -> tuple[str, ...]:
        """The variants that selectors name; see `Evidence`."""
        return tuple(matching(selectors, self.numbers.study, self.numbers.selected))

    def level(self, measure: Measure, variant: str) -> Span:
        """What is printed of a measure; see `Evidence`."""
        return measure.value(lambda reading: self._read(reading, variant))

    def value(self, quantity: Quantity) -> Span:
        """What is printed of a quantity; nothing is ever printed of a crossing."""
        if isinstance(quantity, Crossing):
            return ANYTHING
        return mean([self.level(quantity.measure, variant) for variant in quantity.variants])

    def _read(self, reading: Reading, variant: str) -> Span:
        """What is printed, else what the curve's other printed numbers leave possible."""
        printed = self._printed(reading, variant)
        if printed is not None and printed.known:
            return printed
        bounds = ANYTHING if printed is None else printed
        if reading.is_share:
            bounds = intersection(bounds, _SHARE)
            # No mean and no single epoch of a curve exceeds its largest value.
            best = self._printed(Reading("best", reading.curve), variant)
            if best is not None and reading.function not in ("best", "max"):
                bounds = intersection(bounds, Span(-math.inf, best.high))
        return bounds

    def _printed(self, reading: Reading, variant: str) -> Span | None:
        found = self.numbers.values.get((variant, str(reading)), ())
        meant = [item for item in found if item.question in self.questions] or list(found)
        single = [item for item in meant if not item.shared] or meant
        return hull([item.value for item in single]) if single else None


def own_verdict(claim: Claim, numbers: PrintedNumbers) -> tuple[str, dict[int, str]]:
    """Whether a report's own numbers bear a claim out.

    Returns:
        `true` where every part that decides can be checked and holds, `false` where one that
        decides fails, else `not_checkable`; and the verdict on each part by its identity.
    """
    evidence = PrintedEvidence(numbers, claim.numbers or (claim.question,))
    found = {id(part): _part_verdict(part, evidence) for part in (*claim.deciding, *claim.further)}
    return OWN.get(verdict(claim.rule, found), NOT_CHECKABLE), found


def _part_verdict(part: Part, evidence: PrintedEvidence) -> str:
    try:
        conditions = part.conditions(evidence)
    except Untestable:
        return UNDECIDED
    words = {_met(condition, evidence) for condition in conditions}
    word = FAILS if FAILS in words else UNDECIDED if UNDECIDED in words or not words else HOLDS
    return opposite(word) if part.negated else word


def _met(condition: Condition, evidence: PrintedEvidence) -> str:
    values = [evidence.value(quantity) for quantity in condition.quantities]
    return met(condition, condition.margin(values))
