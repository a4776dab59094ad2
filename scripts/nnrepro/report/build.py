"""Building the report and its appendix: two documents, each in two forms."""

import io
import shutil
import textwrap
import zipfile
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

from nnrepro.document.elements import (
    Document,
    Facts,
    Figure,
    Panels,
    Paragraph,
    Section,
    every,
    word_count,
)
from nnrepro.document.text import linked, spaced, text, words_of
from nnrepro.failures import Failure, Failures
from nnrepro.files import read_bytes, write_bytes, write_text
from nnrepro.report.exhibits import Attempts, Numbers, nothing
from nnrepro.report.html.printer import data_uri
from nnrepro.report.html.site import DETAILS, MAIN, site
from nnrepro.report.pdf.printer import page_count, typeset
from nnrepro.report.sections.brief import (
    Answers,
    Room,
    answers_in,
    brief_questions,
    gone,
    has_room,
    renumbered,
)
from nnrepro.report.sections.claims import claims
from nnrepro.report.sections.differences import differences
from nnrepro.report.sections.first import QUESTIONS, first_screen
from nnrepro.report.sections.front import lead, masthead
from nnrepro.report.sections.grouped_claims import claim_groups
from nnrepro.report.sections.layers import layers, no_layers
from nnrepro.report.sections.leading import leaders_by_experiment
from nnrepro.report.sections.methods import methods
from nnrepro.report.sections.problems import problems
from nnrepro.report.sections.provenance import no_provenance
from nnrepro.report.sections.provenance import provenance as provenance_section
from nnrepro.report.sections.published import inconsistencies, published
from nnrepro.report.sections.questions import key_figures, parts, supplement
from nnrepro.report.sections.runs import no_runs, runs
from nnrepro.report.sections.trained import trained
from nnrepro.report.source import Source

MOST_WORDS, MOST_PAGES = 3500, 12
MOST_DRAWN = 1_370_000
"""What the report holds itself to, for any study: words, pages, and bytes of its figures, with
which its page is below 1.5 MB."""

_ROOMS = (
    Room(full=10, named=10, rows=5, claims=12, exhibits=6, pictures=6),
    Room(full=10, named=10, rows=5, claims=12, exhibits=2, pictures=2),
    Room(full=10, named=10, rows=5, claims=12),
    Room(full=10, named=10, rows=4, claims=6),
    Room(full=10, named=10, rows=3, claims=4),
    Room(full=10, named=10, rows=4, claims=6, pictures=0),
    Room(full=8, named=12, rows=3, claims=4, pictures=0),
    Room(full=6, named=10, rows=3, claims=2, pictures=0),
    Room(full=4, named=6, rows=3, claims=0, pictures=0),
    Room(full=1, named=4, rows=2, claims=0, pictures=0),
)
"""How much of a study is shown, from all that there ever is to what fits any."""


def build_report(
    source: Source,
    out: Path,
    *,
    pdf: Path | None = None,
    failures: Failures | None = None,
) -> None:
    """Write the report and its appendix, as HTML and as PDF.

    The report is one self-contained page, and as short a PDF; the appendix is pages in a folder
    `details` beside it, and `details.pdf`; `in_short.txt` has its first screen, and
    `report.zip` holds all pages. The same input gives the same bytes. A table or figure
    whose file is missing is named in its place.

    Args:
        source: what the report is made from; the study's parts and questions, and those of its
            supplements, give the sections.
        out: the HTML file to write; the appendix is written beside it.
        pdf: the PDF to write, and its appendix beside it; None for none.
        failures: takes what of the report cannot be made, a part each, so that the rest is.

    Raises:
        OSError: a file cannot be written.
    """
    appendix = collect(source, failures)
    report, paper = fitting(source, appendix, failures)
    shutil.rmtree(out.parent / DETAILS, ignore_errors=True)
    for path, page in site(report, appendix).items():
        place = out if path == MAIN else out.parent / path
        place.parent.mkdir(parents=True, exist_ok=True)
        write_text(place, page)
    write_text(out.with_name("in_short.txt"), in_short(report))
    if pdf is not None:
        attempt = Attempts(failures)
        whole = attempt("report/details.pdf", lambda: typeset(appendix), lambda _: b"")
        write_bytes(pdf.with_name("details.pdf"), whole)
        write_bytes(pdf, paper)
    write_bytes(out.with_name("report.zip"), zipped(out.parent))


