"""Preparing gives the agreed files, the same bytes every time, and says where they came from."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnrepro.data import cifar10, generated, prepare, shipped
from nnrepro.data.checksums import sha256_of
from nnrepro.data.dataset import load_dataset
from nnrepro.data.errors import DataError


def made_up(write, folder: Path) -> dict[str, str]:
    """The section of a data set that is generated into a folder."""
    write(folder, train=28, test=14, seed=2)
    return {"source": "generated", "path": str(folder)}


def run(function, section: dict[str, Any], folder: Path) -> tuple[dict[str, np.ndarray], dict]:
    """Prepare into `folder`; return the arrays and the description."""
    npz, meta = folder / "set.npz", folder / "set.json"
    function(section, npz, meta)
    with np.load(npz) as archive:
        return dict(archive), json.loads(meta.read_text())


def test_images_are_flat_rows_with_their_description(tmp_path: Path) -> None:
    section = made_up(generated.write_cifar10, tmp_path / "raw")
    arrays, meta = run(shipped.prepare_cifar10, section, tmp_path / "out")
    assert {name: (array.shape, array.dtype.name) for name, array in arrays.items()} == {
        "train_x": ((28, 3072), "uint8"),
        "train_y": ((28,), "int32"),
        "test_x": ((14, 3072), "uint8"),
        "test_y": ((14,), "int32"),
    }
    assert meta["name"] == "set"
    assert meta["input"] == "image"
    assert meta["num_classes"] == len(meta["classes"]) == 10
    assert meta["generated"] is True
    assert "generated" in meta["source"]
    assert meta["sha256"] == {name: sha256_of(tmp_path / "raw" / name) for name in cifar10.FILES}


@pytest.mark.parametrize("level", ["characters", "words"])
def test_texts_are_ids_with_their_vocabulary(tmp_path: Path, level: str) -> None:
    section = made_up(generated.write_dbpedia, tmp_path / "raw")
    function = {
        "characters": shipped.prepare_dbpedia_characters,
        "words": shipped.prepare_dbpedia_words,
    }[level]
    arrays, meta = run(function, section, tmp_path / "out")
    assert arrays["train_x"].shape == (28, 100)
    assert arrays["test_x"].dtype == np.int32
    assert sorted(set(arrays["train_y"].tolist())) == [*range(1, 15)]
    assert meta["num_classes"] == len(meta["classes"]) == 15
    assert meta["vocabulary_size"] == len(meta["vocabulary"]) > arrays["train_x"].max()
    assert meta["input"] == level
    assert meta["generated"] is True


@pytest.mark.parametrize(
    ("function", "write"),
    [
        (shipped.prepare_cifar10, generated.write_cifar10),
        (shipped.prepare_dbpedia_words, generated.write_dbpedia),
    ],
    ids=["images", "words"],
)
def test_bytes_do_not_depend_on_place_or_time(tmp_path: Path, function, write) -> None:
    for name in ("a", "b"):
        run(function, made_up(write, tmp_path / name / "raw"), tmp_path / name)
    for file in ("set.npz", "set.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_arrays_are_not_compressed(tmp_path: Path) -> None:
    run(shipped.prepare_cifar10, made_up(generated.write_cifar10, tmp_path / "raw"), tmp_path)
    assert (tmp_path / "set.npz").stat().st_size > (28 + 14) * 3072


def test_generated_folder_is_read_again_without_generating(
    tmp_path: Path, image_folder: Path
) -> None:
    arrays, meta = run(
        shipped.prepare_cifar10, {"source": "generated", "path": image_folder}, tmp_path
    )
    assert len(arrays["train_y"]) == 30
    assert meta["generated"] is True


def test_altered_generated_file_is_refused(tmp_path: Path, image_folder: Path) -> None:
    with open(image_folder / "data_batch_1", "ab") as handle:
        handle.write(b"x")
    with pytest.raises(DataError, match="data_batch_1 is not the expected file"):
        run(shipped.prepare_cifar10, {"source": "generated", "path": image_folder}, tmp_path)


def test_sums_file_vouches_for_generated_data_only(tmp_path: Path, image_folder: Path) -> None:
    with pytest.raises(DataError, match="unofficial"):
        run(shipped.prepare_cifar10, {"source": "folder", "path": image_folder}, tmp_path)
    (image_folder / "SHA256SUMS").unlink()
    with pytest.raises(DataError, match="SHA256SUMS does not exist"):
        run(shipped.prepare_cifar10, {"source": "generated", "path": image_folder}, tmp_path)


def test_generated_data_stays_marked_when_read_as_a_folder(
    tmp_path: Path, image_folder: Path, sums
) -> None:
    section = {"source": "folder", "path": image_folder, "sha256": sums(image_folder)}
    _, meta = run(shipped.prepare_cifar10, section, tmp_path)
    assert meta["generated"] is True


def test_refused_input_leaves_earlier_output_alone(
    tmp_path: Path, image_folder: Path, sums
) -> None:
    section = {"source": "folder", "path": image_folder, "sha256": sums(image_folder)}
    run(shipped.prepare_cifar10, section, tmp_path)
    before = (tmp_path / "set.npz").read_bytes()
    shutil.copy(image_folder / "test_batch", image_folder / "data_batch_1")
    with pytest.raises(DataError):
        run(shipped.prepare_cifar10, section, tmp_path)
    assert (tmp_path / "set.npz").read_bytes() == before


def test_real_data_is_prepared(real_data: Path, tmp_path: Path, sums) -> None:
    folder = real_data / "cifar-10-batches-py"
    section = {"source": "folder", "path": folder, "sha256": sums(folder)}
    arrays, meta = run(shipped.prepare_cifar10, section, tmp_path)
    assert arrays["train_x"].shape == (10_000, 3072)
    assert meta["generated"] is False
    assert meta["source"] == "folder"


def test_arrays_exchanged_beneath_their_description_are_refused(tmp_path: Path) -> None:
    """Same shapes and labels, a whole file: only the sum in the description tells."""
    section = made_up(generated.write_cifar10, tmp_path / "raw")
    arrays, meta = run(shipped.prepare_cifar10, section, tmp_path)
    wanted = {"train_examples": 28, "test_examples": 14, "layout": "planes"}
    load_dataset(tmp_path / "set.npz", wanted)
    other = {**arrays, "train_x": arrays["train_x"][::-1]}
    prepare.write_prepared(tmp_path / "set.npz", tmp_path / "other.json", other, meta)
    with pytest.raises(DataError, match=r"does not hold what set\.json describes"):
        load_dataset(tmp_path / "set.npz", wanted)
    told = json.loads((tmp_path / "set.json").read_text())
    del told["content_sha256"]  # as an earlier version wrote it
    (tmp_path / "set.json").write_text(json.dumps(told))
    load_dataset(tmp_path / "set.npz", wanted)
