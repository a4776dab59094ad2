"""A claim's rule as a tree of parts, and its three-valued logic with a reason for not knowing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from nnrepro.claims.conditions import FAILS, HOLDS, NOT_TESTABLE, UNDECIDED, Condition, Evidence
from nnrepro.claims.language import Comparison
from nnrepro.measures.expressions import Measure, unit_of

_OPPOSITE = {HOLDS: FAILS, FAILS: HOLDS}


@dataclass(frozen=True)
class Part:
    """One part of a claim: comparisons that must all be met, judged together.

    Attributes:
        name: name for readers.
        comparisons: what is compared.
        where: what runs of `each(...)` have to be like; None for anything.
        tie: margins smaller than this are a tie; 0 without one.
        negated: whether the opposite is asked.
    """

    name: str
    comparisons: tuple[Comparison, ...]
    where: Comparison | None = None
    tie: float = 0.0
    negated: bool = False

    @property
    def text(self) -> str:
        """What is asked, as it is written."""
        text = "; ".join(dict.fromkeys(comparison.text for comparison in self.comparisons))
        text = f"{text}, where {self.where.text}" if self.where else text
        return f"not: {text}" if self.negated else text

    @property
    def threshold(self) -> str:
        """What is asked of the number, in words."""
        asked = "; ".join(dict.fromkeys(comparison.asked for comparison in self.comparisons))
        return f"not {asked}" if self.negated else asked

    @property
    def unit(self) -> str:
        """Unit of the number and of its margin."""
        return unit_of(self.comparisons[0].value)

    @property
    def measures(self) -> tuple[Measure, ...]:
        """Every measure in it."""
        every = (*self.comparisons, self.where) if self.where else self.comparisons
        return tuple(term.measure for comparison in every for term in comparison.terms)

    @property
    def selectors(self) -> tuple[str, ...]:
        """Every selector in it."""
        return tuple(s for c in self.comparisons for term in c.terms for s in term.selectors)

    @property
    def timed(self) -> bool:
        """Whether any of its measures depends on the machine."""
        return any(measure.timed for measure in self.measures)

    def conditions(self, evidence: Evidence) -> list[Condition]:
        """Its conditions, given which variants there are."""
        return [c for item in self.comparisons for c in item.conditions(evidence, self.where)]


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
