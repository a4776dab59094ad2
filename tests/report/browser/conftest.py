"""A report in a real browser: Chromium, where there is one."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.report.conftest import BUDGET, PROVENANCE, Results, study_of

from nnrepro.figures.asked import figures_asked
from nnrepro.figures.drawing import save_drawing
from nnrepro.measures.runs import extent_of, read_runs
from nnrepro.published.levels import curve_levels
from nnrepro.published.numbers import load_published
from nnrepro.report.build import collect, fitting
from nnrepro.report.html.printer import html
from nnrepro.report.html.site import site
from nnrepro.report.source import Source
from nnrepro.study.folders import RunFolders
from nnrepro.study.kinds import kinds

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
DRAWN = ("text_models", "channel_grid")
"""Experiments whose figures are drawn; the others' are stand-ins."""


def draw(results: Any, protocol: str, kind: str, figures: Path, data: Any, *given: Any) -> None:
    """Draw a protocol's figures of a kind, of the runs whose data are given."""
    extent, drawn = extent_of(results.study, data), set()
    function = kinds("figures")[kind].function()
    for figure in figures_asked(results.study, protocol, kind, results.decisions, extent):
        if extent.runs(figure.runs):
            for drawing in function(figure, data, *given, **figure.spec.options):
                if drawing.stem not in drawn:
                    save_drawing(drawing, extent, figures / protocol / kind)
                drawn.add(drawing.stem)


def write_page(results: Any, root: Path) -> Path:
    """The report of some results with drawn curves, below `root`.

    Returns:
        The appendix on one page; the report itself is `site/index.html` beside it.
    """
    study, figures = results.study, root / "figures"
    shutil.copytree(results.figures, figures)
    data, _ = read_runs(study.runs_of("tan"), results.root / "runs")
    text = [item for item in data if item.run.experiment == "text_models"]
    draw(results, "tan", "curves", figures, text, {}, [])
    if "koh" in study.protocols:  # whose report prints levels of these curves
        printed, _ = read_runs(study.runs_of("koh", "text_models"), results.root / "runs")
        numbers = load_published(Path(__file__).parents[3] / study.published["results"], study)
        levels = curve_levels(numbers, study, "koh", results.decisions)
        draw(results, "koh", "curves", figures, printed, levels, [])
    shown = [item for item in data if item.run.experiment in DRAWN]
    draw(results, "tan", "comparison", figures, shown, [])
    log = root / "logs" / f"{text[0].run.id}.log"
    log.parent.mkdir(parents=True)
    log.write_text("epoch 1/10\nepoch 10/10\n", encoding="utf-8")
    out = root / "index.html"
    source = Source(
        study,
        results.tables,
        figures,
        results.decisions,
        PROVENANCE,
        folders=RunFolders(results.root / "runs"),
        logs=root / "logs",
    )
    appendix = collect(source)
    out.write_text(html(appendix), encoding="utf-8")
    for path, page in site(fitting(source, appendix)[0], appendix).items():
        place = root / "site" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(page, encoding="utf-8")
    return out


@pytest.fixture(scope="session")
def page_file(whole: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the whole study."""
    return write_page(whole, tmp_path_factory.mktemp("browser"))


@pytest.fixture(scope="session")
def small_page_file(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with every kind of section and few runs, for what takes long on a large page."""
    only = {"protocols": ["tan"], "experiments": ["text_models", "text_dropout"]}
    root = tmp_path_factory.mktemp("small")
    results = Results(study_of(repository, {"budget": BUDGET, "only": only}), root / "results")
    results.write_runs()
    results.write_tables()
    results.write_figures()
    return write_page(results, root)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium; tests are skipped where there is none."""
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine")
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=CHROMIUM, args=list(OPTIONS))
        yield launched
        launched.close()


@dataclass
class Opened:
    """A page and what it did beside showing itself.

    Attributes:
        page: the page.
        errors: messages of its console and uncaught errors.
        requests: addresses that it asked for, itself left out.
    """

    page: Any
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture
def opened(browser: Any, page_file: Path) -> Iterator[Callable[..., Opened]]:
    """A function that opens the report; whatever a test does, no error and no request may come."""
    contexts, pages = [], []

    def open_report(anchor: str = "", file: Path = page_file, **options: Any) -> Opened:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}} | options)
        contexts.append(context)
        found = Opened(context.new_page())
        pages.append(found)
        address = file.as_uri()

        def asked(route: Any) -> None:
            if route.request.url.partition("#")[0] == address:
                route.continue_()
            else:
                found.requests.append(route.request.url)
                route.abort()

        found.page.route("**/*", asked)
        found.page.on("console", lambda message: found.errors.append(message.text))
        found.page.on("pageerror", lambda error: found.errors.append(str(error)))
        found.page.goto(f"{address}{anchor}")
        return found

    yield open_report
    for found in pages:
        assert found.errors == []
        assert found.requests == []
    for context in contexts:
        context.close()


@pytest.fixture
def page(opened: Callable[..., Opened]) -> Any:
    """The report at 1280 pixels."""
    return opened().page
