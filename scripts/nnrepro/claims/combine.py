"""How values of runs are combined to the number that a condition is about."""

from collections.abc import Callable, Mapping, Sequence

from nnrepro.claims.conditions import Evidence, Term, Untestable
from nnrepro.measures.expressions import Measure
from nnrepro.measures.spans import ANYTHING, Span, highest, lowest

Combination = Callable[[Sequence[Span]], Span]

FIRST: Combination = lambda values: values[0]  # noqa: E731
"""A value by itself."""

SCALES: Mapping[str, Combination] = {
    "difference": lambda values: values[0] - values[1],
    "ratio": lambda values: values[0] / values[1],
    "relative": lambda values: values[0] / values[1] - Span.point(1.0),
}
"""How two values are compared."""


def mean_term(measure: Measure, group: Sequence[str], evidence: Evidence) -> Term:
    """A measure's mean over the variants that the selectors of a group name.

    Raises:
        Untestable: they name none.
    """
    variants = evidence.variants(group)
    if not variants:
        raise Untestable(f"the study has no run of {' + '.join(group)}")
    return Term(measure, tuple(sorted(variants)))


def rank_correlation(values: Sequence[Span]) -> Span:
    """Spearman's correlation of values with their order; unknown unless every value is known."""
    if not all(value.known for value in values) or len(values) < 2:
        return ANYTHING
    ranks = _ranks([value.low for value in values])
    centre = (len(ranks) - 1) / 2
    places = [index - centre for index in range(len(ranks))]
    centred = [rank - centre for rank in ranks]
    size = sum(x * x for x in centred)
    if size == 0:
        return ANYTHING
    product = sum(x * y for x, y in zip(places, centred, strict=True))
    return Span.point(product / (size * sum(x * x for x in places)) ** 0.5)


def difference_of_spreads(count: int, times: float) -> Combination:
    """Largest minus smallest of the first `count` values, less `times` that of the others."""

    def combine(values: Sequence[Span]) -> Span:
        first, second = values[:count], values[count:]
        return _spread(first) - Span.point(times) * _spread(second)

    return combine


def _spread(values: Sequence[Span]) -> Span:
    spread = highest(values) - lowest(values)
    return Span(max(spread.low, 0.0), spread.high)


def _ranks(values: Sequence[float]) -> list[float]:
    """Ranks from 0 on, equal values sharing the mean of theirs."""
    return [
        sum(other < value for other in values) + (sum(other == value for other in values) - 1) / 2
        for value in values
    ]


def named(term: Term) -> str:
    """What a term is of, in words."""
    if len(term.variants) == 1:
        return term.variants[0]
    experiments = dict.fromkeys(variant.partition("/")[0] for variant in term.variants)
    return f"mean of {len(term.variants)} of {' and '.join(experiments)}"


def listed(groups: Sequence[Sequence[str]]) -> str:
    """Groups of selectors in words."""
    return ", ".join(" + ".join(group) for group in groups)


def flat(groups: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Every selector of several groups, without repeats."""
    return tuple(dict.fromkeys(selector for group in groups for selector in group))
