"""The report in short: its length for any study, its links, its figures and tables."""

import posixpath
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.report.conftest import study_of

from nnrepro.document.elements import Document, Figure, Table, every, word_count
from nnrepro.models.registry import catalogue
from nnrepro.report.build import MOST_PAGES, MOST_WORDS, collect, fitting
from nnrepro.report.exhibits import Numbers
from nnrepro.report.html.printer import html
from nnrepro.report.pdf.printer import page_count
from nnrepro.report.sections.layers import layers
from nnrepro.report.source import Source
from nnrepro.study.config import load_study
from nnrepro.study.folders import ArchivedRuns
from nnrepro.study.study import Study
from nnrepro.yamlfile import read_yaml


def fitted(results: Any) -> Any:
    source = Source(results.study, results.tables, results.figures, results.decisions, {})
    return fitting(source, collect(source))


def words_of(page: str, outline: Any) -> int:
    """Words that a page shows, its list of contents left out."""
    return len(outline(re.sub(r"<(nav|script).*?</\1>", "", page, flags=re.DOTALL)).text.split())


def test_the_shipped_study_is_told_on_few_pages(whole: Any, brief: str, outline: Any) -> None:
    assert words_of(brief, outline) <= MOST_WORDS
    pdf = (whole.root / "report" / "report.pdf").read_bytes()
    assert 4 <= page_count(pdf) <= MOST_PAGES
    assert page_count((whole.root / "report" / "details.pdf").read_bytes()) > 40


def _many_variants() -> dict[str, Any]:
    swept = {"learning_rate": [0.0001 * n for n in range(1, 151)]}
    return {"experiments": {"rates": {"title": "Rates", "model": "char_cnn", "parameters": swept}}}


def _many_questions() -> dict[str, Any]:
    words = "Does it matter how long a question is? " * 30
    names = [f"e{n}" for n in range(20)]
    experiments = {
        name: {"title": f"Experiment {name} {words}", "variants": {"a": {"model": "char_cnn"}}}
        for name in names
    }
    return {"experiments": experiments, "about": words * 5}


@pytest.mark.parametrize("config", [_many_variants(), _many_questions()])
def test_no_study_is_too_large_for_it(small: Any, config: dict[str, Any], outline: Any) -> None:
    """Defaults alone: far more variants and questions than there is room for, words without end."""
    nothing: dict[str, Any] = {"questions": {}, "tables": {}, "figures": {}, "supplements": {}}
    config = {**nothing, **config, "only": {"protocols": ["tan"]}, "budget": {"epochs": {"all": 3}}}
    results = small(claims=None, published=None, parts={}, **config)
    results.write_runs()
    results.write_tables()
    results.write_figures()
    drawn = list(results.figures.rglob("*.svg"))
    for path in drawn:  # a row for each of so many variants
        long = f"<desc>{'9' * 1_600_000}</desc></svg>"
        path.write_text(path.read_text().replace("</svg>", long))
    found, paper = fitted(results)
    assert drawn and len(html(found)) < 1_500_000
    assert word_count(found) <= MOST_WORDS
    assert page_count(paper) <= MOST_PAGES


def test_every_link_leads_to_a_page_that_has_its_target(
    whole: Any, brief: str, outline: Any
) -> None:
    root = whole.root / "report"
    pages = {path: outline(path.read_text(encoding="utf-8")) for path in whole.pages}
    assert len(pages) > 15
    seen = set()
    for path, page in pages.items():
        assert len(page.ids) == len(set(page.ids))
        for link in page.all("a"):
            file, _, anchor = (link["href"] or "").partition("#")
            target = Path(posixpath.normpath(path.parent / file)) if file else path
            assert anchor in pages[target].ids
            seen.add((path.relative_to(root), target.relative_to(root)))
    first, details = Path("index.html"), Path("details")
    assert (first, details / "question-A2.html") in seen
    assert (details / "claims.html", first) in seen


