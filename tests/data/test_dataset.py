"""A run gets the examples its settings ask for, in the layout of its protocol, or a clear error."""

import json
from pathlib import Path

import numpy as np
import pytest

from nnrepro.data import generated, shipped
from nnrepro.data.dataset import load_dataset
from nnrepro.data.errors import DataError

SETTINGS = {
    "layout": "planes",
    "train_examples": 10,
    "test_examples": 5,
    "comparison_test_examples": 0,
}


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Prepared images: 28 for training, 14 for testing."""
    generated.write_cifar10(tmp_path / "raw", train=28, test=14, seed=1)
    section = {"source": "generated", "path": tmp_path / "raw"}
    shipped.prepare_cifar10(section, tmp_path / "cifar10.npz", tmp_path / "cifar10.json")
    return tmp_path / "cifar10.npz"


@pytest.fixture
def words(tmp_path: Path) -> Path:
    """Prepared paragraphs: 28 for training, 14 for testing."""
    generated.write_dbpedia(tmp_path / "raw", train=28, test=14, seed=1)
    section = {"source": "generated", "path": tmp_path / "raw"}
    shipped.prepare_dbpedia_words(section, tmp_path / "words.npz", tmp_path / "words.json")
    return tmp_path / "words.npz"


def test_planes_put_each_byte_at_its_pixel_and_colour(images: Path) -> None:
    rows = np.load(images)["train_x"]
    x = load_dataset(images, SETTINGS).train_x
    assert x.shape == (10, 32, 32, 3)
    assert x.dtype == np.float32
    for row, column, colour in (
        (0, 0, 0),
        (0, 1, 0),
        (1, 0, 0),
        (0, 0, 1),
        (31, 31, 2),
        (7, 20, 1),
    ):
        byte = rows[:10, colour * 1024 + row * 32 + column]
        np.testing.assert_array_equal(x[:, row, column, colour], byte.astype(np.float32) / 255)


def test_flat_layout_scrambles_as_koh_did(images: Path) -> None:
    rows = np.load(images)["train_x"]
    x = load_dataset(images, SETTINGS | {"layout": "flat"}).train_x
    np.testing.assert_array_equal(
        x, (rows[:10].astype(np.float32) / np.float32(255)).reshape(10, 32, 32, 3)
    )


def test_scaled_images_span_zero_to_one(images: Path) -> None:
    x = load_dataset(images, SETTINGS | {"train_examples": 28}).train_x
    assert x.min() == 0
    assert x.max() == 1


def test_ids_and_labels_are_integers_of_32_bits(words: Path) -> None:
    data = load_dataset(words, SETTINGS)
    assert data.train_x.dtype == data.test_x.dtype == data.train_y.dtype == np.int32
    assert data.train_x.shape == (10, 100)
    assert data.num_classes == 15
    assert data.vocabulary_size == len(data.meta["vocabulary"]) > data.train_x.max()
    assert data.input == "words"


def test_primary_test_set_is_all_there_is_without_a_comparison(images: Path) -> None:
    data = load_dataset(images, SETTINGS)
    assert data.test_sizes == (5,)
    assert len(data.test_x) == len(data.test_y) == 5
    assert [*data.evaluation_sets] == ["test"]


def test_comparison_test_set_begins_with_the_primary_one(images: Path) -> None:
    data = load_dataset(images, SETTINGS | {"comparison_test_examples": 14})
    primary = load_dataset(images, SETTINGS)
    assert data.test_sizes == (5, 14)
    assert len(data.test_x) == len(data.test_y) == 14
    np.testing.assert_array_equal(data.test_x[:5], primary.test_x)
    np.testing.assert_array_equal(data.test_y[:5], primary.test_y)


def test_held_out_examples_are_no_longer_trained_on(words: Path) -> None:
    whole = load_dataset(words, SETTINGS | {"train_examples": 28})
    data = load_dataset(words, SETTINGS | {"train_examples": 28, "validation_examples": 8})
    assert (len(data.train_y), len(data.validation_y)) == (20, 8)
    together = np.concatenate((data.train_x, data.validation_x))
    assert sorted(map(tuple, together)) == sorted(map(tuple, whole.train_x))
    assert data.evaluation_sets == {"test": slice(0, 5), "validation": slice(5, 13)}
    np.testing.assert_array_equal(data.evaluation_x[5:], data.validation_x)
    np.testing.assert_array_equal(data.evaluation_y, [*data.test_y, *data.validation_y])


def test_which_examples_are_held_out_follows_from_their_number_alone(images: Path) -> None:
    def held_out(count: int) -> set[bytes]:
        settings = SETTINGS | {"train_examples": 28, "validation_examples": count}
        data = load_dataset(images, settings)
        assert len(data.validation_x) == count
        return {image.tobytes() for image in data.validation_x}

    assert held_out(3) < held_out(9) < held_out(27)
    data = load_dataset(images, SETTINGS | {"validation_examples": 0})
    assert data.validation_x is None and len(data.train_y) == 10


@pytest.mark.parametrize("count", [10, -1, 2.5])
def test_holding_out_all_training_examples_is_refused(images: Path, count: object) -> None:
    with pytest.raises(DataError, match=f"validation_examples is {count}; .* from 0 to 9"):
        load_dataset(images, SETTINGS | {"validation_examples": count})


@pytest.mark.parametrize("key", ["train_examples", "test_examples", "comparison_test_examples"])
def test_more_examples_than_there_are_is_an_error_with_the_number(images: Path, key: str) -> None:
    available = 28 if key == "train_examples" else 14
    load_dataset(images, SETTINGS | {key: available})
    with pytest.raises(DataError, match=f"{key} asks for {available + 1}.* holds {available}"):
        load_dataset(images, SETTINGS | {key: available + 1})


@pytest.mark.parametrize(
    ("key", "value"),
    [("train_examples", 0), ("test_examples", -1), ("train_examples", "10"), ("layout", "plane")],
)
def test_setting_that_makes_no_sense_is_named(images: Path, key: str, value: object) -> None:
    with pytest.raises(DataError, match=f"{key} is {value!r}"):
        load_dataset(images, SETTINGS | {key: value})


def test_all_examples_are_read_where_no_number_is_given(images: Path) -> None:
    told = json.loads(images.with_suffix(".json").read_text())
    dataset = load_dataset(images, {"layout": "planes"})
    assert len(dataset.train_y) == told["train_examples"]
    assert len(dataset.test_y) == told["test_examples"]


def test_truncated_arrays_are_refused_wherever_they_end(words: Path) -> None:
    content = words.read_bytes()
    for size in range(0, len(content), 1500):
        words.write_bytes(content[:size])
        with pytest.raises(DataError, match="damaged"):
            load_dataset(words, SETTINGS)


def test_flipped_bit_in_the_arrays_is_noticed(images: Path) -> None:
    content = bytearray(images.read_bytes())
    content[len(content) // 2] ^= 4
    images.write_bytes(content)
    with pytest.raises(DataError, match="damaged"):
        load_dataset(images, SETTINGS)


def test_missing_files_are_named(images: Path) -> None:
    images.rename(images.with_name("elsewhere.npz"))
    with pytest.raises(DataError, match=r"cifar10\.npz does not exist"):
        load_dataset(images, SETTINGS)
    with pytest.raises(DataError, match=r"elsewhere\.json does not exist"):
        load_dataset(images.with_name("elsewhere.npz"), SETTINGS)


def test_missing_array_is_named(images: Path) -> None:
    with np.load(images) as archive:
        kept = {name: archive[name] for name in archive if name != "test_y"}
    np.savez(images, **kept)
    with pytest.raises(DataError, match="no array 'test_y"):
        load_dataset(images, SETTINGS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_classes": 3}, "label is outside 0 to 2"),
        ({"num_classes": "10"}, "lacks 'num_classes'"),
        ({"kind": None}, "lacks 'kind'"),
        ({"image_shape": [3, 32]}, "lacks 'image_shape'"),
        ({"image_shape": [3, 16, 16]}, "do not hold"),
    ],
)
def test_description_at_odds_with_the_arrays_is_refused(
    images: Path, change: dict[str, object], message: str
) -> None:
    path = images.with_suffix(".json")
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(DataError, match=message):
        load_dataset(images, SETTINGS)


@pytest.mark.parametrize("text", ["", "{", "[]", "\xff"])
def test_unreadable_description_is_refused(images: Path, text: str) -> None:
    images.with_suffix(".json").write_bytes(text.encode("latin1"))
    with pytest.raises(DataError, match=r"cifar10\.json"):
        load_dataset(images, SETTINGS)


def test_unequal_numbers_of_examples_and_labels_are_refused(images: Path) -> None:
    with np.load(images) as archive:
        arrays = dict(archive)
    np.savez(images, **(arrays | {"train_y": arrays["train_y"][:-1]}))
    with pytest.raises(DataError, match="28 train examples but 27 labels"):
        load_dataset(images, SETTINGS)
