"""Numbers of seeds: as in tables of the t test's power, and enough when simulated."""

import numpy as np
import pytest
from scipy import stats

from nnrepro.claims.needed import MOST_SEEDS, power, seeds_needed


@pytest.mark.parametrize(("effect", "seeds"), [(0.2, 199), (0.5, 34), (0.8, 15), (1.0, 10)])
def test_seeds_are_those_of_tables(effect: float, seeds: int) -> None:
    """Cohen's small, medium and large effects, paired; the sign does not matter."""
    assert seeds_needed(effect, 1.0) == seeds_needed(-2 * effect, 2.0) == seeds
    assert power(effect, 1.0, seeds - 1) < 0.8 <= power(effect, 1.0, seeds)
    assert seeds_needed(0.01, 1.0) is None and power(0.01, 1.0, MOST_SEEDS) < 0.8


def test_power_is_the_share_of_intervals_on_the_right_side() -> None:
    draws = np.random.default_rng(5).normal(1.0, 1.0, (20_000, 10))
    error = draws.std(axis=1, ddof=1) / np.sqrt(10)
    low = draws.mean(axis=1) - stats.t.ppf(0.975, 9) * error
    assert (low > 0).mean() == pytest.approx(power(1.0, 1.0, 10), abs=0.01)
