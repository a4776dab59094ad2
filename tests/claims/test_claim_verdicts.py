"""What keeps a verdict from being forced, and how parts make a claim."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats

from nnrepro.claims.conditions import FAILS, HOLDS, NOT_TESTABLE, UNDECIDED, VERDICTS
from nnrepro.claims.decide import OtherStudy, decide_claims
from nnrepro.claims.evidence import share_variance
from nnrepro.claims.loading import load_claims
from nnrepro.claims.margins import over_seeds
from nnrepro.claims.tree import (
    Combination,
    Part,
    all_of,
    negated,
    verdict,
)
from nnrepro.measures.predictions import Predictions
from nnrepro.measures.spans import Span

TAIL = "tail(test_accuracy)"
HIGHER = [f"{TAIL} of cells/b > {TAIL} of cells/a"]


def pair(run_of, lows, highs, **options):
    return [run_of("cells/a", s, accuracy=v, **options) for s, v in enumerate(lows)] + [
        run_of("cells/b", s, accuracy=v, **options) for s, v in enumerate(highs)
    ]


def test_seeds_are_compared_pairwise(decide, run_of):
    # The seeds differ by far more than the two variants do, and always in the same direction.
    row = decide(HIGHER, pair(run_of, [0.2, 0.5, 0.8], [0.211, 0.51, 0.809]))
    assert row.verdict == HOLDS
    assert (row.seeds, row.seeds_holding) == (3, 3)
    assert row.effect == pytest.approx(0.01)
    assert row.ci95_low < row.effect < row.ci95_high


def test_seeds_that_agree_by_chance_leave_the_test_sets_sampling_error(decide, run_of):
    """Two seeds that both answer a few examples more right are no proof; many examples may be."""
    row = decide(HIGHER, pair(run_of, [0.5, 0.6], [0.51, 0.61]))
    assert (row.verdict, row.cause, row.interval) == (UNDECIDED, "noise", "test set")
    assert row.ci95_low < 0 < row.effect < row.ci95_high
    row = decide(HIGHER, pair(run_of, [0.2, 0.3], [0.8, 0.9]))
    assert (row.verdict, row.interval) == (HOLDS, "test set")


def test_an_effect_inside_the_noise_is_undecided(decide, run_of):
    row = decide(HIGHER, pair(run_of, [0.5, 0.6, 0.4], [0.6, 0.5, 0.5]))
    assert row.verdict == UNDECIDED
    assert "inside the noise" in row.reason
    assert row.cause == "noise"
    assert row.seeds_holding == 2


def test_seeds_that_only_one_side_has_are_left_out(decide, run_of):
    runs = pair(run_of, [0.5, 0.5, 0.5], [0.6, 0.601])
    row = decide(HIGHER, runs)
    assert (row.verdict, row.seeds) == (HOLDS, 2)


def test_without_a_common_seed_nothing_is_tested(decide, run_of):
    runs = [run_of("cells/a", 0, accuracy=0.5), run_of("cells/b", 1, accuracy=0.6)]
    row = decide(HIGHER, runs)
    assert row.verdict == NOT_TESTABLE
    assert "no seed in common" in row.reason


def test_a_missing_run_is_named(decide, run_of):
    row = decide(HIGHER, [run_of("cells/a", 0)])
    assert row.verdict == NOT_TESTABLE
    assert "cells/b" in row.reason


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (HIGHER, "this study leaves out cells/b"),
        (["final(test_accuracy) of sizes/selected > 0.1"], "this study leaves out sizes"),
        (["final(test_accuracy) of cells/c > 0.1"], "there is no run of cells/c"),
    ],
)
def test_what_the_study_leaves_out_is_told_from_what_is_missing(
    decide, run_of, study_with, rule, reason
):
    study = study_with(only={"variants": ["cells/a", "cells/c"], "experiments": ["cells"]})
    row = decide(rule, [run_of("cells/a", 0)], study=study)
    assert (row.verdict, row.reason) == (NOT_TESTABLE, reason)


def test_one_seed_of_an_accuracy_has_the_test_sets_error(decide, run_of):
    row = decide(HIGHER, pair(run_of, [0.5], [0.6]))
    half = 1.959964 * np.sqrt(share_variance(0.5, 1000) + share_variance(0.6, 1000))
    assert row.verdict == HOLDS
    assert row.interval == "test set"
    assert row.ci95_low == pytest.approx(row.effect - half, rel=1e-4)
    assert decide(HIGHER, pair(run_of, [0.5], [0.53])).verdict == UNDECIDED


@pytest.mark.parametrize("measure", [TAIL, f"100 * {TAIL}", f"{TAIL} / 0.001", f"1 - {TAIL}"])
def test_the_test_sets_error_is_in_the_unit_of_what_is_asked(decide, run_of, measure):
    """A share in percent has an error in percent: scaling the number changes no verdict."""
    size = 1000 if "0.001" in measure else 100 if "100" in measure else 1
    sign, level = ("<", 0.41) if "1 -" in measure else (">", 0.59)
    row = decide(
        [f"({measure}) of cells/a {sign} {size * level}"], [run_of("cells/a", accuracy=0.6)]
    )
    half = 1.959964 * np.sqrt(share_variance(0.6, 1000))
    assert row.verdict == UNDECIDED
    assert row.ci95_high - row.ci95_low == pytest.approx(2 * size * half, rel=1e-4)


def test_one_seed_tells_nothing_of_the_spread_of_ranks(decide, run_of):
    """Small errors leave ranks as they are, which is no certainty."""
    runs = [run_of(f"cells/{name}", accuracy=0.5 + 0.001 * n) for n, name in enumerate("abcd")]
    row = decide([f"rank_correlation({TAIL} of each(cells)) > 0.5"], runs)
    assert (row.verdict, row.cause, row.effect) == (UNDECIDED, "one seed", 0.5)


def test_one_seed_with_answers_is_compared_example_by_example(decide, run_of):
    told = {}
    for name, right in (("a", 500), ("b", 530)):
        outputs = np.eye(2)[(np.arange(1000) >= right) * 1]
        answered = Predictions("classification", np.zeros(1000), outputs, ())
        told[f"lab/cells/{name}/seed0"] = answered
    runs = pair(run_of, [0.5], [0.53])
    assert decide(HIGHER, runs, answers=told.get).verdict == HOLDS
    assert decide(HIGHER, runs, answers=lambda run: None).verdict == UNDECIDED


def test_one_seed_tells_nothing_of_the_spread_of_other_measures(decide, run_of):
    row = decide(["tail(test_loss) of cells/a < 2"], [run_of("cells/a", 0)])
    assert row.verdict == UNDECIDED
    assert "one seed" in row.reason and row.cause == "one seed"
    assert row.effect == 1
    assert np.isnan(row.ci95_low)


def test_a_shortened_run_is_undecided_and_names_its_epochs(decide, run_of):
    runs = [run_of("cells/a", s, accuracy=[0.5] * 5) for s in range(3)]
    row = decide([f"{TAIL} of cells/a > 0.4"], runs)
    assert row.verdict == UNDECIDED
    assert "5 of 20 epochs" in row.reason and row.cause == "short runs"
    assert row.effect == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("asked", "verdicts"),
    [
        ("best(test_accuracy) of cells/a < 0.4", (FAILS, FAILS)),
        ("best(test_accuracy) of cells/a >= 0.4", (HOLDS, HOLDS)),
        ("best(test_accuracy) of cells/a < 0.6", (UNDECIDED, HOLDS)),
        ("best(test_accuracy) of cells/a > 0.6", (UNDECIDED, FAILS)),
        ("best(test_accuracy) of cells/a in [0.4, 0.6]", (UNDECIDED, HOLDS)),
        ("best(test_accuracy) of cells/a in [0.1, 0.2]", (FAILS, FAILS)),
        ("min(test_accuracy) of cells/a > 0.6", (FAILS, FAILS)),
        ("min(test_accuracy) of cells/a < 0.6", (HOLDS, HOLDS)),
        ("max(test_accuracy, 2) of cells/a < 0.4", (FAILS, FAILS)),
        ("max(test_accuracy, -3) of cells/a < 0.4", (UNDECIDED, FAILS)),
        ("max(smooth(test_accuracy)) of cells/a < 0.4", (UNDECIDED, FAILS)),
        ("(best(test_accuracy) - 0.1) of cells/a < 0.3", (UNDECIDED, FAILS)),
        ("tail(test_accuracy) of cells/a < 0.4", (UNDECIDED, FAILS)),
    ],
)
def test_a_short_run_decides_what_no_further_epoch_could_change(decide, run_of, asked, verdicts):
    """A peak only rises, so that what it is above already it stays above."""
    short, whole = verdicts
    accuracy = [0.5, 0.5, 0.5, 0.5, 0.5]
    row = decide([asked], [run_of("cells/a", s, accuracy=accuracy) for s in range(3)])
    assert row.verdict == short
    assert ("further epochs cannot change it" in row.reason) == (short != UNDECIDED)
    row = decide([asked], [run_of("cells/a", s, accuracy=accuracy * 4) for s in range(3)])
    assert row.verdict == whole
    assert "further epochs" not in row.reason


def test_what_is_final_is_turned_with_the_rest_of_a_denied_part(decide, run_of):
    runs = [run_of("cells/a", s, accuracy=[0.5] * 5) for s in range(3)]
    peak = "best(test_accuracy) of cells/a < 0.4"
    assert decide([{"not": [peak]}], runs).verdict == HOLDS


def test_fewer_examples_are_no_matter_of_length(decide, run_of):
    """The beginning of another run than the one that was asked for decides nothing."""
    asked = {"train_examples": 500, "epochs": 20}
    runs = [
        run_of("cells/a", s, accuracy=[0.5] * 5, epochs=5, protocol_settings=asked)
        for s in range(3)
    ]
    claim = ["best(test_accuracy) of cells/a < 0.4"]
    assert decide(claim, runs).verdict == UNDECIDED


def test_fewer_examples_than_the_protocol_asks_for_are_undecided(decide, run_of):
    runs = [run_of("cells/a", s, protocol_settings={"train_examples": 500}) for s in range(3)]
    row = decide([f"{TAIL} of cells/a > 0.4"], runs)
    assert row.verdict == UNDECIDED
    assert "100 of 500 train examples" in row.reason


def test_generated_data_decides_nothing(decide, run_of, study_with):
    made_up = study_with(data={"dbpedia": {"source": "generated", "generate": {"train": 200}}})
    runs = [run_of("cells/a", s, of=made_up) for s in range(3)]
    row = decide([f"{TAIL} of cells/a > 0.4"], runs, study=made_up)
    assert row.verdict == UNDECIDED
    assert "generated" in row.reason and row.cause == "generated data"


def test_a_diverged_run_has_no_value(decide, run_of):
    broken = [0.5] * 10 + [float("nan")] * 10
    runs = [run_of("cells/a", s, loss=1.0) for s in (0, 1)]
    runs.append(run_of("cells/a", 2, loss=broken, status="diverged"))
    row = decide(["tail(test_loss) of cells/a < 2"], runs)
    assert row.verdict == UNDECIDED
    assert "diverged" in row.reason and row.cause == "no number"


def test_a_run_that_diverged_and_stopped_is_not_called_cut_short(decide, run_of):
    runs = pair(run_of, [0.1], [0.9])
    runs[0] = run_of("cells/a", accuracy=[0.1], status="diverged", on_divergence="stop")
    row = decide(HIGHER, runs)
    assert (row.verdict, row.cause) == (UNDECIDED, "no number")
    assert row.reason == "lab/cells/a/seed0 diverged and stopped at epoch 1"


def test_a_run_that_fell_back_to_guessing_for_good_has_not_converged(decide, run_of):
    """However flat the curve is on which it ends."""
    blown = [0.1, 0.5, 0.9] + [0.02] * 97
    runs = [run_of("cells/a", s, accuracy=blown, classes=14) for s in range(3)]
    row = decide(["converged(test_accuracy) of cells/a"], runs)
    assert row.verdict == FAILS


def test_times_are_compared_on_one_machine_only(decide, run_of):
    rule = ["train_seconds of each(cells/*) < 100"]

    def timed(**last):
        runs = [run_of(f"cells/{v}", s, seconds=5.0) for v in "abc" for s in (0, 1)]
        return [*runs, *(run_of("cells/d", s, seconds=5.0, **last) for s in (0, 1))]

    assert decide(rule, timed()).verdict == HOLDS
    assert decide(rule, timed()).cause == ""
    assert decide(rule, timed(device="another")).cause == "times"
    assert "different devices" in decide(rule, timed(device="another")).reason
    assert decide(rule, timed(threads=2)).verdict == UNDECIDED


def test_times_taken_while_other_work_ran_are_compared_in_processor_seconds(decide, run_of):
    """The seconds that passed tell of the other work, and the processor seconds hardly do."""
    rule = ["train_seconds of cells/a < 4.95"]
    alone = [run_of("cells/a", s, seconds=5.0, cpu=4.9 - s / 100) for s in (0, 1)]
    row = decide(rule, alone)
    assert (row.verdict, row.effect) == (FAILS, pytest.approx(-0.05))
    shared = [alone[0], run_of("cells/a", 1, seconds=5.0, cpu=2.0)]
    row = decide(rule, shared)
    assert row.effect == pytest.approx(4.95 - (4.9 + 2.0) / 2)
    assert "in processor seconds" in row.reason and "from 1 of 2 runs" in row.reason


def test_times_taken_while_other_work_ran_decide_nothing_without_processor_seconds(decide, run_of):
    """One run tells that it waited; of another, nobody knows how long it had a processor."""
    rule = ["train_seconds of each(cells/*) < 100"]
    runs = [run_of(f"cells/{v}", s, seconds=5.0) for v in "abcd" for s in (0, 1)]
    assert decide(rule, runs).verdict == HOLDS
    runs[0] = run_of("cells/a", 0, seconds=5.0, cpu=2.0)
    row = decide(rule, runs)
    assert row.verdict == UNDECIDED
    assert "1 of 8 runs were timed while other work" in row.reason


def test_a_time_that_is_not_recorded_is_not_testable(decide, run_of):
    row = decide(["train_seconds of cells/a < 9"], [run_of("cells/a", 0)])
    assert row.verdict == NOT_TESTABLE
    assert "not recorded" in row.reason


def test_a_number_of_parameters_is_that_of_the_record(decide, run_of):
    run = run_of("cells/a", 0)
    row = decide(["parameters of cells/a < 1000"], [run])
    assert row.verdict == NOT_TESTABLE
    assert row.reason == "the number of parameters of lab/cells/a/seed0 is not recorded"
    known = replace(run, record={**run.record, "parameters": 900})
    assert decide(["parameters of cells/a < 1000"], [known]).effect == 100


def test_runs_judged_on_different_test_sets_are_not_compared(decide, run_of):
    runs = [run_of("cells/a", s, accuracy=0.5) for s in range(3)]
    runs += [run_of("cells/b", s, accuracy=0.6, test_examples=5000) for s in range(3)]
    row = decide(HIGHER, runs)
    assert row.verdict == UNDECIDED
    assert "1000 and 5000 examples" in row.reason


def test_a_claim_on_the_larger_test_set_reads_it_where_there_is_one(decide, run_of):
    runs = [run_of("cells/a", s, accuracy=0.5, larger=0.7) for s in range(3)]
    runs += [run_of("cells/b", s, accuracy=0.6, test_examples=5000) for s in range(3)]
    claim = {"id": "c", "protocol": "lab", "statement": "So.", "test_set": "comparison"}
    assert decide(claim | {"decide": HIGHER}, runs).verdict == FAILS
    without = [replace(runs[0], comparison=None), *runs[1:]]
    assert decide(claim | {"decide": HIGHER}, without).verdict == NOT_TESTABLE


def test_a_run_that_does_not_settle_is_later_than_its_end(decide, run_of):
    def runs(quick):
        settled = [run_of("cells/a", s, accuracy=[0.1] * 3 + [0.5] * 17) for s in range(3)]
        rising = list(np.linspace(0, 1, 20))
        return settled + [
            run_of("cells/b", s, accuracy=rising if s or not quick else 0.5) for s in range(3)
        ]

    rule = ["conv_epoch(test_accuracy) of cells/a < conv_epoch(test_accuracy) of cells/b"]
    row = decide(rule, runs(quick=False))
    assert row.verdict == HOLDS
    assert np.isinf(row.ci95_high)  # the margin is known from below only
    assert decide(rule, runs(quick=True)).verdict == UNDECIDED


def test_two_runs_that_do_not_settle_cannot_be_compared(decide, run_of):
    rising = list(np.linspace(0, 1, 20))
    runs = [run_of(f"cells/{v}", s, accuracy=rising) for v in "ab" for s in range(3)]
    rule = ["conv_epoch(test_accuracy) of cells/a < conv_epoch(test_accuracy) of cells/b"]
    assert decide(rule, runs).verdict == UNDECIDED


def test_a_claim_about_the_selected_variant_follows_the_selection(decide, run_of):
    runs = [run_of("sizes/units-4", s, accuracy=0.5) for s in range(3)]
    runs += [run_of("sizes/units-6", s, accuracy=0.8) for s in range(3)]
    rule = [f"{TAIL} of sizes/selected > 0.6"]
    for variant, expected in (("units-4", FAILS), ("units-6", HOLDS)):
        row = decide(rule, runs, decisions={("lab", "sizes"): {"variant": variant}})
        assert row.verdict == expected
    assert decide(rule, runs).verdict == NOT_TESTABLE


def test_a_claim_is_decided_where_the_report_made_it_and_the_own_selection_stands_beside(
    claims_file, run_of, study, tmp_path
):
    (tmp_path / "numbers.csv").write_text("protocol,metric,value,runs\n", encoding="utf-8")
    published = {"numbers": "numbers.csv", "selected": {"lab": {"sizes": "units-6"}}}
    rule = [f"{TAIL} of later/fast > 0.6"]
    claims = load_claims(claims_file(rule, published=published), study)

    def runs(accuracy):
        return [run_of("later/fast", s, accuracy=accuracy + 0.01 * s) for s in range(3)]

    def selected(variant):
        return {("lab", "sizes"): {"variant": variant}}

    def row(*others):
        table, _ = decide_claims(claims, runs(0.5), study, selected("units-4"), others=others)
        return table.iloc[0]

    def other(variant="units-6", study=study):
        return OtherStudy("the supplement s", study, runs(0.8), selected(variant))

    alone = row()
    assert (alone.verdict, alone.decided_at) == (FAILS, "sizes/units-4")
    assert "decided at sizes/units-4, where the report has units-6" in alone.reason
    both = row(other())
    assert (both.verdict, both.decided_at, both.selected_verdict) == (HOLDS, "sizes/units-6", FAILS)
    assert "own sizes/units-6, from the supplement s; at sizes/units-4" in both.reason
    assert row(other("units-4")).verdict == FAILS  # it is not at the report's either

    def on(content, runs):
        data = {"name": "d", "generated": False, "content_sha256": content}
        return [replace(run, record={**run.record, "data": data}) for run in runs]

    apart = OtherStudy("s", study, on("b", runs(0.8)), selected("units-6"))
    alike = replace(apart, runs=on("a", runs(0.8)))
    for supplement, expected in ((apart, FAILS), (alike, HOLDS)):
        ours, own = on("a", runs(0.5)), selected("units-4")
        table, _ = decide_claims(claims, ours, study, own, others=[supplement])
        assert table.iloc[0].verdict == expected  # other data of the same name are another study
    longer = [replace(run, settings={**run.settings, "epochs": 90}) for run in study.runs]
    made_otherwise = replace(study, runs=tuple(longer))
    assert row(other(study=made_otherwise)).verdict == FAILS


def test_one_seed_of_a_grid_has_the_spread_of_its_residuals(claims_file, run_of, study_with):
    sizes = {"title": "Sizes", "model": "char_rnn", "parameters": {}}
    sizes["parameters"] = {"units": [4, 6, 8], "layers": [1, 2, 3]}
    grid = study_with(experiments={"sizes": sizes})
    losses = np.random.default_rng(0).normal(0.5, 0.02, 9)
    names = [run.variant for run in grid.runs if run.seed == 0]
    runs = [run_of(f"sizes/{n}", loss=x, of=grid) for n, x in zip(names, losses, strict=True)]
    claims = load_claims(claims_file([f"tail(test_loss) of sizes/{names[0]} < 0.9"]), grid)
    row = decide_claims(claims, runs, grid, {})[0].iloc[0]
    residuals = losses.reshape(3, 3)
    residuals = residuals - residuals.mean(0) - residuals.mean(1)[:, None] + residuals.mean()
    half = stats.t.ppf(0.975, 4) * np.sqrt((residuals**2).sum() / 4)
    assert (row.verdict, row.interval) == (HOLDS, "grid residuals")
    assert row.effect - row.ci95_low == pytest.approx(half)
    fewer = decide_claims(claims, runs[:-1], grid, {})[0].iloc[0]
    assert fewer.verdict == UNDECIDED  # nothing is known of the spread


def test_the_smallest_of_several_margins_has_a_valid_interval():
    # The lower end is that of the weakest condition, the upper end pays for their number.
    one = [Span.point(v) for v in (0.1, 0.12, 0.11)]
    single, triple = over_seeds([one]), over_seeds([one, one, one])
    assert triple.low == single.low
    assert triple.high > single.high
    assert triple.effect == single.effect == pytest.approx(0.11)


def test_two_bounds_of_one_number_fail_wrongly_as_often_as_one_does():
    """A number that truly lies on one of its bounds, three seeds, far from the other or near."""
    studies = 4000
    for width in (1.0, 8.0):
        wrong = {1: 0, 2: 0}
        for values in np.random.default_rng(0).normal(size=(studies, 3)):
            margins = [[Span.point(v) for v in row] for row in (-values, width + values)]
            for numbers in wrong:
                wrong[numbers] += over_seeds(margins, numbers).high < 0
        assert wrong[1] / studies == pytest.approx(0.025, abs=0.006)
        assert wrong[2] / studies == pytest.approx(0.0125, abs=0.005)


def test_bounds_of_one_number_count_once_and_those_of_two_runs_twice(decide, run_of):
    runs = [run_of(f"cells/{v}", s, accuracy=0.6 + 0.01 * s) for v in "ab" for s in range(3)]
    one = decide([f"{TAIL} of cells/a < 0.5"], runs)
    both = decide([f"{TAIL} of cells/a in [0.2, 0.5]"], runs)
    two = decide([f"{TAIL} of each(cells/a, cells/b) < 0.5"], runs)
    assert both.ci95_high == pytest.approx(one.ci95_high)
    assert two.ci95_high > one.ci95_high


@given(
    st.integers(2, 5).flatmap(
        lambda seeds: st.lists(
            st.lists(st.integers(-500, 500), min_size=seeds, max_size=seeds, unique=True),
            min_size=1,
            max_size=4,
        )
    ),
    st.sampled_from([0.001, 0.25]),
)
def test_margins_keep_the_deviation_of_their_own_seeds(counts, unit):
    """However steady other conditions are: their seeds tell nothing of this one's."""
    values = [np.array(row) * unit for row in counts]
    found = over_seeds([[Span.point(v) for v in row] for row in values])
    means, errors = np.mean(values, axis=1), stats.sem(values, axis=1)
    freedom = len(values[0]) - 1
    low = (means - stats.t.ppf(0.975, freedom) * errors).min()
    high = (means + stats.t.ppf(1 - 0.025 / len(values), freedom) * errors).min()
    assert (found.effect, found.low, found.high) == pytest.approx((means.min(), low, high))


