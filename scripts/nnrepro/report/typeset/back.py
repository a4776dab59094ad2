"""What stands behind the questions: claims, published numbers, runs, what was read, provenance."""

from collections.abc import Iterator, Sequence

from nnrepro.document.text import Text, plain
from nnrepro.document.wording import UNKNOWN, anchor
from nnrepro.report.page import (
    Claims,
    Comparison,
    DataOrigin,
    Method,
    Panel,
    Provenance,
    Reading,
    Remark,
    RunList,
    RunNames,
    RunStatus,
    Unmade,
)
from nnrepro.report.references import Reference
from nnrepro.report.typeset.elements import (
    Bullets,
    Code,
    Element,
    Facts,
    Heading,
    Paragraph,
    Tables,
    Works,
)
from nnrepro.report.typeset.panels import Pictures, runs_table, strip_elements, tabular
from nnrepro.report.typeset.sentences import Sentences

_CLAIMS = "claims.html.j2"
_PUBLISHED = "published.html.j2"

MOST_PRINTED = 500
"""Of more runs the PDF has no list: thousands take hundreds of pages and minutes to typeset."""


def claims(claims: Claims | None, sentences: Sentences) -> Iterator[Element]:
    """How many claims hold, and each claim with its verdict."""
    if claims is None:
        return
    yield Heading(1, plain("Claims"), "claims")
    if claims.facts:
        yield Paragraph(sentences.say("extent", claims.facts, template=_CLAIMS))
        yield Paragraph(sentences.say("measure", claims.facts, template=_CLAIMS))
    yield from strip_elements([claims.summary], sentences, Pictures())
    for group in claims.groups:
        yield Heading(2, plain(group.title))
        if group.panel.grid:
            caption = sentences.caption(group.panel)
            columns = group.panel.grid.columns
            table = tabular(group.panel.anchor, caption, columns, [("", group.rows)])
            yield Tables((table,))


def published(
    comparison: Comparison | None, sentences: Sentences, pictures: Pictures
) -> Iterator[Element]:
    """Published numbers beside reproduced ones."""
    if comparison is None:
        return
    yield Heading(1, plain("Published beside reproduced"), "published")
    yield Paragraph(sentences.say("extent", comparison.facts, template=_PUBLISHED))
    yield Paragraph(sentences.say("measure", comparison.facts, template=_PUBLISHED))
    yield from strip_elements([comparison.summary], sentences, pictures)
    yield from strip_elements(comparison.figures, sentences, pictures)
    for fold in comparison.folds:
        yield Heading(2, plain(fold.title))
        yield from strip_elements([fold.panel], sentences, pictures)


def inconsistencies(
    panels: Sequence[Panel], sentences: Sentences, pictures: Pictures
) -> Iterator[Element]:
    """Where what was published does not fit its own numbers."""
    if not panels:
        return
    yield Heading(1, plain("Inconsistencies in what was published"), "inconsistencies")
    yield Paragraph(sentences.say("inconsistencies"))
    for panel in panels:
        yield from strip_elements([panel], sentences, pictures)


def methods(
    methods: Sequence[Method], references: Sequence[Reference], sentences: Sentences
) -> Iterator[Element]:
    """How the numbers came about, and the works that this rests on."""
    yield Heading(1, plain("Methods"), "methods")
    for method in methods:
        yield Heading(2, plain(method.title))
        said = sentences.stated(method.statement)
        yield Paragraph(said + _cited(method.references))
    if references:
        yield Heading(2, plain("References"), "references")
        yield Works(tuple((anchor(work.key, "work"), plain(work.text)) for work in references))


def _cited(references: Sequence[Reference]) -> Text:
    """Works by their short names, in brackets."""
    if not references:
        return ()
    text = plain(" (")
    for index, work in enumerate(references):
        text += plain("; " if index else "") + plain(work.key, anchor=anchor(work.key, "work"))
    return text + plain(".)")


def runs(runs: RunList, status: RunStatus | None, sentences: Sentences) -> Iterator[Element]:
    """Every run."""
    yield Heading(1, plain("All runs"), "runs")
    if not runs.groups:
        yield Paragraph(sentences.say("missing", "table", "tables/runs.csv"), "warning")
        return
    count = sum(len(group.rows) for group in runs.groups)
    if count > MOST_PRINTED:
        yield Paragraph(sentences.say("too_many_runs", count))
        return
    yield Paragraph(sentences.say("all_runs"))
    if status and status.busy:
        yield Paragraph(sentences.say("busy", status))
    yield Tables((runs_table(runs, sentences),))


