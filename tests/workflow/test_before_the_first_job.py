"""What can be known before the first training stops the workflow before it, in plain words."""

import importlib.util
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

OWN_STUDY = Path(__file__).with_name("own_study.yaml")
SHAPES = '''
"""Small pictures in a table of one's own."""

import numpy as np

from nnrepro.data.prepare import write_prepared
from nnrepro.data.registry import prepares
from nnrepro.study.options import Place


@prepares("image", dataset="shapes")
def prepare_shapes(source, out_npz, out_json, *, path: Place):
    """Prepare rows of a label and the pixels of three colour planes."""
    rows = np.loadtxt(path, delimiter=",", dtype=np.int64)
    x, y = rows[:, 1:].astype(np.uint8), rows[:, 0].astype(np.int32)
    size = round((x.shape[1] / 3) ** 0.5)
    half = len(y) // 2
    arrays = {"train_x": x[:half], "train_y": y[:half], "test_x": x[half:], "test_y": y[half:]}
    meta = {
        "name": "shapes",
        "input": "image",
        "kind": "image",
        "image_shape": [3, size, size],
        "classes": ["round", "square"],
        "num_classes": 2,
        "vocabulary_size": 0,
        "generated": False,
        "source": "shapes",
        "sha256": {},
    }
    write_prepared(out_npz, out_json, arrays, meta)
'''
PERCEPTRON = '''
"""A network that takes images of any size."""

from typing import Annotated

from nnrepro.models.registry import Range, Task, register


@register(input="image")
def perceptron(task: Task, *, units: Annotated[int, Range(1)] = 4) -> "keras.Model":
    """A dense layer between the pixels and the logits."""
    import keras

    inputs = keras.Input(task.input_shape)
    x = keras.layers.Dense(units, activation="relu")(keras.layers.Flatten()(inputs))
    return keras.Model(inputs, keras.layers.Dense(task.num_classes)(x))
'''


def pictures(size: int, count: int = 32) -> str:
    """A table of pictures: a label, then the pixels."""
    lines = [
        ",".join(map(str, [at % 2, *((at * 7 + pixel) % 256 for pixel in range(3 * size**2))]))
        for at in range(count)
    ]
    return "\n".join(lines) + "\n"


@pytest.fixture
def own(workflow: Any) -> Any:
    """A study of pictures of 8x8, of which one network can be made."""
    study = yaml.safe_load(OWN_STUDY.read_text(encoding="utf-8"))
    study["name"] = "own"
    study["data"] = {"shapes": {"source": "shapes", "path": "shapes.csv"}}
    study["plugins"] = ["shapes.py"]
    study["settings"]["all"] |= {"train_examples": 16, "test_examples": 16, "epochs": 2}
    study["settings"]["all"] |= {"batch_size": 8, "classes": 2, "layout": "planes"}
    study["protocols"] = {"mine": {"title": "Mine", "selection": "max_test_accuracy"}}
    study["experiments"] = {
        "nets": {"title": "Nets", "variants": {"dense": {"model": "perceptron"}}}
    }
    for section in ("parts", "questions", "tables", "figures", "save_models"):
        del study[section]
    scripts = workflow.folder / "scripts/nnrepro"
    (workflow.folder / "shapes.py").write_text(SHAPES)
    (scripts / "models/perceptron.py").write_text(PERCEPTRON)
    (workflow.folder / "shapes.csv").write_text(pictures(8))
    (workflow.folder / "config.yaml").write_text(yaml.safe_dump(study, sort_keys=False))
    return workflow


def with_cnn(folder: Path) -> str:
    """An overlay with a network that is made for larger pictures."""
    cnn = {"model": "image_cnn", "c1": 4, "c2": 4, "label": "CNN"}
    overlay = {"experiments": {"nets": {"variants": {"cnn": cnn}}}}
    (folder / "cnn.yaml").write_text(yaml.safe_dump(overlay))
    return "cnn.yaml"


def refused(workflow: Any, *arguments: str) -> str:
    """What a call says that comes to nothing."""
    done = workflow.snakemake(*arguments, check=False)
    said = str(done.stdout + done.stderr)
    assert done.returncode != 0 and "Traceback" not in said
    return said


@pytest.mark.slow
def test_a_network_that_does_not_fit_the_pictures_trains_nothing(own: Any) -> None:
    """In a new study, in one that has been trained, and where the pictures are exchanged."""
    runs = own.folder / "results/own/runs"
    words = "model 'image_cnn' does not fit an input of shape (8, 8, 3) with c1 = 4, c2 = 4"
    said = refused(own, "training", "--configfile", with_cnn(own.folder))
    assert words in said and "('mine/nets/cnn'): ValueError: Computed output" in said
    assert not runs.exists()

    own.snakemake("training")
    checked = json.loads((own.folder / "results/own/models_checked.json").read_text())
    assert [layer["kind"] for layer in checked["architectures"][0]["layers"]][-1] == "Dense"
    first = {file: file.stat().st_mtime_ns for file in runs.rglob("*") if file.is_file()}
    assert first
    (own.folder / "results/own/models_checked.json").touch()
    assert own.planned("training") == {}

    # The new network alone is to be trained, whatever becomes of the file that says what was built.
    assert own.planned_runs("training", "--configfile", "cnn.yaml") == {"mine/nets/cnn/seed3"}
    said = refused(own, "training", "--configfile", "cnn.yaml")
    assert words in said and "Training mine" not in said
    assert {file: file.stat().st_mtime_ns for file in first} == first

    (own.folder / "shapes.csv").write_text(pictures(32))
    fitting = "results/own/runs/mine/nets/cnn/seed3/history.json"
    own.snakemake(fitting, "--configfile", "cnn.yaml", "--forcerun", "prepare_data")
    assert (own.folder / fitting).is_file()
    (own.folder / "shapes.csv").write_text(pictures(8))
    said = refused(own, "training", "--configfile", "cnn.yaml", "--forcerun", "prepare_data")
    assert words in said and "prepare_data: nothing was trained" in said


