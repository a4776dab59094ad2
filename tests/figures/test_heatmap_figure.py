"""A parameter grid as a heat map: values, averages, marks and holes."""

import numpy as np
import pandas as pd

from nnrepro.figures.heatmap import ParameterGrid, draw, draw_beside


def make_grid(holes=(), **marks):
    cells = pd.DataFrame(
        0.5 + np.arange(25).reshape(5, 5) / 1000,
        index=[20, 40, 60, 80, 100],
        columns=[10, 30, 50, 70, 90],
    )
    for c1, c2 in holes:
        cells.loc[c2, c1] = np.nan
    means = {"column_means": cells.mean(axis=0), "row_means": cells.mean(axis=1)}
    return ParameterGrid("c2", "c1", cells, **(means | marks))


def test_every_value_and_average_is_written(tmp_path, words, assert_legible):
    grid = make_grid(mean=0.4321)
    figure = draw(grid, metric="Mean test accuracy", title="Channel grid")
    texts = [text for text, _ in words(figure)]
    for value in grid.cells.to_numpy().ravel():
        assert f"{value:.3f}" in texts
    assert "0.432" in texts
    assert texts.count("mean") == 2
    assert_legible(figure)


def test_averages_stand_apart_from_the_cells():
    figure = draw(make_grid(), metric="Accuracy")
    cells, side, foot = (ax.get_position() for ax in figure.axes[:3])
    assert side.x0 - cells.x1 > 0.01
    assert cells.y0 - foot.y1 > 0.01


def test_best_and_tied_cells_are_framed_where_they_are(words):
    grid = make_grid(best=(90, 40), tied=[(70, 100), (50, 60)])
    figure = draw(grid, metric="Accuracy", tied="paired difference, 95 %")
    places = {
        (int(patch.get_x()), int(patch.get_y())): patch.get_linewidth()
        for patch in figure.axes[0].patches
    }
    assert set(places) == {(4, 1), (3, 4), (2, 2)}
    assert places[4, 1] == max(places.values())
    texts = [text for text, _ in words(figure)]
    assert "best: c1 = 90, c2 = 40" in texts
    assert "cannot be told apart from it (paired difference, 95 %)" in texts


def test_missing_runs_are_called_missing(words, assert_legible):
    figure = draw(make_grid(holes=[(30, 60), (10, 100)]), metric="Accuracy")
    assert [text for text, _ in words(figure)].count("missing") == 2
    assert_legible(figure)


def test_a_single_cell_and_equal_cells_draw(assert_legible):
    one = pd.DataFrame([[0.5]], index=[8], columns=[4])
    figure = draw(
        ParameterGrid("c2", "c1", one, one.mean(axis=0), one.mean(axis=1)), metric="Accuracy"
    )
    assert_legible(figure)


def test_any_two_parameters_make_a_grid(words):
    cells = pd.DataFrame([[0.1, 0.2]], index=["relu"], columns=[0.1, 0.01])
    grid = ParameterGrid(
        "activation", "learning_rate", cells, cells.mean(), cells.mean(axis=1), best=(0.01, "relu")
    )
    texts = [text for text, _ in words(draw(grid, metric="Accuracy"))]
    assert {"learning_rate", "activation", "0.01", "relu"} <= set(texts)
    assert "best: learning_rate = 0.01, activation = relu" in texts


def test_printed_and_reproduced_grids_share_their_colours(words, assert_legible):
    """A cell that was not printed has no difference, and what is best is marked where it is."""
    grid = make_grid(best=(90, 40), tied=[(70, 100)])
    printed = grid.cells + 0.02
    printed.loc[20, 10] = np.nan
    figure = draw_beside(printed, grid, metric="Accuracy", title="Channel grid")
    maps = [ax.collections[0] for ax in figure.axes[:3]]
    assert maps[0].get_clim() == maps[1].get_clim() == (0.5, 0.544)
    assert np.allclose(maps[2].get_clim(), (-0.02, 0.02))
    assert [len(ax.patches) for ax in figure.axes[:3]] == [0, 2, 0]
    texts = [text for text, _ in words(figure)]
    assert texts.count("none") == 2 and "-0.020" in texts
    assert {"reproduced, mean 0.512", "difference, mean -0.020"} <= set(texts)
    assert_legible(figure)
