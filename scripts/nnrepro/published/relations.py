"""Relations between printed numbers that show an inconsistency, or that a check holds.

A relation takes groups of published numbers and the options of its rule, and says whether it holds
and, in short, by which derived number. Printed numbers are compared as decimals, digit by digit.
"""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from nnrepro.published.numbers import PublishedNumber
from nnrepro.statistics.ranks import rank_correlation

Group = Sequence[PublishedNumber]
Options = Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """Whether a relation holds, and a derived number that shows it (empty for none)."""

    holds: bool
    derived: str = ""


@dataclass(frozen=True)
class Relation:
    """A relation that a rule may name.

    Attributes:
        decide: the function.
        groups: how many groups of rows it takes; 0 for two or more.
        single: whether every group has to be one row.
        aligned: whether its groups have to be of equal size.
        options: the options that it needs.
    """

    decide: Callable[[Sequence[Group], Options], Outcome]
    groups: int
    single: bool = False
    aligned: bool = False
    options: tuple[str, ...] = ()


def exact(number: PublishedNumber) -> Fraction:
    """The printed number without rounding."""
    return Fraction(Decimal(number.printed))


def unit(number: PublishedNumber) -> Fraction:
    """One unit of the last printed digit."""
    return Fraction(10) ** int(Decimal(number.printed).as_tuple().exponent)


def _descending(groups: Sequence[Group], options: Options) -> Outcome:
    """The numbers fall from one group to the next."""
    values = [exact(group[0]) for group in groups]
    return Outcome(all(a > b for a, b in itertools.pairwise(values)))


def _differ(groups: Sequence[Group], options: Options) -> Outcome:
    """Numbers that should be the same are not, as far as both are printed."""
    gaps = [(abs(exact(a) - exact(b)), max(unit(a), unit(b))) for a, b in zip(*groups, strict=True)]
    return Outcome(all(gap >= step for gap, step in gaps), _largest(gap for gap, _ in gaps))


def _same(groups: Sequence[Group], options: Options) -> Outcome:
    """The numbers of two groups are the same, one by one."""
    return Outcome(all(exact(a) == exact(b) for a, b in zip(*groups, strict=True)))


def _nearer_than(groups: Sequence[Group], options: Options) -> Outcome:
    """Two numbers are nearer to each other than `limit`."""
    gap = abs(exact(groups[0][0]) - exact(groups[1][0]))
    return Outcome(gap < Fraction(options["limit"]), _largest([gap]))


def _at_least(groups: Sequence[Group], options: Options) -> Outcome:
    """Every number is at least `limit`."""
    return Outcome(all(exact(number) >= Fraction(options["limit"]) for number in groups[0]))


def _rounds_to(groups: Sequence[Group], options: Options) -> Outcome:
    """Every number is `constant`, rounded to its printed digits."""
    wanted = Fraction(options["constant"])
    holds = all(2 * abs(exact(number) - wanted) <= unit(number) for number in groups[0])
    return Outcome(holds, f"constant {float(wanted):.6g}")


def _spread_at_least(groups: Sequence[Group], options: Options) -> Outcome:
    """The numbers range over `limit` or more."""
    values = [exact(number) for number in groups[0]]
    spread = max(values) - min(values)
    return Outcome(spread >= Fraction(options["limit"]), f"range {float(spread):.4g}")


def _multiples(groups: Sequence[Group], options: Options) -> Outcome:
    """Every number is a whole multiple of 1 / `of`, to within the last digit or `tolerance`."""
    return Outcome(all(_is_multiple(number, options) for number in groups[0]))


def _no_multiples(groups: Sequence[Group], options: Options) -> Outcome:
    """None of the numbers is a whole multiple of 1 / `of`."""
    return Outcome(not any(_is_multiple(number, options) for number in groups[0]))


def _is_multiple(number: PublishedNumber, options: Options) -> bool:
    of = int(options["of"])
    nearest = Fraction(round(exact(number) * of), of)
    allowed = max(unit(number) / 2, Fraction(options.get("tolerance", 0)))
    if unit(number) >= Fraction(1, of):
        return False  # too few digits to tell
    return abs(exact(number) - nearest) < allowed or exact(number) == nearest


def _cut_shares(groups: Sequence[Group], options: Options) -> Outcome:
    """Every number is n / `of` for a whole n, its further digits cut off."""
    of = int(options["of"])
    holds = all(
        Fraction(math.ceil(exact(number) * of), of) < exact(number) + unit(number)
        for number in groups[0]
    )
    return Outcome(holds)


def _averages(groups: Sequence[Group], options: Options) -> Outcome:
    """Averages (first group) recompute from cells (second), to within a unit of the last digit.

    An average says `all` in the column that it is taken over and shares the other columns of
    `by` with its cells.
    """
    worst = Fraction(0)
    for average in groups[0]:
        cells = [
            exact(cell)
            for cell in groups[1]
            if all(average.cells[c] in ("all", cell.cells[c]) for c in options["by"])
        ]
        if not cells:
            return Outcome(False, f"no cells for {average.printed}")
        worst = max(
            worst, abs(sum(cells, Fraction()) / len(cells) - exact(average)) / unit(average)
        )
    return Outcome(worst <= 1, f"at most {float(worst):.2g} units of the last digit")


