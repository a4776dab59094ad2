"""Tables of an archive depend on what is in it, and on nothing else."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from nnrepro.measures.inventory import IncompleteReportError, check_results, inventory
from nnrepro.measures.recorded import as_recorded
from nnrepro.measures.runs import RunData, extent_of, read_runs
from nnrepro.models.registry import catalogue
from nnrepro.study.config import load_study
from nnrepro.study.folders import ArchivedRuns, length_in
from nnrepro.study.study import Study
from nnrepro.tables.compared import extent_by_table
from nnrepro.tables.runs import runs_table
from nnrepro.tables.variants import variants_table

LEVELS = st.floats(0, 1, allow_subnormal=False)
CURVES = st.lists(LEVELS, min_size=1, max_size=12)


def tables(data: list[RunData]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Runs and variants tables, rows sorted by what identifies them."""
    runs = runs_table(data)
    variants = variants_table(runs)
    return (
        runs.sort_values("run_id", ignore_index=True),
        variants.sort_values(["experiment", "variant"], ignore_index=True),
    )


@given(curves=st.lists(CURVES, min_size=2, max_size=6), numbers=st.randoms())
@settings(max_examples=30, deadline=None)
def test_the_order_of_runs_and_seeds_changes_no_bit(
    make_data: Callable[..., RunData], curves: Any, numbers: Any
) -> None:
    data = [make_data(curve, "ab"[i % 2], seed=i) for i, curve in enumerate(curves)]
    shuffled = list(data)
    numbers.shuffle(shuffled)
    for ours, theirs in zip(tables(data), tables(shuffled), strict=True):
        pd.testing.assert_frame_equal(ours, theirs[ours.columns], check_exact=True)


@given(first=CURVES, added=CURVES)
@settings(max_examples=30, deadline=None)
def test_another_run_leaves_the_rows_of_other_variants_alone(
    make_data: Callable[..., RunData], first: Any, added: Any
) -> None:
    runs, variants = tables([make_data(first, "a")])
    more_runs, more_variants = tables([make_data(first, "a"), make_data(added, "b")])
    pd.testing.assert_frame_equal(runs, more_runs.iloc[:1][runs.columns], check_dtype=False)
    pd.testing.assert_frame_equal(
        variants, more_variants.iloc[:1][variants.columns], check_dtype=False
    )


@given(
    curve=st.lists(st.integers(0, 1000), min_size=1, max_size=30), factor=st.sampled_from([2, 4])
)
@settings(max_examples=30, deadline=None)
def test_levels_scale_with_the_curve(
    make_data: Callable[..., RunData], curve: Any, factor: int
) -> None:
    whole = np.array(curve) / 1000
    (full, _), (part, _) = (tables([make_data(whole / by)]) for by in (1, factor))
    for name in ("max_test_accuracy", "mean_test_accuracy", "final_test_accuracy"):
        assert part[name][0] == pytest.approx(full[name][0] / factor, abs=1e-15)
    assert part["max_test_accuracy_epoch"][0] == full["max_test_accuracy_epoch"][0]


@given(level=LEVELS, epochs=st.integers(1, 40))
@settings(max_examples=30, deadline=None)
def test_a_constant_curve_has_one_level_reached_at_once(
    make_data: Callable[..., RunData], level: float, epochs: int
) -> None:
    row = tables([make_data([level] * epochs)])[0].iloc[0]
    for name in ("max", "mean", "final", f"last{row['window']}_mean"):
        assert row[f"{name}_test_accuracy"] == pytest.approx(level, abs=1e-15)
    assert row["max_test_accuracy_epoch"] == 1
    assert row["window_range_test_accuracy"] == 0


@pytest.fixture
def study(repository: Path) -> Study:
    """The shipped study."""
    config = yaml.safe_load((repository / "config.yaml").read_text(encoding="utf-8"))
    return load_study(config, catalogue())


def test_tables_agree_with_plain_means_of_bare_histories(study: Study, tmp_path: Path) -> None:
    numbers = np.random.default_rng(1)
    runs = study.runs_of("tan")
    plain = {}
    for run in runs:
        history = {
            key: numbers.random(run.protocol_epochs).tolist()
            for key in ("loss", "accuracy", "val_loss", "val_accuracy")
        }
        (tmp_path / run.id).mkdir(parents=True)
        (tmp_path / run.id / "history.json").write_text(json.dumps(history))
        plain[run.id] = history
    data, problems = read_runs(runs, ArchivedRuns.of(tmp_path))
    table = runs_table(data, problems, runs)
    variants = variants_table(table)
    assert not problems
    for frame in (table, variants):
        for run, (_, row) in zip(runs, frame.iterrows(), strict=True):
            values = np.array(plain[run.id]["val_accuracy"])
            window = int(run.settings["window"])
            assert row["mean_test_accuracy"] == pytest.approx(values.mean(), abs=1e-12)
            assert row[f"last{window}_mean_test_accuracy"] == pytest.approx(
                values[-window:].mean(), abs=1e-12
            )
            assert row["max_test_accuracy"] == values.max()
            losses = np.array(plain[run.id]["val_loss"])
            assert row["mean_test_loss"] == pytest.approx(losses.mean(), abs=1e-12)


