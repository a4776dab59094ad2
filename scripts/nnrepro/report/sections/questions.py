"""The questions of the study and of its supplements: claims, findings, figures and tables."""

from collections.abc import Iterator, Sequence

from nnrepro.document import wording
from nnrepro.document.elements import Element, Facts, Gap, Panels, Paragraph, Section
from nnrepro.document.text import NUMBER, Text, code, plain, spaced, text
from nnrepro.report.blocks import figure_block, table_block
from nnrepro.report.exhibits import (
    FIGURE,
    TABLE,
    Attempts,
    Exhibit,
    Numbers,
    block,
    caption,
    not_made,
    nothing,
)
from nnrepro.report.sections.chosen import chosen
from nnrepro.report.sections.claims import claims_on, lists_on
from nnrepro.report.source import Source
from nnrepro.study.study import Question, Spec


def parts(attempt: Attempts, source: Source, numbers: Numbers) -> Iterator[Section]:
    """Parts that have questions, in the order of the study."""
    for name, title in source.study.parts.items():
        found = tuple(
            _question(attempt, source, question, numbers)
            for question in source.study.questions.values()
            if question.part == name
        )
        if not name:
            yield from found
        elif found:
            anchor = f"part-{wording.slug(name)}"
            yield Section(title, found, anchor, "part", listed=True, fresh=True)


def supplement(attempt: Attempts, source: Source, numbers: Numbers) -> Section:
    """Another study: what it is, and the questions of all its parts."""
    study = source.study
    about = (Paragraph(study.about, "asked"),) if study.about else ()
    questions = (
        each
        for part in parts(attempt, source, numbers)
        for each in ([part] if part.role == "question" else part.contents)
    )
    return Section(
        study.title,
        (*about, Paragraph(_extent(source)), *questions),
        source.heading_anchor,
        "part supplement",
        listed=True,
        fresh=True,
    )


def _extent(source: Source) -> Text:
    """How far a supplement went, and where the rest of it is; runs that are not there count not."""
    study, name = source.study, source.supplement
    there = source.extent.runs(study.runs)
    return text(
        "This is another study, ",
        code(study.name),
        f", of {wording.counted(len(there), 'run')} of its own: {source.stamp(study.runs)}. "
        "None of them counts in the tables and claims above. Its tables are in ",
        code(f"supplements/{name}/tables"),
        "; the rule ",
        code(f"{name}_all"),
        " makes its own report, with every run and where it came from.",
    )


def key_figures(attempt: Attempts, source: Source, numbers: Numbers) -> Iterator[Section]:
    """The figures of no question, of which runs are there."""
    study = source.study
    for spec in study.figures.values():
        runs = [run for name in study.protocols for run in source.shown_runs(name, spec.runs)]
        if not spec.question and source.extent.runs(runs):
            yield _shown(attempt, source, (FIGURE, spec), numbers, list(study.protocols)).section


def _question(attempt: Attempts, source: Source, question: Question, numbers: Numbers) -> Section:
    """A question: its figures, then its tables, of the protocols of which a run is there."""
    study = source.study
    figures = [item for item in study.figures.values() if item.question == question.name]
    tables = [item for item in study.tables.values() if item.question == question.name]
    specs = [*figures, *tables]
    asked = {
        protocol: {run.id: run for spec in specs for run in source.shown_runs(protocol, spec.runs)}
        for protocol in study.protocols
    }
    there = [
        name
        for name, runs in asked.items()
        if source.extent.runs(runs.values())
        or any(source.undecided_among(name, spec.runs) for spec in specs)
    ]
    gone = {name: len(runs) for name, runs in asked.items() if runs and name not in there}
    shown = [
        _shown(attempt, source, (kind, spec), numbers, there)
        for kind, own in ((FIGURE, figures), (TABLE, tables))
        for spec in own
    ]
    shown = [exhibit for exhibit in shown if exhibit.section.contents]
    claims = attempt(
        f"report/{source.file(f'questions/{question.name}')}",
        lambda: claims_on(source, question.name),
        nothing,
    )
    contents: list[Element] = []
    if question.text:
        contents.append(Paragraph(question.text, "asked"))
    experiments = dict.fromkeys(run.experiment for runs in asked.values() for run in runs.values())
    contents += [Paragraph(said) for name in experiments for said in chosen(source, name)]
    contents += [Paragraph(said) for said in lists_on(source, question.name)]
    if claims:
        title = "What was claimed, and what the runs say"
        contents.append(Section(title, (Facts(claims),), role="claimed"))
    if findings := tuple((item.section.title, item.findings) for item in shown if item.findings):
        contents.append(Section("What the tables say", (Facts(findings),), role="findings"))
    contents += [Paragraph(said, "none") for said in _absent(source, gone, bool(there))]
    contents += [item.section for item in shown]
    if not gone and not shown:
        said = "No figure or table of this study belongs to this question."
        contents.append(Paragraph(said, "none"))
    heading = spaced(plain(question.name, NUMBER), question.title)
    anchor = source.question_anchor(question.name)
    return Section(heading, tuple(contents), anchor, "question", listed=True)


def _absent(source: Source, gone: dict[str, int], any_there: bool) -> Iterator[str]:
    """That no run of a question is there, of some protocols or of all."""
    if not any_there and gone:
        runs = sum(gone.values())
        yield f"{_none_of(runs, 'The', 'None')}, and so there is nothing to show."
        return
    for name, runs in gone.items():
        title, said = source.protocol_title(name), _none_of(runs, "the", "none")
        yield f"{title}: {said}, and nothing of it is shown below."


def _none_of(runs: int, the: str, none: str) -> str:
    if runs == 1:
        return f"{the} one run that this question is about is not here"
    return f"{none} of the {wording.grouped(runs)} runs that this question is about is here"


def _shown(
    attempt: Attempts,
    source: Source,
    asked: tuple[str, Spec],
    numbers: Numbers,
    protocols: Sequence[str],
) -> Exhibit:
    """A figure or table, or what stands in its place where it cannot be shown."""
    kind, spec = asked
    counter = numbers.figures if kind == FIGURE else numbers.tables
    build = figure_block if kind == FIGURE else table_block

    def show() -> Exhibit:
        return build(source, spec, counter, protocols)

    def gap(why: str) -> Exhibit:
        number = next(counter)
        words = caption(kind, number, spec.title, "", ())
        panel = Gap(f"{kind}-{number}", words, (not_made(kind, why),))
        anchor = source.anchor(f"{kind}-{spec.name}")
        return Exhibit(block(kind, spec.title, anchor, [("", Panels((panel,)))]))

    return attempt(f"report/{source.file(f'{kind}s/{spec.name}')}", show, gap)
