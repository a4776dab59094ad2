"""Published against reproduced: every number is drawn once, with its interval and its mark."""

import pandas as pd
import pytest

from nnrepro.figures.agreement import AgreementPanel, AgreementPoint, draw
from nnrepro.plots.series import PlotDataError

POINTS = [
    AgreementPoint(0.55, 0.56, 0.53, 0.59, True),
    AgreementPoint(0.65, 0.50, 0.47, 0.53, False),
    AgreementPoint(0.60, 0.58),
]


def panels(count):
    return [AgreementPanel(f"metric number {i} of them", POINTS) for i in range(count)]


@pytest.mark.parametrize("count", [1, 3, 4, 11])
def test_panels_stand_in_rows_of_three_and_are_legible(assert_legible, count):
    figure = draw(panels(count), title="Published", interval="95 % interval")
    assert len(figure.axes) == count
    assert_legible(figure)


def test_long_names_of_metrics_stay_on_the_page(assert_legible):
    """A title of the last column breaks where its panel ends."""
    named = [AgreementPanel("last 200 mean test accuracy convergence epoch", POINTS)] * 3
    assert_legible(draw(named))


def test_both_axes_have_one_range_so_that_the_diagonal_means_equality():
    (ax,) = draw(panels(1), interval="95 % interval").axes
    assert ax.get_xlim() == ax.get_ylim()
    assert ax.get_xlim()[0] < 0.47 and ax.get_xlim()[1] > 0.65
    diagonal = ax.lines[0]
    assert list(diagonal.get_xdata()) == list(diagonal.get_ydata()) == list(ax.get_xlim())


def test_points_and_intervals_are_where_the_numbers_are():
    (ax,) = draw(panels(1)).axes
    drawn = [(tuple(line.get_xdata()), tuple(line.get_ydata())) for line in ax.lines]
    assert ((0.55,), (0.56,)) in drawn and ((0.60,), (0.58,)) in drawn
    assert ((0.55, 0.55), (0.53, 0.59)) in drawn


def test_the_legend_explains_the_marks_in_use_and_no_others():
    def words(figure):
        return [text.get_text() for legend in figure.legends for text in legend.get_texts()]

    assert words(draw([AgreementPanel("m", POINTS[2:])])) == ["not judged", "equal"]
    assert "outside" in words(draw(panels(1)))


def test_a_shared_offset_is_a_line_beside_that_of_equality(assert_legible):
    figure = draw([AgreementPanel("m", POINTS, (-0.02,))])
    (ax,) = figure.axes
    low, high = ax.get_xlim()
    dashed = [line for line in ax.lines if line.get_linestyle() == "--"]
    assert [tuple(line.get_ydata()) for line in dashed] == [(low - 0.02, high - 0.02)]
    assert_legible(figure)


def test_every_seed_is_a_dot_where_there_are_several(assert_legible):
    seeds = (0.41, 0.58, 0.86)
    figure = draw([AgreementPanel("m", [AgreementPoint(0.5, 0.55, single=seeds), POINTS[0]])])
    (ax,) = figure.axes
    (dots,) = (line for line in ax.lines if len(line.get_xdata()) == len(seeds))
    assert tuple(dots.get_ydata()) == seeds and set(dots.get_xdata()) == {0.5}
    assert ax.get_ylim()[1] > max(seeds)
    assert any("single seeds" in text.get_text() for text in figure.texts)
    assert not any("single seeds" in text.get_text() for text in draw(panels(1)).texts)
    assert_legible(figure)


def test_equal_numbers_still_have_a_range():
    (ax,) = draw([AgreementPanel("m", [AgreementPoint(0.0, 0.0)])]).axes
    assert ax.get_xlim()[0] < 0 < ax.get_xlim()[1]


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(PlotDataError, match="a number that is finite"):
        draw([AgreementPanel("m", [AgreementPoint(float("nan"), 0.5)])])
    with pytest.raises(PlotDataError, match="both `low` and `high`"):
        AgreementPoint(0.5, 0.5, low=0.4)


def compared(**changes):
    """A table of three numbers of one protocol and one of another, the second printed twice."""
    rows = [
        {"protocol": "tan", "metric": "max_test_accuracy", "value": "0.55", "reproduced": 0.56},
        {"protocol": "tan", "metric": "max_test_accuracy", "value": "0.65", "reproduced": 0.50},
        {"protocol": "tan", "metric": "max_test_accuracy", "value": "0.65", "reproduced": 0.50},
        {"protocol": "tan", "metric": "test_loss_level", "value": "1.5", "reproduced": None},
        {"protocol": "koh", "metric": "mean_test_accuracy", "value": "0.4", "reproduced": 0.4},
    ]
    blanks = ("offset", "seed_values", "interval_low", "interval_high", "interval_kind", "inside")
    return pd.DataFrame([dict.fromkeys(blanks) | row | changes for row in rows])


def test_a_protocols_own_reproduced_numbers_are_drawn_once(short, finished):
    (drawing,) = finished(short).drawn("agreement", compared()).values()
    assert drawing.stem == "published"
    (ax,) = drawing.figure.axes
    assert sum(line.get_marker() == "s" for line in ax.lines) == 2
    assert {run.protocol for run in drawing.runs} == {"tan"}


def test_without_a_reproduced_number_there_is_no_figure(short, finished):
    done = finished(short)
    assert not done.drawn("agreement", compared(reproduced=None))
    assert not done.drawn("agreement", None)
