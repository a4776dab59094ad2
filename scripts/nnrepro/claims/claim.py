"""Claims as values: what a claims file says once it has been read and checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nnrepro.claims.tree import Node, Part, parts_of
from nnrepro.measures.expressions import Reading

OWN_NUMBERS = ("true", "false", "not_checkable")
"""Whether a report's own numbers bear a claim out."""

TEST_SETS = ("primary", "comparison")


@dataclass(frozen=True)
class Claim:
    """A statement of a report and the rule that decides it.

    Attributes:
        id: its name.
        protocol: the protocol under which the runs were made that decide it.
        statement: what is claimed.
        rule: the tree of parts that decides it.
        reported: further parts that are evaluated and reported but decide nothing.
        part: part of the report that it stands in; empty for none.
        question: question of the report, as the report counts.
        section: question of the study under which it is shown; empty for none.
        kind: a word for what kind of statement it is.
        test_set: the test set that decides, `primary` or, where runs have it, `comparison`.
        numbers: questions of the report whose printed numbers are meant; empty for its own.
        holds_in_own_numbers: what is on record about the report's own numbers; empty for nothing.
        why: the reason on record.
    """

    id: str
    protocol: str
    statement: str
    rule: Node
    reported: tuple[Node, ...] = ()
    part: str = ""
    question: str = ""
    section: str = ""
    kind: str = ""
    test_set: str = "primary"
    numbers: tuple[str, ...] = ()
    holds_in_own_numbers: str = ""
    why: str = ""

    @property
    def deciding(self) -> tuple[Part, ...]:
        """The parts that decide it."""
        return tuple(parts_of(self.rule))

    @property
    def further(self) -> tuple[Part, ...]:
        """The parts that are only reported."""
        return tuple(part for node in self.reported for part in parts_of(node))


@dataclass(frozen=True)
class PrintedQuantity:
    """Which measures a printed metric is a value of.

    Attributes:
        metric: the metric's name in the table of printed numbers.
        notes: patterns of which the row's note must match one; none to take every row.
        readings: the measures.
    """

    metric: str
    notes: tuple[str, ...]
    readings: tuple[Reading, ...]


@dataclass(frozen=True)
class PrintedList:
    """A printed list of runs which tells that they, and no others, are below a limit.

    Attributes:
        metric: the metric that the list prints.
        notes: patterns of the notes of its rows.
        readings: the measures that are below the limit for the runs in the list.
        below: the limit.
    """

    metric: str
    notes: tuple[str, ...]
    readings: tuple[Reading, ...]
    below: float


@dataclass(frozen=True)
class Published:
    """Where the printed numbers are, and how they are read.

    Attributes:
        numbers: the CSV table of printed numbers.
        selected: the variant that a report selected, by (protocol, experiment).
        quantities: which metrics are which measures.
        lists: lists that tell something by what they leave out.
    """

    numbers: Path
    selected: Mapping[tuple[str, str], str] = field(default_factory=dict)
    quantities: tuple[PrintedQuantity, ...] = ()
    lists: tuple[PrintedList, ...] = ()


@dataclass(frozen=True)
class ClaimSet:
    """Everything in a claims file."""

    claims: tuple[Claim, ...]
    published: Published | None = None
