"""Deciding claims from the numbers that a report itself printed."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from nnrepro.claims.claim import Claim, PrintedList, Published
from nnrepro.claims.conditions import (
    FAILS,
    HOLDS,
    UNDECIDED,
    Crossing,
    Quantity,
    Untestable,
)
from nnrepro.claims.evidence import variants_named
from nnrepro.claims.tree import Part, opposite, verdict
from nnrepro.measures.expressions import Measure, Reading
from nnrepro.measures.names import reading_named
from nnrepro.measures.spans import ANYTHING, Span, hull, intersection, mean
from nnrepro.published.numbers import PublishedNumber
from nnrepro.study.study import Study

OWN = {HOLDS: "true", FAILS: "false"}
NOT_CHECKABLE = "not_checkable"

_SHARE = Span(0.0, 1.0)
_CLEARLY = 1e-6
"""How far below a limit a number is that a list tells to be below it."""


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
    def of(cls, published: Published, study: Study, protocol: str) -> "PrintedNumbers":
        """The printed numbers of a protocol."""
        selected = {e: v for (p, e), v in published.selected.items() if p == protocol}
        values: dict[tuple[str, str], list[Printed]] = {}
        own = rows_of(published, study, protocol)
        for variant, reading, printed in (*_single(own, published), *_listed(own, published)):
            values.setdefault((variant, str(reading)), []).append(printed)
        return cls(study, selected, values)


Rows = Sequence[tuple[PublishedNumber, Sequence[str]]]
"""Printed numbers, each with its variants."""


def rows_of(published: Published, study: Study, protocol: str) -> Rows:
    """The printed numbers of a protocol whose variants are known."""
    selected = {e: v for (p, e), v in published.selected.items() if p == protocol}
    own = []
    for number in published.numbers:
        with suppress(Untestable):
            if number.protocol == protocol:
                own.append((number, variants_named(number.runs, study, selected)))
    return own


def _single(rows: Rows, published: Published) -> Iterator[tuple[str, Reading, Printed]]:
    """What each number says of its variants: by its metric's name, and by what the file adds."""
    for number, variants in rows:
        named = reading_named(number.metric)
        readings = [named] if named else []
        readings += [r for item in published.metrics if item.means(number) for r in item.readings]
        value = Span.point(number.value)
        if number.is_bound:
            upper = "upper_bound" in number.remarks
            value = Span(-math.inf if upper else value.low, value.low if upper else math.inf)
        printed = Printed(_question(number), value, len(variants) > 1)
        yield from ((variant, reading, printed) for variant in variants for reading in readings)


def _listed(rows: Rows, published: Published) -> Iterator[tuple[str, Reading, Printed]]:
    """What being in a list, or not being in it, tells of the runs of the same question."""
    for item, (_, question), told in listed(rows, published):
        inside = Span(-math.inf, item.below - _CLEARLY)
        for variant, inside_it in sorted(told.items()):
            span = inside if inside_it else Span(item.below, math.inf)
            for reading in item.listed.readings:
                yield variant, reading, Printed(question, span, False)


def listed(
    rows: Rows, published: Published
) -> Iterator[tuple[PrintedList, tuple[str, str], Mapping[str, bool]]]:
    """The printed lists, each by part and question, with whether each variant of that is in it."""
    for item in published.lists:
        everyone: dict[tuple[str, str], dict[str, bool]] = {}
        for number, variants in rows:
            if number.metric == item.listed.metric:
                place = (number.cells.get("part", ""), _question(number))
                told = everyone.setdefault(place, {})
                for variant in variants:
                    told[variant] = told.get(variant, False) or item.listed.means(number)
        yield from ((item, place, told) for place, told in everyone.items() if any(told.values()))


def _question(number: PublishedNumber) -> str:
    return number.cells.get("question", "")


@dataclass(frozen=True)
class PrintedEvidence:
    """Printed numbers as evidence for a claim: which questions' numbers it means comes first."""

    numbers: PrintedNumbers
    questions: tuple[str, ...]

    def variants(self, selectors: Sequence[str]) -> tuple[str, ...]:
        """The variants that selectors name; see `Evidence`."""
        return variants_named(selectors, self.numbers.study, self.numbers.selected)

    def over_seeds(self, measure: Measure, variant: str) -> Span:
        """What is printed of a measure; see `Evidence`."""
        return measure.value(lambda reading: self._read(reading, variant))

    def value(self, quantity: Quantity) -> Span:
        """What is printed of a quantity; nothing is ever printed of a crossing."""
        if isinstance(quantity, Crossing):
            return ANYTHING
        return mean([self.over_seeds(quantity.measure, variant) for variant in quantity.variants])

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
    words = {
        each.bound.met(each.margin([evidence.value(quantity) for quantity in each.quantities]))
        for each in conditions
    }
    word = FAILS if FAILS in words else UNDECIDED if UNDECIDED in words or not words else HOLDS
    return opposite(word) if part.negated else word
