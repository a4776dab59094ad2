"""Every model is built once, and the examples counted, before anything is trained."""

import copy
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
import yaml
from forked import forked_python

from nnrepro.data.prepare import write_prepared
from nnrepro.environment import keras_environment
from nnrepro.models.registry import Range, Task, catalogue, register
from nnrepro.study.architectures import Architecture
from nnrepro.study.config import load_study
from nnrepro.study.selections import candidates
from nnrepro.study.study import Study
from nnrepro.training import trial
from nnrepro.training.errors import TrainingError
from nnrepro.training.installed import backend_problem

CLASSES = 4


@pytest.fixture
def config(repository: Path) -> dict[str, Any]:
    """The shipped study's grid of two and its optimiser runs."""
    shipped = yaml.safe_load((repository / "config.yaml").read_text(encoding="utf-8"))
    shipped |= {
        "name": "trial",
        "supplements": None,
        "published": None,
        "claims": None,
        "tables": {},
        "figures": {},
        "questions": {},
        "budget": {"epochs": 2, "train_examples": 20, "test_examples": 10},
        "only": {
            "protocols": ["tan"],
            "experiments": ["channel_grid", "optimizers"],
            "variants": ["channel_grid/c1-10_c2-*", "optimizers/adam", "optimizers/sgd_dropout"],
        },
    }
    return copy.deepcopy(shipped)


@pytest.fixture
def images(tmp_path: Path) -> Callable[..., dict[str, Path]]:
    """Prepares images of one size."""

    def make(size: int, train: int = 20, test: int = 10) -> dict[str, Path]:
        rows = {"train": train, "test": test}
        x = {k: np.full((n, 3 * size * size), 7, np.uint8) for k, n in rows.items()}
        x["train"][:, 0] = np.arange(train)
        y = {k: np.arange(n, dtype=np.int32) % CLASSES for k, n in rows.items()}
        write_prepared(
            tmp_path / "cifar10.npz",
            tmp_path / "cifar10.json",
            {f"{split}_{part}": a[split] for part, a in (("x", x), ("y", y)) for split in rows},
            {
                "name": "cifar10",
                "input": "image",
                "kind": "image",
                "image_shape": [3, size, size],
                "num_classes": CLASSES,
                "vocabulary_size": 0,
                "generated": True,
                "source": "generated",
                "sha256": {},
            },
        )
        return {"image": tmp_path / "cifar10.npz"}

    return make


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch, own_definitions: None) -> None:
    """What a trial sets for its process is put back, and models of a test are forgotten."""
    for name in (*keras_environment("tensorflow"), "CUDA_VISIBLE_DEVICES", "JAX_PLATFORMS"):
        monkeypatch.setenv(name, "")


def tried(config: dict[str, Any], data: dict[str, Path]) -> int:
    """How many models of the study were built."""
    return len(trial.trial(load_study(config, catalogue()), data))


def refused(config: dict[str, Any], data: dict[str, Path]) -> str:
    """What is found to be wrong."""
    with pytest.raises(TrainingError) as caught:
        tried(config, data)
    return str(caught.value)


def test_models_are_built_once_each_with_all_that_may_be_selected(
    config: dict[str, Any], images: Any
) -> None:
    """Five pairs of channels; adam takes one of them; dropout is another model for each."""
    assert tried(config, images(32)) == 10


def test_what_was_built_is_told_layer_by_layer(config: dict[str, Any], images: Any) -> None:
    """Poolings too, which training merges with convolutions; names are those of any process."""

    @register(input="image")
    def unnamed(task: Task) -> Any:
        """Layers without names."""
        import keras

        x = inputs = keras.Input(task.input_shape)
        for _ in range(2):
            x = keras.layers.BatchNormalization()(keras.layers.Dense(3)(x))
        return keras.Model(inputs, keras.layers.Dense(CLASSES)(keras.layers.Flatten()(x)))

    variants = {"cnn": {"model": "image_cnn", "c1": 10, "c2": 20}, "own": {"model": "unnamed"}}
    config["experiments"] = {"nets": {"title": "Nets", "variants": variants}}
    config["only"] = {"protocols": ["tan"]}
    cnn, own = trial.trial(load_study(config, catalogue()), images(32))
    layers = {layer.name: (layer.kind, layer.output) for layer in cnn.layers}
    assert list(layers)[1:5] == ["c1", "s1", "c2", "s2"]
    assert layers["s1"] == ("MaxPooling2D", (12, 12, 10))
    assert cnn.combinations == ("tan/nets/cnn",)
    assert cnn.trained == sum(layer.parameters for layer in cnn.layers)
    assert [layer.name for layer in own.layers][1:5] == [
        *("dense", "batch_normalization", "dense_1", "batch_normalization_1")
    ]
    assert own.trained == sum(layer.parameters for layer in own.layers) - 12
    assert Architecture.of(own.to_dict()) == own


