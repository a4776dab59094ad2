"""Only what a change affects runs again; told by dry runs after a finished study."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

STUDY = ("--configfile", "budgets/smallest.yaml")


def test_finished_study_has_nothing_to_do(finished: Any) -> None:
    assert finished.planned(*STUDY) == {}


def test_comments_docstrings_and_touched_files_rerun_nothing(finished: Any) -> None:
    for file in ("scripts/train_run.py", "scripts/nnrepro/training/train.py"):
        path = finished.folder / file
        path.write_text("# A remark.\n\n" + path.read_text())
    for path in (finished.folder / "scripts").rglob("*.py"):
        path.touch()
    (finished.folder / "config.yaml").touch()
    assert finished.planned(*STUDY) == {}


def test_changed_learning_rate_retrains_its_variant_alone(finished: Any) -> None:
    finished.replace(
        "config.yaml",
        "char_rnn_lstm: {label: char LSTM, model: char_rnn, cell: lstm}",
        "char_rnn_lstm: {label: char LSTM, model: char_rnn, cell: lstm, learning_rate: 0.02}",
    )
    assert finished.planned_runs(*STUDY) == {
        "tan/rnn_variants/char_rnn_lstm/seed0",
        "koh/rnn_variants/char_rnn_lstm/seed0",
    }


def test_labels_and_smoothing_retrain_nothing(finished: Any) -> None:
    finished.replace("config.yaml", "label: Adam,", "label: Adam at last,")
    finished.replace("config.yaml", 'label: "{c1}/{c2}"', 'label: "{c1} and {c2}"')
    finished.replace("config.yaml", "smoothing: 25 ", "smoothing: 15 ")
    planned = finished.planned(*STUDY)
    assert planned["train_run"] == 0
    assert planned["tabulate_runs"] == 1
    assert planned["build_report"] == 1


def test_figures_colour_redraws_figures_alone(finished: Any) -> None:
    style = finished.folder / "scripts/nnrepro/plots/style.py"
    text = style.read_text()
    assert "#D55E00" in text
    style.write_text(text.replace("#D55E00", "#D55E01"))
    planned, drawn = finished.planned_in_all(*STUDY)
    assert planned["train_run"] == planned["make_table"] == planned["select_variant"] == 0
    assert drawn["curves"] == drawn["comparison"] == 2


def test_new_or_changed_model_retrains_no_other(finished: Any) -> None:
    models = finished.folder / "scripts/nnrepro/models"
    (models / "mine.py").write_text('"""A model to come."""\n\nUNITS = 3\n')
    cnn = models / "text_cnn.py"
    cnn.write_text(cnn.read_text().replace('activation="relu"', 'activation="elu"'))
    runs = finished.planned_runs(*STUDY)
    assert runs and all("_cnn" in run for run in runs)
    assert all(run.split("/")[1].startswith("text_") for run in runs)


def test_data_are_prepared_again_only_by_changed_code_that_prepares_them(finished: Any) -> None:
    library = finished.folder / "scripts/nnrepro"
    for file in ("study/default_report.py", "data/first_look.py", "training/trial.py"):
        (library / file).write_text((library / file).read_text() + "\n_CHANGED = True\n")
    planned = finished.planned(*STUDY)
    assert planned["prepare_data"] == planned["train_run"] == 0
    text = library / "data/dbpedia.py"
    text.write_text(text.read_text() + "\n_CHANGED = True\n")
    assert finished.planned(*STUDY)["prepare_data"] == 3


def test_changed_engine_retrains_every_run(finished: Any) -> None:
    engine = finished.folder / "scripts/nnrepro/training/engine.py"
    engine.write_text(engine.read_text() + "\n_CHANGED = True\n")
    assert finished.planned(*STUDY)["train_run"] == 14


def test_further_seed_trains_its_runs_and_those_that_depend_on_the_selection(
    finished: Any,
) -> None:
    """The old text runs stand; the optimiser runs wait for a selection over both seeds."""
    runs = finished.planned_runs(*STUDY, "--config", "seeds=[0,1]")
    again = {run for run in runs if run.endswith("/seed0")}
    assert len(runs - again) == 14
    assert {run.split("/")[1] for run in again} == {"optimizers"}


def as_if_trained_to(accuracy: float, history: Path) -> None:
    """A history and the record of its run, as a training with this accuracy leaves them."""
    values = json.loads(history.read_text())
    values["val_accuracy"] = [accuracy for _ in values["val_accuracy"]]
    history.write_text(json.dumps(values))
    record = json.loads(history.with_name("run.json").read_text())
    record["files"]["history.json"] = hashlib.sha256(history.read_bytes()).hexdigest()
    history.with_name("run.json").write_text(json.dumps(record))


def test_changed_winner_retrains_what_depended_on_it(finished: Any) -> None:
    """Make the other pair win, in one protocol: its optimiser runs alone are trained again."""
    results = finished.folder / "results/smallest"
    decision = results / "selection/tan/channel_grid.json"
    won = json.loads(decision.read_text())["variant"]
    (other,) = {"c1-10_c2-20", "c1-50_c2-60"} - {won}
    history = results / f"runs/tan/channel_grid/{other}/seed0/history.json"
    as_if_trained_to(0.9, history)
    target = "results/smallest/selection/tan/channel_grid.json"
    finished.snakemake(target, *STUDY)
    assert json.loads(decision.read_text())["variant"] == other
    assert finished.planned_runs(*STUDY) == {
        "tan/optimizers/adam/seed0",
        "tan/optimizers/sgd_dropout/seed0",
    }


def test_same_winner_with_other_scores_retrains_nothing(finished: Any) -> None:
    results = finished.folder / "results/smallest"
    decision = results / "selection/tan/channel_grid.json"
    won = json.loads(decision.read_text())["variant"]
    history = results / f"runs/tan/channel_grid/{won}/seed0/history.json"
    as_if_trained_to(0.9, history)
    records = {path: path.read_bytes() for path in results.glob("runs/*/optimizers/*/*/run.json")}
    assert len(records) == 4
    finished.snakemake("training", *STUDY)
    log = results / "logs/train_run/tan/optimizers/adam/seed0.log"
    assert "kept as it is" in log.read_text()
    assert {path: path.read_bytes() for path in records} == records
