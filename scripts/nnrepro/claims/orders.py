"""Predicates on several runs at once: rankings, trends, correlations and spreads."""

from collections.abc import Callable, Sequence
from itertools import pairwise, permutations
from typing import Any

from nnrepro.claims.combine import (
    SCALES,
    difference_of_spreads,
    flat,
    listed,
    mean_term,
    named,
    rank_correlation,
)
from nnrepro.claims.conditions import BOUNDS, Bound, Condition, Evidence, Term, Untestable
from nnrepro.claims.section import Section
from nnrepro.claims.tree import Node, Part, all_of
from nnrepro.measures.expressions import Measure, Mistake, parse_measure
from nnrepro.measures.functions import RATIO

Group = tuple[str, ...]


def ranking(name: str, spec: Any) -> Node:
    """One run, or group of runs, has the highest or the lowest measure of several."""
    keys = ("measure", "runs", "groups", "highest", "lowest", "by", "tie", "steady_below")
    section = Section.of(spec, keys, ("measure",))
    ends = [end for end in ("highest", "lowest") if end in section]
    if len(ends) != 1 or ("runs" in section) == ("groups" in section):
        raise Mistake("give one of 'highest' and 'lowest', and one of 'runs' and 'groups'")
    end, lead = ends[0], section.number("by", 0.0)
    first = section.selectors(end)
    grouped = "groups" in section
    rivals = section.groups("groups") if grouped else [section.selectors("runs")]
    limit = section.number("steady_below") if "steady_below" in section else None
    bound = Bound(1 if end == "highest" else -1, lead if end == "highest" else -lead, False)
    among = "steady runs among " if limit is not None else ""
    by = f" by more than {lead:g}" if lead else ""

    def conditions_for(measure: Measure) -> Callable[[Evidence], list[Condition]]:
        def conditions(evidence: Evidence) -> list[Condition]:
            winner = mean_term(measure, first, evidence)
            others = _rivals(measure, rivals, grouped, evidence)
            steady = others if limit is None else _steady(others, limit, evidence)
            kept = [term for term in steady if term.variants != winner.variants]
            return [
                Condition(
                    f"{named(winner)} minus {named(rival)}",
                    (winner, rival),
                    SCALES["difference"],
                    bound,
                )
                for rival in kept
            ]

        return conditions

    return all_of(
        [
            Part(
                name=name or f"{end} {measure.text}",
                predicate="ranking",
                statement=f"{listed([first])} has the {end} {measure.text}{by} of "
                f"{among}{listed(rivals)}",
                threshold=f"{'above' if end == 'highest' else 'below'} {bound.threshold + 0.0:g}",
                unit=measure.unit,
                measures=(measure,) if limit is None else (measure, _RANGE),
                selectors=flat([first, *rivals]),
                conditions=conditions_for(measure),
                tie=section.number("tie", 0.0),
            )
            for measure in section.measures()
        ]
    )


_RANGE = parse_measure("range(test_accuracy)")


def _rivals(
    measure: Measure, groups: Sequence[Group], grouped: bool, evidence: Evidence
) -> list[Term]:
    """The candidates of a ranking: groups, each by its mean, or every variant by itself."""
    if grouped:
        return [mean_term(measure, group, evidence) for group in groups]
    return [Term(measure, (variant,)) for variant in evidence.variants(groups[0])]


def _steady(terms: Sequence[Term], limit: float, evidence: Evidence) -> list[Term]:
    """The candidates whose test accuracy ranges over less than `limit` in the closing window.

    Raises:
        Untestable: it is not known of one of them.
    """
    kept = []
    for term in terms:
        spans = [evidence.level(_RANGE, variant) for variant in term.variants]
        if any(span.low < limit <= span.high for span in spans):
            raise Untestable(f"whether {named(term)} is steady is not known")
        if all(span.high < limit for span in spans):
            kept.append(term)
    return kept