@pytest.mark.slow
def test_more_examples_than_there_are_train_nothing(own: Any) -> None:
    study = yaml.safe_load((own.folder / "config.yaml").read_text())
    study["settings"]["all"] |= {"train_examples": 17, "test_examples": 40}
    (own.folder / "config.yaml").write_text(yaml.safe_dump(study, sort_keys=False))
    said = refused(own, "training")
    assert "2 mistakes were found before" in said
    assert "train_examples: 17 of input 'image', but results/own/data/shapes.npz holds 16" in said
    assert "test_examples: 40 of input 'image'" in said
    assert not (own.folder / "results/own/runs").exists()


@pytest.mark.parametrize("dry", [["--dry-run"], []])
def test_a_backend_that_is_not_installed(workflow: Any, dry: list[str]) -> None:
    lacking = [name for name in ("torch", "jax") if importlib.util.find_spec(name) is None]
    if not lacking:
        pytest.skip("every backend is installed")
    said = refused(
        workflow, *dry, "--configfile", "budgets/demo.yaml", "--config", f"backend={lacking[0]}"
    )
    assert f"backend: '{lacking[0]}' is not installed in this environment" in said
    assert "or choose 'tensorflow'" in said
    assert not (workflow.folder / "results").exists()


@pytest.mark.slow
def test_a_finished_study_asked_for_anew_with_a_backend_that_is_not_installed(
    finished: Any,
) -> None:
    """The records tell that its runs are others; without them to train again, none is needed."""
    lacking = [name for name in ("torch", "jax") if importlib.util.find_spec(name) is None]
    if not lacking:
        pytest.skip("both are installed")
    call = ("--dry-run", "--configfile", "budgets/smallest.yaml", "--config")
    done = finished.snakemake(*call, f"backend={lacking[0]}", check=False)
    assert done.returncode != 0
    assert f"backend: '{lacking[0]}' is not installed" in done.stdout + done.stderr
    for record in (finished.folder / "results").rglob("runs/**/run.json"):
        told = record.read_text()
        record.write_text(told.replace('"backend": "tensorflow"', f'"backend": "{lacking[0]}"'))
    finished.snakemake(*call, f"backend={lacking[0]}")


def test_an_archive_needs_no_backend(workflow: Any) -> None:
    lacking = [name for name in ("torch", "jax") if importlib.util.find_spec(name) is None]
    if not lacking:
        pytest.skip("every backend is installed")
    archive = "archive=archives/tan_pair"
    assert workflow.planned("--config", archive, "results=results/out", f"backend={lacking[0]}")


def test_data_that_are_not_there_and_examples_that_are_too_many_are_told_together(
    workflow: Any,
) -> None:
    (workflow.folder / "here").mkdir()
    overlay = {
        "data": {
            "dbpedia": {"source": "folder", "path": "hear"},
            "cifar10": {"source": "download"},
        },
        "settings": {"image": {"train_examples": 50_000}},
    }
    (workflow.folder / "mine.yaml").write_text(yaml.dump(overlay))
    said = refused(workflow, "--dry-run", "--configfile", "mine.yaml")
    assert "2 mistakes" in said
    assert "data.dbpedia.path: 'hear' does not exist; did you mean '" in said
    assert "data.cifar10: holds 10000 train examples, and runs ask for 50000" in said


def test_a_study_that_cannot_be_done_is_refused_when_it_is_read(workflow: Any) -> None:
    """A selection, a window and a table, each of which would fail after all training."""
    study = yaml.safe_load(OWN_STUDY.read_text(encoding="utf-8"))
    study["settings"]["all"]["window"] = 4
    study["experiments"]["brakes"]["select"]["parameters"].append("embedding_size")
    study["tables"]["widths"]["columns"] = "filters"
    (workflow.folder / "config.yaml").write_text(yaml.safe_dump(study, sort_keys=False))
    said = refused(workflow, "--dry-run")
    words = "'embedding_size' is the same in all variants of 'width'"
    assert f"experiments.brakes.select.parameters: {words}" in said
    assert "tables.widths.columns: 'filters' is the parameter of the rows, too" in said
    study["experiments"]["brakes"]["select"]["parameters"].remove("embedding_size")
    (workflow.folder / "config.yaml").write_text(yaml.safe_dump(study, sort_keys=False))
    said = refused(workflow, "--dry-run")
    assert "settings: window: 4 must not exceed epochs, which is 3" in said
    assert "(in 'hurried/width', 'hurried/brakes')" in said
    shutil.copy2(OWN_STUDY, workflow.folder / "config.yaml")
    assert workflow.planned()["train_run"] == 12