def leaf(place):
    return Part(str(place), ())


@pytest.mark.parametrize("words", list(product(VERDICTS, repeat=3)))
def test_a_combination_is_decided_as_soon_as_nothing_can_change_it(words):
    """Against brute force: every unknown child is tried both ways."""
    children = [leaf(place) for place in range(3)]
    found = {id(child): word for child, word in zip(children, words, strict=True)}
    ways = [(w == HOLDS,) if w in (HOLDS, FAILS) else (True, False) for w in words]
    for needed in (1, 2, 3):
        outcomes = {sum(way) >= needed for way in product(*ways)}
        word = verdict(Combination(tuple(children), needed), found)
        if len(outcomes) == 1:
            assert word == (HOLDS if outcomes.pop() else FAILS)
        else:
            assert word in (UNDECIDED, NOT_TESTABLE)
            assert (word == NOT_TESTABLE) == (NOT_TESTABLE in words)


@pytest.mark.parametrize("words", list(product((HOLDS, FAILS, UNDECIDED), repeat=3)))
def test_the_opposite_of_a_tree_has_the_opposite_verdict(words):
    children = [leaf(place) for place in range(3)]
    tree = all_of([Combination(tuple(children[:2]), 1), children[2]])
    straight = {id(child): word for child, word in zip(children, words, strict=True)}
    turned = {HOLDS: FAILS, FAILS: HOLDS}
    opposite = negated(tree)
    by_name = {str(place): turned.get(word, word) for place, word in enumerate(words)}
    found = {id(p): by_name[p.name.removeprefix("not: ")] for p in _leaves(opposite)}
    expected = verdict(tree, straight)
    assert verdict(opposite, found) == turned.get(expected, expected)


