"""Conditions: a number made from measures of runs, on one side of a threshold.

Whatever a predicate says comes down to conditions that must all be met. Each has a signed margin,
which is positive where it is met, so that all of them are judged in the same way.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from nnrepro.measures.expressions import Measure, Mistake
from nnrepro.measures.spans import Span
from nnrepro.study.settings import nearest, one_of, quotation_hint, shown

BOUNDS = ("above", "at_least", "below", "at_most", "between", "within", "about")
"""Words that say on which side of which threshold a number lies."""

_WORDS = {"above": "above", "at_least": "at least", "below": "below", "at_most": "at most"}
_NEAR = (0.25, 2.0, 100)
"""`about(n)`: within a quarter of n from 100 on, within a factor of 2 below."""
_ROUNDING = 1e-12
"""Differences of decimal numbers are not exact: a margin as small as this is 0."""


class Untestable(Exception):
    """Something that a part needs is not there; the message says what."""


@dataclass(frozen=True)
class Term:
    """A measure of a variant, or its mean over several variants."""

    measure: Measure
    variants: tuple[str, ...]


@dataclass(frozen=True)
class Crossing:
    """The first epoch at which a curve of one variant reaches the level of another.

    Attributes:
        curve: name of the curve.
        measure: measure of `reference` that gives the level.
        variants: the one variant whose curve is followed.
        reference: the variant that gives the level.
    """

    curve: str
    measure: Measure
    variants: tuple[str, ...]
    reference: str


Quantity = Term | Crossing


class Evidence(Protocol):
    """Where the values of measures come from: runs, or printed numbers."""

    def variants(self, selectors: Sequence[str]) -> tuple[str, ...]:
        """The variants that selectors name, as `experiment/variant`, without repeats.

        Raises:
            Untestable: a selection has not been made.
        """

    def level(self, measure: Measure, variant: str) -> Span:
        """A measure of a variant over all its seeds."""


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
        low, high = (0.0 if abs(end) < _ROUNDING else end for end in (distance.low, distance.high))
        return Span(low, high) if self.sign > 0 else Span(-high, -low)


@dataclass(frozen=True)
class Condition:
    """A number made from quantities of runs, and its bound.

    Attributes:
        subject: what the number is about, in words.
        quantities: what it is made from.
        combine: makes it.
        bound: what is asked of it.
    """

    subject: str
    quantities: tuple[Quantity, ...]
    combine: Callable[[Sequence[Span]], Span]
    bound: Bound

    def margin(self, values: Sequence[Span]) -> Span:
        """The margin for values of the quantities."""
        return self.bound.margin(self.combine(values))

    @property
    def variants(self) -> tuple[str, ...]:
        """Every variant that it takes a value from."""
        names: dict[str, None] = {}
        for quantity in self.quantities:
            names.update(dict.fromkeys(quantity.variants))
            if isinstance(quantity, Crossing):
                names[quantity.reference] = None
        return tuple(names)


@dataclass(frozen=True)
class Bounds:
    """What is asked of a number, in one or two bounds, and in words."""

    sides: tuple[Bound, ...]
    text: str


def parse_bounds(spec: Mapping[str, Any]) -> Bounds:
    """Read bounds such as `{above: 0, at_most: 0.03}` or `{about: 420}`.

    Raises:
        Mistake: an unknown word, or something other than a number.
    """
    sides: list[Bound] = []
    words: list[str] = []
    for word, value in spec.items():
        if word not in BOUNDS:
            raise Mistake(f"'{word}' is no bound{nearest(word, BOUNDS)}; allowed: {one_of(BOUNDS)}")
        sides += _sides(word, value)
        words.append(_words(word, value))
    if not sides:
        raise Mistake(f"a bound is missing; give one of {one_of(BOUNDS)}")
    return Bounds(tuple(sides), " and ".join(words))


def _sides(word: str, value: Any) -> list[Bound]:
    if word == "between":
        if not isinstance(value, list) or len(value) != 2:
            raise Mistake(f"between: {value!r} must be two numbers, as in [0.47, 0.53]")
        low, high = (number(item, word) for item in value)
        if low > high:
            raise Mistake(f"between: {low:g} is above {high:g}")
        return [Bound(1, low, True), Bound(-1, high, True)]
    threshold = number(value, word)
    if word == "within":
        return [Bound(1, -threshold, True), Bound(-1, threshold, True)]
    if word == "about":
        share, factor, large = _NEAR
        if threshold >= large:
            low, high = (1 - share) * threshold, (1 + share) * threshold
        else:
            low, high = threshold / factor, threshold * factor
        return [Bound(1, low, True), Bound(-1, high, True)]
    return [Bound(1 if word in ("above", "at_least") else -1, threshold, word.startswith("at_"))]


def _words(word: str, value: Any) -> str:
    if word == "between":
        return f"between {value[0]:g} and {value[1]:g}"
    if word == "within":
        return f"within {value:g} of 0"
    return f"about {value:g}" if word == "about" else f"{_WORDS[word]} {value:g}"


def number(value: Any, key: str) -> float:
    """`value` as a number.

    Raises:
        Mistake: it is none; text that spells one is text.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise Mistake(f"{key}: {shown(value)} must be a number{quotation_hint(value, ('number',))}")
