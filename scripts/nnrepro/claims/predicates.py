"""The named predicates: each turns a section of a claims file into parts."""

from collections.abc import Callable, Mapping
from typing import Any

from nnrepro.claims.levels import comparison, converged, reaches_sooner, threshold
from nnrepro.claims.orders import correlation, ranking, spread, trend
from nnrepro.claims.tree import Node
from nnrepro.measures.expressions import Mistake
from nnrepro.study.settings import nearest, one_of

Parser = Callable[[str, Any], Node]

PREDICATES: Mapping[str, Parser] = {
    "threshold": threshold,
    "comparison": comparison,
    "ranking": ranking,
    "trend": trend,
    "correlation": correlation,
    "spread": spread,
    "converged": converged,
    "reaches_sooner": reaches_sooner,
}
"""Every predicate by the name it has in a claims file."""


def parse_predicate(word: str, spec: Any, name: str) -> Node:
    """The parts that a predicate asks for.

    Args:
        word: name of the predicate.
        spec: its section.
        name: name for readers; empty for one made from the section.

    Raises:
        Mistake: an unknown predicate, or anything wrong in its section.
    """
    if word not in PREDICATES:
        raise Mistake(
            f"'{word}' is no predicate{nearest(word, PREDICATES)}; allowed: {one_of(PREDICATES)}"
        )
    try:
        return PREDICATES[word](name, spec)
    except Mistake as error:
        raise Mistake(f"{word}: {error}") from error
