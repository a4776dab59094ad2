"""Figures and tables with their numbers, captions and notes, or what stands in their place."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from nnrepro.document import wording
from nnrepro.document.elements import Gap, Panels, Section, Table
from nnrepro.document.grid import Grid
from nnrepro.document.text import Text, Words, bold, code, spaced, text
from nnrepro.failures import Failures
from nnrepro.report.source import Source
from nnrepro.study.run import Run

FIGURE = "figure"
TABLE = "table"


@dataclass(frozen=True)
class Numbers:
    """The next numbers of figures and of tables, in reading order."""

    figures: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    tables: Iterator[int] = field(default_factory=lambda: itertools.count(1))


@dataclass(frozen=True)
class Exhibit:
    """A figure or table of the configuration, and what it says in words."""

    section: Section
    findings: tuple[Text, ...] = ()


def caption(
    kind: str,
    number: int,
    title: str,
    protocol: str,
    budget: Text,
    *more: Words,
    whose: str = "",
) -> Text:
    """What stands beside a figure or table.

    What is empty is left out: the protocol's title where there is nothing to tell apart, and
    `whose`, the one variant that it is of with its seeds, where there are several.
    """
    named = f"{title}, {protocol}" if protocol else title
    named = f"{named} ({whose})." if whose else f"{named}."
    numbered = bold(f"{kind.capitalize()}\N{NO-BREAK SPACE}{number}.")
    return spaced(numbered, named, budget, *more)


def table(anchor: str, words: Words, grid: Grid | None, *notes: Words) -> Table | Gap:
    """A table with its caption and notes; without rows, that it has none."""
    if grid is None or not grid.rows:
        return Gap(anchor, words, ("This table has no rows.", *notes))
    return Table(anchor, words, grid, spaced(*notes))


def missing(kind: str, file: str) -> Text:
    """That the file of a figure or table is not there."""
    return text(f"This {kind} is missing: there is no file ", code(file), ".")


def not_made(kind: str, why: str) -> str:
    """That a part of the report could not be made."""
    return f"This {kind} could not be made: {why}"


def longer_notes(source: Source, runs: Iterable[Run]) -> tuple[Words, ...]:
    """That some of the runs of a table or figure went on for longer than they are compared at."""
    groups: dict[tuple[int, int], list[str]] = {}
    for run, epochs, compared in source.longer(runs):
        groups.setdefault((epochs, compared), []).append(run.label)
    return tuple(
        (
            f"Went on to {wording.grouped(epochs)} epochs and are compared here at "
            f"{wording.grouped(compared)}, as most others have no more: "
            f"{', '.join(dict.fromkeys(labels))}."
        )
        for (epochs, compared), labels in groups.items()
    )


def nothing_selected(source: Source, protocol: str, selectors: Sequence[str]) -> tuple[Words, ...]:
    """That a table or figure lacks a variant which should have been selected, and why."""
    return tuple(
        text(f"Nothing was selected from \u201c{experiment}\u201d: {why}")
        for experiment, why in source.undecided_among(protocol, selectors).items()
    )


def failed(source: Source, kind: str, *parts: str) -> tuple[Words, ...]:
    """Why a table or figure could not be made; nothing where it failed in none of its parts."""
    why = source.why_failed(*parts)
    return () if why is None else (not_made(kind, why),)


def block(kind: str, title: str, anchor: str, strips: Iterable[tuple[str, Panels]]) -> Section:
    """A figure or table of the configuration: panels side by side, under a title where several."""
    contents = (Section(name, (panels,)) if name else panels for name, panels in strips)
    return Section(title, tuple(contents), anchor, f"block {kind}s")


T = TypeVar("T")
U = TypeVar("U")


class Attempts:
    """Makes parts of the report; a failure is taken where something takes it, else raised."""

    def __init__(self, failures: Failures | None) -> None:
        """Give failures to `failures`."""
        self._failures = failures

    def __call__(self, part: str, make: Callable[[], T], otherwise: Callable[[str], U]) -> T | U:
        """A part, or what stands in its place.

        Its name is a path below the study's folder; `otherwise` gets why it could not be made.
        """
        if self._failures is None:
            return make()
        with self._failures.costs_only_itself(part):
            return make()
        return otherwise(list(self._failures)[-1].message)


def nothing(why: str) -> None:
    """In place of a part that is left out."""
