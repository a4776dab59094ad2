"""The answers of the first screen: a sentence per part, then on claims and published numbers."""

from collections.abc import Iterator, Sequence

import pandas as pd

from nnrepro.document import wording
from nnrepro.document.text import Text, bold, spaced, text
from nnrepro.report.sections.claims import claims_answer
from nnrepro.report.sections.highlights import lengths, standing
from nnrepro.report.sections.published import inconsistency_answer, published_answer
from nnrepro.report.source import Source
from nnrepro.study.run import Run
from nnrepro.study.selectors import Selector
from nnrepro.tables.content import labels
from nnrepro.tables.ranking import Leaders, interval_words


def answers(source: Source) -> tuple[Text, ...]:
    """What the study comes to, in as few sentences as it has parts, and those on what was claimed.

    Raises:
        ReportError: a table is damaged.
    """
    said = (
        *(_part(source, name) for name in source.study.parts),
        claims_answer(source),
        published_answer(source),
        inconsistency_answer(source),
    )
    return tuple(filter(None, said))


def _part(source: Source, part: str) -> Text:
    """Who leads a part; nothing where the study asks nothing of it."""
    experiments = _experiments(source, part)
    if not experiments or source.variants is None:
        return ()
    runs = [run for run in source.study.runs if run.experiment in experiments]
    variants = len({(run.experiment, run.variant) for run in runs})
    title = bold(f"{source.study.parts[part]}.")
    leaders = tuple(_leaders(source, source.variants, experiments, variants))
    if not leaders:
        none = f"None of its {wording.counted(variants, 'variant')} has a run here, so nothing is"
        return spaced(title, f"{none} said of it.")
    asked: dict[str, list[Run]] = {}
    for run in runs:
        asked.setdefault(run.protocol, []).append(run)
    absent = [
        source.protocol_title(name) for name, own in asked.items() if not source.extent.runs(own)
    ]
    return spaced(title, *leaders, f"{wording.joined(absent)}: no run is here." if absent else "")


def _leaders(
    source: Source, variants: pd.DataFrame, experiments: Sequence[str], count: int
) -> Iterator[Text]:
    """Who leads some experiments under each protocol; those without any value are left out.

    Args:
        source: what the report is made from.
        variants: the variants table.
        experiments: their names.
        count: how many variants they have.
    """
    of_part = variants["experiment"].isin(experiments)
    for protocol in source.study.protocols:
        rows = variants[variants["protocol"].eq(protocol) & of_part]
        runs = [run for name in experiments for run in source.study.runs_of(protocol, name)]
        if rows.empty or not runs:
            continue
        ranking = standing(source, rows.reset_index(drop=True), protocol, runs)
        if not ranking.leaders:
            continue
        owner = source.protocol_title(protocol)
        budget = ""
        if uneven := lengths(source, runs):
            budget = f" (runs of {uneven[0]} to {uneven[1]} epochs)"
        elif source.short_runs(runs):
            budget = f" (cut short: {source.stamp(runs, compared=True)})"
        said = _led(ranking, count)
        yield text(f"{owner}: " if owner else "", labels(ranking.leaders), said, budget, ".")


def _led(ranking: Leaders, count: int) -> str:
    """What the leaders have the best value of, and who cannot be told apart from them."""
    has = wording.agree(ranking.leaders, "has", "share")
    best = "" if ranking.metric.startswith(("highest ", "lowest ")) else "best "
    variants, among = wording.counted(count, "variant"), ""
    if ranking.count < count:
        among = f" among {wording.grouped(ranking.count)} of {variants}"
    elif count > 1:
        among = f" among {variants}"
    apart = ""
    if ranking.tied is not None and ranking.last is not None:
        tied, them = len(ranking.tied), wording.agree(ranking.leaders, "it", "them")
        apart = (
            f", and {wording.counted(tied, 'other')} cannot be told apart from {them}"
            if tied
            else f", and all others can be told apart from {them}"
        )
    value = f"{ranking.value}{interval_words(ranking)}"
    return f" {has} the {best}{ranking.metric}{among}, {value}{apart}"


def _experiments(source: Source, part: str) -> list[str]:
    """The experiments that a part's tables and figures are about, in the study's order."""
    study = source.study
    questions = {name for name, question in study.questions.items() if question.part == part}
    specs = [*study.tables.values(), *study.figures.values()]
    asked = {
        Selector.parse(selector).experiment
        for spec in specs
        if spec.question in questions
        for selector in spec.runs
    }
    return [name for name in study.experiments if name in asked]
