"""Runs in a halving: rungs go on from one another, and who is left behind costs nothing further."""

import json
from collections.abc import Callable
from pathlib import Path

import keras
import pytest
from small_runs import small_data, train

from nnrepro.files import write_json
from nnrepro.measures.runs import read_runs
from nnrepro.models.registry import catalogue
from nnrepro.study.config import load_study
from nnrepro.study.paths import RUN_FILES, StudyPaths
from nnrepro.study.study import Study
from nnrepro.tables.ranking import ranking
from nnrepro.tables.runs import runs_table
from nnrepro.tables.selection import going_on, select
from nnrepro.tables.variants import variants_table
from nnrepro.training import job
from nnrepro.training.checkpoint import CheckpointPolicy

DATA = small_data("words", train=64, test=(20,))
SCALARS = {
    **{"train_examples": 64, "test_examples": 20, "comparison_test_examples": 0, "epochs": 1},
    **{"batch_size": 32, "optimizer": "adam", "loss": "logits", "on_divergence": "stop"},
    **{"window": 1, "smoothing": 1},
}
CONFIG = {
    "name": "halves",
    "title": "Halves",
    "seeds": [5],
    "data": {"dbpedia": {"source": "generated"}},
    "settings": {"all": SCALARS},
    "protocols": {"mine": {"title": "Mine", "selection": "max_test_accuracy"}},
    "experiments": {
        "rate": {
            "title": "Rate",
            "model": "word_cnn",
            "halving": {"rungs": [1, 3]},
            "parameters": {"learning_rate": [0.01, 1e-9], "schedule": "cosine"},
        }
    },
}
FILES = sorted(RUN_FILES.values())
Train = Callable[..., bool]


@pytest.fixture(scope="module")
def halved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Study, Path, Train]:
    """A study of two variants, its results, and what trains a run of it to the end of a rung."""
    folder = tmp_path_factory.mktemp("halved")
    results = {"results": str(folder / "results")}
    study = load_study({**CONFIG, **results}, catalogue())
    write_json(folder / "data.json", {"source": "generated", "generated": True, "sha256": {}})

    def trained(variant: int, rung: int, kept: Path | None = None) -> bool:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(job, "load_dataset", lambda *_: DATA)
            outcomes = job.train_unless_finished(
                [study.runs[variant]],
                study,
                folder / "data.npz",
                "c0de",
                backend=keras.backend.backend(),
                threads=1,
                slots=lambda: None,
                log=print,
                rung=rung,
                kept=kept,
            )
            return outcomes[study.runs[variant].id].trained

    assert trained(0, 1) and trained(1, 1)
    return study, folder, trained


def test_better_variants_alone_are_trained_further(halved: tuple[Study, Path, Train]):
    """The history of one that goes on is that of a run never halted, to the last bit."""
    study, folder, trained = halved
    paths, (good, bad) = StudyPaths.of(study), study.runs
    data, problems = read_runs(study.runs, paths.rung(1))
    table = variants_table(runs_table(data, problems))
    assert going_on(table, "max_test_accuracy", 1) == [good.variant]
    decision = folder / "kept.json"
    write_json(decision, {"kept": [good.variant]})
    assert trained(0, 2, decision) and not trained(1, 2, decision)
    assert not trained(0, 2, decision)  # it is there

    straight = train(good, DATA, folder / "straight")
    final = paths.run(good.id, "history").parent
    for name in ("history.json", "final.weights.h5"):
        assert (final / name).read_bytes() == (straight / name).read_bytes(), name
    left, first = paths.run(bad.id, "history").parent, paths.rung(1).folder(bad.id)
    assert sorted(path.name for path in left.iterdir()) == FILES
    for name in FILES:
        assert (left / name).read_bytes() == (first / name).read_bytes(), name
    records = [json.loads((each / "run.json").read_text()) for each in (final, left)]
    assert [record["rung"] for record in records] == [2, 1]
    assert [record["epochs_completed"] for record in records] == [3, 1]

    data, problems = read_runs(study.runs, paths.runs)
    assert not problems and not any(item.run.protocol_settings for item in data)
    table = variants_table(runs_table(data, problems))
    assert table["rung"].tolist() == [2, 1] and table["epochs_completed"].tolist() == [3, 1]
    assert select(table, "max_test_loss")["variant"] == good.variant  # the only one at the end
    ranked = ranking(table, str, metrics=["max_test_loss"], sort_by="max_test_loss")
    assert ranked["variant"].tolist() == [good.variant, bad.variant]
    assert ranked["rank"].tolist()[0] == 1 and ranked["rank"].isna().tolist() == [False, True]
    assert ranked["epochs"].tolist() == [3, 1] and ranked["probability_best"].isna().all()


def test_a_decision_that_changes_is_followed(halved: tuple[Study, Path, Train]):
    """Whoever was left behind goes on where it was, and the other way round."""
    study, folder, trained = halved
    paths, (good, bad) = StudyPaths.of(study), study.runs
    decision = folder / "other.json"
    write_json(decision, {"kept": [bad.variant]})
    assert trained(1, 2, decision) and not trained(0, 2, decision)
    histories = [json.loads(paths.run(run.id, "history").read_text()) for run in (good, bad)]
    assert [len(history["loss"]) for history in histories] == [1, 3]


def test_a_rung_goes_on_from_the_one_before(halved: tuple[Study, Path, Train], tmp_path: Path):
    """The same as never halted; a checkpoint of its own would come first."""
    study = halved[0]
    run = study.runs[0]
    before = StudyPaths.of(study).rung(1).folder(run.id)
    lines: list[str] = []
    options = {
        "data_provenance": {"source": "generated", "generated": True, "sha256": {}},
        "policy": CheckpointPolicy(every_seconds=0),
        "log": lines.append,
    }
    straight = train(run, DATA, tmp_path / "straight", **options)
    out = train(run, DATA, tmp_path, rung=2, before=before, **options)
    assert f"going on from {before / 'checkpoint.npz'}: epoch 1, step 0" in lines
    assert (out / "history.json").read_bytes() == (straight / "history.json").read_bytes()
