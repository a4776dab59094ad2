"""Numbers of which only bounds may be known, and arithmetic on them.

A printed number is a point, "before epoch 50" a half-line, and a curve that has not settled within
its run settles at some later epoch: also a half-line.
"""

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

_INF = math.inf
_LARGEST = sys.float_info.max


@dataclass(frozen=True)
class Span:
    """A number that lies between two bounds, both of which may be infinite.

    Attributes:
        low: lower bound, included.
        high: upper bound, included.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        if math.isnan(self.low) or math.isnan(self.high) or self.low > self.high:
            raise ValueError(f"no span from {self.low} to {self.high}")

    @classmethod
    def point(cls, value: float) -> Self:
        """A number that is known."""
        return cls(float(value), float(value))

    @property
    def known(self) -> bool:
        """Whether it is a single number."""
        return self.low == self.high

    @property
    def bounded(self) -> bool:
        """Whether anything is known of it at all."""
        return math.isfinite(self.low) or math.isfinite(self.high)

    def __add__(self, other: "Span") -> "Span":
        return Span(self.low + other.low, self.high + other.high)

    def __neg__(self) -> "Span":
        return Span(-self.high, -self.low)

    def __sub__(self, other: "Span") -> "Span":
        return self + -other

    def __mul__(self, other: "Span") -> "Span":
        products = [_times(a, b) for a in (self.low, self.high) for b in (other.low, other.high)]
        return Span(min(products), max(products))

    def __truediv__(self, other: "Span") -> "Span":
        if other.low <= 0 <= other.high:
            return ANYTHING
        ends = [_over(a, b) for a in (self.low, self.high) for b in (other.low, other.high)]
        # A quotient too large for a float is large, not infinite.
        return Span(min(*ends, _LARGEST), max(*ends, -_LARGEST))


ANYTHING = Span(-_INF, _INF)
"""Nothing is known of the number."""


def mean(spans: Sequence[Span]) -> Span:
    """The mean of numbers, summed in ascending order so that their order does not matter."""
    low = sum(sorted(span.low for span in spans))
    high = sum(sorted(span.high for span in spans))
    return Span(low / len(spans), high / len(spans))


def highest(spans: Sequence[Span]) -> Span:
    """The largest of numbers."""
    return Span(max(span.low for span in spans), max(span.high for span in spans))


def lowest(spans: Sequence[Span]) -> Span:
    """The smallest of numbers."""
    return Span(min(span.low for span in spans), min(span.high for span in spans))


def intersection(first: Span, second: Span) -> Span:
    """What two statements about one number leave of it; the first alone where they contradict."""
    low, high = max(first.low, second.low), min(first.high, second.high)
    return Span(low, high) if low <= high else first


def hull(spans: Sequence[Span]) -> Span:
    """The smallest span that holds all of them."""
    return Span(min(span.low for span in spans), max(span.high for span in spans))


def _over(a: float, b: float) -> float:
    return 0.0 if a == 0 or math.isinf(b) else a / b


def _times(a: float, b: float) -> float:
    return 0.0 if a == 0 or b == 0 else a * b
