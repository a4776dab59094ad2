"""Published numbers beside the reproduced ones, and where they do not fit themselves."""

import re
from collections.abc import Iterator

import pandas as pd

from nnrepro.document import wording
from nnrepro.document.elements import Element, Fold, Panels, Paragraph, Section, Table
from nnrepro.document.grid import Cell, Grid, Row, entry, grid, number_field, numeric, text_field
from nnrepro.document.text import BUDGET, Text, linked, plain
from nnrepro.figures.specs import AGREEMENT, figure_specs
from nnrepro.published.comparison import ALL, INSIDE, OFFSET_COLUMNS, OUTSIDE
from nnrepro.published.inconsistencies import KINDS
from nnrepro.published.numbers import NEEDED, RESULT_COLUMNS
from nnrepro.report.blocks import figure_block
from nnrepro.report.exhibits import TABLE, Numbers, caption
from nnrepro.report.sections.published_rows import COLUMNS, number_row
from nnrepro.report.source import Source
from nnrepro.statistics.grid import GRID
from nnrepro.statistics.intervals import SEEDS, TEST_SET
from nnrepro.tables.content import LEVEL, Record, records

PUBLISHED = "published"
OFFSETS = "published_offsets"
SUMMARY = "published_summary"
INCONSISTENCIES = "inconsistencies"

_TEXT = ("value", "part", "question", "runs", "baseline", "reason", "remark", "note")
_WHOSE = ("published", "reproduced")
_COUNTS = {
    "rows": "Printed",
    "reproducible": "Reproducible",
    "reproduced": "Reproduced",
    "inside": "Inside",
    "outside": "Outside",
    "missing": "Missing",
}


def published(source: Source, numbers: Numbers) -> Section | None:
    """Published numbers beside reproduced ones; None where the study has no such table."""
    tables, answer = _tables(source), published_answer(source)
    if tables is None or answer is None:
        return None
    frame, summary = tables
    contents: list[Element] = [
        Paragraph(answer[1]),
        Paragraph(_measure(set(frame["interval_kind"].dropna()))),
        Panels((_summary_table(source, summary, next(numbers.tables)),)),
        *_shared(source, numbers.tables),
    ]
    contents += _figures(source, frame, numbers.figures)
    folds = tuple(_folds(source, frame, numbers.tables))
    contents.append(Section("Every number", folds))
    title = "Printed beside reproduced"
    return Section(title, tuple(contents), PUBLISHED, "back long", listed=True, fresh=True)


def published_answer(source: Source) -> tuple[str, str] | None:
    """How much of what was published is reproduced, in few words and in a sentence or two.

    None where the study has no such table.
    """
    tables = _tables(source)
    if tables is None:
        return None
    total = tables[1].iloc[-1]
    reproduced, inside, outside = (int(total[name]) for name in ("reproduced", INSIDE, OUTSIDE))
    printed = wording.counted(int(total["rows"]), "printed number")
    if not reproduced:
        return "Not known", f"No run here gives any of {printed}."
    have = "has" if reproduced == 1 else "have"
    given = f"{wording.grouped(reproduced)} of {printed} {have} a counterpart here."
    judged = inside + outside
    if not judged:
        return "Not judged", f"{given} None of them can be judged."
    mark = f"{wording.grouped(inside)} of {wording.grouped(judged)}"
    which = "All" if judged == reproduced > 1 else wording.grouped(judged)
    return mark, (
        f"{given} {which} of these can be judged: {wording.grouped(inside)} "
        f"{'lies' if inside == 1 else 'lie'} within the {LEVEL} interval of one further run, "
        f"{wording.grouped(outside)} outside."
    )


def published_numbers(source: Source) -> pd.DataFrame | None:
    """Every published number with its reproduction; None where the study has no such table."""
    tables = _tables(source)
    return None if tables is None else tables[0]


def inconsistencies(source: Source, numbers: Numbers) -> Section | None:
    """Inconsistencies and checks, by protocol; None without the table."""
    frame = _inconsistencies(source)
    if frame is None:
        return None
    said = (
        "Where what was published does not fit its own numbers. The numbers are looked up in the "
        "published table by a rule of each item; nothing here depends on a run."
    )
    tables = []
    titles = ("What does not fit", "Checks of the printed numbers")
    for kind, title in zip(KINDS, titles, strict=True):
        for protocol, rows in _split(frame[frame["kind"] == kind], "protocol"):
            position = next(numbers.tables)
            budget = plain("Printed numbers alone.", BUDGET)
            words = caption(TABLE, position, title, _title(source, protocol), budget)
            tables.append(Table(f"{TABLE}-{position}", words, _inconsistency_grid(rows)))
    if not tables:
        return None
    heading = "Inconsistencies in what was published"
    contents: tuple[Element, ...] = (Paragraph(said), *tables)
    return Section(heading, contents, INCONSISTENCIES, "back long", listed=True, fresh=True)