def test_each_question_has_one_figure_and_one_table_of_its_own(brief: str) -> None:
    """Those of both protocols side by side, and samples where there are; one table of numbers."""
    for question, figures in (("A2", 2), ("B1", 4), ("B5", 2)):
        own = brief.partition(f'id="brief-question-{question}"')[2].partition("</section>")[0]
        assert own.count("<figure") == figures
        assert own.count("<table") == 1
        assert "Printed beside reproduced" in own
        numbers = re.findall(r"Figure\u00a0(\d+)([ab])\.", own)
        assert [letter for _, letter in numbers] == ["a", "b"] * (figures // 2)
        assert len({number for number, _ in numbers}) == figures // 2
        assert f'href="details/question-{question}.html#question-{question}"' in own


def test_why_printed_numbers_are_not_judged_stands_below_them(brief: str) -> None:
    """No bare mark; the reasons are those of `tables/published.csv`."""
    tables = [part for part in brief.split("<table")[1:] if "<td>not judged</td>" in part]
    assert tables and all("Not judged: " in part for part in tables)
    assert "<td>shown</td>" not in brief


def test_a_small_study_shows_more_than_one_figure_and_table_of_a_question(small: Any) -> None:
    """As many as there is room for, by the limits."""
    results = small(only={"protocols": ["tan"], "experiments": ["text_models"]})
    results.write_runs()
    results.write_tables()
    results.write_figures()
    found, paper = fitted(results)
    own = [e for e in every(found.sections) if getattr(e, "anchor", "") == "brief-question-B5"]
    figures = [e for e in every(own) if isinstance(e, Figure)]
    tables = [e for e in every(own) if isinstance(e, Table)]
    assert len(figures) > 1 and len(tables) > 1
    assert word_count(found) <= MOST_WORDS
    assert page_count(paper) <= MOST_PAGES


def test_one_file_holds_all_pages(whole: Any, brief: str) -> None:
    """The same as those beside it."""
    root = whole.root / "report"
    with zipfile.ZipFile(root / "report.zip") as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    pages = [path for path in root.rglob("*") if path.suffix in (".html", ".pdf")]
    assert held == {f"report/{path.relative_to(root)}": path.read_bytes() for path in pages}
    assert brief.encode() in held.values()


def test_models_are_told_with_the_parameters_that_runs_recorded(small: Any) -> None:
    results = small()
    results.write_runs()
    results.write_tables()
    assert "307" not in results.report()
    trained = results.report().partition('id="trained"')[2].partition("</section>")[0]
    assert "char_cnn" in trained and "unknown" in trained


def archived(study: Study, folder: Path, architectures: Path | None, **more: Any) -> Source:
    """An archive, of which the report knows no table."""
    runs = ArchivedRuns.of(folder)
    return Source(study, folder, folder, {}, {}, folders=runs, architectures=architectures, **more)


def models_of(repository: Path, architectures: Path | None, *supplements: Source) -> str:
    """What is told of the models of the shipped archive."""
    own = study_of(repository), repository / "archive", architectures
    source = archived(*own, supplements=supplements)
    return html(Document("", "", (), None, (layers(source, Numbers()),)))


def test_models_of_the_same_layers_are_one_with_the_sizes_of_all(
    outline: Any, repository: Path, tmp_path: Path
) -> None:
    """The layers of the size that most variants have; what nothing tells is not guessed."""
    text = outline(models_of(repository, repository / "archive/architectures.json")).text
    assert "c1 Conv2D 24 \u00d7 24 \u00d7 90 21 960 2440 to 21 960" in text
    assert "All 10 layers 166 290 106 770 to 730 370" in text
    assert "char_rnn: char GRU, Tan report, and 9 further variants" in text
    (tmp_path / "none.json").write_text("{}")
    for untold in (None, tmp_path / "none.json"):
        assert "was not kept with these runs" in models_of(repository, untold)


def test_models_of_supplements_are_told_with_the_studys_own(outline: Any, repository: Path) -> None:
    folder = repository / "archives/extensions"
    study = load_study(read_yaml(folder / "study.yaml"), catalogue())
    more = archived(study, folder, folder / "architectures.json")
    text = outline(models_of(repository, repository / "archive/architectures.json", more)).text
    alone = outline(models_of(repository, repository / "archive/architectures.json")).text
    assert "image_cnn: Augmented" in text and "image_cnn: Augmented" not in alone
    assert "All 10 layers" in text


def test_what_the_seed_reports_show_has_its_counterpart(
    whole: Any, report: str, outline: Any, repository: Path
) -> None:
    """Every figure and table that one of them prints, by the caption of what stands for it.

    What they say of these in words, by words of ours.
    """
    listed = yaml.safe_load(Path(__file__).with_name("coverage.yaml").read_text(encoding="utf-8"))
    pages = (report, models_of(repository, repository / "archive/architectures.json"))
    text = "".join(outline(page).text for page in pages).replace("\u00a0", " ")
    captions = re.findall(r"(Figure|Table) \d+\. (.*?(?:Tan|Koh) report)", text)
    assert sum(len(shown) for kinds in listed.values() for shown in kinds.values()) > 40
    for protocol, kinds in listed.items():
        owner = whole.study.protocols[protocol].title
        pair = whole.decisions[protocol, "channel_grid"]
        for words in kinds.pop("said", {}).values():
            assert words in text, words
        for kind, shown in kinds.items():
            there = {c for k, c in captions if k == kind.removesuffix("s").capitalize()}
            for title in shown.values():
                own = title.replace("90/20", f"{pair['c1']}/{pair['c2']}")
                named = {c for c in there if c.endswith(owner)}
                assert any(c.startswith((f"{own}, ", f"{own}: ")) for c in named), title
