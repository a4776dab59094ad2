"""The page as a whole in a browser: contents, colours, paper, phones, no script, accessibility."""

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

NARROW = {"viewport": {"width": 390, "height": 800}}
BACKGROUND = "getComputedStyle(document.body).backgroundColor"
FIGURES = """() => {
    const figures = document.querySelectorAll("figure:has(picture, svg[data-narrow])");
    return [...figures].map((figure) => {
        const frame = figure.querySelector(".scroll");
        const drawn = frame.querySelector(":is(img, svg)");
        const { left, right, width } = drawn.getBoundingClientRect();
        const svg = drawn.currentSrc ? decodeURIComponent(drawn.currentSrc) : drawn.outerHTML;
        const scale = width / Number(svg.match(/viewBox=.0 0 ([0-9.]+)/)[1]);
        const sizes = [...svg.matchAll(/font-size:([0-9.]+)px/g)].map((size) => Number(size[1]));
        const scrolls = frame.scrollWidth > frame.clientWidth;
        return { left, right, scrolls, letters: scale * Math.min(...sizes) };
    });
}"""
"""Where figures stand that are drawn for phones, and how high their smallest letters are."""

SHIFTS = """() => new Promise((done) => {
    let sum = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
    setTimeout(() => done(sum), 500);
})"""
CONTROLS = ".tools, .traces, .theme, .sort"


def test_the_contents_list_follows_the_reader(page: Any) -> None:
    nav = page.get_by_role("navigation", name="Contents")
    assert nav.locator("[aria-current]").count() == 0
    for anchor in ("runs", "claims"):
        page.locator(f"#{anchor}").evaluate("(heading) => heading.scrollIntoView()")
        current = nav.locator(f"a[href='#{anchor}'][aria-current='location']")
        current.wait_for()
        assert nav.locator("[aria-current]").count() == 1
        assert current.evaluate("(link) => link.getBoundingClientRect().top") < 900


def test_colours_are_chosen_and_remembered(opened: Any) -> None:
    page = opened(color_scheme="light").page
    light = page.evaluate(BACKGROUND)
    page.get_by_role("button", name="Dark").press("Enter")
    dark = page.evaluate(BACKGROUND)
    assert dark != light
    page.reload()
    assert page.evaluate(BACKGROUND) == dark
    assert page.get_by_role("button", name="Dark").get_attribute("aria-pressed") == "true"
    page.get_by_role("button", name="System").click()
    assert page.evaluate(BACKGROUND) == light
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(BACKGROUND) == dark


def test_paper_shows_folded_tables_and_no_controls(page: Any) -> None:
    page.get_by_role("button", name="Dark").click()
    page.emulate_media(media="print")
    page.locator("#published ~ details[open]").first.wait_for()
    assert page.locator(CONTROLS.replace(", .sort", "")).locator("visible=true").count() == 0
    assert page.evaluate(BACKGROUND) == "rgb(255, 255, 255)"
    assert (
        page.locator("nav.contents").evaluate("(nav) => getComputedStyle(nav).position") == "static"
    )
    page.emulate_media(media="screen")
    page.locator("#published ~ details:not([open])").first.wait_for()


def test_a_phone_scrolls_the_page_downwards_only(opened: Any) -> None:
    page = opened(**NARROW).page
    for anchor in ("results", "claims", "runs"):
        page.locator(f"#{anchor}").evaluate("(place) => place.scrollIntoView()")
        page.wait_for_timeout(150)
        assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_shows_figures_whole_and_letters_that_can_be_read(opened: Any, width: int) -> None:
    page = opened(viewport={"width": width, "height": 800}).page
    for figure in page.locator("figure.curves:has(picture), figure.comparison:has(picture)").all()[
        :3
    ]:
        figure.scroll_into_view_if_needed()
    page.locator("figure svg[data-narrow]").first.wait_for()
    found = page.evaluate(FIGURES)
    assert len(found) > 10
    for figure in found:
        assert 0 <= figure["left"] < figure["right"] <= width and not figure["scrolls"]
        assert figure["letters"] >= 9 * width / 390
    assert {figure["letters"] > 0 for figure in found} == {True}


