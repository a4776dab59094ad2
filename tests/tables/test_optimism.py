"""What selecting on the test set adds, measured where the answer is known."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from nnrepro.measures.folds import FoldHistory, folds_of_answers
from nnrepro.measures.predictions import Predictions
from nnrepro.measures.runs import RunData, folds_of, read_runs
from nnrepro.statistics.optimism import (
    FINAL,
    LAST_WINDOW,
    MAXIMUM,
    MEAN,
    RULES,
    half_scores,
    halves,
    selection_optimism,
)
from nnrepro.study.run import Run
from nnrepro.tables.optimism import optimism
from nnrepro.tables.runs import runs_table
from nnrepro.tables.variants import variants_table

SELECTION = {"tan": MAXIMUM, "koh": LAST_WINDOW}


def _selection(protocol: str, experiment: str) -> str:
    return SELECTION[protocol]


LARGEST_OF_25 = 1.9653
"""Expected largest of 25 standard normal numbers."""


def counted(correct: Any, examples: int = 100) -> FoldHistory:
    """Right answers [epochs, folds] of folds with `examples` each."""
    correct = np.array(correct, dtype=np.int64)
    return FoldHistory(np.full(correct.shape[1], examples), correct)


def by_rule(rule: str, runs: dict[str, list[FoldHistory]], window: int = 2) -> dict[str, Any]:
    return {
        name: [half_scores(seed, window)[rule] for seed in seeds] for name, seeds in runs.items()
    }


def test_halves_are_all_and_different() -> None:
    splits = halves(10)
    assert splits.shape == (252, 10) and (splits.sum(axis=1) == 5).all()
    assert len(np.unique(splits, axis=0)) == 252
    for folds in (0, 1, 5):
        with pytest.raises(ValueError, match="even number"):
            halves(folds)


@pytest.mark.parametrize("rule", RULES)
def test_optimism_is_that_of_a_plain_loop_over_the_splits(rule: str) -> None:
    """Four folds, three variants, three epochs: enumerated by hand."""
    numbers = np.random.default_rng(4)
    runs = {name: [counted(numbers.integers(30, 70, (3, 4)))] for name in "abc"}
    measure: dict[str, Callable[[list[float]], float]] = {
        LAST_WINDOW: lambda curve: mean(curve[-2:]),
        MAXIMUM: max,
        MEAN: mean,
        FINAL: lambda curve: curve[-1],
    }
    selected, honest, at_epoch, chosen = [], [], [], []
    for half in itertools.combinations(range(4), 2):
        other = [fold for fold in range(4) if fold not in half]

        def curve(name: str, folds: Any) -> list[float]:
            return [sum(epoch[f] for f in folds) / 200 for epoch in runs[name][0].correct]

        scores = {name: measure[rule](curve(name, half)) for name in runs}
        selected.append(max(scores.values()))
        best = [name for name, score in scores.items() if score == selected[-1]]
        honest.append(mean(measure[rule](curve(name, other)) for name in best))
        first = {name: np.argmax(curve(name, half)) for name in best}
        kept = mean(curve(name, other)[first[name]] for name in best)
        at_epoch.append(kept if rule == MAXIMUM else honest[-1])
        chosen.append({name: 1 / len(best) for name in best})
    found = selection_optimism(by_rule(rule, runs))
    assert found.selected_score == pytest.approx(mean(selected))
    assert found.honest_score == pytest.approx(mean(honest))
    assert found.optimism == pytest.approx(mean(selected) - mean(honest))
    assert found.epoch_optimism == pytest.approx(mean(honest) - mean(at_epoch))
    assert found.optimism_sd == pytest.approx(np.std(np.subtract(selected, honest)))
    shares = {name: mean(split.get(name, 0) for split in chosen) for name in runs}
    assert found.chosen == pytest.approx({name: part for name, part in shares.items() if part})


def test_pure_noise_is_as_optimistic_as_the_largest_of_so_many_numbers() -> None:
    """25 equal variants, 1,000 examples a half: 1.97 standard errors of a half's accuracy."""
    numbers = np.random.default_rng(5)
    level, examples = 0.5, 200
    found = [
        selection_optimism(
            by_rule(
                FINAL,
                {
                    str(v): [counted(numbers.binomial(examples, level, (1, 10)), examples)]
                    for v in range(25)
                },
            )
        )
        for _ in range(60)
    ]
    error = np.sqrt(level * (1 - level) / (5 * examples))
    measured = mean(item.optimism for item in found)
    assert measured == pytest.approx(LARGEST_OF_25 * error, rel=0.1)
    assert mean(item.honest_score for item in found) == pytest.approx(level, abs=0.003)
    assert all(item.epoch_optimism == 0 for item in found)


