"""Curves of any run can be drawn: one epoch, gaps, seeds, convergence."""

from dataclasses import replace

import numpy as np
import pytest

from nnrepro.figures.curves import CurvePanel, PublishedMark
from nnrepro.figures.curves import draw as draw_curves
from nnrepro.plots.output import save_figure
from nnrepro.plots.series import Series


def draw(panels, styles, key="adam", **options):
    return draw_curves(
        *panels,
        styles[key],
        title="A title",
        band="smallest to largest of 5 seeds",
        smoothing="mean of 25 epochs",
        **options,
    )


@pytest.mark.parametrize("epochs", [1, 2, 40, 250, 1000])
@pytest.mark.parametrize("seeds", [1, 5])
def test_words_are_on_the_page_and_apart(panels, styles, epochs, seeds, assert_legible):
    figure = draw(panels(epochs, seeds), styles)
    assert_legible(figure)


def test_lines_are_labelled_with_the_values_at_which_they_end(panels, styles, words):
    cost, accuracy = panels(1000)
    texts = [text for text, _ in words(draw((cost, accuracy), styles))]
    assert f"test {accuracy.test.smoothed[-1]:.3f}" in texts
    assert f"train {cost.train.smoothed[-1]:.3f}" in texts


def test_one_epoch_is_a_marker_not_an_invisible_line(panels, styles):
    figure = draw(panels(1), styles)
    for ax in figure.axes:
        marked = [line for line in ax.lines if line.get_marker() not in ("None", "")]
        assert len(marked) == 2
        assert all(len(line.get_xdata()) == 1 for line in marked)
        low, high = ax.get_xlim()
        assert [tick for tick in ax.get_xticks() if low <= tick <= high] == [1]


def test_a_diverged_run_draws_and_says_where_it_ended(styles, tmp_path, words, assert_legible):
    epochs = np.arange(1, 101)
    values = np.where(epochs <= 37, 0.2 + epochs / 200, np.nan)
    diverged = Series("adam", "Adam", epochs, values)
    panel = CurvePanel("Accuracy", diverged, diverged, ceiling=1.0)
    figure = draw((panel, panel), styles)
    assert "test 0.385 at 37" in [text for text, _ in words(figure)]
    assert_legible(figure)
    assert save_figure(figure, tmp_path / "a")


def test_a_history_that_stops_short_of_its_epochs_says_so(panels, styles, words):
    figure = draw(panels(40), styles, epochs=1000)
    assert figure.axes[0].get_xlim()[1] > 1000
    assert sum(text.endswith(" at 40") for text, _ in words(figure)) == 4


def test_a_run_without_any_finite_value_says_so(styles, words):
    empty = Series("adam", "Adam", [1, 2, 3], [np.nan] * 3)
    panel = CurvePanel("Cost", empty, empty)
    figure = draw((panel, panel), styles)
    assert "no finite value" in [text for text, _ in words(figure)]


def test_convergence_is_marked_on_the_test_curve(panels, styles, words, assert_legible):
    cost, accuracy = panels(1000)
    marked = CurvePanel("Accuracy", accuracy.train, accuracy.test, converged_at=405, ceiling=1.0)
    figure = draw((cost, marked), styles)
    assert "epoch 405" in [text for text, _ in words(figure)]
    ring = next(line for line in figure.axes[1].lines if line.get_markerfacecolor() == "white")
    assert ring.get_xdata()[0] == 405
    assert ring.get_ydata()[0] == pytest.approx(accuracy.test.smoothed[404])
    assert_legible(figure)


@pytest.mark.parametrize("at", [1, 1000])
def test_convergence_at_the_very_ends_stays_on_the_page(panels, styles, at, assert_legible):
    cost, accuracy = panels(1000)
    ends = [
        CurvePanel(panel.name, panel.train, panel.test, at, panel.ceiling)
        for panel in (cost, accuracy)
    ]
    assert_legible(draw(ends, styles))


def test_the_test_curve_has_the_variants_colour(panels, styles):
    figure = draw(panels(40), styles, key="rmsprop")
    colors = {line.get_color() for line in figure.axes[1].lines}
    assert styles["rmsprop"].color in colors


def test_wild_epochs_are_owned_up_to(panels, styles, words):
    cost, accuracy = panels(1000)
    wild = cost.test.mean.copy()
    wild[500] = 4e5
    series = Series("cost", "cost", cost.test.epochs, wild, smoothed=cost.test.smoothed)
    figure = draw((CurvePanel("Cost", cost.train, series), accuracy), styles)
    assert figure.axes[0].get_ylim()[1] < 10
    assert any("1 of 2000 values lie beyond" in text for text, _ in words(figure))


def published(panels, *marks):
    """Panels of which the accuracy has these published levels."""
    cost, accuracy = panels
    return cost, replace(accuracy, published=marks)


def diamonds(ax):
    return [float(line.get_ydata()[0]) for line in ax.lines if line.get_marker() == "D"]


def test_published_levels_are_marked_and_named(panels, styles, words, assert_legible):
    """Close to each other, to the curve's end and far from all: each is there to read."""
    marks = [PublishedMark("max", 0.574, 1, 1000), PublishedMark("last 200", 0.551, 801, 1000)]
    figure = draw(published(panels(1000), *marks), styles)
    assert diamonds(figure.axes[1]) == [0.574, 0.551] and diamonds(figure.axes[0]) == []
    spans = [tuple(line.get_xdata()) for line in figure.axes[1].lines if len(line.get_xdata()) == 2]
    assert (801, 1000) in spans
    texts = [text for text, _ in words(figure)]
    assert {"max 0.574", "last 200 0.551", "published"} <= set(texts)
    assert_legible(figure)


def test_a_published_level_beyond_the_curves_widens_the_axis(panels, styles, assert_legible):
    """A short run is far below what was printed of a long one, whose window it never reaches."""
    mark = PublishedMark("last 200", 0.95, 801, 1000)
    figure = draw(published(panels(40), mark), styles)
    ax = figure.axes[1]
    assert diamonds(ax) == [0.95] and ax.get_ylim()[0] < 0.95 < ax.get_ylim()[1]
    assert not any(tuple(line.get_ydata()) == (0.95, 0.95) for line in ax.lines)
    assert ax.get_xlim()[1] < 50
    assert_legible(figure)


def test_without_published_levels_nothing_speaks_of_them(panels, styles, words):
    figure = draw(panels(40), styles)
    assert not any("ublished" in text for text, _ in words(figure))


def test_panels_of_figures_beside_each_other_are_of_one_size(panels, styles):
    """Whatever is marked in one of them alone."""
    cost, accuracy = panels(1000)
    mark = PublishedMark("last 200", 0.551, 801, 1000)
    marked = replace(accuracy, converged_at=405, published=(mark,))
    sizes = [
        [ax.get_window_extent().size.tolist() for ax in draw(own, styles, beside=beside).axes]
        for own, beside in (
            ((cost, marked), [[cost], [accuracy]]),
            ((cost, accuracy), [[cost], [marked]]),
        )
    ]
    assert sizes[0] == [pytest.approx(size) for size in sizes[1]]
    assert sizes[0][0] == pytest.approx(sizes[0][1])
    alone = draw((cost, accuracy), styles).axes[1].get_window_extent().size
    assert alone[0] > sizes[0][1][0] and alone[1] > sizes[0][1][1]