def reading(reading: Reading, sentences: Sentences) -> Iterator[Element]:
    """Odd data, damaged, missing, further and additional runs."""
    if reading.empty:
        return
    yield Heading(1, plain("What was read"), "reading", fresh=False)
    if reading.failed:
        yield Heading(2, plain("Failed runs"))
        yield Paragraph(sentences.say("failed", reading.failed), "warning")
        yield _remarks(reading.failed, sentences)
    if reading.undecided:
        yield Heading(2, plain("Selections of nothing"))
        yield Paragraph(sentences.say("undecided"), "warning")
        yield _unmade(reading.undecided, sentences)
    if reading.unmade:
        yield Heading(2, plain("What could not be made"))
        yield Paragraph(sentences.say("unmade"), "warning")
        yield _unmade(reading.unmade, sentences)
    if reading.data:
        yield Heading(2, plain("Data"))
        yield Paragraph(sentences.say("odd_data"))
        yield Bullets(tuple(sentences.say("odd", item) for item in reading.data))
    if reading.damaged:
        yield Heading(2, plain("Damaged histories"))
        yield Paragraph(sentences.say("damaged", reading.damaged), "warning")
        yield _remarks(reading.damaged, sentences)
    if reading.missing:
        yield Heading(2, plain("Missing runs"))
        yield Paragraph(sentences.say("missing_runs"))
        yield _names(reading.missing, sentences)
    if reading.several:
        yield Heading(2, plain("Runs with several histories"))
        yield Paragraph(sentences.say("several"))
        yield Bullets(tuple(sentences.say("histories", item) for item in reading.several))
    if reading.longer:
        yield Heading(2, plain("Runs that went on for longer"))
        yield Paragraph(sentences.say("longer"))
        yield Bullets(tuple(sentences.say("longer_runs", group) for group in reading.longer))
    if reading.extra:
        yield Heading(2, plain("Runs that are no part of this study"))
        yield Paragraph(sentences.say("extra_runs"))
        yield _names(reading.extra, sentences)
    if reading.remarks:
        yield Heading(2, plain("Remarks"))
        yield _remarks(reading.remarks, sentences)


def provenance(origin: Provenance, sentences: Sentences) -> Iterator[Element]:
    """What the numbers were made from."""
    unknown = (plain(UNKNOWN),)
    yield Heading(1, plain("Provenance"), "provenance", fresh=False)
    yield Paragraph(sentences.say("origin"))
    yield Heading(2, plain("Data"))
    if not origin.data:
        yield Paragraph(plain(UNKNOWN))
    for item in origin.data:
        yield Heading(3, plain(item.name))
        yield _data(item, sentences)
    yield Heading(2, plain("Code and machine"))
    packages = tuple(plain(f"{name} {version}") for name, version in origin.packages)
    yield Facts(
        (
            (plain("Code"), tuple(plain(sum_, "code") for sum_ in origin.code) or unknown),
            *((plain(name), (plain(value),)) for name, value in origin.facts),
            (plain("Packages"), packages or unknown),
        )
    )
    yield Heading(2, plain("Time, all runs together"))
    yield Facts(tuple((plain(name), (plain(value),)) for name, value in origin.seconds))
    yield Paragraph(sentences.stated(origin.energy))
    yield Heading(2, plain("Making it again"))
    for what, command in origin.again:
        yield Paragraph(sentences.stated(what))
        yield Code(command)
    yield Paragraph(sentences.say("kept"))


def _data(item: DataOrigin, sentences: Sentences) -> Facts:
    sums: tuple[Text, ...] = tuple(
        plain(f"{file} ") + plain(sum_, "code") for file, sum_ in item.sums
    )
    note = ((plain("Note"), (plain(item.note),)),) if item.note else ()
    return Facts(
        (
            (plain("Source"), (plain(item.source),)),
            (plain("Generated"), (sentences.say("yes_no", item.generated),)),
            *note,
            (plain("Checksums"), sums or (plain(UNKNOWN),)),
        )
    )


def _remarks(items: Sequence[Remark], sentences: Sentences) -> Bullets:
    return Bullets(tuple(sentences.say("remark", item) for item in items))


def _unmade(items: Sequence[Unmade], sentences: Sentences) -> Bullets:
    return Bullets(tuple(sentences.say("unmade_item", item) for item in items))


def _names(groups: Sequence[RunNames], sentences: Sentences) -> Bullets:
    return Bullets(tuple(sentences.say("run_names", group) for group in groups))
