"""Accuracy and time side by side, with gaps called by their name."""

import pytest

from nnrepro.figures.accuracy_time import draw, format_seconds
from nnrepro.plots.dots import DotRow
from nnrepro.plots.series import PlotDataError

ROWS = [
    DotRow("char_cnn", "char CNN", 0.65, 0.61, 0.69, 139.0),
    DotRow("word_cnn", "word CNN", 0.82, 0.79, 0.85, None),
    DotRow("char_rnn_gru", "char GRU", 0.71, 0.68, 0.74, 2583.0),
    DotRow("word_rnn_gru", "word GRU", None),
]


def row_names(figure):
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


def test_rows_stand_in_their_order(styles):
    figure = draw(ROWS, styles, interval="95 % interval")
    assert row_names(figure) == [row.label for row in ROWS]


def test_values_and_unknowns_are_written_out(styles, words, assert_legible):
    figure = draw(ROWS, styles, interval="95 % interval", title="Text models")
    texts = [text.strip() for text, _ in words(figure)]
    assert {"0.820", "2,583 s", "139 s", "no run"} <= set(texts)
    assert texts.count("unknown") == 2
    assert len(figure.axes[1].patches) == 2
    assert_legible(figure)


def test_the_interval_is_drawn_from_low_to_high(styles):
    figure = draw(ROWS[:1], styles, interval="95 % interval")
    spans = [tuple(line.get_xdata()) for line in figure.axes[0].lines]
    assert (0.61, 0.69) in spans


def test_all_times_unknown_still_draws(styles, assert_legible):
    rows = [DotRow(row.key, row.label, 0.5) for row in ROWS]
    figure = draw(rows, styles)
    assert_legible(figure)


def test_half_an_interval_is_refused():
    with pytest.raises(PlotDataError, match="both `low` and `high`"):
        DotRow("adam", "Adam", 0.5, low=0.4)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.417, "0.42 s"), (8.26, "8.3 s"), (2583.4, "2,583 s")]
)
def test_seconds_have_the_digits_they_deserve(seconds, text):
    assert format_seconds(seconds) == text
