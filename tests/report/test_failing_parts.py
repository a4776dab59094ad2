"""What could not be made is named in its place and in a list, and the rest of the page is there."""

from collections.abc import Callable
from typing import Any

import pytest

from nnrepro.failures import Failures
from nnrepro.measures.inventory import inventory
from nnrepro.measures.runs import read_runs
from nnrepro.report import build
from nnrepro.report.sections import brief, questions
from nnrepro.study.folders import RunFolders
from nnrepro.tables.csvfile import TableError
from nnrepro.training.failed import write_failure

PARTS = """
    first_screen trained claim_groups leaders_by_experiment differences claims published
    inconsistencies methods layers runs provenance_section
"""
BLOCKS = "figure_block table_block claims_on"
WHY = "Width and height specified must be non-negative"


def test_a_figure_and_a_table_that_failed_say_why_in_their_place(small: Any, outline: Any) -> None:
    results = small()
    results.write_runs()
    results.write_tables()
    results.write_figures()
    (results.figures / "tan" / "comparison" / "text_models.svg").unlink()
    (results.tables / "text_models.csv").write_text("")
    unmade = {"figures/tan/comparison/text_models": WHY, "tables/text_models": "no such column"}
    text = outline(results.build(unmade=unmade)).text
    assert f"This figure could not be made: {WHY}" in text
    assert "This table could not be made: no such column" in text
    assert f"figures/tan/comparison/text_models: {WHY}" in text.partition("What was read")[2]
    assert "is missing: there is no file" not in text


def test_a_section_that_fails_costs_that_section(small: Any, outline: Any) -> None:
    """Damaged tables and errors of this program alike; all else is as it was."""
    results = small()
    results.write_runs()
    results.write_tables()
    results.write_figures()
    whole = outline(results.build())
    (results.tables / "text_models.csv").write_text("protocol\ntan\n")
    failures = Failures()
    page = outline(results.build(failures=failures))
    assert [failure.part for failure in failures] == ["report/tables/text_models"]
    assert "This table could not be made" in page.text
    assert page.all("img") == whole.all("img")
    with pytest.raises(TableError):
        results.build()


@pytest.fixture(scope="module")
def kept(make_small: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Results with runs and tables, from which reports are made and nothing else is."""
    results = make_small(tmp_path_factory.mktemp("kept"))
    results.write_runs()
    results.write_tables()
    return results


@pytest.mark.parametrize(
    ("module", "names"),
    [(build, PARTS), (build, "runs"), (build, "typeset"), (questions, BLOCKS), (brief, "leading")],
    ids=["sections", "one", "typeset", "blocks", "leading"],
)
def test_every_part_of_the_page_may_fail(
    kept: Any, outline: Any, monkeypatch: pytest.MonkeyPatch, module: Any, names: str
) -> None:
    """Alone or with others: each is told with its own reason, and the rest of the page is there.

    The two forms print one document, so that sections that fail are printed as PDF, too.
    """

    def failing(name: str) -> Callable[..., None]:
        def fail(*arguments: Any, **options: Any) -> None:
            raise ZeroDivisionError(f"{name} by nothing")

        return fail

    for name in names.split():
        monkeypatch.setattr(module, name, failing(name))
    failures = Failures()
    printed = kept.root / "report.pdf" if names in (PARTS, "typeset") else None
    kept.report(failures=failures, pdf=printed)
    text = "".join(outline(page.read_text()).text for page in kept.pages)
    told = {f"ZeroDivisionError: {name} by nothing" for name in names.split()}
    assert {failure.message for failure in failures} == told
    assert "All runs" in text
    assert names == "typeset" or all(f"{name} by nothing" in text for name in names.split())


def test_failed_runs_are_counted_named_and_no_number(small: Any, outline: Any) -> None:
    results = small()
    results.write_runs()
    run = next(run for run in results.study.runs if run.variant == "word_cnn")
    write_failure(results.root / "runs" / run.id, run, "ValueError: no such word")
    results.write_tables()
    folders = RunFolders(results.root / "runs")
    _, problems = read_runs(results.study.runs, folders)
    told = inventory(results.study, folders, problems)
    text = outline(results.build(inventory=told)).text
    assert "1 run has failed; averages and rankings are made without" in text
    assert f"{run.id}: ValueError: no such word" in text
    assert "Without a value: word CNN" in text


def test_a_selection_of_nothing_is_told_where_its_variant_would_stand(
    small: Any, outline: Any
) -> None:
    undecided = {("tan", "channel_grid"): "the variants are diverged"}
    results = small(only={"protocols": ["tan"], "experiments": ["channel_grid"]})
    results.write_runs()
    results.write_tables()
    results.write_figures()
    results.decisions = {}
    text = outline(results.build(undecided=undecided)).text
    assert "Nothing was selected from" in text and "the variants are diverged" in text
    assert "Selected variant" not in text
