"""The first screen: a sentence per part of the study, then on claims and published numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from nnrepro.report.claims import claim_facts
from nnrepro.report.page import Statement
from nnrepro.report.published import comparison_facts, confirmed_inconsistencies
from nnrepro.report.source import Source
from nnrepro.report.summary import lengths, standing
from nnrepro.study.run import Run
from nnrepro.study.study import FigureSpec, TableSpec
from nnrepro.tables.ranking import Leaders


@dataclass(frozen=True)
class LeaderFacts:
    """Who leads a part of the study under one protocol.

    Attributes:
        protocol: the protocol's title; empty where the study has one protocol only.
        ranking: of all variants of the part.
        epochs: fewest and most epochs of those compared; empty where all have as many as asked for.
        budget: that of the runs where they were cut short; empty otherwise.
    """

    protocol: str
    ranking: Leaders
    epochs: tuple[str, ...] = ()
    budget: str = ""


@dataclass(frozen=True)
class PartFacts:
    """What a part of the study comes to.

    Attributes:
        title: of the part.
        variants: how many variants it compares.
        leaders: who leads, by protocol; those without any value are left out.
        absent: titles of the protocols of which no run is there, where there are others.
    """

    title: str
    variants: int
    leaders: tuple[LeaderFacts, ...]
    absent: tuple[str, ...] = ()


@dataclass(frozen=True)
class InconsistencyFacts:
    """How often each report does not fit its own numbers, by its title."""

    total: int
    counts: tuple[tuple[str, int], ...]


def answers(source: Source) -> tuple[Statement, ...]:
    """What the study comes to, in as few sentences as it has parts, and those on what was claimed.

    Raises:
        ReportError: a table is damaged.
    """
    found = [_part(source, name) for name in source.study.parts]
    statements = [Statement("part_answer", facts) for facts in found if facts]
    claims = claim_facts(source)
    if claims is not None and claims.claims:
        statements.append(Statement("claims_answer", claims))
    compared = comparison_facts(source)
    if compared is not None:
        statements.append(Statement("published_answer", compared))
    confirmed = confirmed_inconsistencies(source)
    if any(confirmed.values()):
        counts = tuple((source.study.protocols[n].title, c) for n, c in confirmed.items() if c)
        facts = InconsistencyFacts(sum(confirmed.values()), counts)
        statements.append(Statement("inconsistency_answer", facts))
    return tuple(statements)


def _part(source: Source, part: str) -> PartFacts | None:
    """Who leads a part; None where the study asks nothing of it."""
    experiments = _experiments(source, part)
    if not experiments or source.variants is None:
        return None
    leaders = tuple(
        facts
        for protocol in source.study.protocols
        if (facts := _leader(source, source.variants, protocol, experiments))
    )
    runs = [run for run in source.study.runs if run.experiment in experiments]
    count = len({(run.experiment, run.variant) for run in runs})
    asked: dict[str, list[Run]] = {}
    for run in runs:
        asked.setdefault(run.protocol, []).append(run)
    absent = tuple(
        source.protocol_title(name) for name, own in asked.items() if not source.extent.runs(own)
    )
    return PartFacts(source.study.parts[part], count, leaders, absent if leaders else ())


def _leader(
    source: Source, variants: pd.DataFrame, protocol: str, experiments: Sequence[str]
) -> LeaderFacts | None:
    rows = variants[variants["protocol"].eq(protocol) & variants["experiment"].isin(experiments)]
    runs = [run for name in experiments for run in source.study.runs_of(protocol, name)]
    if rows.empty or not runs:
        return None
    ranking, _ = standing(source, rows.reset_index(drop=True), protocol, runs)
    if not ranking.leaders:
        return None
    budget = source.stamp(runs, compared=True) if source.short_runs(runs) else ""
    title = source.protocol_title(protocol)
    return LeaderFacts(title, ranking, lengths(source, runs), budget)


def _experiments(source: Source, part: str) -> list[str]:
    """The experiments that a part's tables and figures are about, in the study's order."""
    study = source.study
    questions = {name for name, question in study.questions.items() if question.part == part}
    specs: list[TableSpec | FigureSpec] = [*study.tables.values(), *study.figures.values()]
    asked = {
        selector.partition("/")[0]
        for spec in specs
        if spec.question in questions
        for selector in spec.runs
    }
    return [name for name in study.experiments if name in asked]
