"""Figures of curves and runs in a browser: switching, reading off, opening, downloading."""

import json
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def figure(page: Any) -> Any:
    """The curves of a text model, in view."""
    found = page.locator("figure.curves", has=page.locator("img[src*='metadata']")).first
    anchor = found.get_attribute("id")
    found.scroll_into_view_if_needed()
    figure = page.locator(f"[id='{anchor}']")
    figure.locator(".traces").wait_for()
    return figure


def shown_values(figure: Any, trace: str) -> list[float]:
    words = figure.locator(".traces li", has_text=trace).locator(".value").inner_text()
    return [float(word.split()[-1]) for word in words.split(",")]


def test_a_picture_becomes_a_drawing_with_the_same_words(figure: Any) -> None:
    assert figure.locator("img").count() == 0
    svg = figure.get_by_role("img", name="Line charts of cost and accuracy")
    assert "Epoch" in svg.text_content()
    assert svg.locator("metadata, style").count() == 0


def test_ids_stay_unique_with_several_drawings_in_the_page(page: Any, figure: Any) -> None:
    for other in page.locator("figure.comparison, figure.curves").all()[:6]:
        other.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids))
    assert page.locator("figure .scroll > svg").count() > 1


def test_a_trace_is_switched_off_and_on_by_keyboard(figure: Any) -> None:
    button = figure.get_by_role("button", name="train")
    lines = figure.locator("g.trace-0").locator("visible=true")
    drawn = lines.count()
    assert drawn > 1
    button.press("Space")
    assert button.get_attribute("aria-pressed") == "false"
    assert lines.count() == 0
    assert figure.locator("g.trace-1").locator("visible=true").count() > 1
    button.press("Space")
    assert lines.count() == drawn


def test_published_marks_are_switched_off_like_a_curve_and_have_no_value_to_read(page: Any) -> None:
    image = page.locator("figure.curves img[src*='published%22']").first
    anchor = image.locator("xpath=ancestor::figure").get_attribute("id")
    image.scroll_into_view_if_needed()
    figure = page.locator(f"[id='{anchor}']")
    figure.locator(".traces").wait_for()
    button = figure.get_by_role("button", name="published")
    marks = figure.locator("g.trace-2").locator("visible=true")
    assert marks.count() >= 4
    assert "max 0." in figure.locator("svg").first.text_content()
    button.press("Space")
    assert marks.count() == 0
    row = figure.locator(".traces li", has=page.get_by_role("button", name="published"))
    assert row.locator(".value").inner_text() == ""
    slider = figure.get_by_role("slider", name="Epoch")
    slider.press("ArrowLeft")
    said = figure.get_by_role("status")
    said.filter(has_text="test cost").wait_for(state="attached")
    assert "published" not in said.inner_text()


def test_every_epoch_is_read_off_by_keyboard(page: Any, figure: Any, whole: Any) -> None:
    """The values are those of the history, at every epoch that the arrow keys reach."""
    run = next(run for run in whole.study.runs_of("tan", "text_models"))
    history = json.loads((whole.root / "runs" / run.id / "history.json").read_text())
    slider = figure.get_by_role("slider", name="Epoch")
    slider.press("Home")
    for epoch in (1, 2, 3):
        assert figure.locator(".now").inner_text() == str(epoch)
        for trace, series in (
            ("train", ("loss", "accuracy")),
            ("test", ("val_loss", "val_accuracy")),
        ):
            expected = [history[name][epoch - 1] for name in series]
            assert shown_values(figure, trace) == pytest.approx(expected, abs=1e-4)
        slider.press("ArrowRight")
    assert figure.locator(".cursor line").count() == 2
    said = figure.get_by_role("status")
    assert said.inner_text() == ""  # it waits until the keys rest
    said.filter(has_text="Epoch 4: train cost").wait_for(state="attached")


def test_the_epoch_under_the_pointer_is_read_off(page: Any, figure: Any) -> None:
    """The left end of a panel is the first epoch, the right end the last."""
    slider = figure.get_by_role("slider", name="Epoch")
    slider.press("Home")
    box = figure.locator(".cursor line").first.bounding_box()
    slider.press("End")
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    assert figure.locator(".now").inner_text() == "1"


def test_a_runs_details_open_from_the_table_with_curves_and_history(page: Any, whole: Any) -> None:
    run = whole.study.runs[0]
    page.locator(f"[id='run-{run.id}'] a").click()
    details = page.locator(f"[id='details-{run.id}']")
    details.get_by_role("img", name="Accuracy by epoch").wait_for()
    assert "batch_size" in details.inner_text()
    with page.expect_download() as waiting:
        details.get_by_role("button", name="Download history").click()
    loaded = json.loads(Path(waiting.value.path()).read_text(encoding="utf-8"))
    stored = json.loads((whole.root / "runs" / run.id / "history.json").read_text())
    assert loaded.keys() == stored.keys()
    for name, values in stored.items():
        assert loaded[name] == pytest.approx(values, abs=5.1e-5)


def test_the_end_of_a_log_stands_with_its_run(opened: Any, whole: Any) -> None:
    run = next(run for run in whole.study.runs_of("tan", "text_models"))
    details = opened(f"#details-{run.id}").page.locator(f"[id='details-{run.id}']")
    assert details.locator("pre").inner_text() == "epoch 1/10\nepoch 10/10"


def test_a_phone_reads_the_same_values_off_the_drawing_that_is_made_for_it(
    opened: Any, whole: Any
) -> None:
    page = opened(viewport={"width": 390, "height": 800}).page
    image = page.locator("figure.curves:has(picture) img").first
    anchor = image.locator("xpath=ancestor::figure").get_attribute("id")
    image.scroll_into_view_if_needed()
    figure = page.locator(f"[id='{anchor}']")
    figure.locator(".traces").wait_for()
    assert (
        figure.locator("svg[data-narrow]").count() == 1 and figure.locator("picture").count() == 0
    )
    run = next(run for run in whole.study.runs_of("tan", "text_models"))
    history = json.loads((whole.root / "runs" / run.id / "history.json").read_text())
    figure.get_by_role("slider", name="Epoch").press("Home")
    expected = [history[name][0] for name in ("val_loss", "val_accuracy")]
    assert shown_values(figure, "test") == pytest.approx(expected, abs=1e-4)
    first, second = figure.locator(".cursor line").all()
    assert first.bounding_box()["y"] + first.bounding_box()["height"] < second.bounding_box()["y"]
