"""Building the report: the document from the study's results, and its two forms."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from nnrepro.document.elements import Bullets, Document, Element, Section
from nnrepro.failures import Failure, Failures
from nnrepro.files import write_bytes, write_text
from nnrepro.report.attempts import Attempts, nothing
from nnrepro.report.exhibits import Numbers
from nnrepro.report.html.printer import html
from nnrepro.report.pdf.compile import typeset
from nnrepro.report.sections.answers import answers
from nnrepro.report.sections.claims import claims, verdict_tiles
from nnrepro.report.sections.differences import differences
from nnrepro.report.sections.front import masthead
from nnrepro.report.sections.highlights import highlights
from nnrepro.report.sections.methods import methods
from nnrepro.report.sections.problems import problems
from nnrepro.report.sections.provenance import no_provenance
from nnrepro.report.sections.provenance import provenance as provenance_section
from nnrepro.report.sections.published import inconsistencies, published
from nnrepro.report.sections.questions import key_figures, parts, supplement
from nnrepro.report.sections.runs import no_runs, runs
from nnrepro.report.source import Source
from nnrepro.study.decisions import Decisions
from nnrepro.study.folders import RunFolders
from nnrepro.study.study import Study


def build_report(
    study: Study,
    *,
    tables: Path,
    figures: Path,
    decisions: Decisions,
    provenance: Mapping[str, Any],
    out: Path,
    pdf: Path | None = None,
    inventory: Mapping[str, Any] | None = None,
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
        inventory: damaged, further and additional runs, as `measures.inventory` tells them.
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
        inventory or {},
        folders,
        logs,
        undecided=undecided or {},
        failures=unmade or {},
    )
    document = collect(source, supplements, failures)
    write_text(Path(out), html(document))
    if pdf is not None:
        attempt = Attempts(failures)
        printed = attempt("report/report.pdf", lambda: typeset(document), lambda _: b"")
        write_bytes(Path(pdf), printed)


def collect(
    source: Source, supplements: Sequence[Source] = (), failures: Failures | None = None
) -> Document:
    """Everything that the report shows.

    Args:
        source: the study that the report is about.
        supplements: other studies whose questions it shows.
        failures: takes what of it cannot be made.

    Raises:
        ReportError: a table or figure is there but damaged, and nothing takes failures.
    """
    attempt, numbers = Attempts(failures), Numbers()
    first = _answers(attempt, source, numbers)
    sections = [
        attempt("report/highlights", lambda: highlights(source), nothing),
        attempt("report/differences", lambda: differences(source, supplements, numbers), nothing),
        *parts(attempt, source, numbers),
        attempt("report/claims", lambda: claims(source, numbers), nothing),
        attempt("report/published", lambda: published(source, numbers), nothing),
        attempt("report/inconsistencies", lambda: inconsistencies(source, numbers), nothing),
        *(supplement(attempt, each, numbers) for each in supplements),
        attempt("report/methods", lambda: methods(source, supplements), nothing),
        attempt("report/runs", lambda: runs(source), lambda _: no_runs()),
        attempt("report/provenance", lambda: provenance_section(source), no_provenance),
    ]
    # After all else, as it names what of that could not be made.
    found = problems(source, _unmade(source, supplements, failures or ()))
    *before, last = sections
    shown = tuple(section for section in (*before, found, last) if section)
    return Document(source.study.title, source.study.name, tuple(masthead(source)), first, shown)


def _answers(attempt: Attempts, source: Source, numbers: Numbers) -> Section | None:
    """What the study comes to in a few sentences, and the figures of no question."""
    said = attempt("report/answers", lambda: answers(source), nothing) or ()
    tiles = attempt("report/verdicts", lambda: verdict_tiles(source), nothing)
    figures = tuple(key_figures(attempt, source, numbers))
    if not said and not figures:
        return None
    contents: tuple[Element, ...] = (Bullets(said, numbered=True),) if said else ()
    shown = (*filter(None, [tiles]), *contents, *figures)
    return Section("In short", shown, "answers", "answers")


def _unmade(
    source: Source, supplements: Sequence[Source], failures: Iterable[Failure]
) -> dict[str, str]:
    """Why parts of the study, of its supplements and of this page could not be made."""
    return {
        **source.failures,
        **{each.file(part): why for each in supplements for part, why in each.failures.items()},
        **{failure.part: failure.message for failure in failures},
    }
