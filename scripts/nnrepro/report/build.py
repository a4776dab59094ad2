"""Building the report: collect the page, render it, write it."""

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nnrepro.files import write_text
from nnrepro.report import wording
from nnrepro.report.claims import claims_of, links_of
from nnrepro.report.figures import figure_block
from nnrepro.report.page import Page, Part, Section
from nnrepro.report.provenance import provenance as provenance_of
from nnrepro.report.published import comparison as comparison_of
from nnrepro.report.published import inconsistencies as inconsistencies_of
from nnrepro.report.reading import reading as reading_of
from nnrepro.report.rendering import render
from nnrepro.report.runs import run_list
from nnrepro.report.source import Decisions, Source
from nnrepro.report.summary import budget, counts, highlights, run_status
from nnrepro.report.tables import table_block
from nnrepro.study import Question, Study


def build_report(
    study: Study,
    *,
    tables: Path,
    figures: Path,
    decisions: Decisions,
    provenance: Mapping[str, Any],
    out: Path,
    reading: Mapping[str, Any] | None = None,
) -> None:
    """Write the report as one self-contained HTML file.

    The same input gives the same bytes. A table or figure whose file is missing is named in its
    place.

    Args:
        study: what the report is about; its parts and questions give the sections.
        tables: folder with `runs.csv`, `variants.csv` and one `<name>.csv` per table of the study.
        figures: folder with `<protocol>/<kind>/...svg`.
        decisions: what each protocol selected, by (protocol, experiment).
        provenance: data, code, packages, machines and seconds behind the runs; any may be absent.
        out: the file to write; it is replaced as a whole.
        reading: damaged, further and additional runs, as `analysis.reading.reading` gives them.

    Raises:
        ReportError: a table or figure is there but damaged.
        OSError: the file cannot be written.
    """
    source = Source(study, Path(tables), Path(figures), decisions, provenance, reading or {})
    write_text(Path(out), render(collect_page(source)))


def collect_page(source: Source) -> Page:
    """Everything that the report shows.

    Raises:
        ReportError: a table or figure is there but damaged.
    """
    study = source.study
    figure_numbers, table_numbers = itertools.count(1), itertools.count(1)
    return Page(
        title=study.title,
        study=study.name,
        counts=counts(source),
        protocols=tuple(protocol.title for protocol in study.protocols.values()),
        budget=budget(source),
        status=run_status(source),
        highlights=highlights(source),
        parts=_parts(source, figure_numbers, table_numbers),
        runs=run_list(source),
        provenance=provenance_of(source),
        reading=reading_of(source),
        claims=claims_of(source, table_numbers),
        published=comparison_of(source, figure_numbers, table_numbers),
        inconsistencies=inconsistencies_of(source, table_numbers),
    )


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
    """A question: its figures, then its tables."""
    study = source.study
    blocks = [
        *(
            figure_block(source, figure, figure_numbers)
            for figure in study.figures.values()
            if figure.question == question.name
        ),
        *(
            table_block(source, table, table_numbers)
            for table in study.tables.values()
            if table.question == question.name
        ),
    ]
    return Section(
        anchor=f"question-{wording.slug(question.name)}",
        name=question.name,
        title=question.title,
        text=question.text,
        blocks=tuple(block for block in blocks if block.strips),
        claims=links_of(source, question.name),
    )
