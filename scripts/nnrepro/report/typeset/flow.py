"""From the page to the elements of the typeset document: title page, then everything in order."""

from collections.abc import Iterator

from nnrepro.document import wording
from nnrepro.document.text import Text, plain, small, spaced, words_of
from nnrepro.report.page import Block, ClaimFinding, Page, Section, Supplement
from nnrepro.report.typeset import back
from nnrepro.report.typeset.elements import Element, Facts, Heading, Paragraph, TitlePage
from nnrepro.report.typeset.panels import Pictures, strip_elements
from nnrepro.report.typeset.sentences import Sentences


def title_page(page: Page, sentences: Sentences) -> TitlePage:
    """The first page: what the study is, how complete, and how many claims hold."""
    return TitlePage(
        title=page.title,
        study=page.study,
        about=page.about,
        lead=sentences.say("extent", page.counts, page.protocols),
        stamp="" if page.budget.cut and page.budget.extents else page.budget.stamp,
        alert=_alert(page, sentences),
        remarks=tuple(_remarks(page, sentences)),
        tallies=tuple(_tallies(page, sentences)),
        answers_title="In short" if page.answers else "",
        answers=tuple(sentences.stated(statement) for statement in page.answers),
    )


def flow(page: Page, sentences: Sentences, pictures: Pictures) -> Iterator[Element]:
    """Everything behind the table of contents; the figures go to `pictures`."""
    for block in page.key_figures:
        yield from _evidence(block, 1, sentences, pictures)
    yield from _highlights(page, sentences)
    yield from _differences(page, sentences, pictures)
    for part in page.parts:
        yield Heading(1, plain(part.title), part.anchor)
        for section in part.sections:
            yield from _question(section, sentences, pictures)
    yield from back.claims(page.claims, sentences)
    yield from back.published(page.published, sentences, pictures)
    yield from back.inconsistencies(page.inconsistencies, sentences, pictures)
    for study in page.supplements:
        yield from _supplement(study, sentences, pictures)
    yield from back.methods(page.methods, page.references, sentences)
    yield from back.runs(page.runs, page.status, sentences)
    yield from back.reading(page.reading, sentences)
    yield from back.provenance(page.provenance, sentences)


def _alert(page: Page, sentences: Sentences) -> tuple[str, tuple[Text, ...]] | None:
    budget = page.budget
    if not budget.cut:
        return None
    title = words_of(sentences.say("budget_title", budget))
    said = [
        *(sentences.say("extent_group", group) for group in budget.extents),
        sentences.say("generated_data", budget.generated) if budget.generated else (),
        sentences.say("shortened") if budget.shortened else (),
        sentences.say("fewer_runs", budget.runs, budget.declared)
        if budget.runs < budget.declared
        else (),
    ]
    return title, tuple(filter(None, said))


def _remarks(page: Page, sentences: Sentences) -> Iterator[Text]:
    for name, note in page.budget.data_notes.items():
        yield plain(f"{name}: ", "bold") + plain(note)
    if page.reading.telling:
        yield sentences.say("telling_data", page.reading.telling)
    if page.status is None:
        yield sentences.say("no_runs_table")
        return
    if page.status.incomplete:
        yield sentences.say("incomplete", page.status)


def _tallies(page: Page, sentences: Sentences) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
    """Runs by state and claims by verdict."""
    if page.status is not None:
        asked = words_of(sentences.say("runs_asked"))
        states = [
            (words_of(sentences.say("status_name", name)), wording.grouped(count))
            for name, count in page.status.counts.items()
        ]
        yield "Runs", ((asked, wording.grouped(page.status.asked)), *states)
    if page.claims and page.claims.facts:
        yield (
            "Claims",
            tuple((word, wording.grouped(count)) for word, count in page.claims.facts.verdicts),
        )


def _differences(page: Page, sentences: Sentences, pictures: Pictures) -> Iterator[Element]:
    if page.differences is None:
        return
    yield Heading(1, plain("How the protocols differ"), "differences", fresh=False)
    yield Paragraph(sentences.say("differences", page.differences.measured))
    yield from strip_elements([page.differences.panel], sentences, pictures)


def _supplement(study: Supplement, sentences: Sentences, pictures: Pictures) -> Iterator[Element]:
    yield Heading(1, plain(study.title), study.anchor)
    if study.about:
        yield Paragraph(plain(study.about), "asked")
    yield Paragraph(sentences.stated(study.extent))
    for section in study.sections:
        yield from _question(section, sentences, pictures)


def _highlights(page: Page, sentences: Sentences) -> Iterator[Element]:
    if not page.highlights:
        return
    yield Heading(1, plain("Experiment by experiment"), "summary", fresh=False)
    yield Facts(
        tuple(
            (
                plain(group.title),
                tuple(
                    spaced(plain(item.protocol, "owner"), sentences.stated(item.statement))
                    for item in group.members
                ),
            )
            for group in page.highlights
        )
    )


def _question(section: Section, sentences: Sentences, pictures: Pictures) -> Iterator[Element]:
    title = spaced(plain(section.name), plain(section.title))
    yield Heading(2, title, section.anchor, listed=True)
    if section.text:
        yield Paragraph(plain(section.text), "asked")
    if section.claims:
        yield Heading(3, plain("What was claimed, and what the runs say"))
        yield Facts(tuple(_claim(claim, sentences) for claim in section.claims))
    if section.findings:
        yield Heading(3, sentences.say("findings_title"))
        yield Facts(tuple(_finding(block, sentences) for block in section.findings))
    for item in section.absent:
        yield Paragraph(sentences.say("absent", item), "none")
    for block in section.blocks:
        yield from _evidence(block, 3, sentences, pictures)
    if not section.absent and not section.blocks:
        yield Paragraph(sentences.say("no_evidence"), "none")


def _evidence(
    block: Block, level: int, sentences: Sentences, pictures: Pictures
) -> Iterator[Element]:
    yield Heading(level, plain(block.title), block.anchor if level == 1 else "")
    for strip in block.strips:
        if strip.title:
            yield Heading(level + 1, plain(strip.title))
        yield from strip_elements(strip.panels, sentences, pictures)


def _claim(claim: ClaimFinding, sentences: Sentences) -> tuple[Text, tuple[Text, ...]]:
    """A claim with its verdict, and what that rests on."""
    said = spaced(
        plain(claim.protocol, "owner"),
        plain(claim.statement),
        plain(claim.name, "small", anchor=claim.anchor),
    )
    return plain(claim.verdict), (said, small(sentences.say("sure", claim)))


def _finding(block: Block, sentences: Sentences) -> tuple[Text, tuple[Text, ...]]:
    """What a table says, sentence by sentence, the last with a link to the table."""
    said = []
    for finding in block.findings:
        texts = [sentences.stated(statement) for statement in finding.statements]
        texts[0] = spaced(plain(finding.protocol, "owner"), texts[0])
        link = plain(f"Table\N{NO-BREAK SPACE}{finding.number}", "small", anchor=finding.anchor)
        texts[-1] = spaced(texts[-1], link)
        said += texts
    return plain(block.title), tuple(said)
