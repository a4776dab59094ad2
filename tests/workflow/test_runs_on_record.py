"""What a run was made with is told by its record, whatever Snakemake noted or lost."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

STUDY = ("--configfile", "budgets/smallest.yaml")
FASTER = (
    "char_rnn_lstm: {label: char LSTM, model: char_rnn, cell: lstm}",
    "char_rnn_lstm: {label: char LSTM, model: char_rnn, cell: lstm, learning_rate: 0.02}",
)
LSTM = {f"{protocol}/rnn_variants/char_rnn_lstm/seed0" for protocol in ("tan", "koh")}

ONE_RUN = """
name: tiny
supplements: null
claims: null
published: null
data:
  cifar10: {source: generated, generate: {train: 64, test: 32, seed: 2}}
  dbpedia: {source: generated, generate: {train: 112, test: 56, seed: 2}}
budget:
  epochs: 1
  train_examples: {image: 64, characters: 112, words: 112}
  test_examples: {image: 32, characters: 56, words: 56}
only:
  protocols: [koh]
  experiments: [text_models]
  variants: [text_models/word_cnn]
"""


def test_without_snakemakes_records_other_settings_are_trained_and_the_same_are_kept(
    finished: Any,
) -> None:
    shutil.rmtree(finished.folder / ".snakemake")
    assert finished.planned(*STUDY) == {}
    finished.replace("config.yaml", *FASTER)
    told = finished.snakemake("--dry-run", *STUDY)
    assert "asks for 0.02" in told.stderr + told.stdout
    assert finished.planned_runs(*STUDY) == LSTM
    finished.snakemake("--touch", *STUDY)
    assert finished.planned_runs(*STUDY) == LSTM


def test_copied_results_of_other_settings_are_trained_and_the_same_are_kept(
    finished: Any,
) -> None:
    shutil.copytree(finished.folder / "results/smallest", finished.folder / "results/copy")
    copied = (*STUDY, "--config", "results=results/copy")
    assert finished.planned(*copied)["train_run"] == 0
    finished.replace("config.yaml", *FASTER)
    assert finished.planned_runs(*copied) == LSTM
    fewer = finished.folder / "fewer.yaml"
    fewer.write_text("budget: {epochs: 1}\n")
    assert (
        len(finished.planned_runs(*STUDY, "fewer.yaml", "--config", "results=results/copy")) == 14
    )


@pytest.mark.parametrize("lost", ["", "history.json", "run.json", "final.weights.h5"])
def test_what_is_lost_of_a_run_is_trained_again_although_the_report_is_there(
    finished: Any, lost: str
) -> None:
    run = "koh/rnn_variants/char_rnn_lstm/seed0"
    place = finished.folder / "results/smallest/runs" / run / lost
    shutil.rmtree(place) if place.is_dir() else place.unlink()
    assert finished.planned_runs(*STUDY) == {run}
    assert finished.planned("tables", *STUDY)["train_run"] == 1


def test_data_prepared_otherwise_retrains_the_runs_that_read_it(finished: Any) -> None:
    """Same name, source and raw files: only the arrays are others, as after a change of code."""
    description = finished.folder / "results/smallest/data/dbpedia_words.json"
    told = json.loads(description.read_text())
    description.write_text(json.dumps({**told, "content_sha256": "0" * 64}))
    (finished.folder / ".snakemake").rename(finished.folder / "lost")
    runs = finished.planned_runs(*STUDY)
    assert runs and all("word" in run for run in runs)
    records = (finished.folder / "results/smallest/runs").glob("*/*/*/*/run.json")
    read = {
        str(path.parent.relative_to(finished.folder / "results/smallest/runs"))
        for path in records
        if json.loads(path.read_text())["data"]["name"] == "dbpedia_words"
    }
    assert runs == read


def test_a_run_is_tabulated_with_the_rate_that_it_was_trained_with(workflow: Any) -> None:
    (workflow.folder / "tiny.yaml").write_text(ONE_RUN)
    (workflow.folder / "faster.yaml").write_text(
        "protocols: {koh: {settings: {words: {learning_rate: 0.5}}}}\n"
    )
    table = "results/tiny/tables/runs.csv"
    workflow.snakemake(table, "--configfile", "tiny.yaml")
    rate, recorded = _rates(workflow.folder / "results/tiny")
    assert rate == recorded != 0.5
    shutil.rmtree(workflow.folder / ".snakemake")
    workflow.snakemake(table, "--configfile", "tiny.yaml", "faster.yaml")
    assert _rates(workflow.folder / "results/tiny") == (0.5, 0.5)
    assert workflow.planned(table, "--configfile", "tiny.yaml", "faster.yaml") == {}


def _rates(results: Path) -> tuple[float, float]:
    """The learning rate of the only run, as the table and as its record tells it."""
    with (results / "tables/runs.csv").open() as table:
        (row,) = csv.DictReader(table)
    (record,) = results.glob("runs/*/*/*/*/run.json")
    return float(row["learning_rate"]), json.loads(record.read_text())["run"]["settings"][
        "learning_rate"
    ]