def test_a_wide_screen_shows_the_wide_drawings(page: Any) -> None:
    chosen = page.evaluate(
        "[...document.querySelectorAll('picture img')].map((i) => i.currentSrc === i.src)"
    )
    assert chosen and all(chosen)


def test_a_table_wider_than_the_screen_says_that_it_scrolls(opened: Any, page: Any) -> None:
    """And one that fits does not."""
    told = []
    for each in (page, opened(**NARROW).page):
        told += each.evaluate(
            """[...document.querySelectorAll(".scroll:has(table)")]
            .filter((frame) => frame.checkVisibility())
            .map((frame) => [
                frame.querySelector("table").getBoundingClientRect().width > frame.clientWidth + 1,
                frame.scrollWidth > frame.clientWidth,
                frame.closest(".panel").querySelector(".sideways").checkVisibility()])"""
        )
    assert [True] * 3 in told and [False] * 3 in told
    assert all(wide == scrolls == said for wide, scrolls, said in told), told


@pytest.mark.parametrize("width", [390, 1280])
def test_the_report_is_painted_soon_and_stays_where_it_is(
    opened: Any, page_file: Path, width: int
) -> None:
    """The best of three, as other programs may hold the machine up."""
    report = page_file.with_name("site") / "index.html"
    assert report.stat().st_size < 1_500_000
    paints = []
    for _ in range(3):
        page = opened(file=report, viewport={"width": width, "height": 900}).page
        assert page.evaluate(SHIFTS) < 0.1
        paints.append(
            page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        )
    assert min(paints) < 2000


def test_every_page_of_the_appendix_opens_within_a_second(opened: Any, page_file: Path) -> None:
    for file in sorted((page_file.with_name("site") / "details").glob("*.html")):
        loads = []
        while not loads or (min(loads) > 1000 and len(loads) < 4):
            page = opened(file=file).page
            loads.append(page.evaluate("performance.getEntriesByType('navigation')[0].duration"))
            page.close()
        assert min(loads) < 1000, file.name


def test_the_contents_list_folds_on_a_phone(opened: Any) -> None:
    page = opened(**NARROW).page
    nav = page.get_by_role("navigation", name="Contents")
    button = nav.get_by_role("button", name="Contents")
    link = nav.get_by_role("link", name="All runs")
    assert not link.is_visible()
    button.press("Enter")
    assert link.is_visible() and button.get_attribute("aria-expanded") == "true"
    page.keyboard.press("Escape")
    assert not link.is_visible()
    button.press("Enter")
    link.press("Enter")
    assert not link.is_visible()
    assert page.locator("#runs").is_visible()


def test_everything_is_reached_by_keyboard(page: Any) -> None:
    """From the top, Tab leads through skip link, list of contents, colours and on to the text."""
    seen = []
    for _ in range(80):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.textContent.trim()"))
        outline = "getComputedStyle(document.activeElement).outlineStyle"
        assert page.evaluate(outline) != "none", seen[-1]
    assert seen[0] == "Skip to the results"
    assert {"All runs", "Dark"} <= set(seen)


def test_without_a_script_everything_is_there_to_read(opened: Any) -> None:
    page = opened(java_script_enabled=False, **NARROW).page
    assert page.locator(CONTROLS).count() == 0
    assert page.get_by_role("navigation", name="Contents").get_by_role("link").first.is_visible()
    assert page.locator("figure img").first.is_visible()
    assert page.locator("table.runs tr[id]").first.is_visible()
    group = page.locator("details.fold:has(> details.details)").first
    group.locator("> summary").click()
    group.locator("details.details > summary").first.click()
    assert group.locator("dl.facts").first.is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_barrier_for_anyone(opened: Any, small_page_file: Path, scheme: str) -> None:
    """What axe calls serious or critical is not there, controls and an opened run included."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = opened(file=small_page_file, color_scheme=scheme).page
    page.locator("figure.comparison").first.scroll_into_view_if_needed()
    page.locator(".traces").first.wait_for()
    page.evaluate("location.hash = document.querySelector('details.details').id")
    page.locator(".charts").first.wait_for()
    found = axe.Axe().run(page, options={"resultTypes": ["violations"]})
    severe = [
        f"{item['id']}: {node['html'][:200]}"
        for item in found.response["violations"]
        if item["impact"] in ("serious", "critical")
        for node in item["nodes"]
    ]
    assert severe == []
