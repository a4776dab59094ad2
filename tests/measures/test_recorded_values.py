"""What a run was made with is what its record tells, whatever the study asks for at the moment."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nnrepro.measures.runs import read_runs
from nnrepro.study.run import Run
from nnrepro.tables.runs import runs_table
from nnrepro.tables.selection import select
from nnrepro.tables.variants import variants_table

HISTORY = {
    "loss": [2.0, 1.0],
    "accuracy": [0.2, 0.4],
    "val_loss": [2.0, 1.5],
    "val_accuracy": [0.2, 0.3],
}
LARGER = {"val_loss": [2.0, 1.5], "val_accuracy": [0.25, 0.35]}


def _record(run: Run, **changes: Any) -> dict[str, Any]:
    told = {"run": run.for_training().to_dict(), "status": "completed", "epochs_completed": 2}
    return {**told, **changes}


def test_a_table_has_the_settings_of_the_record_and_the_problem_names_them(
    tmp_path: Path, make_run: Callable[..., Run], write_run: Callable[..., None]
) -> None:
    made = replace(make_run(learning_rate=0.01, units=3, epochs=2), model="char_rnn", input="words")
    asked = make_run(learning_rate=0.5, window=2, epochs=2, c1=10)
    write_run(tmp_path, asked, {"history.json": HISTORY, "run.json": _record(made)})
    data, (problem,) = read_runs([asked], tmp_path)
    (row,) = runs_table(data, [problem], [asked]).to_dict("records")
    assert (row["learning_rate"], row["units"]) == (0.01, 3)
    assert (row["model"], row["input"]) == ("char_rnn", "words")
    assert "c1" not in row  # a setting of the model that the study asks for alone
    assert row["window_asked"] == 2  # the analysis is the study's
    assert "learning_rate = 0.01 where the study asks for 0.5" in problem.message
    assert "model = 'char_rnn'" in problem.message
    assert not problem.excludes


def test_a_run_whose_history_is_damaged_is_listed_with_the_settings_of_its_record(
    tmp_path: Path, make_run: Callable[..., Run], write_run: Callable[..., None]
) -> None:
    made, asked = make_run(learning_rate=0.01), make_run(learning_rate=0.5)
    write_run(tmp_path, asked, {"history.json": "{", "run.json": _record(made)})
    data, problems = read_runs([asked], tmp_path)
    (row,) = runs_table(data, problems, [asked]).to_dict("records")
    assert (row["status"], row["learning_rate"]) == ("damaged", 0.01)


def test_the_larger_test_set_is_read_that_the_run_recorded(
    tmp_path: Path, make_run: Callable[..., Run], write_run: Callable[..., None]
) -> None:
    made, asked = make_run(comparison_test_examples=10_000), make_run(comparison_test_examples=0)
    files = {"history.json": HISTORY, "history_comparison.json": LARGER, "run.json": _record(made)}
    write_run(tmp_path, asked, files)
    ((data,), _) = read_runs([asked], tmp_path)
    assert data.run.settings["comparison_test_examples"] == 10_000
    assert data.comparison is not None


@pytest.mark.parametrize("change", [{"seed": 1}, {"variant": "b"}])
def test_a_record_of_another_run_excludes_the_run(
    tmp_path: Path,
    make_run: Callable[..., Run],
    write_run: Callable[..., None],
    change: dict[str, Any],
) -> None:
    run = make_run("a")
    other = replace(run, **change)
    write_run(tmp_path, run, {"history.json": HISTORY, "run.json": _record(other)})
    data, (problem,) = read_runs([run], tmp_path)
    assert data == []
    assert (problem.status, problem.run_id) == ("damaged", run.id)
    assert f"this is {other.id}" in problem.message


def test_a_setting_of_another_kind_makes_the_record_unknown(
    tmp_path: Path, make_run: Callable[..., Run], write_run: Callable[..., None]
) -> None:
    made, asked = make_run(c1="ten"), make_run(c1=10)
    write_run(tmp_path, asked, {"history.json": HISTORY, "run.json": _record(made)})
    ((data,), (problem,)) = read_runs([asked], tmp_path)
    assert (data.status, data.run.settings["c1"]) == ("unknown", 10)
    assert "shown as unknown" in problem.message


def test_seeds_made_differently_leave_the_variants_setting_blank(
    make_data: Callable[..., Any],
) -> None:
    runs = [
        make_data([0.5] * 10, "a", 0, c1=10, learning_rate=0.5),
        make_data([0.5] * 10, "a", 1, c1=10, learning_rate=0.01),
        make_data([0.4] * 10, "b", 0, c1=20, learning_rate=0.5),
    ]
    table = variants_table(runs_table(runs))
    assert table["learning_rate"].isna().tolist() == [True, False]
    assert table["c1"].tolist() == [10, 20]
    assert select(table, "final_test_accuracy", ["c1"]) == {"variant": "a", "c1": 10}


def test_a_run_that_is_not_there_says_nothing_of_its_variants_settings(
    tmp_path: Path, make_run: Callable[..., Run], write_run: Callable[..., None]
) -> None:
    asked = [make_run("a", seed, learning_rate=0.5) for seed in (0, 1)]
    made = make_run("a", 1, learning_rate=0.01)
    write_run(tmp_path, asked[1], {"history.json": HISTORY, "run.json": _record(made)})
    data, problems = read_runs(asked, tmp_path)
    table: pd.DataFrame = variants_table(runs_table(data, problems, asked))
    assert table["learning_rate"].tolist() == [0.01]
