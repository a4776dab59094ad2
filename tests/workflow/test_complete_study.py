"""The smallest complete study, carried out by Snakemake, leaves what the contract promises."""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pages import report_pages

pytestmark = pytest.mark.slow

STAMP = "2 of 1000 epochs"


@pytest.fixture
def results(finished: Any) -> Path:
    """The results folder of the finished study."""
    return finished.folder / "results" / "smallest"


def run_folders(results: Path) -> Iterator[Path]:
    """Every run's folder."""
    return (path.parent for path in sorted(results.glob("runs/*/*/*/seed*/run.json")))


def test_every_experiment_of_both_protocols_ran(results: Path) -> None:
    runs = {"/".join(folder.relative_to(results / "runs").parts) for folder in run_folders(results)}
    for protocol in ("tan", "koh"):
        assert {
            f"{protocol}/{variant}/seed0"
            for variant in (
                "channel_grid/c1-10_c2-20",
                "channel_grid/c1-50_c2-60",
                "optimizers/adam",
                "optimizers/sgd_dropout",
                "text_models/word_cnn",
                "text_dropout/word_cnn_dropout",
                "rnn_variants/char_rnn_lstm",
            )
        } <= runs
    assert len(runs) == 14


def test_histories_hold_one_number_per_epoch_and_nothing_else(results: Path) -> None:
    for folder in run_folders(results):
        history = json.loads((folder / "history.json").read_text())
        assert set(history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
        for values in history.values():
            assert len(values) == 2
            assert all(isinstance(value, float) for value in values)


def test_records_tell_where_a_run_comes_from(results: Path) -> None:
    for folder in run_folders(results):
        record = json.loads((folder / "run.json").read_text())
        assert record["status"] == "completed"
        assert record["run"]["id"] == "/".join(folder.relative_to(results / "runs").parts)
        assert record["data"]["generated"] is True
        assert all(re.fullmatch("[0-9a-f]{64}", s) for s in record["data"]["sha256"].values())
        assert re.fullmatch("[0-9a-f]{64}", record["code"]["sha256"])
        assert {"setup", "training", "evaluation", "cpu", "total"} <= set(record["seconds"])
        stages = ["start", "data", "backend", "model", "compile"]
        assert list(record["setup_stages"]) == stages
        assert 0 < record["setup_stages"]["start"] < 120
        assert record["packages"]["keras"] and record["device"]["name"]


def test_predictions_are_probabilities_of_the_largest_test_set(results: Path) -> None:
    expected = {"tan/channel_grid": 64, "koh/channel_grid": 128, "koh/optimizers": 128}
    for folder in run_folders(results):
        protocol, experiment = folder.relative_to(results / "runs").parts[:2]
        with np.load(folder / "predictions.npz") as stored:
            probabilities = stored["probabilities"]
        assert probabilities.dtype == np.float16
        assert np.allclose(probabilities.sum(axis=1, dtype=np.float64), 1, atol=0.01)
        size = expected.get(f"{protocol}/{experiment}")
        assert size is None or len(probabilities) == size


def test_optimiser_runs_have_the_selected_channels(results: Path) -> None:
    for protocol in ("tan", "koh"):
        decision = json.loads((results / f"selection/{protocol}/channel_grid.json").read_text())
        record = json.loads(
            (results / f"runs/{protocol}/optimizers/adam/seed0/run.json").read_text()
        )
        settings = record["run"]["settings"]
        assert (settings["c1"], settings["c2"]) == (decision["c1"], decision["c2"])


def test_tables_hold_every_run_and_the_means_of_its_history(results: Path) -> None:
    with open(results / "tables/runs.csv", newline="") as file:
        rows = {row["run_id"]: row for row in csv.DictReader(file)}
    assert len(rows) == 14
    for run_id, row in rows.items():
        history = json.loads((results / "runs" / run_id / "history.json").read_text())
        assert float(row["mean_test_accuracy"]) == pytest.approx(
            np.mean(history["val_accuracy"]), abs=1e-12
        )
        assert float(row["max_test_accuracy"]) == max(history["val_accuracy"])
        assert row["protocol_epochs"] in ("1000", "250", "100")
    for name in ("grid_cross", "grid_ranking", "final_comparison", "text_models", "convergence"):
        assert (results / f"tables/{name}.csv").stat().st_size > 0


def test_final_comparison_of_koh_is_on_the_whole_test_set(results: Path) -> None:
    with open(results / "tables/final_comparison.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["protocol"] == "koh"]
    assert {row["test_examples"] for row in rows} == {"128"}
    assert {"adam", "sgd_dropout", "c1-50_c2-60"} <= {row["variant"] for row in rows}


def test_figures_come_as_svg_and_png_with_the_budget_on_them(results: Path) -> None:
    figures = sorted(results.glob("figures/**/*.svg"))
    stems = {str(path.relative_to(results / "figures").with_suffix("")) for path in figures}
    for protocol in ("tan", "koh"):
        assert {
            f"{protocol}/curves/channel_grid/c1-50_c2-60",
            f"{protocol}/heatmap/grid",
            f"{protocol}/comparison/grid_curves",
            f"{protocol}/comparison/grid_curves_by_c1",
            f"{protocol}/accuracy_time/text_models_time",
            f"{protocol}/feature_maps/specified_network_maps_image1_s2",
        } <= stems
    for path in figures:
        if "narrow" not in path.parts:
            assert path.with_suffix(".png").stat().st_size > 0
        text = " ".join(re.sub(r"<[^>]*>", " ", path.read_text()).split())
        assert re.search("2 of (1000|250|100)", text), path
        assert "generated data" in text, path


def test_report_loads_nothing_and_names_budget_and_generated_data(results: Path) -> None:
    html = report_pages(results)
    assert STAMP in html
    assert "generated data" in html
    # Nothing is loaded from elsewhere: no script, no style sheet, no image but embedded ones.
    assert not re.search(r'<(?:script|link|iframe)\b[^>]*(?:src|href)="(?!data:)', html)
    assert not re.search(r'<img\b[^>]*src="(?!data:)', html)
    assert not re.search(r"url\((?!['\"]?data:|['\"]?(#|%23))", html)


def test_snakemakes_own_report_is_built(finished: Any) -> None:
    finished.snakemake("--configfile", "budgets/smallest.yaml", "--report", "snakemake-report.html")
    html = (finished.folder / "snakemake-report.html").read_text()
    for words in ("Tables", "Figures", "Comparison", "Feature maps", "All runs", "for print"):
        assert words in html
    assert "report/index.html" in html  # it leads to ours
