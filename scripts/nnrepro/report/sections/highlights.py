"""Experiment by experiment: who leads by the protocol's own selection metric."""

from collections.abc import Sequence

import pandas as pd

from nnrepro.document import wording
from nnrepro.document.elements import Facts, Section
from nnrepro.document.text import OWNER, Words, bold, plain, spaced, text
from nnrepro.report.errors import ReportError
from nnrepro.report.source import VARIANTS_TABLE, Source
from nnrepro.study.evaluation import on_test_set, tested_by_all
from nnrepro.study.run import Run
from nnrepro.study.study import Experiment
from nnrepro.tables.columns import metric_values, standings_by
from nnrepro.tables.content import labels, metric_phrase
from nnrepro.tables.csvfile import TableError
from nnrepro.tables.metrics import metric
from nnrepro.tables.ranking import Leaders, equal_words, interval_words, leaders, tied_words


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
            items.append((experiment.title, said))
    if not items:
        return None
    facts = Facts(tuple(items), "highlights")
    return Section("Experiment by experiment", (facts,), "summary", "summary")


def _highlight(
    source: Source, variants: pd.DataFrame, experiment: Experiment, protocol: str
) -> Words:
    rows = variants[
        (variants["protocol"] == protocol) & (variants["experiment"] == experiment.name)
    ].reset_index(drop=True)
    if rows.empty:
        return ()
    runs = source.study.runs_of(protocol, experiment.name)
    if not source.extent.runs(runs):
        one = len(runs) == 1
        return (
            "Its one run is not here."
            if one
            else f"None of its {wording.grouped(len(runs))} runs is here."
        )
    ranking = standing(source, rows, protocol, runs)
    label = rows.loc[rows["variant"] == source.selected_variant(protocol, experiment.name), "label"]
    compared = asked = ""
    if 0 < ranking.count < len(rows):
        known = wording.grouped(ranking.count)
        compared = f"Only {known} of {wording.counted(len(rows), 'variant')} could be compared."
    if uneven := lengths(source, runs):
        asked = (
            "They are compared though their runs are of different lengths, from "
            f"{uneven[0]} to {uneven[1]} epochs."
        )
    return spaced(_leads(ranking, str(label.iloc[0]) if len(label) else ""), compared, asked)


def _leads(found: Leaders, selected: str) -> Words:
    """Who leads an experiment, and whether it is the variant that the protocol selected."""
    if not found.leaders:
        return f"No variant has a value of {found.metric}."
    if selected in found.leaders:
        others = [label for label in found.leaders if label != selected]
        equal = text(", as high as ", labels(others)) if others else ()
        value = f" with {found.value}{interval_words(found)}"
        said = text(f"Selected by {found.metric}: ", bold(selected), value, equal, ".")
        return spaced(said, tied_words(found, named=False))
    if selected:
        have = wording.agree(found.leaders, "has", "have")
        return text(
            f"Selected by {found.metric}: ",
            bold(selected),
            ", though ",
            labels(found.leaders),
            f" {have} the best value, {found.value}; a variant with a diverged run cannot be "
            "selected.",
        )
    if found.last is None:
        return equal_words(found)
    said = text(
        f"Best by {found.metric}: ",
        labels(found.leaders),
        f" with {found.value}{interval_words(found)}; last: ",
        bold(found.last.label),
        f" with {found.last.value}.",
    )
    return spaced(said, tied_words(found, named=False))


def standing(source: Source, rows: pd.DataFrame, protocol: str, runs: Sequence[Run]) -> Leaders:
    """How variants of a protocol stand by its selection metric.

    A single one, of which nothing is selected, by the same metric of the test set, or by what its
    runs know of that.

    Args:
        source: what the report is made from.
        rows: their rows of the variants table.
        protocol: the protocol.
        runs: their runs.

    Raises:
        ReportError: the variants table lacks the metric.
    """
    name = source.study.protocols[protocol].selection_metric
    if len(rows) == 1:
        name = on_test_set(name, tested_by_all(run.settings for run in runs))
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
    return leaders(frame, name, shown, phrase)


def lengths(source: Source, runs: Sequence[Run]) -> tuple[str, ...]:
    """Fewest and most epochs at which runs that were to have as many are compared.

    Empty where they all have the same number.
    """
    by_asked: dict[int, set[int]] = {}
    for run in source.extent.comparable_among(runs).runs(runs):
        by_asked.setdefault(run.protocol_epochs, set()).add(int(run.settings["epochs"]))
    uneven = [count for counts in by_asked.values() if len(counts) > 1 for count in counts]
    return (wording.grouped(min(uneven)), wording.grouped(max(uneven))) if uneven else ()
