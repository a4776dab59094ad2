"""From the page to the elements of the typeset document: title page, then everything in order."""

from collections.abc import Iterator

from nnrepro.report import wording
from nnrepro.report.page import Block, Page, Section
from nnrepro.report.typeset import back
from nnrepro.report.typeset.elements import Element, Facts, Heading, Paragraph, TitlePage
from nnrepro.report.typeset.fragments import Text, plain
from nnrepro.report.typeset.panels import Pictures, strip_elements
from nnrepro.report.typeset.sentences import Sentences, spaced


def title_page(page: Page, sentences: Sentences) -> TitlePage:
    """The first page: what the study is, how complete, and how many claims hold."""
    return TitlePage(
        title=page.title,
        study=page.study,
        lead=sentences.say("extent", page.counts, page.protocols),
        stamp=page.budget.stamp,
        alert=_alert(page, sentences),
        remarks=tuple(_remarks(page, sentences)),
        tallies=tuple(_tallies(page, sentences)),
    )


def flow(page: Page, sentences: Sentences, pictures: Pictures) -> Iterator[Element]:
    """Everything behind the table of contents; the figures go to `pictures`."""
    yield from _highlights(page, sentences)
    for part in page.parts:
        yield Heading(1, plain(part.title), part.anchor)
        for section in part.sections:
            yield from _question(section, sentences, pictures)
    yield from back.claims(page.claims, sentences)
    yield from back.published(page.published, sentences, pictures)
    yield from back.inconsistencies(page.inconsistencies, sentences, pictures)
    yield from back.runs(page.runs, sentences)
    yield from back.reading(page.reading, sentences)
    yield from back.provenance(page.provenance, sentences)


def _alert(page: Page, sentences: Sentences) -> tuple[str, tuple[Text, ...]] | None:
    budget = page.budget
    if not budget.cut:
        return None
    title = "".join(segment.text for segment in sentences.say("budget_title", budget))
    said = [
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
    if page.status is None:
        yield sentences.say("no_runs_table")
        return
    if page.status.incomplete:
        yield sentences.say("incomplete", page.status)
    if page.status.busy:
        yield sentences.say("busy", page.status)


def _tallies(page: Page, sentences: Sentences) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
    """Runs by state and claims by verdict."""
    if page.status is not None:
        asked = _words(sentences.say("runs_asked"))
        states = [
            (_words(sentences.say("status_name", name)), wording.grouped(count))
            for name, count in page.status.counts.items()
        ]
        yield "Runs", ((asked, wording.grouped(page.status.asked)), *states)
    if page.claims and page.claims.facts:
        yield (
            "Claims",
            tuple((word, wording.grouped(count)) for word, count in page.claims.facts.verdicts),
        )


def _words(text: Text) -> str:
    return "".join(segment.text for segment in text)


def _highlights(page: Page, sentences: Sentences) -> Iterator[Element]:
    if not page.highlights:
        return
    yield Heading(1, plain("Summary"), "summary")
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
    yield Heading(2, spaced(plain(section.name), plain(section.title)), section.anchor)
    if section.text:
        yield Paragraph(plain(section.text), "asked")
    if section.findings:
        yield Heading(3, sentences.say("findings_title"))
        yield Facts(tuple(_finding(block, sentences) for block in section.findings))
    if section.claims:
        links = [
            (*plain(claim.name, anchor=claim.anchor), *plain(f" {claim.verdict}"))
            for claim in section.claims
        ]
        text = plain("Claims on this question: ")
        for index, link in enumerate(links):
            text += link + plain("." if index == len(links) - 1 else ", ")
        yield Paragraph(text, "note")
    for block in section.blocks:
        yield Heading(3, plain(block.title))
        for strip in block.strips:
            if strip.title:
                yield Heading(4, plain(strip.title))
            yield from strip_elements(strip.panels, sentences, pictures)
    if not section.blocks:
        yield Paragraph(sentences.say("no_evidence"), "none")


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