def zipped(folder: Path) -> bytes:
    """The report with its appendix as one file to send: a ZIP, the same for the same pages."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.suffix in (".html", ".pdf"):
                place = zipfile.ZipInfo(f"report/{file.relative_to(folder).as_posix()}")
                archive.writestr(place, read_bytes(file), zipfile.ZIP_DEFLATED)
    return written.getvalue()


def in_short(report: Document) -> str:
    """The questions of the first screen with their answers as plain text.

    Each is a paragraph, in which answers of several parts have a line or more each.
    """
    first = [report.answers] if report.answers else []
    asked = [each for each in every(first) if isinstance(each, Facts) and each.role == QUESTIONS]
    said = [
        "\n".join(_lines(words_of(spaced(name, mark)), [words_of(spaced(each)) for each in texts]))
        for facts in asked
        for name, (mark, *texts) in facts.items
    ]
    return "\n\n".join(said) + "\n"


def _lines(asked: str, answers: Sequence[str]) -> list[str]:
    """A question with its answers, of several each on lines of its own."""
    if len(answers) == 1:
        return textwrap.wrap(f"{asked} \N{EM DASH} {answers[0]}", 100, break_on_hyphens=False)
    own = (
        textwrap.wrap(f"- {each}", 98, subsequent_indent="  ", break_on_hyphens=False)
        for each in answers
    )
    return [asked, *(f"  {line}" for lines in own for line in lines)]


def fitting(
    source: Source, appendix: Document, failures: Failures | None = None
) -> tuple[Document, bytes]:
    """The report, with as much of the study as fits `MOST_WORDS` and `MOST_PAGES`, and as PDF.

    The PDF is empty where it could not be typeset.
    """
    attempt, answers = Attempts(failures), answers_in(source)
    for room in _ROOMS:
        document = summed_up(source, appendix, room, answers=answers, failures=failures)
        if room != _ROOMS[-1] and (
            word_count(document) > MOST_WORDS or _drawn(document) > MOST_DRAWN
        ):
            continue
        made = attempt("report/report.pdf", partial(typeset, document, MOST_PAGES), lambda _: b"")
        if not made or page_count(made) <= MOST_PAGES:
            break
    return document, made


def _drawn(document: Document) -> int:
    """Bytes of the figures of a document as its page has them."""
    first = [document.answers] if document.answers else []
    elements = every([*first, *document.sections])
    drawn = [each for each in elements if isinstance(each, Figure)]
    return sum(len(data_uri(svg)) for each in drawn for svg in {each.svg, each.narrow})


def summed_up(
    source: Source,
    appendix: Document,
    room: Room,
    *,
    answers: Answers,
    failures: Failures | None = None,
) -> Document:
    """The report: the study's answers, each with the figure and table that show it."""
    attempt, numbers, study = Attempts(failures), Numbers(), source.study
    first = attempt(
        "report/answers",
        lambda: first_screen(attempt, source, _picture(source, appendix, numbers)),
        partial(gone, "In short"),
    )
    sections = [
        *brief_questions(attempt, source, appendix.sections, numbers, room, answers=answers),
        attempt(
            "report/trained", lambda: trained(source, numbers), partial(gone, "What was trained")
        ),
        attempt(
            "report/claim_groups",
            lambda: claim_groups(source, room.claims),
            partial(gone, "The claims"),
        ),
    ]
    shown = (*filter(None, sections), _further())
    return Document(study.title, study.name, tuple(lead(source)), first, shown, short=True)


def _further() -> Section:
    """Where everything else is."""
    said = text(
        "The appendix has every figure and table, ",
        linked("runs", "every run"),
        ", ",
        linked("methods", "the methods with their sources"),
        ", and ",
        linked("provenance", "data, code, packages and machines"),
        ".",
    )
    return Section("Everything else", (Paragraph(said),), "further", "back", listed=True)


def _picture(source: Source, appendix: Document, numbers: Numbers) -> Sequence[Figure]:
    """The first figure of no question, of each protocol, where the report has room for it."""
    found = appendix.answers
    panels = (each for each in every([found] if found else []) if isinstance(each, Panels))
    drawn = ([each for each in own.members if isinstance(each, Figure)] for own in panels)
    shown = next(filter(None, drawn), [])[: len(source.study.protocols)]
    return renumbered(shown, numbers) if shown and has_room(shown) else ()


def collect(source: Source, failures: Failures | None = None) -> Document:
    """The appendix: everything that there is to show."""
    attempt, numbers = Attempts(failures), Numbers()
    figures = tuple(key_figures(attempt, source, numbers))
    pictures = Section("All in one picture", figures, "pictures", "answers") if figures else None
    sections = [
        attempt("report/leaders", lambda: leaders_by_experiment(source), nothing),
        attempt("report/differences", lambda: differences(source, numbers), nothing),
        *parts(attempt, source, numbers),
        attempt("report/claims", lambda: claims(source, numbers), nothing),
        attempt("report/published", lambda: published(source, numbers), nothing),
        attempt("report/inconsistencies", lambda: inconsistencies(source, numbers), nothing),
        *(supplement(attempt, each, numbers) for each in source.supplements),
        attempt("report/methods", lambda: methods(source), nothing),
        attempt("report/layers", lambda: layers(source, numbers), no_layers),
        attempt("report/runs", lambda: runs(source), lambda _: no_runs()),
        attempt("report/provenance", lambda: provenance_section(source), no_provenance),
    ]
    # After all else, as it names what of that could not be made.
    found = problems(source, _unmade(source, failures or ()))
    *before, last = sections
    shown = tuple(section for section in (*before, found, last) if section)
    title = f"Appendix: {source.study.title}"
    return Document(title, source.study.name, tuple(masthead(source)), pictures, shown)


def _unmade(source: Source, failures: Iterable[Failure]) -> dict[str, str]:
    """Why parts of the study, of its supplements and of this page could not be made."""
    return {
        **source.failures,
        **{
            each.file(part): why
            for each in source.supplements
            for part, why in each.failures.items()
        },
        **{failure.part: failure.message for failure in failures},
    }
