"""The first screen of the report: three questions in plain words, an answer and a mark each."""

from collections.abc import Callable, Iterator, Sequence

from nnrepro.document import wording
from nnrepro.document.elements import Element, Facts, Figure, Panels, Section
from nnrepro.document.text import Text, Words, bold, linked, spaced, text
from nnrepro.measures.runs import STATUSES
from nnrepro.report.exhibits import Attempts, not_made
from nnrepro.report.html.site import ANCHOR
from nnrepro.report.sections import problems
from nnrepro.report.sections.chosen import chosen
from nnrepro.report.sections.grouped_claims import claims_answer
from nnrepro.report.sections.leading import by_experiment
from nnrepro.report.sections.published import inconsistency_answer, published_answer
from nnrepro.report.source import Source
from nnrepro.study.study import seed_counts
from nnrepro.tables.ranking import Leaders

QUESTIONS = "questions"
"""The role of the questions with their answers."""

_MOST = 4
"""Sentences on who leads."""

Answer = tuple[Words, tuple[Words, ...]]
"""A question, and its mark with the sentences that answer it."""


def first_screen(attempt: Attempts, source: Source, picture: Sequence[Figure]) -> Section:
    """What the study comes to.

    The `picture` is a figure of each protocol.
    """

    def answers(make: Callable[[Source], Iterator[Answer]]) -> list[Answer]:
        name = f"report/answers/{make.__name__.strip('_')}"
        return attempt(name, lambda: list(make(source)), _unanswered)

    asked = [*answers(_printed), *answers(_claimed)] or answers(_best)
    items = (*asked, *answers(_trusted))
    contents: tuple[Element, ...] = (Facts(items, QUESTIONS),)
    if picture:
        contents += (Panels(tuple(picture), beside=True),)
    return Section("In short", contents, ANCHOR, "answers")


def _unanswered(why: str) -> list[Answer]:
    return [("A question", (bold("Not answered"), not_made("answer", why)))]


def _printed(source: Source) -> Iterator[Answer]:
    """Whether printed numbers come out again; nothing where none was printed."""
    if found := published_answer(source):
        mark, said = found
        more = inconsistency_answer(source)
        yield "Do the printed numbers come out again?", (bold(mark), spaced(said, more))


def _claimed(source: Source) -> Iterator[Answer]:
    """Whether what was claimed holds; nothing where nothing was."""
    if found := claims_answer(source):
        mark, said = found
        yield "Do the conclusions hold?", (bold(mark), said)


def _best(source: Source) -> Iterator[Answer]:
    """What is best and how sure that is, by experiment, the last ones first."""
    found = [(title, led) for title, own in reversed(by_experiment(source).items()) for led in own]
    if not found:
        yield "What is best?", (bold("Not known"), "No run is here that could tell.")
        return
    compared = [led.ranking for _, led in found if led.ranking.many > 1]
    clear = sum(ranking.clear for ranking in compared)
    mark = "Measured, not compared"
    if compared:
        mark = f"Clear in {wording.grouped(clear)} of {wording.grouped(len(compared))}"
    if len(compared) == 1:
        mark = "Clear" if clear else "Not clear"
    told = [
        led.said if [*led.ranking.leaders] == [title] else spaced(text(bold(title), ":"), led.said)
        for title, led in found[:_MOST]
    ]
    if not source.several_protocols:
        told += [
            spaced(f"Selected for \u201c{experiment.title}\u201d:", said)
            for name, experiment in source.study.experiments.items()
            for said in chosen(source, name)
        ][:_MOST]
    if len(found) > _MOST:
        rest = wording.counted(len(found) - _MOST, "further comparison")
        told.append(text(f"{rest} below."))
    yield "What is best?", (bold(mark), *told)
    if len(compared) > 1:
        yield "How sure is that?", _sure(compared)


def _sure(compared: Sequence[Leaders]) -> tuple[Words, ...]:
    """How often one variant is known to be the best, and what that rests on."""
    sure = sum(ranking.clear for ranking in compared)
    unknown = sum(ranking.tied is None or ranking.count < 2 for ranking in compared)
    ties = len(compared) - sure - unknown
    told = [
        f"{_among(count, len(compared))}{said}."
        for count, said in (
            (ties, "others cannot be told from the best"),
            (unknown, "too little is known to tell a difference from chance"),
            (sure, "the best lies clearly ahead of all others"),
        )
        if count
    ]
    return bold(f"{wording.grouped(sure)} of {wording.grouped(len(compared))}"), " ".join(told)


def _among(count: int, total: int) -> str:
    """In how many of all comparisons something is so, as a sentence on several begins."""
    if count == total:
        return "In both comparisons, " if total == 2 else f"In all {wording.grouped(total)}, "
    return f"In {wording.grouped(count)} of {wording.grouped(total)} comparisons, "


def _trusted(source: Source) -> Iterator[Answer]:
    """How far all this can be trusted."""
    yield "How far can this be trusted?", (bold(_seeds(source)), spaced(*_limits(source)))


def _seeds(source: Source) -> str:
    counts = seed_counts(source.extent.runs(source.study.runs))
    if not counts:
        return "No run is here"
    if source.generated_data:
        return "Made-up data"
    words = str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    return f"{words} seed" if words == "1" else f"{words} seeds"


def _limits(source: Source) -> Iterator[Text]:
    """What limits the numbers: seeds, selection on the test set, runs that are not there, data."""
    study = source.study
    counts = seed_counts(source.extent.runs(study.runs))
    if source.generated_data:
        yield text("Data are made up: no number on them says anything about real ones.")
    there = source.extent.runs(study.runs)
    if short := len(source.short_runs(there)):
        which = f"{wording.grouped(short)} of {wording.counted(len(there), 'run')}"
        which = f"All {wording.counted(short, 'run')}" if short == len(there) > 1 else which
        yield text(f"{which} {'was' if short == 1 else 'were'} cut short.")
    if counts and counts[0] == 1:
        every = "Every variant has" if len(there) > 1 else "The only variant has"
        which = "Where a variant has" if counts[-1] > 1 else every
        so = "," if counts[-1] > 1 else ", so"
        yield text(
            f"{which} only one seed{so} nobody knows how far a second training would differ."
        )
    elif counts:
        yield text(
            "Every variant was trained from several seeds, and the intervals allow for how these "
            "differ."
        )
    if study.selects_by_test and study.selecting_experiments:
        measured = "; the appendix measures by how much" if source.has_tables("optimism") else ""
        yield text(f"Selection was on the test set, which flatters what it selects{measured}.")
    if source.runs is not None:
        found = source.runs["status"].value_counts().to_dict()
        lacking = [
            f"{wording.grouped(int(found[name]))} {name}"
            for name in STATUSES
            if name not in ("completed", "unknown") and found.get(name)
        ]
        if lacking:
            of = wording.counted(len(study.runs), "run")
            yield text(
                f"Of {of}, {wording.joined(lacking)}: ",
                linked(problems.ANCHOR, "which ones"),
                ".",
            )
    if telling := problems.telling_data(source):
        yield telling
    yield from problems.unfitting_runs(source)
