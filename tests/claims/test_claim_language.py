"""What can be said of runs, on runs whose answer is known, both ways; three seeds each."""

import numpy as np
import pytest

from nnrepro.claims.conditions import FAILS, HOLDS, UNDECIDED

SEEDS = (0, 1, 2)
WOBBLE = (0.0, 0.001, -0.001)
TAIL = "tail(test_accuracy)"


@pytest.fixture
def runs(run_of):
    """Runs of several variants at three seeds: `runs(a=0.5, b=0.6)` by constant test accuracy."""

    def build(**levels):
        return [
            run_of(f"cells/{name}", seed, accuracy=level + WOBBLE[seed] * (1 + 0.1 * place))
            for place, (name, level) in enumerate(sorted(levels.items()))
            for seed in SEEDS
        ]

    return build


@pytest.mark.parametrize(
    ("asked", "verdict"),
    [
        ("> 0.4", HOLDS),
        ("> 0.6", FAILS),
        ("< 0.6", HOLDS),
        ("<= 0.4", FAILS),
        ("in [0.4, 0.6]", HOLDS),
        ("in [0.51, 0.6]", FAILS),
        ("in [-0.6, 0.6]", HOLDS),
        ("about 0.3", HOLDS),
        ("about 0.2", FAILS),
        ("- 1 about -0.5", HOLDS),
        ("- 1 about -2", FAILS),
        ("* 1000 - 1000 about -450", HOLDS),
        ("> 0.5", UNDECIDED),
        ("> 1 / 4 + 0.1", HOLDS),
    ],
)
def test_a_measure_against_a_number(decide, runs, asked, verdict):
    assert decide([f"{TAIL} of cells/a {asked}"], runs(a=0.5)).verdict == verdict


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"0.4 < {TAIL} of cells/a <= 0.6", "above 0.4 and at most 0.6"),
        (f"0.4 < {TAIL} of cells/a", "above 0.4"),
        (f"{TAIL} of cells/a in [-0.6, 0.6]", "within 0.6 of 0"),
        (f"{TAIL} of cells/a about 0.4", "about 0.4"),
    ],
)
def test_what_is_asked_is_said_in_words(decide, runs, text, words):
    row = decide([text], runs(a=0.5))
    assert (row.verdict, row.threshold) == (HOLDS, words)
    assert row.deciding_part == f"{TAIL} {words}"
    assert row.attrs["parts"].condition[0] == text


def test_each_run_is_asked_by_itself(decide, runs):
    rule = [f"{TAIL} of each(cells/a, cells/b) > 0.4"]
    assert decide(rule, runs(a=0.5, b=0.6)).verdict == HOLDS
    row = decide(rule, runs(a=0.5, b=0.3))
    assert row.verdict == FAILS
    assert row.effect == pytest.approx(-0.1, abs=0.001)


@pytest.mark.parametrize(
    ("text", "verdict", "name"),
    [
        ("{b} - {a} > 0.05", HOLDS, f"{TAIL}, difference above 0.05"),
        ("{b} > {a} + 0.15", FAILS, f"{TAIL} of cells/b > {TAIL} of cells/a + 0.15"),
        ("{b} > {a}", HOLDS, f"{TAIL}, difference above 0"),
        ("{b} / {a} in [1.1, 1.3]", HOLDS, f"{TAIL}, ratio between 1.1 and 1.3"),
        ("{b} / {a} < 1", FAILS, f"{TAIL}, ratio below 1"),
        ("0.1 <= {b} / {a} - 1 <= 0.3", HOLDS, f"{TAIL}, relative at least 0.1 and at most 0.3"),
        ("{b} / {a} - 1 > 0.3", FAILS, f"{TAIL}, relative above 0.3"),
        ("2 * {a} - {b} < 0.5", HOLDS, f"2 * {TAIL} of cells/a - {TAIL} of cells/b < 0.5"),
    ],
)
def test_arithmetic_on_runs(decide, runs, text, verdict, name):
    text = text.format(a=f"{TAIL} of cells/a", b=f"{TAIL} of cells/b")
    row = decide([text], runs(a=0.5, b=0.6))
    assert (row.verdict, row.deciding_part) == (verdict, name)


