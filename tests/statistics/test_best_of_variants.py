"""Who may be the best: coverage, known probabilities, and independence of order and scale."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from nnrepro.measures.folds import FoldHistory
from nnrepro.statistics.best import (
    levels_by_folds,
    levels_of,
    may_be_best,
    probability_best,
    standings,
)
from nnrepro.tables.columns import standings_by
from nnrepro.tables.runs import runs_table
from nnrepro.tables.selection import selection_table
from nnrepro.tables.variants import variants_table

level_lists = st.lists(
    st.tuples(
        st.integers(0, 1000).map(lambda n: n / 1000),
        st.floats(1e-4, 0.05),
        st.integers(1, 5),
    ),
    min_size=1,
    max_size=8,
)


def _levels(rows):
    values, errors, counts = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    return levels_of(values, errors, counts)


def test_two_variants_have_the_normal_probability_of_their_difference():
    chance = probability_best(_levels([(0.56, 0.01, 1), (0.55, 0.02, 1)]))
    assert chance[0] == pytest.approx(stats.norm.cdf(0.01 / np.hypot(0.01, 0.02)), abs=1e-3)
    assert chance.sum() == pytest.approx(1)


def test_the_probabilities_are_those_of_a_parametric_bootstrap():
    rows = [(0.5, 0.01, 1), (0.49, 0.02, 1), (0.52, 0.004, 4), (0.515, 0.006, 4)]
    levels = _levels(rows)
    generator = np.random.default_rng(0)
    draws = [
        generator.normal(value, error, 200_000)
        if np.isinf(degrees)
        else value + error * generator.standard_t(degrees, 200_000)
        for value, error, degrees in zip(levels.values, levels.errors, levels.degrees, strict=True)
    ]
    wins = np.bincount(np.argmax(draws, axis=0), minlength=4) / 200_000
    np.testing.assert_allclose(probability_best(levels), wins, atol=0.005)


@given(level_lists, st.randoms(use_true_random=False))
def test_the_order_of_rows_decides_nothing(rows, random):
    order = list(range(len(rows)))
    random.shuffle(order)
    straight, mixed = _levels(rows), _levels([rows[i] for i in order])
    assert probability_best(mixed).tolist() == probability_best(straight)[order].tolist()
    assert may_be_best(mixed) == [may_be_best(straight)[i] for i in order]


@given(level_lists, st.sampled_from([0.5, 2.0, 64.0]))
def test_the_unit_decides_nothing(rows, scale):
    straight = _levels(rows)
    scaled = _levels([(value * scale, error * scale, count) for value, error, count in rows])
    np.testing.assert_allclose(probability_best(scaled), probability_best(straight), atol=1e-9)
    assert may_be_best(scaled) == may_be_best(straight)


@given(level_lists)
def test_probabilities_add_up_and_the_first_is_always_in_the_set(rows):
    levels = _levels(rows)
    chance = probability_best(levels)
    assert chance.sum() == pytest.approx(1)
    assert ((chance >= 0) & (chance <= 1)).all()
    assert may_be_best(levels)[int(np.argmax(levels.values))] is True


@given(level_lists, st.floats(0.1, 0.9))
def test_smaller_errors_never_let_more_variants_in(rows, factor):
    assume(all(count == 1 for _, _, count in rows))
    wide = may_be_best(_levels(rows))
    narrow = may_be_best(_levels([(v, e * factor, n) for v, e, n in rows]))
    assert all(w or not n for w, n in zip(wide, narrow, strict=True))


def test_equal_variants_are_equally_likely_even_without_error():
    np.testing.assert_allclose(probability_best(_levels([(0.5, 0.01, 1)] * 4)), 0.25, atol=1e-12)
    exact = _levels([(0.5, 0.0, 3), (0.5, 0.0, 3), (0.4, 0.0, 3)])
    np.testing.assert_allclose(probability_best(exact), [0.5, 0.5, 0.0])
    assert may_be_best(exact) == [True, True, False]


@pytest.mark.parametrize(("variants", "seeds"), [(2, 3), (10, 3), (25, 1), (10, 2)])
def test_the_best_variant_is_left_out_in_at_most_one_study_in_twenty(variants, seeds):
    generator = np.random.default_rng(5)
    studies, lost, sizes = 400, 0, 0
    for _ in range(studies):
        truth = generator.normal(0, 0.01, variants)
        found = truth[:, None] + generator.normal(0, 0.01, (variants, seeds))
        errors = np.full(variants, 0.01)
        if seeds > 1:
            errors = found.std(axis=1, ddof=1) / np.sqrt(seeds)
        kept = may_be_best(levels_of(found.mean(axis=1), errors, np.full(variants, float(seeds))))
        lost += not kept[int(np.argmax(truth))]
        sizes += sum(kept)
    assert lost / studies <= 0.05
    assert sizes / studies < variants  # and yet it tells some apart


def test_seeds_that_agree_by_chance_are_not_taken_as_exact():
    levels = _levels([(0.60, 0.0, 3), (0.59, 0.01, 3), (0.58, 0.012, 3)])
    assert levels.errors[0] == pytest.approx(np.sqrt((0.01**2 + 0.012**2) / 3))
    assert may_be_best(levels) == [True, True, True]


def test_a_variant_less_steady_than_the_others_keeps_its_own_error():
    levels = _levels([(0.5, 0.05, 4), (0.5, 0.001, 4), (0.5, 0.001, 4)])
    assert levels.errors[0] == 0.05
    # What the steady ones have in common says nothing of how well its own error is known.
    assert levels.degrees.tolist() == [3.0, 9.0, 9.0]
    alike = _levels([(0.5, 0.01, 3), (0.51, 0.01, 3), (0.52, 0.01, 3)])
    assert alike.degrees.tolist() == [6.0, 6.0, 6.0]


EASE = stats.beta.ppf((np.arange(2000) + 0.5) / 2000, 0.6, 0.6)
"""How likely an example is answered right, over all examples."""


def shared_examples(generator, truth, folds=10, size=200):
    """Shares of right answers by folds [variants, folds] of networks on the same examples.

    Some examples are hard for every network, so that the networks err together.
    """
    ease = generator.beta(0.6, 0.6, folds * size)
    right = generator.random((len(truth), folds * size)) < np.clip(ease + truth[:, None], 0, 1)
    return right.reshape(len(truth), folds, size).mean(axis=2)


@pytest.mark.parametrize("variants", [2, 10])
def test_errors_by_folds_are_those_of_differences_and_keep_the_best(variants):
    """In 500 studies; errors taken as independent are a third larger and tell less apart."""
    generator, studies, scales = np.random.default_rng(3), 500, []
    lost = covered = tied = tied_alone = 0
    for _ in range(studies):
        truth = generator.normal(0, 0.01, variants)
        scores = shared_examples(generator, truth)
        values, nothing = scores.mean(axis=1), np.zeros(variants)
        levels = levels_by_folds(values, scores, nothing)
        error = np.sqrt(2) * levels.errors[0]
        quantile = stats.t.ppf(0.975, levels.degrees[0])
        moved = np.clip(EASE + truth[1], 0, 1).mean() - np.clip(EASE + truth[0], 0, 1).mean()
        covered += abs(values[1] - values[0] - moved) <= quantile * error
        kept = may_be_best(levels)
        lost += not kept[int(np.argmax(truth))]
        tied += sum(kept)
        alone = np.sqrt(values * (1 - values) / 2000)
        tied_alone += sum(may_be_best(levels_of(values, alone, np.ones(variants))))
        scales.append(np.sqrt(alone[0] ** 2 + alone[1] ** 2) / error)
    assert lost / studies <= 0.05
    assert 0.92 < covered / studies < 0.98
    assert tied < tied_alone and np.mean(scales) > 1.3


def test_folds_decide_where_every_variant_has_them_and_a_single_run(make_data):
    """What all variants share of a fold is no error of theirs; one run without folds undoes it."""
    hard = np.array([10, 30, 50, 70, 90, 20, 40, 60, 80, 50])
    data = []
    for number, better in enumerate((0, 2, 3)):
        counts = hard + better
        counts[number] += 1  # residuals are not nothing
        item = make_data([counts.sum() / 1000], str(number), c1=number, test_examples=1000)
        data.append(replace(item, folds=FoldHistory(np.full(10, 100), counts[np.newaxis])))
    metric = "final_test_accuracy"
    assert standings_by(variants_table(runs_table(data)), metric).tied == [False, False, True]
    data[0] = replace(data[0], folds=None)
    assert standings_by(variants_table(runs_table(data)), metric).tied == [True, True, True]


@pytest.mark.parametrize("best", [0, 15])
def test_the_best_is_kept_where_variants_differ_in_steadiness(best):
    # Deviations over seeds as those of the shipped archive's text models: 0.002 to 0.14.
    deviations = np.geomspace(0.002, 0.14, 16)
    truth = np.zeros(16)
    truth[best] = 1e-6
    generator = np.random.default_rng(7)
    studies = 600
    lost = 0
    for _ in range(studies):
        found = truth[:, None] + deviations[:, None] * generator.standard_normal((16, 3))
        errors = found.std(axis=1, ddof=1) / np.sqrt(3)
        lost += not may_be_best(levels_of(found.mean(axis=1), errors, np.full(16, 3.0)))[best]
    assert lost / studies <= 0.05


def test_unknown_values_and_errors_stay_unknown():
    nan = float("nan")
    place = standings(np.array([0.5, nan, 0.4]), np.array([0.01, nan, nan]), np.ones(3))
    assert place.tied == [True, None, None]
    assert place.probability == [None, None, None]
    gap = standings(np.array([0.5, nan, 0.4]), np.array([0.01, nan, 0.01]), np.ones(3))
    assert gap.tied == [True, None, False]
    assert gap.probability[1] is None and gap.probability[0] > 0.99
    nothing = standings(np.array([nan]), np.array([nan]), np.array([0.0]))
    assert (nothing.best, nothing.tied, nothing.probability) == (None, [None], [None])


def test_of_losses_the_smallest_is_the_likeliest(make_data):
    place = standings(
        np.array([1.0, 2.0]), np.array([0.4, 0.4]), np.ones(2), smaller_is_better=True
    )
    assert place.best == 0 and place.probability[0] > 0.9


def test_a_missing_variant_changes_the_others_only_by_its_absence(make_data):
    data = [make_data([x], str(i), c1=i) for i, x in enumerate((0.55, 0.54, 0.3))]
    whole = selection_table(variants_table(runs_table(data)), "max_test_accuracy")
    part = selection_table(variants_table(runs_table(data[:2])), "max_test_accuracy")
    assert whole["probability_best"].sum() == pytest.approx(1)
    # The third is out of the question, so that leaving it out moves nothing.
    np.testing.assert_allclose(
        whole["probability_best"][:2].astype(float),
        part["probability_best"].astype(float),
        atol=1e-9,
    )
