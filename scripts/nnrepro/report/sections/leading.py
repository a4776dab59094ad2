"""Who leads among runs, and whether that can be told: a sentence per protocol."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import pandas as pd

from nnrepro.document import wording
from nnrepro.document.elements import Facts, Section
from nnrepro.document.text import OWNER, Text, bold, plain, spaced, text
from nnrepro.published.comparison import printed_values
from nnrepro.report.sections.published import published_numbers
from nnrepro.report.source import VARIANTS_TABLE, ReportError, Source
from nnrepro.study.evaluation import on_test_set, tested_by_all
from nnrepro.study.run import Run
from nnrepro.tables.columns import metric_values, standings_by
from nnrepro.tables.content import labels, metric_phrase
from nnrepro.tables.csvfile import TableError
from nnrepro.tables.metrics import ACCURACY, metric
from nnrepro.tables.ranking import Leaders, leaders, leaders_words

_CURVES = ("max_", "min_", "mean_", "final_")
"""How metrics of whole curves begin: where they all are the same, so are the curves."""


class Led(NamedTuple):
    """Who leads among the runs of one protocol on one test set, and the sentence on it."""

    ranking: Leaders
    said: Text


def leading(source: Source, runs: Sequence[Run]) -> Iterator[Led]:
    """Who leads under each protocol, those on each test set apart."""
    variants = source.variants
    if variants is None:
        return
    alike: dict[tuple[str, tuple[str, int]], list[Run]] = {}
    for run in runs:
        alike.setdefault((run.protocol, run.test_set), []).append(run)
    order = list(source.study.protocols)
    for (protocol, (data, examples)), own in sorted(
        alike.items(), key=lambda item: order.index(item[0][0])
    ):
        there = {f"{run.experiment}/{run.variant}" for run in own}
        named = variants["experiment"] + "/" + variants["variant"]
        rows = variants[variants["protocol"].eq(protocol) & named.isin(there)]
        if rows.empty:
            continue
        name = _judged_by(source, rows, protocol, own)
        ranking = _standing(source, rows.reset_index(drop=True), name, own)
        if not ranking.leaders:
            continue
        sets = {test_set for name, test_set in alike if name == protocol}
        where = [] if len({name for name, _ in sets}) < 2 else [data]
        if len({count for name, count in sets if name == data}) > 1:
            where.append(wording.counted(examples, "test example"))
        owner = ", ".join(filter(None, [source.protocol_title(protocol), *where]))
        budget = ""
        if uneven := _lengths(source, own):
            budget = f" (runs of {uneven[0]} to {uneven[1]} epochs)"
        elif source.short_runs(own):
            budget = f" (cut short: {source.stamp(own, compared=True)})"
        selected = _selected(source, rows, ranking)
        other = text("; selected: ", bold(selected)) if selected else ()
        said = text(leaders_words(ranking), budget, other, ".")
        printed = _in_print(source, rows, protocol, name)
        yield Led(ranking, spaced(plain(owner, OWNER), said, printed))


def same_numbers(source: Source, runs: Sequence[Run]) -> Iterator[Text]:
    """Which variants of other settings give the same numbers from one seed, and how often."""
    if source.runs is None:
        return
    by_id = {run.id: run for run in runs}
    rows = source.runs[source.runs["run_id"].isin(by_id) & source.runs["final_test_loss"].notna()]
    named = [name for name in rows.columns if name.startswith(_CURVES)]
    levels = rows[named].select_dtypes("number").fillna(-1)
    found: Counter[tuple[str, str, str]] = Counter()
    for _, own in levels.groupby([rows["protocol"], rows["seed"], *map(levels.get, levels)]):
        members = [by_id[name] for name in rows.loc[own.index, "run_id"]]
        for one, other in combinations(members, 2):
            if one.for_training().settings != other.for_training().settings:
                found[one.protocol, one.label, other.label] += 1
    said: dict[tuple[str, str, str], list[str]] = {}
    for (protocol, one_label, other_label), count in found.items():
        seeds = {run.seed for run in runs if run.protocol == protocol and run.label == other_label}
        how_often = f"in {count} of {len(seeds)} seeds"
        if count == len(seeds):
            how_often = "in every seed" if count > 1 else "in the one seed"
        said.setdefault((one_label, other_label, how_often), []).append(protocol)
    for (*both, how_often), protocols in said.items():
        owners = [
            source.protocol_title(name) for name in source.study.protocols if name in protocols
        ]
        yield spaced(
            plain(wording.joined(owners), OWNER),
            text(
                f"Two variants give the same numbers to the last digit {how_often}: ",
                labels(both),
                ". What tells them apart changed nothing there.",
            ),
        )


def by_experiment(source: Source) -> dict[str, list[Led]]:
    """Who leads each experiment, by its title; those of which no run is here left out."""
    study = source.study
    found = {
        each.title: list(
            leading(source, [run for run in study.runs if run.experiment == each.name])
        )
        for each in study.experiments.values()
    }
    return {title: led for title, led in found.items() if led}


def leaders_by_experiment(source: Source) -> Section | None:
    """Who leads each experiment as a section; None where no run is here."""
    items = [
        (title, tuple(each.said for each in led)) for title, led in by_experiment(source).items()
    ]
    facts = Facts(tuple(items), "findings")
    return Section("Experiment by experiment", (facts,), "summary", "summary") if items else None


def _selected(source: Source, rows: pd.DataFrame, found: Leaders) -> str:
    """The variant that was selected where all are of one experiment and it does not lead."""
    experiments = rows[["protocol", "experiment"]].drop_duplicates()
    if len(experiments) > 1:
        return ""
    chosen = source.selected_variant(*map(str, experiments.iloc[0]))
    label = rows.loc[rows["variant"] == chosen, "label"]
    return "" if label.empty or label.iloc[0] in found.leaders else str(label.iloc[0])


def _judged_by(source: Source, rows: pd.DataFrame, protocol: str, runs: Sequence[Run]) -> str:
    """The metric by which variants of a protocol stand: what it selects from their experiments by.

    A single one, of which nothing is selected, stands by the same metric of the test set, or by
    what its runs know of that.
    """
    name = source.study.selection_metric(protocol, rows["experiment"].unique())
    return (
        on_test_set(name, tested_by_all(run.settings for run in runs)) if len(rows) == 1 else name
    )


def _in_print(source: Source, rows: pd.DataFrame, protocol: str, name: str) -> Text:
    """What a protocol's report printed of a variant by a metric, or which of several led there."""
    values = printed_values(published_numbers(source), protocol, name)
    named = zip(rows["experiment"] + "/" + rows["variant"], rows["label"], strict=True)
    printed = {str(label): values[variant] for variant, label in named if variant in values}
    if not printed or 1 == len(printed) < len(rows):
        return ()
    shown = metric(name)
    best = (max if shown.higher_is_better else min)(printed.values())
    value = wording.percent(best, decimals=1) if shown.quantity == ACCURACY else shown.text(best)
    if len(rows) == 1:
        return text(f"In print: {value}.")
    first = [label for label, own in printed.items() if own == best]
    among = "" if len(printed) == len(rows) else f" of {wording.grouped(len(printed))} variants"
    lead = wording.agree(first, "leads", "lead")
    return text("In print, ", labels(first), f" {lead}{among} with {value}.")