def test_what_the_record_tells_is_shown_and_nothing_guessed(study: Study) -> None:
    run = next(run for run in study.runs if run.selects_from)
    bare = as_recorded(run, None, 7)
    assert bare.pending_parameters == run.selected_parameters
    assert (bare.settings["epochs"], bare.protocol_epochs) == (7, run.protocol_epochs)
    settings_told = {"c1": 10, "c2": 20, "train_examples": 500, "epochs": 9}
    record = {"status": "completed", "run": {"settings": settings_told}}
    told = as_recorded(run, record, 7)
    assert (told.settings["c1"], told.settings["c2"], told.settings["epochs"]) == (10, 20, 7)
    assert told.settings["train_examples"] == 500
    assert told.protocol_settings["train_examples"] == run.settings["train_examples"]
    diverged = as_recorded(run, {"status": "diverged"}, 7)
    assert diverged.settings["epochs"] == run.settings["epochs"]


def test_the_runs_table_tells_the_extent_as_the_histories_do(study: Study, tmp_path: Path) -> None:
    runs = study.runs_of("koh", "text_models")
    for epochs, run in enumerate(runs[:3], start=3):
        history = dict.fromkeys(("loss", "accuracy", "val_loss", "val_accuracy"), [0.5] * epochs)
        (tmp_path / run.id).mkdir(parents=True)
        (tmp_path / run.id / "history.json").write_text(json.dumps(history))
    data, problems = read_runs(runs, tmp_path)
    read = extent_of(study, data)
    tabulated = extent_by_table(study, runs_table(data, problems, runs))
    assert (
        read.stamp(runs) == tabulated.stamp(runs) == "5 of 250, 4 of 250 or 3 of 250 epochs, 1 seed"
    )
    assert read.done.keys() == tabulated.done.keys() == {run.id for run in runs[:3]}


def test_a_history_without_records_tells_whether_the_loss_was_finite_at_its_end(
    tmp_path: Path,
) -> None:
    for loss, length in (
        ("[1, 2]", (2, True)),
        ("[1, null]", (2, False)),
        ("[1, NaN]", (2, False)),
    ):
        (tmp_path / "history.json").write_text(f'{{"loss": {loss}}}')
        assert length_in(tmp_path) == length
    for text in ('{"loss": []}', '{"loss": 3}', "{"):
        (tmp_path / "history.json").write_text(text)
        assert length_in(tmp_path).epochs == 0


def test_damaged_histories_fail_unless_gaps_are_allowed(study: Study, tmp_path: Path) -> None:
    runs = study.runs_of("koh", "text_models")
    good = {key: [0.5] for key in ("loss", "accuracy", "val_loss", "val_accuracy")}
    texts = [json.dumps(good), "{", json.dumps(good)]
    for text, run in zip(texts, runs, strict=False):
        (tmp_path / run.id).mkdir(parents=True)
        (tmp_path / run.id / "history.json").write_text(text)
    (tmp_path / "other" / runs[2].id).mkdir(parents=True)
    (tmp_path / "other" / runs[2].id / "history.json").write_text("{")
    extra = tmp_path / "mine" / "a" / "b" / "seed0"
    extra.mkdir(parents=True)
    (extra / "history.json").write_text(json.dumps(good))
    folders = ArchivedRuns.of(tmp_path)
    found = inventory(study, folders, read_runs(runs, folders)[1])
    assert found["extra"] == ["mine/a/b/seed0"]
    assert [item["run"] for item in found["several"]] == [runs[2].id]
    with pytest.raises(IncompleteReportError) as error:
        check_results(found["problems"], {}, {}, allow_gaps=False)
    assert runs[1].id in str(error.value)
    assert f"other/{runs[2].id}" in str(error.value)
    assert runs[3].id not in str(error.value)  # missing is no damage
    assert len(check_results(found["problems"], {}, {}, allow_gaps=True)) == 2
    assert str(tmp_path) not in json.dumps(found)
