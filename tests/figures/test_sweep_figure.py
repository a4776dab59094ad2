"""Figures of a metric over each parameter: scales, places, and words that can be read."""

from matplotlib.colors import to_hex

from nnrepro.figures.sweep import Axis, Dot, draw
from nnrepro.plots.style import INK

DOTS = [
    Dot(0.5, 0.4, 0.6, selected=False),
    Dot(0.9, 0.8, 0.95, selected=True),
    Dot(0.7, None, None, selected=False),
]


def test_each_parameter_has_a_panel_on_its_own_scale() -> None:
    rate = Axis("Learning rate", [0.001, 0.01, 0.05], "log")
    cell = Axis("Cell", ["gru", "lstm", "gru"], "named", ("gru", "lstm"))
    share = Axis("Dropout rate", [0.0, 0.25, 0.5], "linear")
    fig = draw(DOTS, [rate, cell, share], metric="Validation accuracy", interval="95 % interval")
    fig.canvas.draw()
    first, second, third = fig.axes
    assert [ax.get_xlabel() for ax in fig.axes] == ["Learning rate", "Cell", "Dropout rate"]
    assert [ax.get_xscale() for ax in fig.axes] == ["log", "linear", "linear"]
    assert [tick.get_text() for tick in second.get_xticklabels()] == ["gru", "lstm"]
    assert first.get_ylim() == second.get_ylim() == third.get_ylim()
    assert first.get_ylabel() and not second.get_ylabel()
    ticks = [tick.get_text() for tick in first.get_xticklabels()]
    assert "0.01" in ticks and not any("$" in tick for tick in ticks)
    assert any("95 % interval" in text.get_text() for text in fig.texts)


def test_a_figure_beside_it_has_the_same_vertical_axis() -> None:
    other, axis = [Dot(0.1, 0.05, 0.2, selected=False)], "linear"
    own = draw(DOTS, [Axis("Units", [8, 16, 32], axis)], beside=other)
    beside = draw(other, [Axis("Units", [8], axis)], beside=DOTS)
    assert own.axes[0].get_ylim() == beside.axes[0].get_ylim()
    assert (
        own.axes[0].get_ylim() != draw(DOTS, [Axis("Units", [8, 16, 32], axis)]).axes[0].get_ylim()
    )


def test_the_selected_variant_is_black_and_a_parameter_that_one_lacks_leaves_it_out() -> None:
    fig = draw(DOTS, [Axis("Units", [8, 16, None], "linear")])
    dots = [line for line in fig.axes[0].lines if line.get_marker() == "o"]
    assert [float(line.get_xdata()[0]) for line in dots] == [8, 16]
    assert [to_hex(line.get_color()) == to_hex(INK) for line in dots] == [False, True]