def _leaves(node):
    return [node] if isinstance(node, Part) else [p for c in node.children for p in _leaves(c)]


def test_parts_that_are_only_reported_decide_nothing(decide, run_of):
    runs = [run_of("cells/a", s) for s in range(3)]
    claim = {
        "id": "c",
        "protocol": "lab",
        "statement": "So.",
        "decide": [f"{TAIL} of cells/a > 0.4"],
    }
    row = decide(claim | {"report_also": [f"{TAIL} of cells/a > 0.9"]}, runs)
    assert row.verdict == HOLDS
    assert list(row.attrs["parts"].verdict) == [HOLDS, FAILS]
    assert list(row.attrs["parts"].decides) == [True, False]


RULE = {
    "all": [
        f"{TAIL} of cells/b > {TAIL} of each(cells)",
        {"not": ["jitter(test_accuracy) of cells/a > 0.2"]},
        {"at_least": {"count": 1, "of": ["best(test_accuracy) of cells/c > 0.5"]}},
    ]
}


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.lists(st.floats(0, 1), min_size=20, max_size=20), min_size=8, max_size=8),
    st.randoms(use_true_random=False),
)
def test_the_order_of_runs_and_seeds_does_not_matter(decide, run_of, curves, random):
    places = [(variant, seed) for variant in "abcd" for seed in (0, 1)]
    runs = [
        run_of(f"cells/{variant}", seed, accuracy=curve)
        for (variant, seed), curve in zip(places, curves, strict=True)
    ]
    first = decide(RULE, runs)
    random.shuffle(runs)
    second = decide(RULE, runs)
    assert first.astype(str).tolist() == second.astype(str).tolist()
    parts = first.attrs["parts"], second.attrs["parts"]
    assert parts[0].equals(parts[1])


