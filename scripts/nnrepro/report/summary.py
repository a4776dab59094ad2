"""The first screen: how far the study goes, how its runs ended, and who did best."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from nnrepro.document import wording
from nnrepro.measures.runs import STATUSES
from nnrepro.report.errors import ReportError
from nnrepro.report.metrics import metric
from nnrepro.report.page import (
    Absent,
    Budget,
    ExtentGroup,
    Highlight,
    HighlightGroup,
    RunStatus,
    Statement,
)
from nnrepro.report.source import VARIANTS_TABLE, Source
from nnrepro.study.run import Run
from nnrepro.study.study import Experiment, seed_counts
from nnrepro.tables.columns import metric_values, standings_by
from nnrepro.tables.content import metric_phrase
from nnrepro.tables.csvfile import TableError
from nnrepro.tables.ranking import Leaders, leaders


@dataclass(frozen=True)
class HighlightFacts:
    """The standing of one experiment under one protocol.

    Attributes:
        selected: label of the variant that the protocol selected; empty where none is selected.
        ranking: who leads and who comes last.
        known: variants that have the metric.
        asked: variants of the experiment.
        epochs: fewest and most epochs of those compared; empty where all have as many.
    """

    selected: str
    ranking: Leaders
    known: int
    asked: int
    epochs: tuple[str, ...] = ()


@dataclass(frozen=True)
class SupplementFacts:
    """How far a supplement went.

    Attributes:
        name: by which name it supplements.
        study: its own name.
        runs: how many runs it has.
        budget: their epochs and seeds in words.
    """

    name: str
    study: str
    runs: int
    budget: str


def supplement_facts(source: Source) -> SupplementFacts:
    """How far a supplement went; runs that are not there do not count."""
    study = source.study
    there = source.extent.runs(study.runs)
    return SupplementFacts(source.supplement, study.name, len(there), source.stamp(study.runs))


def budget(source: Source) -> Budget:
    """What of the protocols' demands the study leaves out."""
    study = source.study
    recorded = source.provenance.get("data") or {}
    sources: dict[str, Mapping[str, object]] = {name: {} for name in (*study.data, *recorded)}
    generated = tuple(
        name
        for name in sources
        if study.data.get(name, {}).get("source") == "generated"
        or recorded.get(name, {}).get("generated")
    )
    notes = {
        name: str(recorded.get(name, {}).get("note") or study.data.get(name, {}).get("note") or "")
        for name in sources
    }
    return Budget(
        stamp=source.stamp(study.runs),
        shortened=bool(source.short_runs(study.runs)),
        runs=len(study.runs),
        declared=study.declared_runs,
        generated=generated,
        data_notes={name: note for name, note in notes.items() if note},
        extents=_extents(source),
    )


def _extents(source: Source) -> tuple[ExtentGroup, ...]:
    """How far the experiments went; nothing where all went as far under every protocol."""
    study = source.study
    alike: dict[tuple[tuple[tuple[str, ...], str], ...], list[str]] = {}
    for experiment in study.experiments.values():
        by_stamp: dict[str, list[str]] = {}
        for protocol in study.protocols:
            runs = study.runs_of(protocol, experiment.name)
            if runs:
                titles = by_stamp.setdefault(source.stamp(runs), [])
                titles += filter(None, [source.protocol_title(protocol)])
        members = tuple((tuple(titles), stamp) for stamp, titles in by_stamp.items())
        alike.setdefault(members, []).append(experiment.title)
    if len({stamp for members in alike for _, stamp in members}) < 2:
        return ()
    return tuple(ExtentGroup(tuple(titles), members) for members, titles in alike.items())


def run_status(source: Source) -> RunStatus | None:
    """How the runs ended; None where there is no runs table."""
    if source.runs is None:
        return None
    found = source.runs["status"].value_counts().to_dict()
    counts = {name: int(found[name]) for name in STATUSES if found.get(name)}
    busy = int(source.runs["busy"].eq(True).sum()) if "busy" in source.runs.columns else 0
    return RunStatus(source.study.declared_runs, len(source.study.runs), counts, busy)


def counts(source: Source) -> dict[str, int]:
    """How large the study is."""
    study = source.study
    return {
        "runs": len(study.runs),
        "variants": len({(run.experiment, run.variant) for run in study.runs}),
        "experiments": len(study.experiments),
        "protocols": len(study.protocols),
        "seeds": len({run.seed for run in study.runs}),
        "fewest_seeds": min(seed_counts(study.runs), default=0),
    }


def highlights(source: Source) -> tuple[HighlightGroup, ...]:
    """Per experiment and protocol, who leads by the protocol's own selection metric.

    Raises:
        ReportError: the variants table lacks a metric.
    """
    variants = source.variants
    if variants is None:
        return ()
    groups = []
    for experiment in source.study.experiments.values():
        members = tuple(
            highlight
            for protocol in source.study.protocols
            if (highlight := _highlight(source, variants, experiment, protocol))
        )
        if members:
            groups.append(HighlightGroup(experiment.title, members))
    return tuple(groups)


def _highlight(
    source: Source, variants: pd.DataFrame, experiment: Experiment, protocol: str
) -> Highlight | None:
    rows = variants[
        (variants["protocol"] == protocol) & (variants["experiment"] == experiment.name)
    ].reset_index(drop=True)
    if rows.empty:
        return None
    runs = source.study.runs_of(protocol, experiment.name)
    if not source.extent.runs(runs):
        absent = Statement("no_run_of", Absent("", len(runs)))
        return Highlight(source.protocol_title(protocol), absent)
    facts, known = standing(source, rows, protocol, runs)
    selected = source.selected_variant(protocol, experiment.name)
    labels = rows.loc[rows["variant"] == selected, "label"]
    return Highlight(
        source.protocol_title(protocol),
        Statement(
            "highlight",
            HighlightFacts(
                selected=str(labels.iloc[0]) if len(labels) else "",
                ranking=facts,
                known=known,
                asked=len(rows),
                epochs=lengths(source, runs),
            ),
        ),
    )


def standing(
    source: Source, rows: pd.DataFrame, protocol: str, runs: Sequence[Run]
) -> tuple[Leaders, int]:
    """How variants of a protocol stand by its selection metric, and how many have a value.

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
    facts = leaders(frame, name, shown, metric_phrase(shown, source.windows(runs, compared=True)))
    return facts, int(frame[name].notna().sum())


def lengths(source: Source, runs: Sequence[Run]) -> tuple[str, ...]:
    """Fewest and most epochs at which runs that were to have as many are compared.

    Empty where they all have the same number.
    """
    by_asked: dict[int, set[int]] = {}
    for run in source.extent.comparable_among(runs).runs(runs):
        by_asked.setdefault(run.protocol_epochs, set()).add(int(run.settings["epochs"]))
    uneven = [count for counts in by_asked.values() if len(counts) > 1 for count in counts]
    return (wording.grouped(min(uneven)), wording.grouped(max(uneven))) if uneven else ()
