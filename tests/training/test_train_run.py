"""One call trains one run and leaves the files that the contract names."""

import json
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from small_runs import MODELS, small_data, small_run, train

from nnrepro.models.layers import pooled_convolution
from nnrepro.models.registry import Task, build_model
from nnrepro.training import outputs as outputs_module
from nnrepro.training import train as train_module
from nnrepro.training.errors import TrainingError
from nnrepro.training.seeding import example_order


def read(path):
    """JSON, NaN refused."""

    def refuse(constant):
        raise AssertionError(f"{path} holds {constant}")

    return json.loads(path.read_text(), parse_constant=refuse)


@pytest.mark.parametrize("model", list(MODELS))
def test_every_model_leaves_the_files_of_the_contract(trained, model):
    """history.json, run.json, predictions and weights agree with one another."""
    run = small_run(model)
    data = small_data(run.input)
    out = trained(model)
    history = read(out / "history.json")
    assert list(history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert all(len(values) == 4 for values in history.values())
    assert history["loss"][-1] < history["loss"][0]
    with np.load(out / "predictions.npz") as predictions:
        probabilities, labels = predictions["probabilities"], predictions["labels"]
    assert probabilities.dtype == np.float16 and probabilities.shape == (50, data.num_classes)
    np.testing.assert_array_equal(labels, data.test_y)
    assert np.mean(probabilities.argmax(1) == labels) == pytest.approx(history["val_accuracy"][-1])
    fresh = build_model(
        model,
        run.settings,
        Task(data.train_x.shape[1:], data.num_classes, data.vocabulary_size),
    )
    fresh.load_weights(out / "final.weights.h5")
    again = keras.ops.softmax(fresh(data.test_x, training=False))
    np.testing.assert_allclose(again, probabilities, atol=1e-3)
    assert not out.with_name("checkpoint").exists()
    assert sorted(path.name for path in out.iterdir()) == [
        "final.weights.h5",
        "history.json",
        "predictions.npz",
        "run.json",
    ]


def test_run_json_tells_where_the_numbers_come_from(trained):
    """Run, status, seconds, data, code, packages, device and threads are recorded."""
    run = small_run("word_cnn")
    told = read(trained("word_cnn") / "run.json")
    assert told["run"] == run.to_dict()
    assert told["status"] == "completed" and told["epochs_completed"] == 4
    assert told["diverged_at_epoch"] is None
    assert told["data"] == {"source": "generated", "generated": True, "sha256": {"x": "0"}}
    assert told["code"] == {"sha256": "c0de"}
    assert told["packages"]["keras"] == keras.__version__ and "numpy" in told["packages"]
    assert told["device"]["kind"] in ("cpu", "gpu") and told["device"]["name"]
    assert told["threads"] >= 1 and told["python"] and told["platform"]
    seconds = told["seconds"]
    assert list(seconds) == ["setup", "training", "evaluation", "cpu", "total"]
    parts = seconds["setup"] + seconds["training"] + seconds["evaluation"]
    assert seconds["total"] == pytest.approx(parts, abs=0.01)
    assert list(told["setup_stages"]) == ["backend", "model", "compile"]
    assert sum(told["setup_stages"].values()) == pytest.approx(seconds["setup"], rel=0.1, abs=0.1)
    assert 0 < seconds["cpu"] < told["threads"] * parts + 1


def test_a_larger_test_set_is_evaluated_beside_the_primary_one(trained):
    """Its metrics have a file of their own; the primary ones are those of the prefix."""
    both = trained("word_cnn", {"test": (50, 90)})
    with np.load(both / "predictions.npz") as predictions:
        right = predictions["probabilities"].argmax(1) == predictions["labels"]
    assert len(right) == 90
    history, comparison = read(both / "history.json"), read(both / "history_comparison.json")
    assert list(comparison) == ["val_loss", "val_accuracy"]
    assert history["val_accuracy"][-1] == pytest.approx(right[:50].mean())
    assert comparison["val_accuracy"][-1] == pytest.approx(right.mean())
    alone = trained("word_cnn", {"test": (90,)})
    assert read(alone / "history.json")["val_loss"] == comparison["val_loss"]


def test_same_run_same_bytes(trained, tmp_path):
    """History, predictions and weights repeat, dropout and all; another seed gives others."""
    first, lines = trained("image_cnn"), []
    again = train(small_run("image_cnn"), small_data("image"), tmp_path, log=lines.append)
    for name in ("history.json", "predictions.npz", "final.weights.h5"):
        assert (again / name).read_bytes() == (first / name).read_bytes()
    other = trained("image_cnn", seed=2)
    assert (other / "history.json").read_bytes() != (first / "history.json").read_bytes()
    assert lines[-1].startswith("epoch 4/4  loss ")


def test_merged_layers_that_xla_compiles_have_the_history_of_keras_s(
    trained, tmp_path, monkeypatch
):
    """On a processor without AVX-512 a study's networks are trained so."""
    theirs = read(trained("image_cnn", dropout_rate=0.0) / "history.json")
    monkeypatch.setattr(pooled_convolution, "suits_this_device", lambda *_: True)
    folders = [tmp_path / name for name in ("once", "again")]
    for folder in folders:
        train(small_run("image_cnn", dropout_rate=0.0), small_data("image"), folder)
    once, again = (next(folder.rglob("history.json")).read_bytes() for folder in folders)
    assert once == again
    for name, values in json.loads(once).items():
        np.testing.assert_allclose(values, theirs[name], rtol=1e-4, atol=1e-4)
    assert json.loads(once) != theirs


def test_history_is_that_of_plain_keras(trained):
    """Same weights and order: `fit` of a Keras GRU on one-hot vectors has the same history."""
    run = small_run("char_rnn", dropout_rate=0.0)
    data = small_data("characters")
    history = read(trained("char_rnn", dropout_rate=0.0) / "history.json")

    keras.utils.set_random_seed(run.seed)
    ours = build_model("char_rnn", run.settings, Task((100,), 15, 30, run.seed)).get_weights()
    plain = keras.Sequential(
        [keras.Input((100, 256)), keras.layers.GRU(20), keras.layers.Dense(15)]
    )
    ours[0] = np.concatenate([ours[0], np.zeros((256 - 30, 60))])
    plain.set_weights(ours)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    plain.compile(keras.optimizers.Adam(0.01), loss, metrics=["accuracy"], jit_compile=False)
    one_hot = np.eye(256, dtype="float32")
    for epoch in range(4):
        order = example_order(run.seed, epoch, len(data.train_y))
        told = plain.fit(
            one_hot[data.train_x[order]],
            data.train_y[order],
            batch_size=32,
            shuffle=False,
            validation_data=(one_hot[data.test_x], data.test_y),
            verbose=0,
        ).history
        for name, values in told.items():
            assert history[name][epoch] == pytest.approx(values[0], rel=2e-3), name


@pytest.mark.parametrize(("on_divergence", "epochs"), [("stop", 1), ("continue", 4)])
def test_divergence_is_told_and_not_a_crash(tmp_path, on_divergence, epochs):
    """A loss that is not finite is null, the status says so, and JSON stays JSON."""
    run = small_run("image_cnn", optimizer="sgd", learning_rate=1e12, on_divergence=on_divergence)
    out = train(run, small_data("image"), tmp_path)
    history, told = read(out / "history.json"), read(out / "run.json")
    assert told["status"] == "diverged" and told["diverged_at_epoch"] == 1
    assert told["epochs_completed"] == epochs
    assert history["loss"] == [None] * epochs and len(history["val_loss"]) == epochs
    assert all(0 <= value <= 1 for value in history["accuracy"] + history["val_accuracy"])


def test_accuracy_counts_every_example_once(tmp_path):
    """The last, smaller batch weighs what its examples weigh: accuracies are multiples of 1/n."""
    run = small_run("word_cnn", batch_size=64)
    history = read(train(run, small_data("words", train=130), tmp_path) / "history.json")
    for accuracy in history["accuracy"]:
        assert accuracy * 130 == pytest.approx(round(accuracy * 130), abs=1e-9)


def test_a_set_that_was_not_finished_has_no_run_json(copied, tmp_path, monkeypatch):
    """run.json is removed first and written last, so that it marks a whole set."""
    out = copied("word_cnn").rename(tmp_path / "out")

    def full_disk(path, value):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(outputs_module, "write_json", full_disk)
    with pytest.raises(OSError, match="No space"):
        train(small_run("word_cnn", epochs=1), small_data("words"), tmp_path)
    assert not (out / "run.json").exists() and not (out / "history.json").exists()


def test_unknown_loss_is_named(tmp_path):
    """The message lists what is allowed."""
    with pytest.raises(TrainingError, match=r"'mse' is not .*: 'logits', 'probabilities'"):
        train(small_run("word_rnn", loss="mse"), small_data("words"), tmp_path)


def test_how_many_examples_are_evaluated_at_once_changes_nothing(trained, tmp_path, monkeypatch):
    """A GPU takes more at once than a training batch has; the history stays the same."""
    usual = trained("word_cnn", {"test": (50, 90)})
    as_gpu = {**train_module.describe_device(), "kind": "gpu"}
    monkeypatch.setattr(train_module, "describe_device", lambda: as_gpu)
    at_once = train(small_run("word_cnn"), small_data("words", test=(50, 90)), tmp_path)
    for name in ("history.json", "history_comparison.json"):
        found, expected = read(at_once / name), read(usual / name)
        for metric, values in expected.items():
            np.testing.assert_allclose(found[metric], values, rtol=1e-5)


def test_large_examples_are_not_evaluated_all_at_once():
    """A GPU's memory holds a training batch; a test set of large images it may not."""
    run = small_run("image_cnn", batch_size=3)
    large = SimpleNamespace(
        test_x=np.zeros((40, 1024, 1024, 1), np.float32), evaluation_y=range(40)
    )
    assert train_module._evaluation_batch(run, large, "gpu") == 8
    assert train_module._evaluation_batch(run, small_data("image"), "gpu") == 50
    assert train_module._evaluation_batch(run, small_data("image"), "cpu") == 3
