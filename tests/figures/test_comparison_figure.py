"""Comparisons stay readable from two lines to twenty-five."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from nnrepro.figures.comparison import draw
from nnrepro.plots.series import Series

SMOOTHING = "mean of 25 epochs"


def several(series, keys, epochs=1000):
    return [series(key, epochs, 0.5 + 0.004 * i) for i, key in enumerate(keys)]


@pytest.mark.parametrize("count", [1, 2, 5, 8])
def test_few_lines_are_labelled_at_their_ends(series, styles, count, words, assert_legible):
    lines = several(series, list(styles)[25 : 25 + count])
    figure = draw(lines, styles, title="Test accuracy", smoothing=SMOOTHING)
    texts = [text for text, _ in words(figure)]
    for line in lines:
        assert f"{line.label} {line.smoothed[-1]:.3f}" in texts
    assert_legible(figure)


def test_many_lines_get_a_list_best_first(series, styles, study, assert_legible):
    lines = several(series, study[25:])
    figure = draw(lines, styles, smoothing=SMOOTHING)
    listed = [text.get_text() for text in figure.axes[1].texts]
    ends = [float(text.rsplit(" ", 1)[1]) for text in listed]
    assert len(listed) == 20
    assert ends == sorted(ends, reverse=True)
    assert_legible(figure)


@pytest.mark.parametrize("count", [5, 6])
def test_raw_epochs_stretch_the_axis_where_they_are_drawn(styles, study, count):
    noisy = [
        Series(key, key, [1, 2, 3], [0.0, 1.0, 0.0], smoothed=[0.3, 0.32, 0.31])
        for key in study[25 : 25 + count]
    ]
    low, high = draw(noisy, styles).axes[0].get_ylim()
    assert (low < 0.2 and high > 0.4) == (count == 5)


@pytest.mark.parametrize("closing", [None, 200])
def test_a_grid_gets_a_key_in_its_shape(series, styles, channels, closing, assert_legible):
    lines = several(series, channels.pairs)
    figure = draw(
        lines, styles, grid=channels, highlight="c1-90_c2-40", smoothing=SMOOTHING, closing=closing
    )
    key = figure.axes[1]
    samples = {to_hex(line.get_color()) for line in key.findobj(type(key.lines[0]))}
    assert {styles[name].color for name in channels.pairs} <= samples
    assert len(key.patches) == 1
    assert figure.axes[0].texts[0].get_text().startswith("90/40 ")
    assert_legible(figure)


def test_a_grid_with_holes_is_drawn(series, styles, grid_keys, assert_legible):
    figure = draw(several(series, grid_keys[:7] + grid_keys[20:]), styles, smoothing=SMOOTHING)
    assert_legible(figure)


def test_the_highlight_is_the_widest_line_and_on_top(series, styles, study):
    lines = several(series, study[25:30])
    figure = draw(lines, styles, highlight="adam", smoothing=SMOOTHING)
    drawn = [line for line in figure.axes[0].lines if line.get_color() != "white"]
    top = max(drawn, key=lambda line: line.get_zorder())
    assert top.get_color() == styles["adam"].color
    assert top.get_linewidth() == max(line.get_linewidth() for line in drawn)


def test_a_closing_window_shows_only_its_epochs(series, styles):
    figure = draw([series("adam"), series("rmsprop")], styles, closing=200, smoothing=SMOOTHING)
    for line in figure.axes[0].lines:
        if len(line.get_xdata()) > 2:
            assert min(line.get_xdata()) >= 801


def test_a_run_that_ended_before_the_window_is_named(series, styles, words):
    short = series("adam", 137)
    figure = draw([short, series("rmsprop")], styles, closing=200, smoothing=SMOOTHING)
    assert "Without epochs in this window: adam." in [text for text, _ in words(figure)]


def test_a_run_that_ends_early_says_where(series, styles, words):
    figure = draw([series("adam", 137), series("rmsprop")], styles, smoothing=SMOOTHING)
    assert any(text.startswith("adam ") and text.endswith(" at 137") for text, _ in words(figure))


def test_one_epoch_and_empty_runs_draw(styles, words, assert_legible):
    lines = [
        Series("adam", "Adam", [1], [0.1]),
        Series("rmsprop", "RMSProp", [1], [0.12]),
        Series("sgd_dropout", "Dropout", [1], [np.nan]),
    ]
    figure = draw(lines, styles)
    texts = [text for text, _ in words(figure)]
    assert "Adam 0.100" in texts and "RMSProp 0.120" in texts
    assert_legible(figure)


@pytest.mark.parametrize("spread", [1e-9, 1e-5, 1e-3, 0.02, 30.0, 4e3, 1e9])
def test_axis_labels_fit_whatever_the_range(styles, assert_legible, spread):
    epochs = np.arange(1, 31)
    lines = [
        Series(key, key, epochs, 0.11 + spread * epochs / (20 + i))
        for i, key in enumerate(("adam", "rmsprop"))
    ]
    assert_legible(draw(lines, styles, metric="Test cost", ceiling=None))


@pytest.mark.parametrize("axis", ["c1", "c2"])
def test_facets_share_axes_and_label_their_lines(series, styles, grid_keys, axis, assert_legible):
    lines = several(series, grid_keys)
    index = {"c1": 0, "c2": 1}[axis]
    names = sorted({key.split("_")[index] for key in grid_keys})
    facets = {name: [key for key in grid_keys if name in key.split("_")] for name in names}
    figure = draw(lines, styles, facets=facets, title="By channels", smoothing=SMOOTHING)
    assert len(figure.axes) == 5
    assert len({ax.get_ylim() for ax in figure.axes}) == 1
    assert len({ax.get_xlim() for ax in figure.axes}) == 1
    assert all(len(ax.texts) == 5 for ax in figure.axes)
    assert_legible(figure)


def test_facets_with_long_labels_take_fewer_columns(series, styles, study, assert_legible):
    lines = several(series, study[29:37], 250)
    lines = [
        Series(line.key, line.label + " with a long name", line.epochs, line.mean) for line in lines
    ]
    facets = {str(i): [line.key for line in lines[i : i + 2]] for i in range(0, 8, 2)}
    figure = draw(lines, styles, facets=facets)
    assert all(ax.get_position().width * 7.0 > 1.0 for ax in figure.axes)
    assert_legible(figure)


def test_a_facet_without_runs_says_so(series, styles):
    facets = {"here": ("adam",), "nowhere": ("rmsprop",)}
    figure = draw([series("adam")], styles, facets=facets, smoothing=SMOOTHING)
    assert [text.get_text() for text in figure.axes[1].texts] == ["no run"]
