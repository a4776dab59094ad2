"""Building the report: collect the page, render and typeset it, write both."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from nnrepro.document import wording
from nnrepro.failures import Failure, Failures
from nnrepro.files import write_bytes, write_text
from nnrepro.report.answers import answers
from nnrepro.report.claims import claims_of, findings_of
from nnrepro.report.differences import differences
from nnrepro.report.figures import figure_block
from nnrepro.report.methods import methods, references
from nnrepro.report.page import (
    FIGURE,
    TABLE,
    Absent,
    Block,
    Page,
    Panel,
    Part,
    Provenance,
    RunList,
    Section,
    Statement,
    Strip,
    Supplement,
    Unmade,
)
from nnrepro.report.provenance import provenance as provenance_of
from nnrepro.report.published import comparison as comparison_of
from nnrepro.report.published import inconsistencies as inconsistencies_of
from nnrepro.report.reading import reading as reading_of
from nnrepro.report.rendering import render
from nnrepro.report.runs import run_list
from nnrepro.report.source import Decisions, Source
from nnrepro.report.summary import budget, counts, highlights, run_status, supplement_facts
from nnrepro.report.tables import table_block
from nnrepro.report.typeset.compile import typeset
from nnrepro.study.folders import RunFolders
from nnrepro.study.study import FigureSpec, Question, Study, TableSpec

T = TypeVar("T")


def build_report(
    study: Study,
    *,
    tables: Path,
    figures: Path,
    decisions: Decisions,
    provenance: Mapping[str, Any],
    out: Path,
    pdf: Path | None = None,
    reading: Mapping[str, Any] | None = None,
    folders: RunFolders | None = None,
    logs: Path | None = None,
    supplements: Sequence[Source] = (),
    undecided: Mapping[tuple[str, str], str] | None = None,
    unmade: Mapping[str, str] | None = None,
    failures: Failures | None = None,
) -> None:
    """Write the report as one self-contained HTML file, and as PDF.

    The same input gives the same bytes. A table or figure whose file is missing is named in its
    place.

    Args:
        study: what the report is about; its parts and questions give the sections.
        tables: folder with `runs.csv`, `variants.csv` and one `<name>.csv` per table of the study.
        figures: folder with `<protocol>/<kind>/...svg`.
        decisions: what each protocol selected, by (protocol, experiment).
        provenance: data, code, packages, machines and seconds behind the runs; any may be absent.
        out: the HTML file to write; it is replaced as a whole.
        pdf: the PDF to write; None for none.
        reading: damaged, further and additional runs, as `measures.inventory.inventory` gives them.
        folders: where the folders of the runs are, for the details of each; None leaves these out.
        logs: folder with `<run_id>.log` of each training; None without one.
        supplements: other studies whose questions the report shows, in their order.
        undecided: why nothing could be selected, by (protocol, experiment).
        unmade: why tables and figures could not be made, by their paths without suffixes.
        failures: takes what of the report cannot be made, a part each, so that the rest is.

    Raises:
        ReportError: a table or figure is there but damaged, and nothing takes failures.
        OSError: a file cannot be written.
    """
    source = Source(
        study,
        Path(tables),
        Path(figures),
        decisions,
        provenance,
        reading or {},
        folders,
        logs,
        undecided=undecided or {},
        failures=unmade or {},
    )
    page = collect_page(source, supplements, failures)
    write_text(Path(out), render(page))
    if pdf is not None:
        attempt = _attempt_with(failures)
        write_bytes(Path(pdf), attempt("report/report.pdf", lambda: typeset(page), lambda _: b""))


def collect_page(
    source: Source, supplements: Sequence[Source] = (), failures: Failures | None = None
) -> Page:
    """Everything that the report shows.

    Args:
        source: the study that the report is about.
        supplements: other studies whose questions it shows.
        failures: takes what of it cannot be made.

    Raises:
        ReportError: a table or figure is there but damaged, and nothing takes failures.
    """
    study = source.study
    figure_numbers, table_numbers = itertools.count(1), itertools.count(1)
    attempt = _attempt_with(failures)
    used = attempt("report/methods", lambda: methods(source, supplements), _nothing)
    return Page(
        title=study.title,
        study=study.name,
        about=study.about,
        counts=counts(source),
        protocols=tuple(protocol.title for protocol in study.protocols.values()),
        budget=budget(source),
        status=run_status(source),
        answers=attempt("report/answers", lambda: answers(source), _nothing),
        key_figures=_key_figures(attempt, source, figure_numbers),
        highlights=attempt("report/highlights", lambda: highlights(source), _nothing),
        differences=attempt(
            "report/differences", lambda: differences(source, supplements, table_numbers), _none
        ),
        parts=_parts(attempt, source, figure_numbers, table_numbers),
        methods=used,
        references=attempt("report/references", lambda: references(source, used), _nothing),
        runs=attempt("report/runs", lambda: run_list(source), lambda _: RunList((), (), ())),
        provenance=attempt("report/provenance", lambda: provenance_of(source), _no_provenance),
        claims=attempt("report/claims", lambda: claims_of(source, table_numbers), _none),
        published=attempt(
            "report/published",
            lambda: comparison_of(source, figure_numbers, table_numbers),
            _none,
        ),
        inconsistencies=attempt(
            "report/inconsistencies", lambda: inconsistencies_of(source, table_numbers), _nothing
        ),
        supplements=tuple(
            _supplement(attempt, each, figure_numbers, table_numbers) for each in supplements
        ),
        # After all else, as it names what of that could not be made.
        reading=reading_of(source, _unmade(source, supplements, failures or ())),
    )


class _Attempt(Protocol):
    """Makes a part of the page, or what stands in its place, given why it could not be made."""

    def __call__(self, part: str, make: Callable[[], T], otherwise: Callable[[str], T]) -> T: ...


def _attempt_with(failures: Failures | None) -> _Attempt:
    """Attempts whose failures are taken; without anything that takes them, they are raised."""

    def attempt(part: str, make: Callable[[], T], otherwise: Callable[[str], T]) -> T:
        if failures is None:
            return make()
        with failures.costs_only_itself(part):
            return make()
        return otherwise(list(failures)[-1].message)

    return attempt


def _nothing(why: str) -> tuple[Any, ...]:
    return ()


def _none(why: str) -> None:
    return None


def _no_provenance(why: str) -> Provenance:
    return Provenance((), (), (), (), (), Statement("not_made", Unmade("section", why)), ())


def _unmade(
    source: Source, supplements: Sequence[Source], failures: Iterable[Failure]
) -> dict[str, str]:
    """Why parts of the study, of its supplements and of this page could not be made."""
    return {
        **source.failures,
        **{each.file(part): why for each in supplements for part, why in each.failures.items()},
        **{failure.part: failure.message for failure in failures},
    }


def _supplement(
    attempt: _Attempt,
    source: Source,
    figure_numbers: Iterator[int],
    table_numbers: Iterator[int],
) -> Supplement:
    """Another study: what it is, and the questions of all its parts."""
    parts = _parts(attempt, source, figure_numbers, table_numbers)
    return Supplement(
        anchor=source.heading_anchor,
        title=source.study.title,
        about=source.study.about,
        extent=Statement("supplement", supplement_facts(source)),
        sections=tuple(section for part in parts for section in part.sections),
    )


def _key_figures(attempt: _Attempt, source: Source, numbers: Iterator[int]) -> tuple[Block, ...]:
    """The figures of no question, of which runs are there."""
    blocks, study = [], source.study
    for spec in study.figures.values():
        runs = [r for p in study.protocols for r in source.shown_runs(p, spec.runs)]
        if not spec.question and source.extent.runs(runs):
            blocks.append(_shown(attempt, source, spec, numbers, list(study.protocols)))
    return tuple(blocks)


def _shown(
    attempt: _Attempt,
    source: Source,
    spec: FigureSpec | TableSpec,
    numbers: Iterator[int],
    protocols: Sequence[str],
) -> Block:
    """The block of a figure or table, or what stands in its place where it cannot be shown."""
    folder, kind = ("figures", FIGURE) if isinstance(spec, FigureSpec) else ("tables", TABLE)

    def block() -> Block:
        if isinstance(spec, FigureSpec):
            return figure_block(source, spec, numbers, protocols)
        return table_block(source, spec, numbers, protocols)

    return attempt(
        f"report/{source.file(f'{folder}/{spec.name}')}",
        block,
        lambda why: _unmade_block(source, spec, kind, next(numbers), why),
    )


def _unmade_block(
    source: Source, spec: TableSpec | FigureSpec, kind: str, number: int, why: str
) -> Block:
    """What stands in the place of a figure or table that the page cannot show."""
    panel = Panel(
        kind=kind,
        number=number,
        anchor=f"{kind}-{number}",
        title=spec.title,
        protocol="",
        stamp="",
        cut=False,
        notes=(Statement("not_made", Unmade(kind, why)),),
        missing=spec.name,
    )
    anchor = source.anchor(f"{kind}-{spec.name}")
    return Block(kind, spec.title, anchor, (Strip("", (panel,)),))


def _parts(
    attempt: _Attempt,
    source: Source,
    figure_numbers: Iterator[int],
    table_numbers: Iterator[int],
) -> tuple[Part, ...]:
    """Parts that have questions, figures and tables numbered through in reading order."""
    study = source.study
    parts = []
    for name, title in study.parts.items():
        sections = tuple(
            _section(attempt, source, question, figure_numbers, table_numbers)
            for question in study.questions.values()
            if question.part == name
        )
        if sections:
            parts.append(Part(f"part-{wording.slug(name)}", title, sections))
    return tuple(parts)


def _section(
    attempt: _Attempt,
    source: Source,
    question: Question,
    figure_numbers: Iterator[int],
    table_numbers: Iterator[int],
) -> Section:
    """A question: its figures, then its tables, of the protocols of which a run is there."""
    study = source.study
    figures = [item for item in study.figures.values() if item.question == question.name]
    tables = [item for item in study.tables.values() if item.question == question.name]
    specs: list[TableSpec | FigureSpec] = [*figures, *tables]
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
    absent = tuple(
        Absent(source.protocol_title(name), len(runs))
        for name, runs in asked.items()
        if runs and name not in there
    )
    if absent and not there:
        absent = (Absent("", sum(item.runs for item in absent)),)
    blocks = [_shown(attempt, source, figure, figure_numbers, there) for figure in figures]
    blocks += [_shown(attempt, source, table, table_numbers, there) for table in tables]
    return Section(
        anchor=source.question_anchor(question.name),
        name=question.name,
        title=question.title,
        text=question.text,
        blocks=tuple(block for block in blocks if block.strips),
        claims=attempt(
            f"report/{source.file(f'questions/{question.name}')}",
            lambda: findings_of(source, question.name),
            _nothing,
        ),
        absent=absent,
    )