def test_several_comparisons_of_a_part_are_judged_together(decide, runs):
    pairs = [f"{TAIL} of cells/{one} > {TAIL} of cells/{other}" for one, other in ("ba", "dc")]
    rule = [{"that": pairs}]
    assert decide(rule, runs(a=0.5, b=0.6, c=0.5, d=0.6)).verdict == HOLDS
    row = decide(rule, runs(a=0.5, b=0.6, c=0.6, d=0.5))
    assert row.verdict == FAILS
    assert list(row.attrs["parts"].weakest) == ["cells/d minus cells/c"]


def test_means_over_runs_are_compared(decide, runs):
    rule = [f"{TAIL} of mean(cells/a, cells/b) - {TAIL} of mean(cells/c, cells/d) > 0.05"]
    row = decide(rule, runs(a=0.4, b=0.8, c=0.5, d=0.5))
    assert row.verdict == HOLDS
    assert row.effect == pytest.approx(0.05, abs=0.001)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("{} of cells/d > {} of each(cells)", HOLDS),
        ("{} of cells/c > {} of each(cells)", FAILS),
        ("{} of cells/a < {} of each(cells)", HOLDS),
        ("{} of cells/b < {} of each(cells)", FAILS),
        ("{} of cells/d - {} of each(cells) > 0.2", FAILS),
        ("{} of cells/d - {} of each(cells) > 0.05", HOLDS),
        ("{} of mean(cells/a, cells/d) > {} of each(mean(cells/d, cells/a), cells/b)", HOLDS),
        ("{} of mean(cells/a, cells/d) > {} of each(mean(cells/a, cells/d), cells/c)", FAILS),
        ("{} of each(cells/c, cells/d) > {} of each(cells/a, cells/b)", HOLDS),
        ("{} of each(cells/b, cells/d) > {} of each(cells/a, cells/c)", FAILS),
    ],
)
def test_a_run_against_every_other_but_itself(decide, runs, text, verdict):
    assert decide([text.format(TAIL, TAIL)], runs(a=0.3, b=0.4, c=0.5, d=0.6)).verdict == verdict


def test_a_lead_smaller_than_the_tie_decides_nothing(decide, runs):
    rule = {"that": f"{TAIL} of cells/d > {TAIL} of each(cells)", "tie": 0.2}
    assert decide([rule], runs(a=0.3, b=0.4, c=0.5, d=0.6)).verdict == UNDECIDED


def test_a_lead_as_large_as_the_tie_is_none(decide, run_of):
    made = [run_of("cells/a", accuracy=0.8), run_of("cells/b", accuracy=0.85)]
    row = decide([{"that": f"{TAIL} of cells/b > {TAIL} of cells/a", "tie": 0.05}], made)
    assert (row.verdict, row.effect < 0.05) == (HOLDS, True)  # as floats subtract


def test_a_share_kept_as_float32_reaches_the_level_that_it_is(decide, run_of):
    made = [run_of("cells/a", seed, accuracy=float(np.float32(0.9))) for seed in SEEDS]
    row = decide(["best(test_accuracy) of cells/a >= 0.9"], made)
    assert (row.seeds_holding, row.effect) == (3, 0)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("train_seconds of cells/a / 60 < 5", ""),
        ("(100 * gap) of cells/a < 5", ""),
        ("2 * train_seconds of cells/a < train_seconds of cells/b", "seconds"),
        ("(train_seconds / epochs) of cells/a < 5", "seconds per epochs"),
        ("train_seconds of cells/a / train_seconds of cells/b < 5", "ratio"),
    ],
)
def test_minutes_are_no_seconds_and_per_cent_no_fractions(decide, run_of, text, unit):
    assert decide([text], [run_of(f"cells/{v}", seconds=9.0) for v in "ab"]).unit == unit


def test_runs_that_are_not_as_asked_are_left_out_of_each(decide, run_of, runs):
    wild = [run_of("cells/d", s, accuracy=[0.9] * 16 + [0.5, 0.9, 0.9, 0.9]) for s in SEEDS]
    made = [*runs(a=0.4, b=0.5), *wild]
    rule = {"that": f"{TAIL} of cells/b > {TAIL} of each(cells/a, cells/b, cells/d)"}
    assert decide([rule], made).verdict == FAILS
    assert decide([{**rule, "where": "range(test_accuracy) < 0.15"}], made).verdict == HOLDS


