"""The stamp is there, covers nothing, and long words find room."""

import numpy as np
import pytest

from nnrepro.figures.curves import draw
from nnrepro.plots.fitting import text_width, wrap_text
from nnrepro.plots.frame import stamp
from nnrepro.plots.output import save_figure


@pytest.fixture
def figure(panels, styles):
    return draw(*panels(), styles["adam"], title="Adam", smoothing="mean of 25 epochs")


def sizes(figure):
    width, height = figure.get_size_inches()
    return np.array([ax.get_position().size * (width, height) for ax in figure.axes])


def test_stamp_stands_in_the_svg(figure, tmp_path):
    stamp(figure, "40 of 1000 epochs; generated data")
    (path,) = save_figure(figure, tmp_path / "a", ("svg",))
    assert ">40 of 1000 epochs; generated data</text>" in path.read_text(encoding="utf-8")


def test_stamp_leaves_axes_their_size_and_stands_above_everything(figure, assert_legible):
    before = sizes(figure)
    stamp(figure, "40 of 1000 epochs")
    np.testing.assert_allclose(sizes(figure), before)
    figure.canvas.draw()
    mark = figure.texts[-1]
    assert mark.get_text() == "40 of 1000 epochs"
    box = mark.get_bbox_patch().get_window_extent()
    others = [text.get_window_extent() for text in figure.texts[:-1]]
    others += [ax.get_tightbbox() for ax in figure.axes]
    assert all(other.y1 <= box.y0 for other in others)
    assert box.y1 <= figure.bbox.y1 and box.x1 <= figure.bbox.x1
    assert_legible(figure)


@pytest.mark.parametrize("nothing", ["", "  "])
def test_a_figure_without_anything_to_confess_stays_as_it_is(figure, nothing):
    before = tuple(figure.get_size_inches()), len(figure.texts)
    stamp(figure, nothing)
    assert (tuple(figure.get_size_inches()), len(figure.texts)) == before


def test_a_long_stamp_wraps(figure, assert_legible):
    stamp(figure, "40 of 1000 epochs; " + "generated data and a long explanation " * 4)
    assert "\n" in figure.texts[-1].get_text()
    assert_legible(figure)


def test_a_long_title_wraps(panels, styles, assert_legible):
    figure = draw(
        *panels(), styles["adam"], title="A rather long title " * 8, smoothing="mean of 25 epochs"
    )
    assert_legible(figure)


def test_wrapped_lines_fit_and_lose_no_word():
    text = "one two three fourteen-letters and an unbreakablyverylongsingleword end"
    lines = wrap_text(text, 9.0, 1.0)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(text_width(line, 9.0) <= 1.0 for line in lines)
    assert wrap_text("", 9.0, 1.0) == []