def test_a_run_that_a_claim_does_not_use_changes_nothing_of_it(decide, run_of):
    used = pair(run_of, [0.2, 0.5, 0.8], [0.211, 0.51, 0.809])
    others = [run_of("cells/c", s, accuracy=0.9, status="diverged") for s in range(3)]
    alone, among = decide(HIGHER, used), decide(HIGHER, [*others, *used])
    assert alone.astype(str).tolist() == among.astype(str).tolist()


def test_holm_adjusts_over_the_claims_that_have_a_p_value(study, claims_file, run_of):
    from nnrepro.claims.decide import decide_claims
    from nnrepro.claims.loading import load_claims

    rules = [[f"{TAIL} of cells/a > {x}"] for x in (0.4, 0.49, 0.499)]
    rules.append([f"{TAIL} of cells/d > 0.1"])
    claims = load_claims(claims_file(*rules), study)
    runs = [run_of("cells/a", s, accuracy=0.5 + 0.01 * s) for s in range(3)]
    table, _ = decide_claims(claims, runs, study, {})
    p, adjusted = table.p.astype(float).to_numpy(), table.p_holm.astype(float).to_numpy()
    assert np.isnan(p[3]) and np.isnan(adjusted[3])
    assert adjusted[0] == pytest.approx(min(1, 3 * p[0]))
    assert (adjusted[:3] >= p[:3]).all()


def test_claims_of_a_protocol_that_is_left_out_are_left_out(claims_file, run_of, study_with):
    from nnrepro.claims.decide import decide_claims
    from nnrepro.claims.loading import load_claims

    protocols = {name: {"title": name, "selection": "max_test_accuracy"} for name in ("lab", "own")}
    cut = study_with(protocols=protocols, only={"protocols": ["own"]})
    claims = load_claims(claims_file([f"{TAIL} of cells/a > 0.4"]), cut)
    table, parts = decide_claims(claims, [], cut, {})
    assert table.empty and parts.empty