@pytest.mark.parametrize(("sign", "verdict"), [(">", FAILS), ("<", HOLDS)])
def test_a_chain_asks_for_every_step(decide, runs, sign, verdict):
    rule = [f" {sign} ".join(f"{TAIL} of cells/{name}" for name in "abc")]
    assert decide(rule, runs(a=0.3, b=0.4, c=0.5)).verdict == verdict
    assert decide(rule, runs(a=0.3, b=0.5, c=0.4)).verdict == FAILS


@pytest.mark.parametrize(("asked", "verdict"), [("> 0.5", HOLDS), ("< -0.5", FAILS)])
def test_rank_correlation_with_the_order(decide, runs, asked, verdict):
    row = decide(
        [f"rank_correlation({TAIL} of each(cells)) {asked}"], runs(a=0.3, b=0.5, c=0.4, d=0.6)
    )
    assert (row.verdict, row.unit) == (verdict, "ratio")
    assert row.attrs["parts"].value[0] == pytest.approx(0.8)


def test_no_two_runs_are_far_apart(decide, runs):
    rule = [f"{TAIL} of each(cells) - {TAIL} of each(cells) < 0.05"]
    assert decide(rule, runs(a=0.5, b=0.51, c=0.52, d=0.53)).verdict == HOLDS
    row = decide(rule, runs(a=0.5, b=0.51, c=0.52, d=0.6))
    assert row.verdict == FAILS
    assert row.effect == pytest.approx(-0.05, abs=0.001)


@pytest.mark.parametrize(("times", "verdict"), [(2, HOLDS), (6, FAILS)])
def test_a_spread_against_another(decide, runs, times, verdict):
    few = f"{times} * spread({TAIL} of each(cells/a, cells/b))"
    rule = [f"spread({TAIL} of each(cells)) >= {few}"]
    assert decide(rule, runs(a=0.5, b=0.52, c=0.55, d=0.6)).verdict == verdict


SETTLING = [0.1 * i for i in range(5)] + [0.5] * 15
RISING = list(np.linspace(0.1, 0.9, 20))


@pytest.mark.parametrize(("curve", "verdict"), [(SETTLING, HOLDS), (RISING, FAILS)])
def test_converged_and_its_opposite(decide, run_of, curve, verdict):
    made = [run_of("cells/a", s, accuracy=[v + WOBBLE[s] for v in curve]) for s in SEEDS]
    rule = ["converged(test_accuracy) of cells/a"]
    row = decide(rule, made)
    assert row.verdict == verdict
    assert [name.partition(" ")[0] for name in row.attrs["parts"].name] == ["test_accuracy"] * 2
    turned = decide([{"not": rule}], made)
    assert turned.verdict == {HOLDS: FAILS, FAILS: HOLDS}[verdict]
    side = "claim's side" if turned.verdict == HOLDS else "other side"
    assert side in turned.reason


def test_how_near_a_converged_curve_stays_can_be_said(decide, run_of):
    made = [run_of("cells/a", s, accuracy=[v + WOBBLE[s] for v in RISING]) for s in SEEDS]
    assert decide(["converged(test_accuracy, 0.9) of cells/a"], made).verdict == HOLDS


def test_an_epoch_at_which_a_level_of_another_run_is_reached(decide, run_of):
    quick = [0.1] * 2 + [0.7] * 18
    slow = [0.1] * 10 + [0.6] * 10
    made = [run_of("cells/a", s, accuracy=quick) for s in SEEDS]
    made += [run_of("cells/b", s, accuracy=slow) for s in SEEDS]

    def sooner(one, other):
        reach = f"first_epoch(test_accuracy >= {TAIL} of cells/{other})"
        return [f"{reach} of cells/{one} < {reach} of cells/{other}"]

    row = decide(sooner("a", "b"), made)
    assert (row.verdict, row.effect, row.unit) == (HOLDS, 8, "epochs")
    # The slow run never reaches the quick one's level: at least 18 epochs later.
    row = decide(sooner("b", "a"), made)
    assert (row.verdict, row.effect) == (FAILS, -18)
