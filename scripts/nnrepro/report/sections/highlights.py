"""Experiment by experiment: who leads by the protocol's own selection metric."""

from collections.abc import Sequence

import pandas as pd

from nnrepro.document import wording
from nnrepro.document.elements import Facts, Section
from nnrepro.document.text import OWNER, Text, bold, plain, spaced, text
from nnrepro.report.errors import ReportError
from nnrepro.report.metrics import metric
from nnrepro.report.ranking import RankingFacts, ranking_facts
from nnrepro.report.source import VARIANTS_TABLE, Source
from nnrepro.study.run import Run
from nnrepro.study.study import Experiment
from nnrepro.tables.columns import metric_values, standings_by
from nnrepro.tables.content import metric_phrase
from nnrepro.tables.csvfile import TableError


def highlights(source: Source) -> Section | None:
    """Who leads each experiment under each protocol; None without a table of variants.

    Raises:
        ReportError: the variants table lacks a metric.
    """
    variants = source.variants
    if variants is None:
        return None
    items = []
    for experiment in source.study.experiments.values():
        said = tuple(
            spaced(plain(source.protocol_title(protocol), OWNER), highlight)
            for protocol in source.study.protocols
            if (highlight := _highlight(source, variants, experiment, protocol))
        )
        if said:
            items.append((plain(experiment.title), said))
    if not items:
        return None
    facts = Facts(tuple(items), "highlights")
    return Section(plain("Experiment by experiment"), (facts,), "summary", "summary")


def _highlight(
    source: Source, variants: pd.DataFrame, experiment: Experiment, protocol: str
) -> Text:
    rows = variants[
        (variants["protocol"] == protocol) & (variants["experiment"] == experiment.name)
    ].reset_index(drop=True)
    if rows.empty:
        return ()
    runs = source.study.runs_of(protocol, experiment.name)
    if not source.extent.runs(runs):
        one = len(runs) == 1
        return plain(
            "Its one run is not here."
            if one
            else f"None of its {wording.grouped(len(runs))} runs is here."
        )
    ranking = standing(source, rows, protocol, runs)
    labels = rows.loc[
        rows["variant"] == source.selected_variant(protocol, experiment.name), "label"
    ]
    compared = asked = ""
    if 0 < ranking.count < len(rows):
        known = wording.grouped(ranking.count)
        compared = f"Only {known} of {wording.counted(len(rows), 'variant')} could be compared."
    if uneven := lengths(source, runs):
        asked = (
            "They are compared though their runs are of different lengths, from "
            f"{uneven[0]} to {uneven[1]} epochs."
        )
    return spaced(_leads(ranking, str(labels.iloc[0]) if len(labels) else ""), compared, asked)


def _leads(ranking: RankingFacts, selected: str) -> Text:
    """Who leads an experiment, and whether it is the variant that the protocol selected."""
    if not ranking.leaders:
        return plain(f"No variant has a value of {ranking.metric}.")
    leaders = bold(wording.some(ranking.leaders))
    value = f" with {ranking.value}{interval(ranking)}"
    selected_by = f"Selected by {ranking.metric}: "
    if selected in ranking.leaders:
        others = [label for label in ranking.leaders if label != selected]
        equal = text(", as high as ", bold(wording.some(others))) if others else ()
        said = text(selected_by, bold(selected), value, equal, ".")
        return spaced(said, _tied(ranking))
    if selected:
        have = wording.agree(ranking.leaders, "has", "have")
        best = f" {have} the best value, {ranking.value}; a variant with a diverged run cannot be"
        return text(selected_by, bold(selected), ", though ", leaders, f"{best} selected.")
    if ranking.last is None:
        if len(ranking.leaders) > 1:
            return text(leaders, f" have the same {ranking.metric}, {ranking.value}.")
        only = f" is the only variant with a value of {ranking.metric}: {ranking.value}"
        return text(leaders, f"{only}{interval(ranking)}.")
    last = text("; last: ", bold(ranking.last.label), f" with {ranking.last.value}.")
    said = text(f"Best by {ranking.metric}: ", leaders, value, last)
    return spaced(said, _tied(ranking))


def _tied(ranking: RankingFacts) -> str:
    """Who cannot be told apart from the best, and how probably it is the best."""
    them = wording.agree(ranking.leaders, "it", "them")
    others = ranking.count - len(ranking.leaders)
    said = []
    if ranking.last is not None and ranking.tied is not None:
        tied = len(ranking.tied)
        if not tied:
            who = "The other one" if others == 1 else "All others"
            said.append(f"{who} can be told apart from {them}.")
        elif tied == others:
            who = "The other one cannot" if tied == 1 else "None of the others can"
            said.append(f"{who} be told apart from {them}.")
        else:
            who = f"{wording.grouped(tied)} of the other {wording.grouped(others)}"
            said.append(f"{who} cannot be told apart from {them}.")
    if ranking.chance:
        said.append(f"The probability of its being the best is {ranking.chance}.")
    return " ".join(said)


def interval(ranking: RankingFacts) -> str:
    """The interval of the best value, in brackets; empty where it is not known."""
    if not ranking.interval:
        return ""
    return f" ({ranking.level}\N{NO-BREAK SPACE}% interval {ranking.interval})"


def standing(
    source: Source, rows: pd.DataFrame, protocol: str, runs: Sequence[Run]
) -> RankingFacts:
    """How variants of a protocol stand by its selection metric.

    Args:
        source: what the report is made from.
        rows: their rows of the variants table.
        protocol: the protocol.
        runs: their runs.

    Raises:
        ReportError: the variants table lacks the metric.
    """
    name = source.study.protocols[protocol].selection_metric
    shown = metric(name)
    frame = rows[["variant", "label"]].copy()
    for suffix in ("", "_ci95_low", "_ci95_high"):
        try:
            frame[name + suffix] = metric_values(rows, name, suffix=suffix)
        except TableError as error:
            raise ReportError(f"{source.table_path(VARIANTS_TABLE)}: {error}") from error
    place = standings_by(rows, name)
    frame["tied_with_best"] = pd.Series(place.tied, dtype="object")
    frame["probability_best"] = pd.Series(place.probability, dtype="object")
    phrase = metric_phrase(shown, source.windows(runs, compared=True))
    return ranking_facts(frame, name, shown, phrase)


def lengths(source: Source, runs: Sequence[Run]) -> tuple[str, ...]:
    """Fewest and most epochs at which runs that were to have as many are compared.

    Empty where they all have the same number.
    """
    by_asked: dict[int, set[int]] = {}
    for run in source.extent.comparable_among(runs).runs(runs):
        by_asked.setdefault(run.protocol_epochs, set()).add(int(run.settings["epochs"]))
    uneven = [count for counts in by_asked.values() if len(counts) > 1 for count in counts]
    return (wording.grouped(min(uneven)), wording.grouped(max(uneven))) if uneven else ()