def test_what_keras_says_for_a_terminal_is_told_in_plain_words() -> None:
    error = ValueError("Exception when calling X.\n\x1b[1mCannot convert.\x1b[0m")
    told = trial.in_one_line(error, "image_cnn")
    assert told == "ValueError: Exception when calling X. Cannot convert"


def test_networks_that_need_larger_images_are_named_with_the_shape(
    config: dict[str, Any], images: Any
) -> None:
    said = refused(config, images(8))
    assert "nothing was trained, as 1 mistake was found before" in said
    assert "model 'image_cnn' does not fit an input of shape (8, 8, 3) with c1 = 10" in said
    assert "('tan/channel_grid/c1-10_c2-20' and 6 more): ValueError: Computed output size" in said
    assert "(image_cnn.py, line" in said and "Traceback" not in said and said.count("\n") == 1


def test_more_examples_than_there_are_are_told_together(
    config: dict[str, Any], images: Any
) -> None:
    config["budget"] = {"epochs": 2, "train_examples": 21, "test_examples": 11}
    said = refused(config, images(8))
    assert "3 mistakes were found" in said and "does not fit an input of shape (8, 8, 3)" in said
    assert "train_examples: 21 of input 'image', but " in said
    assert (
        "holds 20; lower it to 20 at most, or give more data ('tan/channel_grid' and 1 more" in said
    )
    assert "test_examples: 11 of input 'image'" in said


def test_no_more_is_held_out_than_there_is_to_train_on(config: dict[str, Any], images: Any) -> None:
    config["budget"].pop("train_examples", None)
    config["settings"]["image"].pop("train_examples")
    config["settings"]["all"]["validation_examples"] = 20
    said = refused(config, images(32))
    assert "validation_examples: 20, of 20 to train on; lower it ('" in said


def test_a_comparison_set_larger_than_the_test_data(config: dict[str, Any], images: Any) -> None:
    config["budget"] |= {"test_examples": 30}
    config["settings"]["image"]["test_examples"] = 10
    config["only"]["protocols"] = ["koh"]
    config["experiments"]["optimizers"]["protocols"] = {}
    config["experiments"]["channel_grid"]["protocols"]["koh"]["comparison_test_examples"] = 30
    config["experiments"]["channel_grid"]["parameters"]["test_folds"] = 0
    said = refused(config, images(32))
    assert "comparison_test_examples: 30 of input 'image'" in said and "holds 10" in said


def test_a_model_that_takes_too_much_memory_is_told_without_taking_it(
    config: dict[str, Any], images: Any
) -> None:
    config["experiments"]["channel_grid"]["parameters"]["dense_units"] = 3_000_000_000
    said = refused(config, images(32))
    assert "dense_units = 3000000000" in said and "its weights take " in said


def test_a_model_whose_output_is_no_number_for_each_class(
    config: dict[str, Any], images: Any
) -> None:
    @register(input="image")
    def short_sighted(task: Task) -> Any:
        """One number too few."""
        import keras

        inputs = keras.Input(task.input_shape)
        x = keras.layers.Flatten()(inputs)
        return keras.Model(inputs, keras.layers.Dense(task.num_classes - 1)(x))

    config["experiments"]["channel_grid"] = {"title": "Mine", "model": "short_sighted"}
    config["only"] = {"experiments": ["channel_grid"], "protocols": ["tan"]}
    del config["experiments"]["optimizers"]
    said = refused(config, images(32))
    assert "it gives outputs of shape (None, 3), not (None, 4): a logit for each class" in said


def test_a_model_of_which_training_would_misread_something_is_refused_before_any(
    config: dict[str, Any], images: Any
) -> None:
    @register(input="image")
    def sure_of_itself(task: Task) -> Any:
        """Probabilities where the loss wants logits."""
        import keras

        inputs = keras.Input(task.input_shape)
        x = keras.layers.Flatten()(inputs)
        outputs = keras.layers.Dense(task.num_classes, activation="softmax")(x)
        return keras.Model(inputs, outputs)

    config["experiments"]["channel_grid"] = {"title": "Mine", "model": "sure_of_itself"}
    config["only"] = {"experiments": ["channel_grid"], "protocols": ["tan"]}
    del config["experiments"]["optimizers"]
    said = refused(config, images(32))
    assert "it ends in a softmax; leave it out, as the loss takes logits" in said


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("ZeroDivisionError", lambda: 1 / 0),
        ("KeyError: 'x'", lambda: {}["x"]),
        ("ValueError: a b", lambda: (_ for _ in ()).throw(ValueError("a\n   b\n"))),
        ("MemoryError", lambda: (_ for _ in ()).throw(MemoryError())),
        (f"RuntimeError: {'y' * 300}...", lambda: (_ for _ in ()).throw(RuntimeError("y" * 999))),
    ],
)
def test_whatever_a_model_raises_is_told_in_a_line(words: str, error: Callable[[], Any]) -> None:
    @register(input="image")
    def broken(task: Task, *, units: Annotated[int, Range(1)] = 2) -> Any:
        """Cannot be built."""
        return error()

    task = Task((32, 32, 3), CLASSES)
    builds = {
        trial.Build("broken", (("units", units),), task, np.dtype("float32")): [f"a/b/{units}"]
        for units in (2, 3)
    }
    (said,) = trial.build_problems(builds, memory=1e9)
    assert words in said and "(test_trial.py, line" in said
    assert "('a/b/2' and 1 more)" in said and "\n" not in said


