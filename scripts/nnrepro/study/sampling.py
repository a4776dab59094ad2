"""Points of a search: values drawn from distributions, the same on every machine.

    parameters:
      units: {choice: [8, 16, 32]}
      learning_rate: {log_uniform: [1e-4, 1e-1]}

Points are quasi-random, or random with `sampler: random`: the k-th of them follows from
`search_seed` and k alone, so that more samples keep the earlier ones. Arithmetic is decimal, whose
logarithms and powers are rounded correctly everywhere, which those of floats are not.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Context, Decimal, localcontext
from functools import cache
from itertools import count
from typing import Any

from nnrepro.study.messages import shown
from nnrepro.study.options import Parameter
from nnrepro.study.run import Scalar

SAMPLERS = ("quasi_random", "random")
DIGITS = 4
"""Significant digits of a drawn number: it stands in labels, and more decide nothing."""

_PRECISION = 40
_FINEST = 10**9
"""Parts of a range that points can tell apart, at least."""
_VAIN = 1000
"""Draws in a row that bring nothing new, after which there are no more points."""


@dataclass(frozen=True)
class Distribution:
    """How a share from 0 to below 1 becomes a value.

    Attributes:
        draws: the value of a share, given the distribution's values in the configuration.
        whole: whether values are whole numbers; None for values that are listed.
        positive: whether its ends must be above 0, as for a logarithm.
    """

    draws: Callable[[Decimal, Sequence[Any]], Scalar]
    whole: bool | None
    positive: bool = False


def _listed(share: Decimal, values: Sequence[Any]) -> Scalar:
    found: Scalar = values[_floor(share * len(values))]
    return found


def _even(share: Decimal, ends: Sequence[Any]) -> Scalar:
    low, high = map(_exact, ends)
    return _rounded(low + share * (high - low), ends)


def _even_in_logarithm(share: Decimal, ends: Sequence[Any]) -> Scalar:
    low, high = map(_exact, ends)
    return _rounded((low.ln() + share * (high.ln() - low.ln())).exp(), ends)


def _whole(share: Decimal, ends: Sequence[Any]) -> Scalar:
    return _floor(ends[0] + share * (ends[1] + 1 - ends[0]))


def _whole_in_logarithm(share: Decimal, ends: Sequence[Any]) -> Scalar:
    low, high = Decimal(ends[0]).ln(), Decimal(ends[1] + 1).ln()
    return min(max(_floor((low + share * (high - low)).exp()), ends[0]), ends[1])


DISTRIBUTIONS: Mapping[str, Distribution] = {
    "choice": Distribution(_listed, None),
    "uniform": Distribution(_even, whole=False),
    "log_uniform": Distribution(_even_in_logarithm, whole=False, positive=True),
    "int_uniform": Distribution(_whole, whole=True),
    "log_int_uniform": Distribution(_whole_in_logarithm, whole=True, positive=True),
}
"""Distributions by the names that a configuration uses."""


def _exact(value: float) -> Decimal:
    """A number as it is written."""
    return Decimal(str(value))


def _floor(value: Decimal) -> int:
    return int(value.to_integral_value(ROUND_FLOOR))


def _rounded(value: Decimal, ends: Sequence[float]) -> float:
    return min(max(float(f"{value:.{DIGITS}g}"), float(ends[0])), float(ends[1]))


def distribution_problems(given: Mapping[str, Any], parameter: Parameter) -> Iterator[str]:
    """What is wrong with a parameter's distribution, as ends of messages behind its key."""
    ((name, values),) = given.items()
    known = DISTRIBUTIONS[name]
    for value in values:
        problem = parameter.problem(value)
        if problem:
            yield f": {shown(value)} {problem}"
            return
    if known.whole is None:
        return
    if parameter.choices or parameter.type not in (int, float):
        yield f": '{name}' draws numbers; write choice: [...]"
    elif known.whole and any(not isinstance(value, int) for value in values):
        yield f": '{name}' is between whole numbers; write them"
    elif not known.whole and parameter.type is int:
        whole = name.replace("uniform", "int_uniform")
        yield f": '{name}' draws numbers that are not whole; write {whole}"
    elif known.positive and values[0] <= 0:
        yield f": {shown(values[0])} must be greater than 0 for '{name}'"
    elif values[0] >= values[1]:
        yield f": {shown(values[0])} must be less than {shown(values[1])}"


def points(
    distributions: Mapping[str, Mapping[str, Sequence[Any]]],
    samples: int,
    *,
    sampler: str = SAMPLERS[0],
    seed: int = 0,
) -> list[dict[str, Scalar]]:
    """Different points, fewer than asked for only where there seem to be no more.

    Each parameter has one distribution: its name and its values. The `seed` decides the points; the
    first of more `samples` are those of fewer.
    """
    found: dict[tuple[Scalar, ...], dict[str, Scalar]] = {}
    known = {name: next(iter(own.items())) for name, own in distributions.items()}
    with localcontext(Context(prec=_PRECISION)):
        bases = dict(zip(known, _primes(), strict=False))
        draw = last = 0
        while len(found) < samples and draw - last < _VAIN:
            point = {}
            for name, (kind, values) in known.items():
                if sampler == "random":
                    share = _hashed(seed, name, draw)
                else:
                    share = _reversed(draw, bases[name], f"{seed}/{name}")
                point[name] = DISTRIBUTIONS[kind].draws(share, values)
            if found.setdefault(tuple(point.values()), point) is point:
                last = draw
            draw += 1
    return list(found.values())


def _hashed(*words: object) -> Decimal:
    """A number from 0 to below 1 that looks random and follows from the words."""
    digest = hashlib.sha256("/".join(map(str, words)).encode()).digest()
    return Decimal(int.from_bytes(digest[:8])) / 2**64


def _reversed(number: int, base: int, scrambled_by: str) -> Decimal:
    """A number's digits in a prime base behind the point, the last first, each exchanged.

    Points of which each dimension has a prime of its own fill the cube evenly at any number of
    them (J. H. Halton, On the efficiency of certain quasi-random sequences of points, 1960); that
    digits are exchanged at random keeps dimensions of large primes from rising together (A. B.
    Owen, A randomized Halton algorithm in R, 2017).
    """
    digits = 1
    while base**digits < _FINEST:
        digits += 1
    value = 0
    for place in range(digits):
        number, digit = divmod(number, base)
        value = value * base + _exchanged(base, place, scrambled_by)[digit]
    return Decimal(value) / base**digits


@cache
def _exchanged(base: int, place: int, scrambled_by: str) -> tuple[int, ...]:
    """The digits in another order."""
    return tuple(sorted(range(base), key=lambda digit: _hashed(scrambled_by, base, place, digit)))


def _primes() -> Iterator[int]:
    found: list[int] = []
    for number in count(2):
        if all(number % prime for prime in found):
            found.append(number)
            yield number
