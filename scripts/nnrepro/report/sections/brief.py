"""The report's questions in brief: who leads, one figure and one table of each."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import chain, islice, repeat, takewhile
from string import ascii_lowercase

import pandas as pd

from nnrepro.document import wording
from nnrepro.document.elements import (
    Element,
    Figure,
    Panels,
    Paragraph,
    Section,
    Table,
    every,
)
from nnrepro.document.grid import Grid, Row
from nnrepro.document.text import (
    BUDGET,
    NUMBER,
    STAMP,
    Text,
    bold,
    linked,
    plain,
    spaced,
    text,
    words_of,
)
from nnrepro.figures.specs import NEEDED_OF_RUNS
from nnrepro.published.comparison import INSIDE, OUTSIDE, SHOWN
from nnrepro.report.exhibits import FIGURE, TABLE, Attempts, Numbers, not_made
from nnrepro.report.sections.claims import lists_on
from nnrepro.report.sections.grouped_claims import claims_of
from nnrepro.report.sections.leading import leading, same_numbers
from nnrepro.report.sections.published import published_numbers
from nnrepro.report.sections.published_rows import (
    COLUMNS,
    NOT_JUDGED,
    metric_words,
    number_row,
)
from nnrepro.report.source import Source
from nnrepro.study.run import Run
from nnrepro.study.study import Question
from nnrepro.tables import constant_answer
from nnrepro.tables.content import records

BRIEF = "brief"
"""Before the ids of what stands in the report, where the appendix has the same."""

MOST_OF_ONE = 340_000
"""Bytes of drawings that stand side by side, a quarter of what the report has room for; larger ones
are in the appendix alone."""

_LONGEST = 40
"""Words of what a question asks."""
_SENTENCES = 4
_DIGITS = 6
"""Decimals of a printed number from which on it is rounded to four."""
_COLUMNS = 7
_ONE_SEED = "1 seed"
_WIDE = ("heatmap",)
"""Kinds of figure whose numbers cannot be read at half the width of the page."""


Answers = Callable[[str], Sequence[Text]]


@dataclass(frozen=True)
class Room:
    """How much of a study the report has room for.

    Attributes:
        full: questions with figure and table.
        named: further questions that are answered in words.
        rows: rows of a table, of each protocol.
        claims: claims of a group.
        exhibits: figures of such a question, and tables.
        pictures: further figures of it that show examples, and what a network makes of them.
    """

    full: int
    named: int
    rows: int
    claims: int
    exhibits: int = 1
    pictures: int = 1


def brief_questions(
    attempt: Attempts,
    source: Source,
    appendix: Sequence[Section],
    numbers: Numbers,
    room: Room,
    *,
    answers: Answers,
) -> Iterator[Section]:
    """Questions in the order of the study, as many as there is room for.

    Their figures and tables are those of the appendix.
    """
    detailed = {
        each.anchor: each
        for each in every(appendix)
        if isinstance(each, Section) and each.role == "question"
    }
    asked = list(source.study.questions.values())
    shown = asked[: room.full + room.named]
    for place, question in enumerate(shown):
        section = detailed.get(source.question_anchor(question.name))
        if section is not None:
            own = room if place < room.full else None
            make = partial(_question, source, question, section, numbers, own, answers=answers)
            yield attempt(f"report/brief/{question.name}", make, partial(gone, question.title))
    if len(asked) > len(shown):
        further = wording.counted(len(asked) - len(shown), "further question")
        first = source.question_anchor(asked[len(shown)].name)
        said = linked(first, f"{further} in the appendix.")
        yield Section("Further questions", (Paragraph(said),), "further-questions", "back")


def gone(title: str, why: str) -> Section:
    """In place of a part of the report."""
    return Section(title, (Paragraph(not_made("part", why), "warning"),), role="question")


def renumbered(figures: Sequence[Figure], numbers: Numbers) -> tuple[Figure, ...]:
    """Figures of the appendix that stand side by side, as one of the report with few words.

    They have one number, with a letter each where there are several; what their captions begin
    with alike is said once.
    """
    number = next(numbers.figures)
    letters = ascii_lowercase if len(figures) > 1 else repeat("")
    captions = [_caption(figure.caption) for figure in figures]
    alike = _alike([words_of(caption) for caption in captions]) if len(figures) > 1 else ""
    ends = (alike.rfind(mark) + len(mark) for mark in (", ", ": ") if mark in alike)
    begins = max(ends, default=0)
    shown: list[Figure] = []
    for figure, letter, caption in zip(figures, letters, captions, strict=False):
        own = _without(caption, begins if shown else 0)
        if own:
            own = (replace(own[0], text=wording.capitalised(own[0].text)), *own[1:])
        numbered = spaced(_numbered(FIGURE, f"{number}{letter}"), own)
        anchor = f"{BRIEF}-{FIGURE}-{number}{letter}"
        shown.append(replace(figure, anchor=anchor, caption=numbered))
    return tuple(shown)


def _alike(texts: Sequence[str]) -> str:
    """What texts begin with alike."""
    same = (len(set(column)) == 1 for column in zip(*texts, strict=False))
    return texts[0][: sum(takewhile(bool, same))]


def _without(caption: Text, count: int) -> Text:
    """A caption without so many of its first characters."""
    kept: Text = ()
    for segment in caption:
        left = segment.text[count:]
        count = max(0, count - len(segment.text))
        kept += (replace(segment, text=left),) if left else ()
    return kept


def has_room(figures: Sequence[Figure]) -> bool:
    """Whether drawings are small enough to stand in the report, side by side."""
    return sum(len(svg) for each in figures for svg in {each.svg, each.narrow}) <= MOST_OF_ONE


def _question(
    source: Source,
    question: Question,
    section: Section,
    numbers: Numbers,
    room: Room | None,
    *,
    answers: Answers,
) -> Section:
    """A question: what is asked, who leads, what was claimed, one figure and one table.

    Without a room in words alone. `section` is the same in the appendix.
    """
    contents: list[Element] = []
    if question.text:
        contents.append(Paragraph(wording.clipped(question.text, _LONGEST), "asked"))
    contents += [Paragraph(said) for said in answers(question.name)]
    contents += [e for e in section.contents if isinstance(e, Paragraph) and e.role == "none"]
    if room is not None:
        blocks = [each for each in section.contents if isinstance(each, Section)]
        figures = _by_kind(source, blocks)
        contents += islice(_figures(figures[False], numbers), room.exhibits)
        contents += chain.from_iterable(islice(_pictures(figures[True], numbers), room.pictures))
        contents += islice(_tables(source, question, blocks, numbers, room.rows), room.exhibits)
    more = linked(section.anchor, "More on this question")
    contents.append(Paragraph(text(more, "."), "note"))
    heading = spaced(plain(question.name, NUMBER), question.title)
    anchor = f"{BRIEF}-{section.anchor}"
    return Section(heading, tuple(contents), anchor, "question", listed=True)


def answers_in(source: Source) -> Answers:
    """Who leads under each protocol, and how the claims came out, of a question by its name.

    Each is worked out once, as the report is laid out anew until it fits.
    """
    return cache(lambda name: tuple(_answers(source, source.study.questions[name])))


def _answers(source: Source, question: Question) -> Iterator[Text]:
    runs = _runs_of(source, question)
    led = list(leading(source, list(runs.values())))[:_SENTENCES]
    before = takewhile(lambda each: each != question, source.study.questions.values())
    same = (each for each in before if _runs_of(source, each).keys() == runs.keys())
    if led and (earlier := next(same, None)):
        anchor = f"{BRIEF}-{source.question_anchor(earlier.name)}"
        yield text("The same variants as in ", linked(anchor, earlier.name), ", and the same lead.")
    else:
        yield from (each.said for each in led)
        yield from islice(same_numbers(source, list(runs.values())), _SENTENCES)
    yield from _outguessed(source, question)
    yield from lists_on(source, question.name)
    if claimed := claims_of(source, question.name):
        yield claimed


def _runs_of(source: Source, question: Question) -> dict[str, Run]:
    """What a question is about: the runs that it names, else those of its tables and figures."""
    study = source.study
    selectors = question.runs or [
        selector
        for spec in chain(study.figures.values(), study.tables.values())
        if spec.question == question.name
        for selector in spec.runs
    ]
    return {
        run.id: run
        for protocol in study.protocols
        for run in source.shown_runs(protocol, selectors)
    }


def _outguessed(source: Source, question: Question) -> Iterator[Text]:
    """Under each protocol, which variants do no better than one answer for all examples."""
    kind = constant_answer.constant_answer.__name__
    for spec in source.study.tables.values():
        if spec.question != question.name or spec.kind != kind:
            continue
        frame = source.table(spec.name, constant_answer.COLUMNS)
        for protocol, own in () if frame is None else frame.groupby("protocol", sort=False):
            if len(constant_answer.no_better(own)):
                yield source.said_of(str(protocol), constant_answer.words(own))


def _by_kind(source: Source, blocks: Sequence[Section]) -> dict[bool, list[Section]]:
    """The blocks of figures, those apart that show examples or what a network makes of them."""
    found: dict[bool, list[Section]] = {True: [], False: []}
    for block in blocks:
        drawn = next((each for each in every([block]) if isinstance(each, Figure)), None)
        if block.role == "block figures" and drawn is not None:
            reads = source.study.kinds["figures"][drawn.kind].reads
            found[any(name in NEEDED_OF_RUNS for name in reads)].append(block)
    return found


def _pictures(blocks: Sequence[Section], numbers: Numbers) -> Iterator[Sequence[Element]]:
    """Of each figure its first two files side by side, below what is said of them.

    Pixels take as many bytes in a drawing for a narrow page, which has half the width that they
    have here; that one alone is shown.
    """
    for block in blocks:
        members = [m for panels in _panels(block) for m in panels.members if isinstance(m, Figure)]
        drawn = [replace(each, svg=each.narrow or each.svg) for each in members[:2]]
        if has_room(drawn):
            said = [each for each in block.contents if isinstance(each, Paragraph)]
            yield [*said, Panels(renumbered(drawn, numbers), beside=True)]


def _figures(blocks: Sequence[Section], numbers: Numbers) -> Iterator[Element]:
    """The question's figures, those that are one picture of each protocol first."""
    pictures = [
        [[m for m in panels.members if isinstance(m, Figure)] for panels in _panels(block)]
        for block in blocks
    ]
    strips = [strip for block in pictures for strip in block if strip]
    alone = [block[0] for block in pictures if len(block) == 1 and block[0]]
    found = (*alone, *(strip for strip in strips if strip not in alone))
    for chosen in filter(has_room, found):
        beside = all(each.kind not in _WIDE for each in chosen)
        yield Panels(renumbered(chosen, numbers), beside)


