"""Predicates on levels: thresholds, comparisons of two runs, and when curves settle."""

from collections.abc import Callable
from itertools import product
from typing import Any

from nnrepro.claims.combine import FIRST, SCALES, flat, listed, mean_term, named
from nnrepro.claims.conditions import (
    BOUNDS,
    Bound,
    Bounds,
    Condition,
    Crossing,
    Evidence,
    Term,
    parse_bounds,
)
from nnrepro.claims.section import Section
from nnrepro.claims.tree import Node, Part, all_of
from nnrepro.measures.curves import CURVES
from nnrepro.measures.expressions import Measure, Mistake, parse_measure
from nnrepro.measures.functions import RATIO
from nnrepro.study.settings import one_of

Group = tuple[str, ...]

_SETTLED_SHARE = 0.9
_EPOCHS = "epochs"


def threshold(name: str, spec: Any) -> Node:
    """A measure of each of some runs against a threshold."""
    section = Section.of(spec, ("measure", "runs", *BOUNDS), ("measure", "runs"))
    selectors, bounds = section.selectors("runs"), section.bounds()
    return all_of(
        [
            Part(
                name=name or f"{measure.text} {bounds.text}",
                predicate="threshold",
                statement=f"{measure.text} of {listed([selectors])} {bounds.text}",
                threshold=bounds.text,
                unit=measure.unit,
                measures=(measure,),
                selectors=selectors,
                conditions=_each_variant(measure, selectors, bounds),
            )
            for measure in section.measures()
        ]
    )


def _each_variant(
    measure: Measure, selectors: Group, bounds: Bounds
) -> Callable[[Evidence], list[Condition]]:
    def conditions(evidence: Evidence) -> list[Condition]:
        return [
            Condition(variant, (Term(measure, (variant,)),), FIRST, bound)
            for variant in evidence.variants(selectors)
            for bound in bounds.sides
        ]

    return conditions


def comparison(name: str, spec: Any) -> Node:
    """A measure of one run against that of another: difference, ratio or relative difference."""
    section = Section.of(spec, ("measure", "of", "to", "pairs", "tie", *SCALES), ("measure",))
    pairs = _pairs(section)
    scales = [scale for scale in SCALES if scale in section]
    if len(scales) != 1:
        raise Mistake(f"give exactly one of {one_of(SCALES)}")
    scale, bounds = scales[0], section.bounds_in(scales[0])
    sign = {"difference": "minus", "ratio": "over", "relative": "relative to"}[scale]
    what = "; ".join(f"{listed([a])} {sign} {listed([b])}" for a, b in pairs)

    def conditions_for(measure: Measure) -> Callable[[Evidence], list[Condition]]:
        def conditions(evidence: Evidence) -> list[Condition]:
            found = []
            for one, other in pairs:
                terms = (mean_term(measure, one, evidence), mean_term(measure, other, evidence))
                subject = f"{named(terms[0])} {sign} {named(terms[1])}"
                found += [Condition(subject, terms, SCALES[scale], b) for b in bounds.sides]
            return found

        return conditions

    return all_of(
        [
            Part(
                name=name or f"{measure.text}, {scale} {bounds.text}",
                predicate="comparison",
                statement=f"{measure.text}: {what} {bounds.text}",
                threshold=bounds.text,
                unit=measure.unit if scale == "difference" else RATIO,
                measures=(measure,),
                selectors=flat([group for pair in pairs for group in pair]),
                conditions=conditions_for(measure),
                tie=section.number("tie", 0.0),
            )
            for measure in section.measures()
        ]
    )


def _pairs(section: Section) -> list[tuple[Group, Group]]:
    """The pairs that are listed, or every member of `of` with every member of `to`."""
    if ("pairs" in section) == ("of" in section or "to" in section):
        raise Mistake("give either 'pairs', or 'of' and 'to'")
    if "pairs" in section:
        return section.pairs("pairs")
    if not ("of" in section and "to" in section):
        raise Mistake("the keys 'of' and 'to' go together")
    return [((a,), (b,)) for a, b in product(section.selectors("of"), section.selectors("to"))]


def converged(name: str, spec: Any) -> Node:
    """A curve settles in the first 90 % of the run and is level at its end."""
    section = Section.of(spec, ("curve", "runs", "tolerance"), ("curve", "runs"))
    curve = section.choice("curve", tuple(CURVES), "")
    loss = curve.endswith("loss")
    tolerance = section.number("tolerance", 0.05 if loss else 0.01)
    prefix = f"{name}: " if name else f"{curve} "
    wanted = (
        (f"conv_epoch({curve}, {tolerance!r}) / {_EPOCHS}", _SETTLED_SHARE, "settles in time"),
        (f"drift({curve})", tolerance, "level at the end"),
    )
    return all_of(
        [
            Part(
                name=prefix + words,
                predicate="converged",
                statement=f"{text} of {listed([section.selectors('runs')])} at most {limit:g}",
                threshold=f"at most {limit:g}",
                unit=parse_measure(text).unit,
                measures=(parse_measure(text),),
                selectors=section.selectors("runs"),
                conditions=_each_variant(
                    parse_measure(text),
                    section.selectors("runs"),
                    parse_bounds({"at_most": limit}),
                ),
            )
            for text, limit, words in wanted
        ]
    )


def reaches_sooner(name: str, spec: Any) -> Node:
    """A curve of one run reaches a level of another run sooner than the other run does."""
    section = Section.of(spec, ("curve", "level", "pairs"), ("curve", "level", "pairs"))
    curve = section.choice("curve", tuple(CURVES), "")
    pairs = section.pairs("pairs")
    (level,) = section.measures("level")[:1]
    what = "; ".join(f"{listed([a])} before {listed([b])}" for a, b in pairs)

    def conditions(evidence: Evidence) -> list[Condition]:
        found = []
        for one, other in pairs:
            quicker, slower = (evidence.variants(group)[0] for group in (one, other))
            quantities = (
                Crossing(curve, level, (quicker,), slower),
                Crossing(curve, level, (slower,), slower),
            )
            subject = f"{quicker} minus {slower}"
            bound = Bound(-1, 0.0, False)
            found.append(Condition(subject, quantities, SCALES["difference"], bound))
        return found

    return Part(
        name=name or f"{curve} reaches {level.text} sooner",
        predicate="reaches_sooner",
        statement=f"first epoch at which {curve} reaches the second's {level.text}: {what}",
        threshold="below 0",
        unit=_EPOCHS,
        measures=(level,),
        selectors=flat([group for pair in pairs for group in pair]),
        conditions=conditions,
    )
