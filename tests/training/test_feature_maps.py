"""Feature maps of a trained image run."""

import os

import numpy as np
import pytest
from small_runs import small_data, small_run, train

from nnrepro.training.errors import TrainingError
from nnrepro.training.feature_maps import compute_feature_maps, write_feature_maps


def test_feature_maps_are_the_activations_of_the_trained_layers(tmp_path):
    """Shapes of the reports' grids; ReLU and pooling hold; the file gives back the same."""
    run = small_run("image_cnn", epochs=1)
    data = small_data("image")
    weights = train(run, data, tmp_path) / "final.weights.h5"
    maps = compute_feature_maps(run, data, weights)
    assert {name: value.shape for name, value in maps.items()} == {
        "run": (1,),
        "images": (2, 32, 32, 3),
        "classes": (2,),
        "words": (4,),
        "c1": (2, 24, 24, 4),
        "s1": (2, 12, 12, 4),
        "c2": (2, 8, 8, 3),
        "s2": (2, 4, 4, 3),
    }
    assert maps["run"].tolist() == [run.id]
    assert maps["words"].tolist() == [
        f"{which} {kind}" for which in ("first", "second") for kind in ("convolution", "pooling")
    ]
    np.testing.assert_array_equal(maps["images"], data.test_x[:2])
    assert maps["c1"].min() >= 0
    pooled = maps["c1"].reshape(2, 12, 2, 12, 2, 4).max((2, 4))
    np.testing.assert_array_equal(maps["s1"], pooled)
    write_feature_maps(tmp_path / "maps.npz", maps)
    with np.load(tmp_path / "maps.npz") as written:
        for name, value in maps.items():
            np.testing.assert_array_equal(written[name], value)


def test_weights_that_do_not_fit_are_named(tmp_path):
    """Missing or foreign weights, and models without these layers."""
    data = small_data("image")
    run = small_run("image_cnn")
    with pytest.raises(TrainingError, match="not the weights of run tan/small"):
        compute_feature_maps(run, data, tmp_path / "none.weights.h5")
    (tmp_path / "x.weights.h5").write_bytes(b"no HDF5")
    with pytest.raises(TrainingError, match=r"x\.weights\.h5"):
        compute_feature_maps(run, data, tmp_path / "x.weights.h5")
    with pytest.raises(TrainingError, match="no convolutions"):
        compute_feature_maps(small_run("word_rnn"), small_data("words"), tmp_path / "x.weights.h5")


def test_weights_that_are_not_as_they_were_written_are_named(tmp_path):
    """One flipped byte would still load, and give other maps; a pipe would be waited for."""
    run = small_run("image_cnn", epochs=1)
    data = small_data("image")
    weights = train(run, data, tmp_path) / "final.weights.h5"
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)
    with pytest.raises(TrainingError, match=r"final\.weights\.h5: .*checksum.*train the run again"):
        compute_feature_maps(run, data, weights)
    weights.unlink()
    os.mkfifo(weights)
    with pytest.raises(TrainingError, match="named pipe"):
        compute_feature_maps(run, data, weights)