def test_a_model_that_computes_while_it_is_built_is_built_with_its_weights(
    config: dict[str, Any], images: Any
) -> None:
    @register(input="image")
    def calibrated(task: Task) -> Any:
        """Scaled by the size of its own first weights."""
        import keras

        inputs = keras.Input(task.input_shape)
        dense = keras.layers.Dense(task.num_classes)
        dense.build((None, int(np.prod(task.input_shape))))
        scale = float(np.abs(np.asarray(dense.kernel)).mean())
        x = dense(keras.layers.Flatten()(inputs))
        return keras.Model(inputs, keras.layers.Rescaling(1 / scale)(x))

    config["experiments"]["channel_grid"] = {"title": "Mine", "model": "calibrated"}
    config["only"] = {"experiments": ["channel_grid"], "protocols": ["tan"]}
    del config["experiments"]["optimizers"]
    assert tried(config, images(32)) == 1


def test_feature_maps_need_a_model_that_has_them(config: dict[str, Any], images: Any) -> None:
    @register(input="image")
    def flat(task: Task) -> Any:
        """No convolution."""
        import keras

        inputs = keras.Input(task.input_shape)
        x = keras.layers.Flatten()(inputs)
        return keras.Model(inputs, keras.layers.Dense(task.num_classes)(x))

    maps = {"kind": "feature_maps", "title": "Maps", "runs": ["channel_grid"], "images": 1}
    config["figures"] = {"maps": maps}
    assert tried(config, images(32)) == 10
    config["experiments"]["channel_grid"] = {"title": "Mine", "model": "flat"}
    config["only"] = {"experiments": ["channel_grid"], "protocols": ["tan"]}
    del config["experiments"]["optimizers"]
    said = refused(config, images(32))
    assert "figures.maps: no feature maps of 'channel_grid/default': model 'flat' has no" in said


def test_models_of_other_inputs_are_left_alone(config: dict[str, Any]) -> None:
    assert tried(config, {}) == 0


def test_of_many_candidates_the_extremes_are_built(config: dict[str, Any]) -> None:
    config["experiments"]["channel_grid"]["parameters"] |= {
        "c1": list(range(1, 11)),
        "c2": list(range(1, 11)),
    }
    config["only"].pop("variants")
    study = load_study(config, catalogue())
    run = next(run for run in study.runs if run.experiment == "optimizers")
    found = candidates(run, study.runs)
    assert len(found) == 100 and len(trial.few(found[:64])) == 64
    pairs = {(each.settings["c1"], each.settings["c2"]) for each in trial.few(found)}
    assert {c1 for c1, _ in pairs} >= {1, 10} and {c2 for _, c2 in pairs} >= {1, 10}
    assert len(pairs) <= 4


@pytest.mark.parametrize("backend", ["torch", "jax", "tensorflow"])
def test_a_backend_that_is_not_installed_is_told(
    config: dict[str, Any], backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {"keras", "tensorflow", "jax", "torch"} - {backend}
    monkeypatch.setattr(
        "nnrepro.training.installed.find_spec", lambda name: name if name in found else None
    )
    problem = backend_problem(backend)
    assert problem is not None
    assert f"'{backend}' is not installed in this environment, {sys.prefix}; install" in problem
    assert f"-m pip install {backend}" in problem and "or choose '" in problem
    assert all(backend_problem(other) is None for other in found - {"keras"})
    study: Study = replace(load_study(config, catalogue()), backend=backend)
    with pytest.raises(TrainingError, match=f"backend: '{backend}' is not installed"):
        trial.trial(study, {})


def test_telling_whether_a_backend_is_installed_imports_none(printed: Callable[[str], str]) -> None:
    code = (
        "import sys; from nnrepro.training.installed import backend_problem; "
        "print(backend_problem('tensorflow')); "
        "print([name for name in ('keras', 'tensorflow', 'pandas') if name in sys.modules])"
    )
    assert printed(code).splitlines() == ["None", "[]"]


def test_a_process_of_its_own_tells_what_is_wrong(
    config: dict[str, Any],
    images: Any,
    repository: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from nnrepro.training.apart import try_models_apart

    for name in keras_environment("tensorflow"):
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "results/trial/data"
    place.mkdir(parents=True)
    for file in images(8)["image"].parent.glob("cifar10.*"):
        file.rename(place / file.name)
    plain = json.loads(json.dumps(config))
    with pytest.raises(TrainingError, match="'image_cnn' does not fit an input of shape") as error:
        try_models_apart(repository / "scripts", plain, ["image"])
    assert "oneDNN" not in str(error.value)
    monkeypatch.setattr(sys, "executable", forked_python())  # quicker, and that is all
    try_models_apart(repository / "scripts", plain, [])
