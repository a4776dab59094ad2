"""Conditions: a number made from measures of runs, on one side of a threshold.

Whatever a claim says comes down to conditions that must all be met. Each has a signed margin,
which is positive where it is met, so that all of them are judged in the same way.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol

from nnrepro.measures.curves import ROUNDING
from nnrepro.measures.expressions import Expression, Measure, evaluate
from nnrepro.measures.spans import Span
from nnrepro.study.selectors import Selector

HOLDS = "holds"
FAILS = "fails"
UNDECIDED = "undecided"
NOT_TESTABLE = "not testable here"
VERDICTS = (HOLDS, FAILS, UNDECIDED, NOT_TESTABLE)

_EXACT = 1e-12
"""Differences of decimal numbers are not exact: a margin as small as this is 0."""


class Untestable(Exception):
    """Something that a part needs is not there; the message says what."""


@dataclass(frozen=True)
class Term:
    """A measure of a variant, or its mean over several variants."""

    measure: Measure
    variants: tuple[str, ...]

    @property
    def used(self) -> tuple[str, ...]:
        """Every variant that it takes a value from."""
        return self.variants

    def __str__(self) -> str:
        """What it is of, in words."""
        if len(self.variants) == 1:
            return self.variants[0]
        experiments = dict.fromkeys(Selector.parse(variant).experiment for variant in self.variants)
        return f"mean of {len(self.variants)} of {' and '.join(experiments)}"


@dataclass(frozen=True)
class Crossing:
    """The first epoch at which a curve of a variant reaches a level of another.

    Attributes:
        curve: name of the curve.
        variant: the variant whose curve is followed.
        level: measure of `reference` that gives the level.
        reference: the variant that gives it.
    """

    curve: str
    variant: str
    level: Measure
    reference: str

    @property
    def used(self) -> tuple[str, ...]:
        """Every variant that it takes a value from."""
        return self.variant, self.reference

    def __str__(self) -> str:
        return self.variant


Quantity = Term | Crossing


class Evidence(Protocol):
    """Where the values of measures come from: runs, or printed numbers."""

    def variants(self, selectors: Sequence[str]) -> tuple[str, ...]:
        """The variants that selectors name, as `experiment/variant`, without repeats."""

    def over_seeds(self, measure: Measure, variant: str) -> Span:
        """A measure of a variant, its mean over all its seeds."""


@dataclass(frozen=True)
class Bound:
    """One side of a threshold.

    Attributes:
        sign: 1 where larger numbers meet the condition, -1 where smaller ones do.
        threshold: the number to compare with.
        inclusive: whether the threshold itself meets the condition.
    """

    sign: int
    threshold: float
    inclusive: bool

    def margin(self, value: Span) -> Span:
        """By how much the condition is met; negative where it is not."""
        distance = value - Span.point(self.threshold)
        # A share may be kept as float32.
        rounding = max(_EXACT, ROUNDING * abs(self.threshold))
        low, high = (0.0 if abs(end) < rounding else end for end in (distance.low, distance.high))
        return Span(low, high) if self.sign > 0 else Span(-high, -low)

    def met(self, margin: Span) -> str:
        """Whether it is met with this margin: `holds`, `fails`, or `undecided` if unknown."""
        if margin.low > 0 or (margin.low == 0 and self.inclusive):
            return HOLDS
        if margin.high < 0 or (margin.high == 0 and not self.inclusive):
            return FAILS
        return UNDECIDED


@dataclass(frozen=True)
class Condition:
    """A number made from quantities of runs, and its bound.

    Attributes:
        subject: what the number is about, in words.
        expression: makes the number from operands that have a `join`.
        operands: what each operand of the expression is made from, in written order.
        bound: what is asked of it.
    """

    subject: str
    expression: Expression
    operands: tuple[tuple[Quantity, ...], ...]
    bound: Bound

    @property
    def number(self) -> Hashable:
        """What is compared, whatever it is compared with."""
        return self.expression, self.operands

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """What the number is made from."""
        return tuple(quantity for operand in self.operands for quantity in operand)

    @property
    def variants(self) -> tuple[str, ...]:
        """Every variant that it takes a value from."""
        return tuple(dict.fromkeys(v for quantity in self.quantities for v in quantity.used))

    def combine(self, values: Sequence[Span]) -> Span:
        """The number, given the values of the quantities."""
        left = iter(values)
        groups = iter([[next(left) for _ in operand] for operand in self.operands])
        return evaluate(self.expression, lambda operand: operand.join(next(groups)))

    def margin(self, values: Sequence[Span]) -> Span:
        """The margin for values of the quantities."""
        return self.bound.margin(self.combine(values))