def test_choosing_the_best_of_noisy_epochs_is_optimistic_too() -> None:
    """The highest epoch of one half is no better than any other on the other half."""
    numbers = np.random.default_rng(6)
    noisy = {name: [counted(numbers.binomial(100, 0.5, (200, 10)))] for name in "ab"}
    found = selection_optimism(by_rule(MAXIMUM, noisy))
    assert found.epoch_optimism == pytest.approx(found.honest_score - 0.5, abs=0.01)
    assert found.epoch_optimism > 0.04
    assert selection_optimism(by_rule(MEAN, noisy)).epoch_optimism == 0


@pytest.mark.parametrize("rule", RULES)
def test_without_noise_there_is_no_optimism(rule: str) -> None:
    """Every fold tells the same: the same variant wins every split and scores the same."""
    curve = np.array([20, 45, 40])
    runs = {str(gain): [counted(np.tile(curve[:, None] + gain, 10))] * 2 for gain in range(5)}
    found = selection_optimism(by_rule(rule, runs))
    assert (found.optimism, found.optimism_sd, found.epoch_optimism) == (0.0, 0.0, 0.0)
    assert found.chosen == {"4": 1.0}


def test_equals_share_the_choice() -> None:
    """Two variants that are one and the same are chosen half of the time each."""
    same = counted(np.random.default_rng(1).integers(0, 100, (3, 4)))
    found = selection_optimism(by_rule(FINAL, {"a": [same], "b": [same]}))
    assert found.chosen == {"a": 0.5, "b": 0.5}


@settings(max_examples=25, deadline=None)
@given(
    order=st.permutations(range(4)),
    seeds=st.permutations(range(3)),
    epochs=st.integers(1, 4),
    salt=st.integers(0, 99),
)
def test_the_order_of_variants_and_seeds_does_not_matter(
    order: list[int], seeds: list[int], epochs: int, salt: int
) -> None:
    numbers = np.random.default_rng(salt)
    counts = numbers.integers(40, 60, (4, 3, epochs, 4))
    for rule in RULES:
        plain = {str(v): [counted(counts[v, s]) for s in range(3)] for v in range(4)}
        mixed = {str(v): [counted(counts[v, s]) for s in seeds] for v in order}
        assert selection_optimism(by_rule(rule, plain)) == selection_optimism(by_rule(rule, mixed))


# ---------------------------------------------------------------------------------- the table