def _tables(
    source: Source, question: Question, blocks: Sequence[Section], numbers: Numbers, rows: int
) -> Iterator[Element]:
    """Printed numbers beside reproduced ones where some were printed, then the tables."""
    if (found := _printed(source, question, rows)) is not None:
        printed, why = found
        number = next(numbers.tables)
        single = {cell.detail for row in printed.rows for cell in row.cells} == {"", _ONE_SEED}
        title = f"Printed beside reproduced{', one seed each' if single else ''}."
        if single:
            printed = replace(printed, rows=tuple(map(_undetailed, printed.rows)))
        yield Table(
            f"{BRIEF}-{TABLE}-{number}", spaced(_numbered(TABLE, number), title), printed, why
        )
    for block in blocks:
        if block.role == "block tables":
            members = [m for panels in _panels(block) for m in panels.members]
            tables = [m for m in members if isinstance(m, Table)]
            if tables:
                yield Panels(tuple(_cut(table, numbers, rows) for table in tables[:2]))


def _undetailed(row: Row) -> Row:
    return replace(row, cells=tuple(replace(cell, detail="") for cell in row.cells))


def _panels(block: Section) -> list[Panels]:
    return [each for each in every(block.contents) if isinstance(each, Panels)]


def _cut(table: Table, numbers: Numbers, most: int) -> Table:
    """The beginning of a table of the appendix."""
    number, grid = next(numbers.tables), table.grid
    kept = [*grid.rows[:most], *(row for row in grid.rows[most:] if row.summary)][: most + 2]
    rows = tuple(replace(row, cells=row.cells[:_COLUMNS], anchor="") for row in kept)
    lacking = []
    if len(grid.rows) > len(rows):
        lacking.append(wording.counted(len(grid.rows) - len(rows), "row"))
    if len(grid.columns) > _COLUMNS:
        lacking.append(wording.counted(len(grid.columns) - _COLUMNS, "column"))
    rest = f"{wording.joined(lacking)} more: " if lacking else ""
    link = linked(table.anchor, f"{rest}the whole table" if rest else "The table with its notes")
    return Table(
        f"{BRIEF}-{TABLE}-{number}",
        spaced(_numbered(TABLE, number), _caption(table.caption)),
        Grid(grid.columns[:_COLUMNS], rows, grid.spanning),
        text(link, "."),
    )


