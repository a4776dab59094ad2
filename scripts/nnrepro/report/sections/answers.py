"""The answers of the first screen: a sentence per part, then on claims and published numbers."""

from collections.abc import Collection, Iterator, Sequence

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
        *(answer for name in source.study.parts for answer in _part(source, name)),
        claims_answer(source),
        published_answer(source),
        inconsistency_answer(source),
    )
    return tuple(filter(None, said))


def _part(source: Source, part: str) -> Iterator[Text]:
    """Who leads a part, or each question of those of no part."""
    asked = {n: own.title for n, own in source.study.questions.items() if own.part == part}
    if part:
        yield _led_by(source, source.study.parts[part], _experiments(source, asked))
        return
    for question, title in asked.items():
        yield _led_by(source, title, _experiments(source, [question]))


def _led_by(source: Source, title: str, experiments: Sequence[str]) -> Text:
    """Who leads some experiments; nothing where there are none."""
    if not experiments or source.variants is None:
        return ()
    runs = [run for run in source.study.runs if run.experiment in experiments]
    variants = len({(run.experiment, run.variant) for run in runs})
    head = bold(f"{title}.")
    leaders = tuple(_leaders(source, source.variants, runs))
    if not leaders:
        none = f"None of its {wording.counted(variants, 'variant')} has a run here, so nothing is"
        return spaced(head, f"{none} said of it.")
    asked: dict[str, list[Run]] = {}
    for run in runs:
        asked.setdefault(run.protocol, []).append(run)
    absent = [
        source.protocol_title(name) for name, own in asked.items() if not source.extent.runs(own)
    ]
    return spaced(head, *leaders, f"{wording.joined(absent)}: no run is here." if absent else "")


def _leaders(source: Source, variants: pd.DataFrame, runs: Sequence[Run]) -> Iterator[Text]:
    """Who leads under each protocol, those on each test set apart; no value is left out unsaid.

    Args:
        source: what the report is made from.
        variants: the variants table.
        runs: the runs of all protocols.
    """
    alike: dict[tuple[str, tuple[str, int]], list[Run]] = {}
    for run in runs:
        alike.setdefault((run.protocol, run.test_set), []).append(run)
    for (protocol, (data, examples)), own in sorted(
        alike.items(), key=lambda item: list(source.study.protocols).index(item[0][0])
    ):
        there = {f"{run.experiment}/{run.variant}" for run in own}
        named = variants["experiment"] + "/" + variants["variant"]
        rows = variants[variants["protocol"].eq(protocol) & named.isin(there)]
        if rows.empty:
            continue
        ranking = standing(source, rows.reset_index(drop=True), protocol, own)
        if not ranking.leaders:
            continue
        sets = {test_set for name, test_set in alike if name == protocol}
        where = [] if len({name for name, _ in sets}) < 2 else [data]
        if len({count for name, count in sets if name == data}) > 1:
            where.append(wording.counted(examples, "test example"))
        owner = ", ".join(filter(None, [source.protocol_title(protocol), *where]))
        budget = ""
        if uneven := lengths(source, own):
            budget = f" (runs of {uneven[0]} to {uneven[1]} epochs)"
        elif source.short_runs(own):
            budget = f" (cut short: {source.stamp(own, compared=True)})"
        said = _led(ranking, len(there))
        yield text(f"{owner}: " if owner else "", labels(ranking.leaders), said, budget, ".")


def _led(ranking: Leaders, count: int) -> str:
    """What the leaders have the best value of, and who cannot be told apart from them."""
    if count == 1:
        return f" reaches {ranking.value}{interval_words(ranking)} in {ranking.metric}"
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


def _experiments(source: Source, questions: Collection[str]) -> list[str]:
    """The experiments that tables and figures of questions are about, in the study's order."""
    study = source.study
    specs = [*study.tables.values(), *study.figures.values()]
    asked = {
        Selector.parse(selector).experiment
        for spec in specs
        if spec.question in questions
        for selector in spec.runs
    }
    return [name for name in study.experiments if name in asked]
