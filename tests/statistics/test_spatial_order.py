"""Moran's I tells maps with an order in space from noise."""

import numpy as np
import pytest

from nnrepro.statistics.spatial import morans_i, noise_below, noise_of_morans_i


def test_it_is_one_of_a_smooth_map_and_minus_one_of_a_chessboard() -> None:
    rows, columns = np.indices((40, 40))
    assert morans_i(np.sin(rows / 12)) > 0.95
    assert morans_i((rows + columns) % 2 * 3.0) == pytest.approx(-1)


def test_it_is_as_computed_by_hand() -> None:
    """Of the pairs of 1 2 / 4 9, less the mean 4, the products are 6, 0, -10 and 0."""
    assert morans_i(np.array([[1.0, 2.0], [4.0, 9.0]])) == pytest.approx(-4 / 4 / (38 / 4))


@pytest.mark.parametrize("size", [(4, 4), (8, 8), (1, 9), (5, 12)])
def test_noise_lies_about_where_it_is_said_to(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(4)
    values = [morans_i(rng.normal(size=size)) for _ in range(4_000)]
    expected, deviation = noise_of_morans_i(*size)
    assert np.mean(values) == pytest.approx(expected, abs=4 * deviation / 4_000**0.5)
    assert np.std(values) == pytest.approx(deviation, rel=0.05)
    assert np.mean(np.array(values) < noise_below(*size)) == pytest.approx(0.95, abs=0.03)


@pytest.mark.parametrize("values", [np.ones((3, 3)), np.full((3, 3), np.nan), np.ones((1, 1))])
def test_a_map_without_variation_has_none(values: np.ndarray) -> None:
    assert np.isnan(morans_i(values))


def test_two_values_always_differ_from_each_other() -> None:
    assert morans_i(np.array([[1.0, 5.0]])) == noise_below(1, 2) == -1
