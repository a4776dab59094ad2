"""Claims as values: what a claims file says once it has been read and checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from nnrepro.claims.tree import Node, Part, parts_of
from nnrepro.measures.expressions import Reading
from nnrepro.published.numbers import PRIMARY, PublishedNumber


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
    test_set: str = PRIMARY
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
class PrintedMetric:
    """Which measures a printed metric is a value of, where its name does not say so.

    Attributes:
        metric: the metric's name in the table of printed numbers.
        notes: patterns of which the row's note must match one; none to take every row.
        readings: the measures.
    """

    metric: str
    notes: tuple[str, ...]
    readings: tuple[Reading, ...]

    def means(self, number: PublishedNumber) -> bool:
        """Whether a printed number is one of these."""
        note = number.cells.get("note", "")
        noted = not self.notes or any(fnmatchcase(note, pattern) for pattern in self.notes)
        return number.metric == self.metric and noted


@dataclass(frozen=True)
class PrintedList:
    """A printed list of runs which tells that they, and no others, are below a limit.

    Attributes:
        listed: the rows of the list, and the measures that are below the limit for its runs.
        below: the limit.
    """

    listed: PrintedMetric
    below: float


@dataclass(frozen=True)
class Published:
    """The printed numbers, and how they are read.

    Attributes:
        path: the CSV table that they are from, which the workflow watches.
        numbers: the numbers.
        selected: the variant that a report selected, by (protocol, experiment).
        metrics: metrics that are measures by more than their name.
        lists: lists that tell something by what they leave out.
    """

    path: Path
    numbers: tuple[PublishedNumber, ...]
    selected: Mapping[tuple[str, str], str] = field(default_factory=dict)
    metrics: tuple[PrintedMetric, ...] = ()
    lists: tuple[PrintedList, ...] = ()


@dataclass(frozen=True)
class ClaimSet:
    """Everything in a claims file."""

    claims: tuple[Claim, ...]
    published: Published | None = None