def _mean(groups: Sequence[Group], options: Options) -> Outcome:
    """The mean of the first group is the number of the second, to the last digit or `tolerance`."""
    mean = sum(map(exact, groups[0]), Fraction()) / len(groups[0])
    total = groups[1][0]
    allowed = max(unit(total), Fraction(options.get("tolerance", 0)))
    return Outcome(abs(mean - exact(total)) <= allowed, f"mean {float(mean):.10g}")


def _sums(groups: Sequence[Group], options: Options) -> Outcome:
    """The first group adds up to the number of the second."""
    total = sum(map(exact, groups[0]), Fraction())
    return Outcome(total == exact(groups[1][0]), f"sum {float(total):.10g}")


def _rank_correlation_below(groups: Sequence[Group], options: Options) -> Outcome:
    """Spearman's rank correlation of two groups, matched by the columns `by`, is below `limit`."""
    first, second = ({_key(n, options): n.value for n in group} for group in groups)
    shared = sorted(first.keys() & second.keys())
    correlation = rank_correlation([first[k] for k in shared], [second[k] for k in shared])
    return Outcome(correlation < float(options["limit"]), f"Spearman {correlation:.2f}")


def _place(groups: Sequence[Group], options: Options) -> Outcome:
    """The number of the first group has the place `value` among those of the second, from the top.

    Equal numbers share the best of their places.
    """
    own = exact(groups[0][0])
    place = 1 + sum(exact(number) > own for number in groups[1])
    return Outcome(place == int(options["value"]), f"place {place} of {len(groups[1])}")


def _lowest_mean(groups: Sequence[Group], options: Options) -> Outcome:
    """Of the means by `by`, the lowest is that of the rows whose entry there is `value`."""
    members: dict[tuple[str, ...], list[Fraction]] = {}
    for number in groups[0]:
        members.setdefault(_key(number, options), []).append(exact(number))
    means = {key: sum(values, Fraction()) / len(values) for key, values in members.items()}
    lowest = min(means, key=lambda key: means[key])
    return Outcome(lowest == (str(options["value"]),), f"lowest mean {float(means[lowest]):.4f}")


def _ratio_differs(groups: Sequence[Group], options: Options) -> Outcome:
    """The first number over the second is not printed as the third."""
    return _derived(exact(groups[0][0]) / exact(groups[1][0]), groups[2][0], "ratio")


def _points_differ(groups: Sequence[Group], options: Options) -> Outcome:
    """The first fraction minus the second, in points, is not printed as the third."""
    return _derived(100 * (exact(groups[0][0]) - exact(groups[1][0])), groups[2][0], "points")


def _derived(value: Fraction, printed: PublishedNumber, word: str) -> Outcome:
    holds = 2 * abs(value - exact(printed)) > unit(printed)
    return Outcome(holds, f"{word} {float(value):.2f}")


def _decimals_differ(groups: Sequence[Group], options: Options) -> Outcome:
    """The numbers are not all printed with as many decimals."""
    decimals = sorted({-int(Decimal(n.printed).as_tuple().exponent) for n in groups[0]})
    return Outcome(len(decimals) > 1, f"decimals {', '.join(map(str, decimals))}")


def _key(number: PublishedNumber, options: Options) -> tuple[str, ...]:
    by = options["by"]
    return tuple(number.cells[name] for name in ([by] if isinstance(by, str) else by))


def _largest(gaps: Any) -> str:
    return f"difference {float(max(gaps)):.2g}"


RELATIONS: Mapping[str, Relation] = {
    "descending": Relation(_descending, 0, single=True),
    "differ": Relation(_differ, 2, aligned=True),
    "same": Relation(_same, 2, aligned=True),
    "nearer_than": Relation(_nearer_than, 2, single=True, options=("limit",)),
    "at_least": Relation(_at_least, 1, options=("limit",)),
    "rounds_to": Relation(_rounds_to, 1, options=("constant",)),
    "spread_at_least": Relation(_spread_at_least, 1, options=("limit",)),
    "multiples": Relation(_multiples, 1, options=("of",)),
    "no_multiples": Relation(_no_multiples, 1, options=("of",)),
    "cut_shares": Relation(_cut_shares, 1, options=("of",)),
    "averages": Relation(_averages, 2, options=("by",)),
    "mean": Relation(_mean, 2),
    "sums": Relation(_sums, 2),
    "rank_correlation_below": Relation(_rank_correlation_below, 2, options=("by", "limit")),
    "place": Relation(_place, 2, options=("value",)),
    "lowest_mean": Relation(_lowest_mean, 1, options=("by", "value")),
    "ratio_differs": Relation(_ratio_differs, 3, single=True),
    "points_differ": Relation(_points_differ, 3, single=True),
    "decimals_differ": Relation(_decimals_differ, 1),
}
"""Every relation by the name that rules use."""