def _standing(source: Source, rows: pd.DataFrame, name: str, runs: Sequence[Run]) -> Leaders:
    """How variants of a protocol stand by a metric."""
    shown = metric(name)
    frame = rows[["variant", "label"]].copy()
    for suffix in ("", "_ci95_low", "_ci95_high"):
        try:
            frame[name + suffix] = metric_values(rows, name, suffix=suffix)
        except TableError as error:
            raise ReportError(f"{source.table_path(VARIANTS_TABLE)}: {error}") from error
    place = standings_by(rows, name)
    frame["tied_with_best"] = pd.Series(place.tied, dtype="object")
    phrase = metric_phrase(shown, source.windows(runs, compared=True))
    return leaders(frame, name, shown, phrase)


def _lengths(source: Source, runs: Sequence[Run]) -> tuple[str, ...]:
    """Fewest and most epochs at which runs that were to have as many are compared.

    Empty where they all have the same number.
    """
    by_asked: dict[int, set[int]] = {}
    for run in source.extent.comparable_among(runs).runs(runs):
        by_asked.setdefault(run.protocol_epochs, set()).add(int(run.settings["epochs"]))
    uneven = [count for counts in by_asked.values() if len(counts) > 1 for count in counts]
    return (wording.grouped(min(uneven)), wording.grouped(max(uneven))) if uneven else ()