def _numbered(kind: str, number: int | str) -> Text:
    return bold(f"{kind.capitalize()}\N{NO-BREAK SPACE}{number}.")


def _caption(words: Text | str) -> Text:
    """The caption of an exhibit of the appendix without its number, up to its budget.

    A budget that is less than what was asked for is kept.
    """
    kept: Text = ()
    for segment in text(words)[1:]:
        if BUDGET in segment.styles:
            break
        kept += (segment,)
        if STAMP in segment.styles:
            break
    return _without(kept, 1)


def _rounded(printed: str) -> str:
    """A printed number without the digits that no run of it could give again."""
    _, _, digits = printed.partition(".")
    return (
        f"{float(printed):.4f}"
        if digits.isdigit() and len(digits) > _DIGITS and printed[0].isdigit()
        else printed
    )


def _printed(source: Source, question: Question, most: int) -> tuple[Grid, str] | None:
    """Numbers printed on a question beside reproduced ones, judged ones first.

    With sentences on why others are not judged, and on what the intervals are of; empty where
    nothing needs them.
    """
    frame = published_numbers(source)
    if frame is None or "question" not in frame.columns:
        return None
    parts = frame["part"] if "part" in frame.columns else pd.Series("", frame.index)
    asked = parts.fillna("").astype(str) + frame["question"].fillna("").astype(str)
    of_this = re.compile(rf"{re.escape(question.name)}[a-z]*")
    own = frame[asked.map(lambda name: bool(of_this.fullmatch(name))) & frame["reproduced"].notna()]
    if own.empty:
        return None
    judged = own["status"].isin((INSIDE, OUTSIDE))
    as_shown = own["value"].astype(str).map(_rounded)
    own = own.assign(unjudged=~judged, as_shown=as_shown).sort_values("unjudged", kind="stable")
    rows: list[Row] = []
    reasons: list[str] = []
    on_other_examples = False
    for protocol in source.study.protocols:
        of_protocol = own[own["protocol"] == protocol].drop_duplicates(
            ["as_shown", "metric", "runs"]
        )
        shown = records(of_protocol.head(most))
        metrics = dict.fromkeys(metric_words(str(row["metric"])) for row in shown)
        group, after = source.protocol_title(protocol), ""
        if len(metrics) == 1:
            after = f", {next(iter(metrics))}"
            group = f"{group}{after}" if group else after.removeprefix(", ").capitalize()
        for row in shown:
            name, printed, *others, _ = number_row(source, row).cells
            name = replace(name, text=name.text.removesuffix(after), detail="")
            printed = replace(printed, text=_rounded(printed.text))
            rows.append(Row((name, printed, *others), group=group))
            on_other_examples |= row.get("offset") is not None
            if row["status"] == SHOWN:
                reasons.append(str(row["reason"]))
    notes = [f"{NOT_JUDGED.capitalize()}: {'; '.join(dict.fromkeys(reasons))}."] if reasons else []
    if on_other_examples:
        notes.append(
            "One further run: on the report\u2019s own test examples, where all numbers are "
            "shifted alike."
        )
    return Grid(COLUMNS[:-1], tuple(rows)), " ".join(notes)