def trend(name: str, spec: Any) -> Node:
    """A measure rises or falls at every step of an order."""
    section = Section.of(spec, ("measure", "groups", "direction"), ("measure", "groups"))
    direction = section.choice("direction", ("rising", "falling"), "rising")
    groups = section.groups("groups")
    bound = Bound(1, 0.0, False) if direction == "rising" else Bound(-1, 0.0, False)

    def conditions_for(measure: Measure) -> Callable[[Evidence], list[Condition]]:
        def conditions(evidence: Evidence) -> list[Condition]:
            terms = [mean_term(measure, group, evidence) for group in groups]
            return [
                Condition(f"{named(b)} minus {named(a)}", (b, a), SCALES["difference"], bound)
                for a, b in pairwise(terms)
            ]

        return conditions

    return all_of(
        [
            Part(
                name=name or f"{measure.text} {direction}",
                predicate="trend",
                statement=f"{measure.text} {direction} at every step of {listed(groups)}",
                threshold=f"{'above' if bound.sign > 0 else 'below'} 0",
                unit=measure.unit,
                measures=(measure,),
                selectors=flat(groups),
                conditions=conditions_for(measure),
            )
            for measure in section.measures()
        ]
    )


def correlation(name: str, spec: Any) -> Node:
    """Spearman's correlation of a measure with an order."""
    section = Section.of(spec, ("measure", "groups", *BOUNDS), ("measure", "groups"))
    groups, bounds = section.groups("groups"), section.bounds()

    def conditions_for(measure: Measure) -> Callable[[Evidence], list[Condition]]:
        def conditions(evidence: Evidence) -> list[Condition]:
            terms = tuple(mean_term(measure, group, evidence) for group in groups)
            return [
                Condition("rank correlation with the order", terms, rank_correlation, bound)
                for bound in bounds.sides
            ]

        return conditions

    return all_of(
        [
            Part(
                name=name or f"rank correlation of {measure.text}",
                predicate="correlation",
                statement=f"rank correlation of {measure.text} with the order of "
                f"{listed(groups)} {bounds.text}",
                threshold=bounds.text,
                unit=RATIO,
                measures=(measure,),
                selectors=flat(groups),
                conditions=conditions_for(measure),
            )
            for measure in section.measures()
        ]
    )


def spread(name: str, spec: Any) -> Node:
    """How far apart the measures of several runs are."""
    section = Section.of(spec, ("measure", "runs", "below", "times", "than"), ("measure", "runs"))
    if ("below" in section) == ("times" in section) or ("times" in section) != ("than" in section):
        raise Mistake("give either 'below', or 'times' and 'than'")
    selectors = section.selectors("runs")
    if "below" in section:
        limit = section.number("below")
        return all_of([_small_spread(name, m, selectors, limit) for m in section.measures()])
    times, others = section.number("times"), section.selectors("than")
    return all_of([_large_spread(name, m, selectors, others, times) for m in section.measures()])


def _small_spread(name: str, measure: Measure, selectors: Group, limit: float) -> Part:
    bound = Bound(-1, limit, False)

    def conditions(evidence: Evidence) -> list[Condition]:
        terms = [Term(measure, (variant,)) for variant in evidence.variants(selectors)]
        return [
            Condition(f"{named(a)} minus {named(b)}", (a, b), SCALES["difference"], bound)
            for a, b in permutations(terms, 2)
        ]

    return Part(
        name=name or f"spread of {measure.text}",
        predicate="spread",
        statement=f"largest minus smallest {measure.text} of {listed([selectors])} below {limit:g}",
        threshold=f"below {limit:g}",
        unit=measure.unit,
        measures=(measure,),
        selectors=selectors,
        conditions=conditions,
    )


def _large_spread(
    name: str, measure: Measure, selectors: Group, others: Group, times: float
) -> Part:
    def conditions(evidence: Evidence) -> list[Condition]:
        of = [Term(measure, (variant,)) for variant in evidence.variants(selectors)]
        than = [Term(measure, (variant,)) for variant in evidence.variants(others)]
        combine = difference_of_spreads(len(of), times)
        return [Condition("spreads", (*of, *than), combine, Bound(1, 0.0, True))]

    return Part(
        name=name or f"spreads of {measure.text}",
        predicate="spread",
        statement=f"largest minus smallest {measure.text} of {listed([selectors])} at least "
        f"{times:g} times that of {listed([others])}",
        threshold=f"at least {times:g} times",
        unit=measure.unit,
        measures=(measure,),
        selectors=selectors + others,
        conditions=conditions,
    )