def inconsistency_answer(source: Source) -> Text:
    """How often each report does not fit its own numbers; nothing where none does so."""
    frame = _inconsistencies(source)
    if frame is None:
        return ()
    shown = frame[(frame["kind"] == KINDS[0]) & frame["confirmed"].eq(True).fillna(False)]
    protocols = source.study.protocols
    found = {name: int((shown["protocol"] == name).sum()) for name in protocols}
    counts = {protocols[name].title: count for name, count in found.items() if count}
    if not counts:
        return ()
    by_title = ", ".join(f"{title}: {wording.grouped(count)}" for title, count in counts.items())
    places = wording.counted(sum(counts.values()), "place")
    return linked(
        INCONSISTENCIES,
        f"In {places}, what was published contradicts itself"
        f"{f' ({by_title})' if len(counts) > 1 else ''}.",
    )


def _tables(source: Source) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """Every published number, and counts of them, the last of all together."""
    frame = source.table(PUBLISHED, (*NEEDED, *RESULT_COLUMNS), _TEXT)
    summary = source.table(SUMMARY, ("protocol", "part", "question", *_COUNTS), _TEXT)
    return None if frame is None or summary is None else (frame, summary)


def _inconsistencies(source: Source) -> pd.DataFrame | None:
    columns = ("id", "protocol", "kind", "statement", "shown", "confirmed")
    return source.table(INCONSISTENCIES, columns, ("shown", "protocol", "lines"))


def _measure(kinds: set[str]) -> str:
    """What published numbers are judged by."""
    level = f"the {LEVEL}"
    by = []
    if SEEDS in kinds:
        by.append(f"{level} prediction interval from the seeds (Student\u2019s t)")
    if GRID in kinds:
        by.append(
            f"with one seed of a grid, {level} interval by the residuals of the grid, which hold "
            "what seeds differ in"
        )
    if TEST_SET in kinds:
        by.append(
            f"with one seed {'elsewhere' if GRID in kinds else 'alone'}, {level} sampling error "
            "of two runs on a test set of that size, for accuracies only, which leaves the spread "
            "over seeds out"
        )
    return (
        "A printed number is what one run gave, so it is judged by where one further run would "
        f"lie, which is wider than the interval of a mean{': ' if by else ''}{'; '.join(by)}. A "
        "number counts as inside when the interval reaches a value that would be printed like it. "
        "Not judged, each for the reason that stands beside it, are numbers that are repeated, "
        "bounds, times on other machines, runs that were cut short, and what has no such interval."
    )


def _inconsistency_grid(rows: pd.DataFrame) -> Grid:
    marks = {True: "yes", False: "no", None: "by the text alone"}
    fields = (
        text_field("Statement", lambda row: Cell(str(row["statement"]), header=True)),
        text_field("Numbers that show it", lambda row: _spoken(row["shown"] or "")),
        text_field("Confirmed", lambda row: marks[row["confirmed"]]),
    )
    return grid(records(rows), fields)


def _spoken(shown: str) -> str:
    """Looked up numbers with the names of metrics and variants as words."""
    shown = re.sub(r"\blast(\d+)_", r"last \1 ", shown)
    return re.sub(r"(?<=[a-z\d])_(?=[a-z\d])", " ", shown).replace(" | ", "; and ")


def _summary_table(source: Source, summary: pd.DataFrame, position: int) -> Table:
    fields = (
        text_field("Question", lambda row: Cell(_question(source, row), header=True)),
        *(number_field(words, entry(name, wording.whole)) for name, words in _COUNTS.items()),
        number_field(
            "Median difference (points)",
            entry("median_absolute_difference", wording.percent_number),
        ),
    )
    counted = grid(
        records(summary), fields, lambda row, cells: Row(cells, summary=row["question"] == ALL)
    )
    title = "Printed numbers and how many of them are reproduced"
    note = (
        "Reproducible: a run of this study can give the number. Inside and outside: of the "
        "interval of one further run. Median difference: of the accuracies judged."
    )
    return Table(
        f"{TABLE}-{position}",
        caption(TABLE, position, title, "", source.budget(source.study.runs)),
        counted,
        note,
    )


