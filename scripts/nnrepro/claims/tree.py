"""A claim's rule as a tree of parts, and its three-valued logic with a reason for not knowing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from nnrepro.claims.conditions import Condition, Evidence
from nnrepro.measures.expressions import Measure

HOLDS = "holds"
FAILS = "fails"
UNDECIDED = "undecided"
NOT_TESTABLE = "not testable here"
VERDICTS = (HOLDS, FAILS, UNDECIDED, NOT_TESTABLE)

ALL, ANY, AT_LEAST, NOT = "all", "any", "at_least", "not"
COMBINATORS = (ALL, ANY, AT_LEAST, NOT)

_OPPOSITE = {HOLDS: FAILS, FAILS: HOLDS}


@dataclass(frozen=True)
class Part:
    """One predicate of a claim: conditions that must all be met.

    Attributes:
        name: name for readers.
        predicate: name of the predicate.
        statement: what it asks, in words.
        threshold: what is asked of the number, in words.
        unit: unit of the number and of its margin.
        measures: every measure in it.
        selectors: every selector in it.
        conditions: makes its conditions, once it is known which variants there are.
        tie: margins smaller than this are a tie; 0 without one.
        negated: whether the opposite is asked.
    """

    name: str
    predicate: str
    statement: str
    threshold: str
    unit: str
    measures: tuple[Measure, ...]
    selectors: tuple[str, ...]
    conditions: Callable[[Evidence], list[Condition]]
    tie: float = 0.0
    negated: bool = False

    @property
    def timed(self) -> bool:
        """Whether any of its measures depends on the machine."""
        return any(measure.timed for measure in self.measures)


@dataclass(frozen=True)
class Combination:
    """Several nodes of which `needed` must hold."""

    children: tuple["Node", ...]
    needed: int


Node = Part | Combination


def parts_of(node: Node) -> Iterator[Part]:
    """Every part of a tree, in written order."""
    if isinstance(node, Part):
        yield node
    else:
        for child in node.children:
            yield from parts_of(child)


def all_of(children: Sequence[Node]) -> Node:
    """A node that holds where every child does."""
    return children[0] if len(children) == 1 else Combination(tuple(children), len(children))


def negated(node: Node) -> Node:
    """The opposite of a node, by De Morgan's laws: in the end single parts are negated."""
    if isinstance(node, Part):
        return replace(node, negated=not node.negated, name=f"not: {node.name}")
    children = tuple(negated(child) for child in node.children)
    return Combination(children, len(children) - node.needed + 1)


def verdict(node: Node, verdicts: Mapping[int, str]) -> str:
    """The verdict on a tree, given those on its parts.

    A combination holds as soon as enough children hold, and fails as soon as too few are left.
    Between the two it is not testable where a child that is not testable could decide it.

    Args:
        node: the tree.
        verdicts: a verdict by the identity (`id`) of each part.
    """
    if isinstance(node, Part):
        return verdicts[id(node)]
    found = [verdict(child, verdicts) for child in node.children]
    if found.count(HOLDS) >= node.needed:
        return HOLDS
    if len(found) - found.count(FAILS) < node.needed:
        return FAILS
    return NOT_TESTABLE if NOT_TESTABLE in found else UNDECIDED


def opposite(word: str) -> str:
    """The verdict on the opposite of what a verdict is on."""
    return _OPPOSITE.get(word, word)