class Grid:
    """Runs of a small grid with noise, and what is known of their answers."""

    def __init__(self, make_data: Callable[..., RunData], folds: int = 4) -> None:
        self.folds: dict[str, FoldHistory] = {}
        self.answers: dict[str, Predictions] = {}
        data = []
        numbers = np.random.default_rng(8)
        for variant in "abc":
            for seed in range(2):
                right = numbers.random((6, 80)) < 0.5
                run = make_data(right.mean(axis=1), variant, seed, test_examples=80)
                counts = [folds_of_answers(epoch, folds).correct[0] for epoch in right]
                self.folds[run.run.id] = counted(counts, 80 // folds)
                outputs = np.eye(2)[np.where(right[-1], 0, 1)]
                found = Predictions("classification", np.zeros(80), outputs, ())
                self.answers[run.run.id] = found
                data.append(run)
        self.runs = runs_table(data)

    def table(self, runs: pd.DataFrame | None = None, **given: Any) -> pd.DataFrame:
        """The table, of these runs or of some others."""
        runs = self.runs if runs is None else runs
        sources = {"answers": lambda _: None, "folds": lambda _: None, "selection": _selection}
        return optimism(variants_table(runs), runs, **sources | given)


@pytest.fixture
def grid(make_data: Callable[..., RunData]) -> Grid:
    return Grid(make_data)


def test_the_table_has_a_row_per_rule_and_variant_chosen(grid: Grid) -> None:
    table = grid.table(folds=grid.folds.get)
    assert list(dict.fromkeys(table["rule"])) == [
        MAXIMUM,
        "last3_mean_test_accuracy",
        MEAN,
        FINAL,
    ]
    own = table[table["selects"]]
    assert set(own["rule"]) == {MAXIMUM} and set(own["basis"]) == {"every epoch"}
    first = own.iloc[0]
    assert (first["candidates"], first["left_out"], first["seeds"]) == (3, 0, 2)
    assert (first["test_examples"], first["folds"], first["splits"]) == (80, 4, 6)
    assert first["selected_score"] - first["honest_score"] == pytest.approx(first["optimism"])
    for _, rows in table.groupby("rule"):
        assert rows["chosen_share"].sum() == pytest.approx(1)
        assert rows["chosen_share"].is_monotonic_decreasing
    assert (table["single_run_ci95_low"] <= table["single_run_optimism"]).all()
    assert table["reason"].isna().all()


def test_the_table_does_not_depend_on_the_order_of_runs(grid: Grid) -> None:
    mixed = grid.runs.iloc[[5, 2, 0, 3, 1, 4]].reset_index(drop=True)
    assert_frame_equal(
        grid.table(folds=grid.folds.get), grid.table(mixed, folds=grid.folds.get), check_exact=True
    )


def test_predictions_tell_of_the_final_epoch_alone(grid: Grid) -> None:
    predicted = grid.table(answers=grid.answers.get).set_index("rule")
    assert predicted.loc[MEAN, "reason"].startswith("only the answers of the final epoch")
    assert np.isnan(predicted.loc[MEAN, "optimism"])
    final = predicted.loc[[FINAL]]
    assert set(final["basis"]) == {"final epoch"} and set(final["folds"]) == {10}


def test_predictions_tell_how_many_examples_were_tested_where_no_record_does(grid: Grid) -> None:
    unknown = grid.runs.assign(test_examples=np.nan)
    final = grid.table(unknown, answers=grid.answers.get).set_index("rule").loc[[FINAL]]
    assert set(final["test_examples"]) == {80}


def test_what_cannot_be_measured_says_why(grid: Grid) -> None:
    assert set(grid.table()["reason"].str[:27]) == {"neither right answers by fo"}
    alone = grid.runs[grid.runs["variant"] == "a"].reset_index(drop=True)
    assert set(grid.table(alone, folds=grid.folds.get)["reason"]) == {
        "fewer than two variants can be selected from"
    }
    uneven = grid.folds | {name: counted([[1] * 8] * 6, 10) for name in list(grid.folds)[:2]}
    assert set(grid.table(folds=uneven.get)["reason"]) == {
        "the variants' right answers are counted in different folds"
    }


@pytest.mark.parametrize(
    ("metric", "reason"),
    [("min_test_loss", "no share"), ("max_validation_accuracy", "held-out training examples")],
)
def test_a_selection_by_other_things_than_right_answers_is_named(
    grid: Grid, metric: str, reason: str
) -> None:
    table = grid.table(selection=lambda protocol, of: metric, folds=grid.folds.get)
    own = table[table["selects"]]
    assert own["rule"].tolist() == [metric] and reason in own["reason"].iloc[0]
    assert table["optimism"].notna().any()


def test_variants_without_counts_are_left_out_and_counted(grid: Grid) -> None:
    known = {name: value for name, value in grid.folds.items() if "/b/" not in name}
    table = grid.table(folds=known.get)
    assert set(table["candidates"]) == {2} and set(table["left_out"]) == {1}
    assert set(table["variant"]) <= {"a", "c"}


# ---------------------------------------------------------------------------- reading from disk

HISTORY = {
    "loss": [1.0, 0.5],
    "accuracy": [0.5, 0.6],
    "val_loss": [1.0, 0.9],
    "val_accuracy": [0.25, 0.5],
}
FOLDS = {"folds": 2, "examples": [4, 4], "correct": [[1, 1], [3, 1]]}


def test_folds_are_read_where_the_settings_ask_for_them(
    tmp_path: Path, make_run: Callable[..., Run], write_run: Callable[..., None]
) -> None:
    run = make_run(test_folds=2, test_examples=8)
    write_run(tmp_path, run, {"history.json": HISTORY, "history_folds.json": FOLDS})
    found = folds_of(run, tmp_path)
    assert found is not None and found.correct.tolist() == [[1, 1], [3, 1]]
    assert folds_of(make_run(test_examples=8), tmp_path) is None


def test_missing_folds_are_no_problem(
    tmp_path: Path, make_run: Callable[..., Run], write_run: Callable[..., None]
) -> None:
    run = make_run(test_folds=2, test_examples=8)
    write_run(tmp_path, run, {"history.json": HISTORY})
    data, problems = read_runs([run], tmp_path)
    assert data[0].folds is None and problems == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"folds": "2"}, "no number of folds"),
        ({"folds": 3}, "expected 3 whole numbers"),
        ({"examples": [4, 0]}, "more right answers than examples"),
        ({"correct": []}, "there is no epoch"),
        ({"correct": [[1, 1]]}, "has 1 epochs, the run's history 2"),
        ({"correct": [[1, 1], [5, 1]]}, "more right answers than examples"),
        ({"correct": [[1, 1], [2, 1]]}, "epoch 2: the folds do not sum"),
        ({"correct": [[1, 1], [3, True]]}, "epoch 2: expected 2 whole numbers"),
        ({"more": 1}, "has the keys"),
    ],
)
def test_damaged_folds_are_named_and_the_run_is_kept(
    tmp_path: Path,
    make_run: Callable[..., Run],
    write_run: Callable[..., None],
    change: dict[str, Any],
    message: str,
) -> None:
    run = make_run(test_folds=2, test_examples=8)
    text = json.dumps(FOLDS | change)
    write_run(tmp_path, run, {"history.json": HISTORY, "history_folds.json": text})
    data, problems = read_runs([run], tmp_path)
    assert data[0].folds is None
    assert [(problem.file, problem.excludes) for problem in problems] == [
        ("history_folds.json", False)
    ]
    assert message in problems[0].message


def test_a_validation_history_gives_metrics_to_select_by(
    tmp_path: Path, make_run: Callable[..., Run], write_run: Callable[..., None]
) -> None:
    run = make_run(validation_examples=50, window=1)
    curves = {"val_loss": [1.0, 0.9], "val_accuracy": [0.7, 0.4]}
    write_run(tmp_path, run, {"history.json": HISTORY, "history_validation.json": curves})
    data, problems = read_runs([run], tmp_path)
    assert problems == []
    row = runs_table(data).iloc[0]
    assert (row["max_validation_accuracy"], row["final_validation_accuracy"]) == (0.7, 0.4)
    assert row["mean_validation_accuracy"] == pytest.approx(0.55)
    variant = variants_table(runs_table(data)).iloc[0]
    low, high = (variant[f"final_validation_accuracy_ci95_{end}"] for end in ("low", "high"))
    assert low < 0.4 < high
    (tmp_path / run.id / "history_validation.json").unlink()
    data, problems = read_runs([run], tmp_path)
    assert [problem.file for problem in problems] == ["history_validation.json"]
    assert np.isnan(runs_table(data).iloc[0]["max_validation_accuracy"])
