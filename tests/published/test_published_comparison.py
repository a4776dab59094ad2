"""Published beside reproduced: the right runs, the right interval, and no mark without grounds."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from nnrepro.measures.history import History
from nnrepro.published.comparison import STATUSES, compare_published, published_summary
from nnrepro.published.numbers import RESULT_COLUMNS
from nnrepro.published.reproduction import reproduce
from nnrepro.published.runs import StudyRuns

GRID = "channel_grid/c1-50_c2-60"
SHARED = ["offset", "residual", "interval_low", "interval_high", "inside", "status", "remark"]


@pytest.fixture(scope="module")
def compared(numbers, whole):
    return compare_published(numbers, whole)


def one(number, evidence):
    """The result of a single number."""
    return compare_published([number], evidence).iloc[0]


def maxima(evidence, run_part, protocol="koh"):
    """Highest test accuracies over seeds, by plain NumPy."""
    return [
        float(np.max(item.history.val_accuracy))
        for name, item in sorted(evidence.data.items())
        if name.startswith(f"{protocol}/{run_part}/")
    ]


def test_rows_in_are_rows_out_in_the_same_order(numbers, compared):
    assert compared["value"].tolist() == [number.printed for number in numbers]
    assert compared["note"].tolist() == [number.cells["note"] for number in numbers]
    assert list(compared.columns) == [*numbers[0].cells, *RESULT_COLUMNS]
    assert set(compared["status"]) <= set(STATUSES)
    assert (compared["reproduced"].isna() <= compared["reason"].ne("")).all()


def test_a_maximum_is_the_mean_over_seeds_with_a_prediction_interval(make_number, whole):
    row = one(make_number(printed="0.5"), whole)
    values = maxima(whole, "text_models/char_cnn")
    assert len(values) == row["seeds"] == 3
    assert row["reproduced"] == pytest.approx(np.mean(values), abs=1e-15)
    assert row["reproduced_sd"] == pytest.approx(np.std(values, ddof=1))
    assert [*map(float, row["seed_values"].split())] == pytest.approx(values)
    half = stats.t.ppf(0.975, 2) * np.std(values, ddof=1) * np.sqrt(1 + 1 / 3)
    assert row["interval_low"] == pytest.approx(np.mean(values) - half)
    assert row["interval_high"] == pytest.approx(np.mean(values) + half)
    assert row["interval_kind"] == "seeds"
    assert row["difference"] == pytest.approx(np.mean(values) - 0.5)


def test_closing_means_of_the_whole_grid_agree_with_numpy(numbers, compared, whole):
    asked = [n.metric == "last200_mean_test_accuracy" and n.protocol == "tan" for n in numbers]
    rows = compared[np.array(asked) & compared["runs"].str.startswith("channel_grid/c1")]
    assert len(rows) == 58
    for row in rows.itertuples():
        found = [whole.data[f"tan/{row.runs}/seed{seed}"].history for seed in range(3)]
        wanted = np.mean([np.mean(history.val_accuracy[-200:]) for history in found])
        assert row.reproduced == pytest.approx(wanted, abs=1e-12)


def test_averages_are_over_all_variants_of_a_row_of_the_grid(numbers, compared, whole):
    rows = compared[compared["metric"] == "row_average"]
    assert len(rows) == 5
    for row in rows.itertuples():
        wanted = np.mean(
            [
                np.mean(item.history.val_accuracy[-200:])
                for name, item in whole.data.items()
                if name.startswith("tan/channel_grid/") and f"_c2-{row.c2}/" in name
            ]
        )
        assert row.reproduced == pytest.approx(wanted, abs=1e-12)


def test_a_number_inside_and_one_outside(make_number, whole):
    mean = float(np.mean(maxima(whole, "text_models/char_cnn")))
    assert one(make_number(printed=f"{mean:.4f}"), whole)["inside"]
    outside = one(make_number(printed="0.9999"), whole)
    assert outside["status"] == "outside" and not outside["inside"]


def test_one_seed_is_judged_by_the_sampling_error_of_two_runs(make_study, reproduced, make_number):
    evidence = reproduced(make_study(seeds=[0]), lambda run: [0.6] * 1000).evidence
    row = one(make_number(), evidence)
    share = (0.6 * 700 + 1) / 702
    half = stats.norm.ppf(0.975) * np.sqrt(2 * share * (1 - share) / 702)
    assert row["interval_kind"] == "test set"
    assert row["interval_high"] - row["reproduced"] == pytest.approx(half)
    level = one(make_number(metric="test_loss_level", note="end of the run"), evidence)
    assert level["status"] == "shown"
    assert level["reason"] == "one seed tells nothing of its spread"


def test_runs_that_are_cut_short_are_shown_and_not_judged(make_study, reproduced, make_number):
    short = make_study(seeds=[0, 1, 2], budget={"epochs": 40})
    evidence = reproduced(short).evidence
    closing = one(
        make_number(protocol="tan", runs=(GRID,), metric="last200_mean_test_accuracy"), evidence
    )
    assert closing["status"] == "shown" and pd.isna(closing["inside"])
    assert closing["remark"] == "40 of 1000 epochs, closing window of 8 epochs"
    assert closing["epochs"] == 40
    early = one(make_number(metric="test_accuracy_level", note="by epoch 25"), evidence)
    assert early["status"] in ("inside", "outside")
    late = one(make_number(metric="test_accuracy_level", note="by epoch 50"), evidence)
    assert late["status"] == "missing" and "ends before epoch 50" in late["reason"]


def test_a_window_that_the_study_does_not_have_is_not_put_in_its_place(make_number, whole):
    row = one(make_number(metric="last200_mean_test_accuracy"), whole)
    assert row["status"] == "missing"
    assert "has a closing window of 50 epochs" in row["reason"]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"note": "approx; upper_bound"}, "the report gives a bound, not a value"),
        ({"note": "Q6 table; repeat of Q5"}, "a repeat, judged where it is printed first"),
        ({"metric": "train_seconds", "printed": "139"}, "times are of another machine"),
    ],
)
def test_what_cannot_be_judged_is_shown_with_the_reason(make_number, whole, given, reason):
    row = one(make_number(**given), whole)
    assert (row["status"], row["reason"]) == ("shown", reason)
    assert not pd.isna(row["reproduced"])


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"metric": "test_loss_level", "note": "first drop"}, "read off a plot"),
        ({"metric": "max_test_acuracy"}, "nnrepro knows no metric 'max_test_acuracy'"),
        ({"metric": "train_seconds_ratio"}, "its row names no baseline"),
        ({"metric": "parameter_count", "note": "layer conv1"}, "parameters of the whole model"),
        ({"runs": ()}, "it belongs to no run"),
    ],
)
def test_what_no_program_can_tell_says_why(make_number, whole, given, reason):
    row = one(make_number(**given), whole)
    assert row["status"] == "no rule"
    assert reason in row["reason"]


def test_the_number_of_parameters_is_exact(make_number, whole):
    row = one(make_number(metric="parameter_count", printed="307310", note="total"), whole)
    assert (row["status"], row["interval_kind"]) == ("inside", "exact")
    other = one(make_number(metric="parameter_count", printed="307311"), whole)
    assert other["status"] == "outside"


def test_ratios_and_gains_are_against_their_baseline_seed_by_seed(make_number, whole):
    runs, base = ("text_models/char_rnn_gru",), ("text_models/char_cnn",)
    ratio = one(make_number(metric="train_seconds_ratio", runs=runs, baseline=base), whole)
    wanted = np.mean([(11 + s + 12) / (11 + s + 8) for s in range(3)])
    assert ratio["reproduced"] == pytest.approx(wanted)
    gain = one(make_number(metric="accuracy_gain_percent", runs=runs, baseline=base), whole)
    means = [
        [np.mean(whole.data[f"koh/{r[0]}/seed{s}"].history.val_accuracy) for s in range(3)]
        for r in (runs, base)
    ]
    assert gain["reproduced"] == pytest.approx(100 * np.mean(np.subtract(*means)))


def test_times_of_different_machines_make_no_ratio(study, reproduced, make_number):
    done = reproduced(study)
    done.data["koh/text_models/char_cnn/seed1"].record["device"]["name"] = "another"
    number = make_number(
        metric="train_seconds_ratio",
        runs=("text_models/char_rnn_gru",),
        baseline=("text_models/char_cnn",),
    )
    assert one(number, done.evidence)["reason"] == "the times to compare are of different machines"


def test_times_taken_while_other_work_ran_are_not_judged(study, reproduced, make_number):
    done = reproduced(study)
    number = make_number(
        metric="train_seconds_ratio",
        runs=("text_models/char_rnn_gru",),
        baseline=("text_models/char_cnn",),
    )
    assert one(number, done.evidence)["status"] in ("inside", "outside")
    done.data["koh/text_models/char_cnn/seed1"].record["seconds"]["cpu"] = 2.0
    row = one(number, done.evidence)
    assert row["status"] == "shown" and row["reproduced"] > 0
    assert row["reason"] == "the times were taken while other work took the processors"


def test_a_time_of_nothing_makes_no_ratio(study, reproduced, make_number):
    """A record may say 0 seconds; the ratio to it is no number, and nothing is outside of it."""
    done = reproduced(study)
    number = make_number(
        metric="train_seconds_ratio",
        runs=("text_models/char_rnn_gru",),
        baseline=("text_models/char_cnn",),
    )
    done.data["koh/text_models/char_cnn/seed1"].record["seconds"] = {
        "training": 0,
        "evaluation": 0,
    }
    row = one(number, done.evidence)
    assert (row["status"], row["seeds"]) == ("shown", 2)
    assert row["reason"] == "not every seed gives it (seed 1 has a baseline of 0)"


def test_a_range_takes_the_extreme_of_its_pairs(make_number, whole):
    given = {
        "metric": "accuracy_gain_percent",
        "runs": ("text_models/char_rnn_gru", "text_models/word_rnn_gru"),
        "baseline": ("text_models/char_cnn", "text_models/word_cnn"),
    }
    low, mean, high = (
        one(make_number(**given, note=note), whole)["reproduced"]
        for note in ("lower end of a range", "", "upper end of a range")
    )
    assert low < mean < high


def test_runs_at_another_selected_pair_say_so_and_are_compared(numbers, compared):
    (row,) = compared[
        (compared["protocol"] == "tan")
        & (compared["metric"] == "last200_mean_test_accuracy")
        & (compared["variant"] == "adam")
    ].to_dict("records")
    assert row["remark"] == (
        "made at c1 = 70 where the report has 90, c2 = 100 where the report has 40"
    )
    assert row["status"] in ("inside", "outside")


def test_the_comparison_test_set_is_not_replaced_by_the_primary_one(compared):
    rows = compared[compared["test_set"] == "comparison"]
    assert len(rows) == 4
    assert set(rows["status"]) == {"missing"}  # these made-up runs were not evaluated on it
    assert rows["reason"].str.contains("no metrics on the comparison test set").all()


def test_generated_data_are_never_judged(make_study, reproduced, numbers):
    data = {
        name: {"source": "generated", "generate": {"train": 10000, "test": 10000, "seed": 1}}
        for name in ("cifar10", "dbpedia")
    }
    compared = compare_published(numbers, reproduced(make_study(data=data)).evidence)
    assert compared["inside"].isna().all()
    assert compared["reason"].str.contains("generated data").any()


def test_a_curve_that_does_not_settle_in_every_seed_is_not_judged(study, reproduced, make_number):
    def curve(run):
        epochs = int(run.settings["epochs"])
        level = np.full(epochs, 0.5)
        return np.linspace(0, 1, epochs) if run.seed == 1 else level

    evidence = reproduced(study, curve).evidence
    row = one(make_number(metric="test_accuracy_convergence_epoch", printed="1"), evidence)
    assert row["seeds"] == 2 and row["status"] == "shown"
    assert row["reason"] == "not every seed gives it (seed 1 does not settle)"


def test_a_study_that_leaves_runs_out_does_not_average_over_the_others(
    make_study, reproduced, make_number
):
    only = {"variants": ["channel_grid/c1-10_c2-20", "channel_grid/c1-30_c2-20", "optimizers/adam"]}
    evidence = reproduced(make_study(only=only)).evidence
    number = make_number(protocol="tan", metric="row_average", runs=("channel_grid/c1-*_c2-20",))
    row = one(number, evidence)
    assert row["status"] == "left out"
    assert "channel_grid/c1-50_c2-20" in row["reason"]


def test_a_selection_that_a_study_leaves_out_is_not_missing(make_study, reproduced, make_number):
    evidence = reproduced(make_study(only={"experiments": ["text_models"]})).evidence
    evidence = replace(evidence, decisions={})  # as of what is not run none is made
    row = one(make_number(protocol="tan", runs=("channel_grid/selected",)), evidence)
    assert (row["status"], row["reason"]) == ("left out", "this study leaves out channel_grid")


def test_the_summary_adds_up(compared):
    summary = published_summary(compared)
    assert summary["rows"].iloc[-1] == len(compared)
    counts = ["rows", "reproducible", "reproduced", "inside", "outside", "missing"]
    single = summary[(summary["question"] != "all")]
    for name in counts:
        assert single[name].sum() == summary[name].iloc[-1]
    assert (summary["reproduced"] <= summary["reproducible"]).all()
    assert (summary["inside"] + summary["outside"] <= summary["reproduced"]).all()
    grid = compared[
        (compared["protocol"] == "koh") & (compared["part"] == "A") & (compared["question"] == "2")
    ]
    judged = grid[grid["inside"].notna()]
    (row,) = summary[
        (summary["protocol"] == "koh") & (summary["question"] == "2") & (summary["part"] == "A")
    ].to_dict("records")
    assert row["median_absolute_difference"] == np.median(np.abs(judged["difference"]))


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_a_missing_run_changes_only_the_rows_that_depend_on_it(data, numbers, whole, compared):
    name = data.draw(st.sampled_from(sorted(whole.data)))
    rest = {key: item for key, item in whole.data.items() if key != name}
    runs = whole.table.copy()
    runs.loc[runs["run_id"] == name, "epochs_completed"] = pd.NA
    fewer = compare_published(numbers, StudyRuns(whole.study, runs, rest, whole.decisions))
    run = whole.data[name].run
    for index, number in enumerate(numbers):
        selected = whole.study.chosen(
            number.protocol, [*number.runs, *number.baseline], whole.decisions
        )
        before, after = compared.loc[index], fewer.loc[index]
        same = before.equals(after)
        if pd.notna(before["offset"]):  # all numbers of a sample share it
            same = before.drop(SHARED).equals(after.drop(SHARED))
        concerned = any(
            (r.experiment, r.variant) == (run.experiment, run.variant) for r in selected
        )
        assert same or (concerned and number.protocol == run.protocol)


@settings(max_examples=8, deadline=None)
@given(random=st.randoms(use_true_random=False))
def test_the_order_of_runs_and_seeds_does_not_matter(random, numbers, whole, compared):
    order = list(range(len(whole.table)))
    random.shuffle(order)
    shuffled = whole.table.iloc[order].reset_index(drop=True)
    data = {shuffled["run_id"][i]: whole.data[shuffled["run_id"][i]] for i in range(len(order))}
    other = compare_published(numbers, StudyRuns(whole.study, shuffled, data, whole.decisions))
    pd.testing.assert_frame_equal(other, compared, check_exact=True)


def test_a_group_is_the_mean_over_its_runs(make_number, whole):
    number = make_number(
        metric="mean_test_accuracy",
        runs=("rnn_variants/char_rnn_vanilla", "rnn_variants/word_rnn_vanilla"),
    )
    found = reproduce(number, whole)
    assert len(found.values) == 3 and found.epochs == 250


def test_a_difference_may_be_negative(study, reproduced, make_number):
    """A network that does better on the test set than in training has a negative gap."""
    made = reproduced(study)
    for seed, gap in enumerate((-0.03, -0.02, -0.01)):
        item = made.data[f"koh/text_models/char_cnn/seed{seed}"]
        curves = {"loss": np.ones(250), "val_loss": np.ones(250)}
        history = History.of(
            **curves, accuracy=np.full(250, 0.5 + gap), val_accuracy=0.5 + 0 * curves["loss"]
        )
        made.data[item.run.id] = replace(item, history=history)
    row = one(make_number(metric="gap", printed="-0.02"), made.evidence)
    assert (row["status"], row["reproduced"]) == ("inside", pytest.approx(-0.02))
    half = stats.t.ppf(0.975, 2) * 0.01 * np.sqrt(1 + 1 / 3)
    assert row["interval_low"] == pytest.approx(-0.02 - half)


def test_a_run_that_diverged_is_not_called_cut_short(shipped, make_study, reproduced, make_number):
    stopping = {**shipped["settings"]["all"], "on_divergence": "stop"}
    settings = {**shipped["settings"], "all": stopping}
    made = reproduced(make_study(seeds=[0, 1, 2], settings=settings))
    for seed in range(3):
        item = made.data[f"koh/text_models/char_cnn/seed{seed}"]
        record = {**item.record, "status": "diverged"}
        made.data[item.run.id] = replace(item, history=item.history.up_to(9), record=record)
    row = one(make_number(), made.evidence)
    assert row["reason"] == "not the same measurement (a run diverged)"
    assert row["remark"] == "diverged and stopped at epoch 9"


def test_an_interval_holds_nothing_that_the_quantity_cannot_be(compared):
    """However few the seeds; differences in points may be negative."""
    accuracies = compared[compared["metric"].str.contains("accuracy$|average$")]
    assert accuracies["interval_low"].min() >= 0 and accuracies["interval_high"].max() <= 1
    epochs = compared[compared["metric"].str.endswith("_epoch")]["interval_low"].dropna()
    assert len(epochs) and epochs.min() >= 0
