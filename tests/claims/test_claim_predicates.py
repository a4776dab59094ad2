"""Every predicate, on runs whose answer is known, both ways; three seeds unless said otherwise."""

import numpy as np
import pytest

from nnrepro.claims.tree import FAILS, HOLDS, UNDECIDED

SEEDS = (0, 1, 2)
WOBBLE = (0.0, 0.001, -0.001)


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


TAIL = "tail(test_accuracy)"


@pytest.mark.parametrize(
    ("bounds", "verdict"),
    [
        ({"above": 0.4}, HOLDS),
        ({"above": 0.6}, FAILS),
        ({"below": 0.6}, HOLDS),
        ({"at_most": 0.4}, FAILS),
        ({"between": [0.4, 0.6]}, HOLDS),
        ({"between": [0.51, 0.6]}, FAILS),
        ({"within": 0.6}, HOLDS),
        ({"about": 0.3}, HOLDS),
        ({"about": 0.2}, FAILS),
        ({"above": 0.5}, UNDECIDED),
    ],
)
def test_threshold(decide, runs, bounds, verdict):
    row = decide([{"threshold": {"measure": TAIL, "runs": "cells/a", **bounds}}], runs(a=0.5))
    assert row.verdict == verdict


def test_a_threshold_is_asked_of_every_run_named(decide, runs):
    rule = [{"threshold": {"measure": TAIL, "runs": ["cells/a", "cells/b"], "above": 0.4}}]
    assert decide(rule, runs(a=0.5, b=0.6)).verdict == HOLDS
    row = decide(rule, runs(a=0.5, b=0.3))
    assert row.verdict == FAILS
    assert row.effect == pytest.approx(-0.1, abs=0.001)


@pytest.mark.parametrize(
    ("scale", "bounds", "verdict"),
    [
        ("difference", {"above": 0.05}, HOLDS),
        ("difference", {"above": 0.15}, FAILS),
        ("ratio", {"between": [1.1, 1.3]}, HOLDS),
        ("ratio", {"below": 1}, FAILS),
        ("relative", {"at_least": 0.1, "at_most": 0.3}, HOLDS),
        ("relative", {"above": 0.3}, FAILS),
    ],
)
def test_comparison(decide, runs, scale, bounds, verdict):
    rule = {"measure": TAIL, "of": "cells/b", "to": "cells/a", scale: bounds}
    assert decide([{"comparison": rule}], runs(a=0.5, b=0.6)).verdict == verdict


def test_every_pair_of_a_comparison_must_meet_it(decide, runs):
    pairs = [["cells/b", "cells/a"], ["cells/d", "cells/c"]]
    rule = [{"comparison": {"measure": TAIL, "pairs": pairs, "difference": {"above": 0}}}]
    assert decide(rule, runs(a=0.5, b=0.6, c=0.5, d=0.6)).verdict == HOLDS
    row = decide(rule, runs(a=0.5, b=0.6, c=0.6, d=0.5))
    assert row.verdict == FAILS
    assert row.attrs["parts"].weakest[0] == "cells/d minus cells/c"


def test_a_comparison_of_means_over_groups(decide, runs):
    pairs = [[["cells/a", "cells/b"], ["cells/c", "cells/d"]]]
    rule = [{"comparison": {"measure": TAIL, "pairs": pairs, "difference": {"above": 0.05}}}]
    row = decide(rule, runs(a=0.4, b=0.8, c=0.5, d=0.5))
    assert row.verdict == HOLDS
    assert row.effect == pytest.approx(0.05, abs=0.001)


@pytest.mark.parametrize(
    ("rule", "verdict"),
    [
        ({"runs": "cells", "highest": "cells/d"}, HOLDS),
        ({"runs": "cells", "highest": "cells/c"}, FAILS),
        ({"runs": "cells", "lowest": "cells/a"}, HOLDS),
        ({"runs": "cells", "lowest": "cells/b"}, FAILS),
        ({"runs": "cells", "highest": "cells/d", "by": 0.2}, FAILS),
        ({"runs": "cells", "highest": "cells/d", "by": 0.05}, HOLDS),
        ({"runs": "cells", "highest": "cells/d", "tie": 0.2}, UNDECIDED),
        ({"groups": [["cells/a", "cells/d"], "cells/b"], "highest": ["cells/a", "cells/d"]}, HOLDS),
        ({"groups": [["cells/a", "cells/d"], "cells/c"], "highest": ["cells/a", "cells/d"]}, FAILS),
    ],
)
def test_ranking(decide, runs, rule, verdict):
    made = runs(a=0.3, b=0.4, c=0.5, d=0.6)
    row = decide([{"ranking": {"measure": TAIL, **rule}}], made)
    assert row.verdict == verdict