def _shared(source: Source, positions: Iterator[int]) -> Iterator[Element]:
    """What numbers of a report's own test sample have in common; nothing where there are none."""
    frame = source.table(OFFSETS, OFFSET_COLUMNS, ("protocol", "metric"))
    if frame is None or frame.empty:
        return

    def named(row: Record) -> str:
        return f"{_title(source, str(row['protocol']))}, {str(row['metric']).replace('_', ' ')}"

    def numbers(row: Record) -> Cell:
        there, here = (wording.grouped(row[f"{whose}_examples"]) for whose in _WHOSE)
        return Cell(named(row), f"{there} examples there, {here} here", header=True)

    def offset(row: Record) -> Cell:
        ends = (wording.percent_number(row[f"offset_{end}"]) for end in ("low", "high"))
        shared = wording.percent_number(row["offset"])
        return numeric(shared, f"another sample: {' to '.join(ends)}")

    def spread(row: Record) -> Cell:
        by_seed = f"two seeds: {wording.percent_number(row['seed_sd'])}"
        return numeric(wording.percent_number(row["residual_sd"]), by_seed)

    rows = records(frame)
    said = [
        f"{named(row)}: the shared offset is {'' if row['fits'] else 'not '}one that another "
        f"sample gives, and {row['residuals_inside']} of {row['numbers']} residuals are such as "
        "another seed gives."
        for row in rows
    ]
    position = next(positions)
    fields = (
        text_field("Numbers", numbers),
        number_field("Shared offset (points)", offset),
        text_field("Another sample?", lambda row: "yes" if row["fits"] else "no"),
        number_field("Spread about it (points)", spread),
        number_field("Another seed?", lambda row: f"{row['residuals_inside']} of {row['numbers']}"),
    )
    title = "What the numbers of a report\u2019s own test sample share"
    note = (
        "The offset is the mean of reproduced minus printed. Whether another sample of the same "
        f"size gives it, and whether another seed gives what is left of each number, is asked at "
        f"{LEVEL}; a number is inside where both are so."
    )
    yield Paragraph(
        "What was measured on test examples that are not ours is judged on two levels. "
        + " ".join(said)
    )
    words_of = caption(TABLE, position, title, "", source.budget(source.study.runs))
    yield Panels((Table(f"{TABLE}-{position}", words_of, grid(rows, fields), note),))


def _question(source: Source, row: Record) -> str:
    """What a row of the summary counts."""
    if row["protocol"] == ALL:
        return "All"
    protocol = _title(source, str(row["protocol"]))
    if row["question"] == ALL:
        return f"{protocol}, all"
    return " ".join(filter(None, (protocol, row["part"], row["question"])))


def _figures(source: Source, frame: pd.DataFrame, numbers: Iterator[int]) -> tuple[Element, ...]:
    """The figure of each protocol of which something is reproduced."""
    reproduced = set(frame.loc[frame["reproduced"].notna(), "protocol"])
    there = [name for name in source.study.protocols if name in reproduced]
    spec = figure_specs(source.study, AGREEMENT)[-1]
    return figure_block(source, spec, numbers, there).section.contents


def _folds(source: Source, frame: pd.DataFrame, numbers: Iterator[int]) -> Iterator[Fold]:
    """Every number, a table per protocol and part."""
    parted = frame if "part" in frame.columns else frame.assign(part="")
    for protocol, own in _split(parted, "protocol"):
        runs = source.study.runs_of(protocol)
        for part, rows in _split(own, "part"):
            judged = rows["status"].isin((INSIDE, OUTSIDE)).sum()
            owner, position = _title(source, protocol), next(numbers)
            words = ", ".join(filter(None, (owner, source.study.parts.get(part, part))))
            none = plain("No run of this study.", BUDGET)
            budget = source.budget(runs) if runs else none
            title = "Every printed number"
            every = Grid(COLUMNS, tuple(number_row(source, row) for row in records(rows)))
            said = caption(TABLE, position, title, owner, budget)
            shown = Table(f"{TABLE}-{position}", said, every)
            counted = wording.counted(len(rows), "number")
            opened = f"{words}: {counted}, {wording.grouped(int(judged))} judged"
            yield Fold(opened, (shown,))


def _split(frame: pd.DataFrame, column: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """Rows by what stands in a column, in the order in which it first does."""
    entries = frame[column].astype("object").where(frame[column].notna(), "").astype("str")
    for found in dict.fromkeys(entries):
        yield found, frame[entries == found]


def _title(source: Source, protocol: str) -> str:
    """A protocol's title; its name where the study at hand has no run of it."""
    known = source.study.protocols.get(protocol)
    return known.title if known else protocol
