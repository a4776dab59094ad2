"""The demo data is the same for the same seed, marked as generated, and worth learning from."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nnrepro.data import cifar10, dbpedia, generated, text
from nnrepro.data.checksums import read_sums

WRITERS = [generated.write_cifar10, generated.write_dbpedia]


@pytest.mark.parametrize("write", WRITERS)
def test_same_arguments_give_the_same_bytes(write: Callable, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / name, train=20, test=15, seed=3)
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert {"SHA256SUMS", "GENERATED.txt"} < set(names)
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_bytes_are_pinned(tmp_path: Path) -> None:
    """A change of the data, or of NumPy under it, does not go unseen."""
    generated.write_cifar10(tmp_path / "i", train=20, test=10, seed=0)
    generated.write_dbpedia(tmp_path / "t", train=28, test=14, seed=0)
    digest = hashlib.sha256()
    for folder in ("i", "t"):
        digest.update((tmp_path / folder / "SHA256SUMS").read_bytes())
    assert digest.hexdigest() == "3fb490dbe5aefd7ccef8b68e0731d777453cb51a6d97cd4cdc74db30f7e8ce9e"


@pytest.mark.parametrize("write", WRITERS)
def test_other_seeds_and_splits_differ(write: Callable, tmp_path: Path) -> None:
    write(tmp_path / "a", train=20, test=20, seed=3)
    write(tmp_path / "b", train=20, test=20, seed=4)
    first, second = read_sums(tmp_path / "a"), read_sums(tmp_path / "b")
    splits = [name for name in first if name != cifar10.META_FILE]
    digests = [sums[name] for sums in (first, second) for name in splits]
    assert len(set(digests)) == 4


@pytest.mark.parametrize("write", WRITERS)
def test_more_training_examples_leave_the_test_set_alone(write: Callable, tmp_path: Path) -> None:
    write(tmp_path / "a", train=20, test=15, seed=3)
    write(tmp_path / "b", train=40, test=15, seed=3)
    same = set(read_sums(tmp_path / "a").items()) & set(read_sums(tmp_path / "b").items())
    assert {name for name, _ in same} & {cifar10.TEST_FILE, dbpedia.STUDY_FILES["test"]}


def test_folder_is_marked(image_folder: Path, text_folder: Path, tmp_path: Path) -> None:
    assert generated.is_generated(image_folder)
    assert generated.is_generated(text_folder)
    assert not generated.is_generated(tmp_path)
    assert "not CIFAR-10" in (image_folder / generated.MARKER).read_text()


def test_images_are_read_by_the_official_loader(image_folder: Path) -> None:
    arrays, classes = cifar10.read_folder(image_folder, read_sums(image_folder))
    assert np.bincount(arrays["train_y"]).tolist() == [3] * 10
    assert len({name.split()[0] for name in classes}) == 5
    assert len({name.split()[1] for name in classes}) == 5


def test_each_colour_and_each_shape_is_shared_by_two_classes(image_folder: Path) -> None:
    _, classes = cifar10.read_folder(image_folder, read_sums(image_folder))
    for part in (0, 1):
        values = [name.split()[part] for name in classes]
        assert {values.count(value) for value in values} == {2}


def test_paragraphs_are_read_by_the_study_loader(text_folder: Path) -> None:
    splits, classes = dbpedia.read_folder(text_folder, read_sums(text_folder))
    assert np.bincount(splits["train"].labels).tolist() == [0] + [4] * 14
    assert classes == list(dbpedia.CLASSES)
    lengths = [len(each.split()) for each in splits["train"].texts]
    assert 40 < np.mean(lengths) < 100
    assert not any("," in each for each in splits["train"].texts)


def nearest_centroid(train_x, train_y, test_x, test_y) -> float:
    """The accuracy of the simplest classifier on features."""
    labels = np.unique(train_y)
    centres = np.stack([train_x[train_y == label].mean(axis=0) for label in labels])
    distance = ((test_x[:, None, :] - centres[None]) ** 2).sum(axis=2)
    return float((labels[distance.argmin(axis=1)] == test_y).mean())


def test_colour_alone_tells_some_images_apart_but_not_all(tmp_path: Path) -> None:
    generated.write_cifar10(tmp_path, train=1000, test=500, seed=5)
    arrays, _ = cifar10.read_folder(tmp_path, read_sums(tmp_path))
    colours = {
        split: arrays[f"{split}_x"].reshape(-1, 3, 1024).mean(axis=2) for split in ("train", "test")
    }
    accuracy = nearest_centroid(
        colours["train"], arrays["train_y"], colours["test"], arrays["test_y"]
    )
    assert 0.2 < accuracy < 0.6


def test_words_and_characters_tell_paragraphs_apart_to_different_degrees(tmp_path: Path) -> None:
    generated.write_dbpedia(tmp_path, train=700, test=280, seed=5)
    splits, _ = dbpedia.read_folder(tmp_path, read_sums(tmp_path))
    train, test = splits["train"], splits["test"]
    accuracies = []
    for level in (text.character_ids, text.word_ids):
        train_x, test_x, vocabulary = level(train.texts, test.texts)
        counts = [
            np.stack([np.bincount(row, minlength=len(vocabulary)) for row in ids])
            for ids in (train_x, test_x)
        ]
        # The most frequent ids stand first among words; rare ones would only add noise.
        kept = [each[:, :200].astype(float) for each in counts]
        accuracies.append(nearest_centroid(kept[0], train.labels, kept[1], test.labels))
    characters, words = accuracies
    assert 0.2 < characters < words - 0.1
    assert words < 0.999