def test_a_ranking_among_steady_runs_leaves_the_others_out(decide, run_of, runs):
    wild = [run_of("cells/d", s, accuracy=[0.9] * 16 + [0.5, 0.9, 0.9, 0.9]) for s in SEEDS]
    made = [*runs(a=0.4, b=0.5), *wild]
    rule = {"measure": TAIL, "runs": ["cells/a", "cells/b", "cells/d"], "highest": "cells/b"}
    assert decide([{"ranking": rule}], made).verdict == FAILS
    assert decide([{"ranking": {**rule, "steady_below": 0.15}}], made).verdict == HOLDS


@pytest.mark.parametrize(("direction", "verdict"), [("rising", HOLDS), ("falling", FAILS)])
def test_trend(decide, runs, direction, verdict):
    rule = {"measure": TAIL, "groups": ["cells/a", "cells/b", "cells/c"], "direction": direction}
    assert decide([{"trend": rule}], runs(a=0.3, b=0.4, c=0.5)).verdict == verdict


def test_one_step_against_the_trend_is_enough(decide, runs):
    rule = {"measure": TAIL, "groups": ["cells/a", "cells/b", "cells/c"]}
    assert decide([{"trend": rule}], runs(a=0.3, b=0.5, c=0.4)).verdict == FAILS


@pytest.mark.parametrize(("bounds", "verdict"), [({"above": 0.5}, HOLDS), ({"below": -0.5}, FAILS)])
def test_rank_correlation_with_the_order(decide, runs, bounds, verdict):
    groups = ["cells/a", "cells/b", "cells/c", "cells/d"]
    row = decide(
        [{"correlation": {"measure": TAIL, "groups": groups, **bounds}}],
        runs(a=0.3, b=0.5, c=0.4, d=0.6),
    )
    assert row.verdict == verdict
    assert row.attrs["parts"].value[0] == pytest.approx(0.8)


def test_spread(decide, runs):
    rule = {"measure": TAIL, "runs": "cells", "below": 0.05}
    assert decide([{"spread": rule}], runs(a=0.5, b=0.51, c=0.52, d=0.53)).verdict == HOLDS
    row = decide([{"spread": rule}], runs(a=0.5, b=0.51, c=0.52, d=0.6))
    assert row.verdict == FAILS
    assert row.effect == pytest.approx(-0.05, abs=0.001)


@pytest.mark.parametrize(("times", "verdict"), [(3, HOLDS), (6, FAILS)])
def test_a_spread_against_another(decide, runs, times, verdict):
    rule = {"measure": TAIL, "runs": "cells", "times": times, "than": ["cells/a", "cells/b"]}
    assert decide([{"spread": rule}], runs(a=0.5, b=0.52, c=0.55, d=0.6)).verdict == verdict


SETTLING = [0.1 * i for i in range(5)] + [0.5] * 15
RISING = list(np.linspace(0.1, 0.9, 20))


@pytest.mark.parametrize(("curve", "verdict"), [(SETTLING, HOLDS), (RISING, FAILS)])
def test_converged_and_its_opposite(decide, run_of, curve, verdict):
    made = [run_of("cells/a", s, accuracy=[v + WOBBLE[s] for v in curve]) for s in SEEDS]
    rule = [{"converged": {"curve": "test_accuracy", "runs": "cells/a"}}]
    assert decide(rule, made).verdict == verdict
    turned = decide([{"not": rule}], made)
    assert turned.verdict == {HOLDS: FAILS, FAILS: HOLDS}[verdict]
    side = "claim's side" if turned.verdict == HOLDS else "other side"
    assert side in turned.reason


def test_reaches_sooner(decide, run_of):
    quick = [0.1] * 2 + [0.7] * 18
    slow = [0.1] * 10 + [0.6] * 10
    made = [run_of("cells/a", s, accuracy=quick) for s in SEEDS]
    made += [run_of("cells/b", s, accuracy=slow) for s in SEEDS]

    def rule(one, other):
        section = {"curve": "test_accuracy", "level": TAIL, "pairs": [[one, other]]}
        return [{"reaches_sooner": section}]

    row = decide(rule("cells/a", "cells/b"), made)
    assert (row.verdict, row.effect) == (HOLDS, 8)
    # The slow run never reaches the quick one's level: at least 18 epochs later.
    row = decide(rule("cells/b", "cells/a"), made)
    assert (row.verdict, row.effect) == (FAILS, -18)
