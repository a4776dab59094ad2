"""Building the report: collect the page, render and typeset it, write both."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from nnrepro.files import write_bytes, write_text
from nnrepro.report import wording
from nnrepro.report.answers import answers
from nnrepro.report.claims import claims_of, findings_of
from nnrepro.report.differences import differences
from nnrepro.report.figures import figure_block
from nnrepro.report.methods import methods, references
from nnrepro.report.page import Absent, Block, Page, Part, Section, Statement, Supplement
from nnrepro.report.provenance import provenance as provenance_of
from nnrepro.report.published import comparison as comparison_of
from nnrepro.report.published import inconsistencies as inconsistencies_of
from nnrepro.report.reading import reading as reading_of
from nnrepro.report.rendering import render
from nnrepro.report.runs import run_list
from nnrepro.report.source import Decisions, Source
from nnrepro.report.summary import budget, counts, highlights, run_status, supplement_facts
from nnrepro.report.tables import table_block
from nnrepro.report.typeset import typeset
from nnrepro.study import FigureSpec, Question, Study, TableSpec
from nnrepro.study.folders import RunFolders


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
        reading: damaged, further and additional runs, as `analysis.reading.reading` gives them.
        folders: where the folders of the runs are, for the details of each; None leaves these out.
        logs: folder with `<run_id>.log` of each training; None without one.
        supplements: other studies whose questions the report shows, in their order.

    Raises:
        ReportError: a table or figure is there but damaged.
        OSError: a file cannot be written.
    """
    source = Source(
        study, Path(tables), Path(figures), decisions, provenance, reading or {}, folders, logs
    )
    page = collect_page(source, supplements)
    write_text(Path(out), render(page))
    if pdf is not None:
        write_bytes(Path(pdf), typeset(page))


def collect_page(source: Source, supplements: Sequence[Source] = ()) -> Page:
    """Everything that the report shows.

    Args:
        source: the study that the report is about.
        supplements: other studies whose questions it shows.

    Raises:
        ReportError: a table or figure is there but damaged.
    """
    study = source.study
    figure_numbers, table_numbers = itertools.count(1), itertools.count(1)
    used = methods(source, supplements)
    return Page(
        title=study.title,
        study=study.name,
        about=study.about,
        counts=counts(source),
        protocols=tuple(protocol.title for protocol in study.protocols.values()),
        budget=budget(source),
        status=run_status(source),
        answers=answers(source),
        key_figures=_key_figures(source, figure_numbers),
        highlights=highlights(source),
        differences=differences(source, supplements, table_numbers),
        parts=_parts(source, figure_numbers, table_numbers),
        methods=used,
        references=references(source, used),
        runs=run_list(source),
        provenance=provenance_of(source),
        reading=reading_of(source),
        claims=claims_of(source, table_numbers),
        published=comparison_of(source, figure_numbers, table_numbers),
        inconsistencies=inconsistencies_of(source, table_numbers),
        supplements=tuple(_supplement(each, figure_numbers, table_numbers) for each in supplements),
    )


def _supplement(
    source: Source, figure_numbers: Iterator[int], table_numbers: Iterator[int]
) -> Supplement:
    """Another study: what it is, and the questions of all its parts."""
    parts = _parts(source, figure_numbers, table_numbers)
    return Supplement(
        anchor=source.heading_anchor,
        title=source.study.title,
        about=source.study.about,
        extent=Statement("supplement", supplement_facts(source)),
        sections=tuple(section for part in parts for section in part.sections),
    )


def _key_figures(source: Source, numbers: Iterator[int]) -> tuple[Block, ...]:
    """The figures of no question, of which runs are there."""
    blocks, study = [], source.study
    for spec in study.figures.values():
        runs = [r for p in study.protocols for r in source.shown_runs(p, spec.runs)]
        if not spec.question and source.extent.runs(runs):
            blocks.append(figure_block(source, spec, numbers, study.protocols))
    return tuple(blocks)


def _parts(
    source: Source, figure_numbers: Iterator[int], table_numbers: Iterator[int]
) -> tuple[Part, ...]:
    """Parts that have questions, figures and tables numbered through in reading order."""
    study = source.study
    parts = []
    for name, title in study.parts.items():
        sections = tuple(
            _section(source, question, figure_numbers, table_numbers)
            for question in study.questions.values()
            if question.part == name
        )
        if sections:
            parts.append(Part(f"part-{wording.slug(name)}", title, sections))
    return tuple(parts)


def _section(
    source: Source, question: Question, figure_numbers: Iterator[int], table_numbers: Iterator[int]
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
    there = [name for name, runs in asked.items() if source.extent.runs(runs.values())]
    absent = tuple(
        Absent(source.protocol_title(name), len(runs))
        for name, runs in asked.items()
        if runs and name not in there
    )
    if absent and not there:
        absent = (Absent("", sum(item.runs for item in absent)),)
    blocks = [figure_block(source, figure, figure_numbers, there) for figure in figures]
    blocks += [table_block(source, table, table_numbers, there) for table in tables]
    return Section(
        anchor=source.question_anchor(question.name),
        name=question.name,
        title=question.title,
        text=question.text,
        blocks=tuple(block for block in blocks if block.strips),
        claims=findings_of(source, question.name),
        absent=absent,
    )
