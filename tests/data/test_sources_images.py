"""A folder of images by class becomes rows of planes, bounded, or one clear message."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from nnrepro.data import registry
from nnrepro.data.dataset import load_dataset
from nnrepro.data.errors import DataError

RANDOM = np.random.RandomState(1)


def draw(file: Path, size: tuple[int, int] = (6, 4), mode: str = "RGB") -> np.ndarray:
    """Save an image of some height and width and give its pixels."""
    pixels = RANDOM.randint(0, 256, (*size, 3) if mode == "RGB" else size).astype(np.uint8)
    file.parent.mkdir(parents=True, exist_ok=True)
    PIL.Image.fromarray(pixels).save(file)
    return pixels


def prepared(folder: Path, **options: Any) -> tuple[dict[str, np.ndarray], Any]:
    """Arrays and description of the images below a folder."""
    section = {"source": "images", "path": str(folder), **options}
    origin = registry.origin("pictures", section)
    problems = [*origin.problems(section, {}), *origin.place_problems(section)]
    if problems:
        raise DataError(problems[0])
    (made,) = registry.prepared({"pictures": section})
    out = folder.parent / "pictures.npz"
    made.prepare(section, out, out.with_suffix(".json"))
    return dict(np.load(out)), json.loads(out.with_suffix(".json").read_text())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twenty images of two classes."""
    for number in range(20):
        draw(tmp_path / "all" / ("cat", "dog")[number % 2] / f"{number}.png")
    return tmp_path / "all"


def test_pixels_reach_the_model_where_they_were(folder: Path) -> None:
    pixels = {draw(folder / "dog" / "20.png").tobytes()}
    pixels |= {np.asarray(PIL.Image.open(file)).tobytes() for file in folder.glob("*/*.png")}
    arrays, told = prepared(folder)
    assert told["image_shape"] == [3, 6, 4] and told["classes"] == ["cat", "dog"]
    assert [len(arrays[f"{part}_y"]) for part in ("train", "validation", "test")] == [15, 3, 3]
    dataset = load_dataset(folder.parent / "pictures.npz", {"layout": "planes"})
    assert dataset.train_x.shape == (15, 6, 4, 3)
    back = np.rint(dataset.train_x * 255).astype(np.uint8)
    assert {image.tobytes() for image in back} < pixels


def test_parts_of_their_own_and_grey(tmp_path: Path) -> None:
    for part, count in (("train", 12), ("test", 5), ("val", 4)):
        for number in range(count):
            draw(tmp_path / "own" / part / "ab"[number % 2] / f"{number}.jpg", (5, 5), "L")
    arrays, told = prepared(tmp_path / "own")
    assert told["image_shape"] == [1, 5, 5]
    assert [len(arrays[f"{part}_y"]) for part in ("train", "validation", "test")] == [12, 4, 5]
    arrays, _ = prepared(tmp_path / "own", split={"validation": 0})
    assert "validation_x" not in arrays
    arrays, told = prepared(
        tmp_path / "own" / "train", colour="rgb", size=[3, 7], split={"test": 4}
    )
    assert told["image_shape"] == [3, 3, 7] and len(arrays["test_y"]) == 4


def test_the_same_images_in_another_folder_are_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    first = prepared(folder)
    moved = tmp_path / "elsewhere" / "all"
    moved.parent.mkdir()
    folder.rename(moved)
    second = prepared(moved)
    assert first[1] == second[1]
    assert all(np.array_equal(first[0][name], second[0][name]) for name in first[0])


def spoil(folder: Path, how: str) -> None:
    """Make something of a folder wrong."""
    if how == "another size":
        draw(folder / "cat" / "z.png", (9, 9))
    elif how == "a text":
        (folder / "cat" / "notes.txt").write_text("x")
    elif how == "no image":
        (folder / "cat" / "z.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    elif how == "loose":
        draw(folder / "z.png")
    elif how == "two ways":
        draw(folder / "train" / "cat" / "z.png")
    elif how == "a part":
        draw(folder / "Test" / "cat" / "z.png")
    elif how == "empty":
        (folder / "bird").mkdir()
    elif how == "bomb":
        PIL.Image.new("1", (20_000, 20_000)).save(folder / "cat" / "z.png")
    elif how == "a pipe":
        os.mkfifo(folder / "cat" / "z.png")


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("another size", r"z\.png 9 x 9; give one size for all, for example size: \[6, 4\]"),
        ("a text", r"notes\.txt: is no image by its name"),
        ("no image", r"z\.png is no readable image"),
        ("loose", r"all: holds the file 'z\.png'; it must hold a folder of images for each class"),
        ("two ways", "holds the folder 'train' and the folder 'cat'"),
        ("a part", r"Test/cat: is a folder, where images of the class 'Test' are wanted"),
        ("empty", "bird: holds no images"),
        ("bomb", r"z\.png: 20000 x 20000 pixels; scale it down|is no readable image: Image size"),
        ("a pipe", r"z\.png cannot be read: it is a named pipe|is a pipe"),
    ],
)
def test_what_cannot_be_read_is_one_message(folder: Path, how: str, words: str) -> None:
    spoil(folder, how)
    with pytest.raises(DataError, match=words):
        prepared(folder)


def test_two_folders_for_the_same_part_are_refused(folder: Path) -> None:
    for part in ("train", "val", "validation"):
        draw(folder / "parts" / part / "cat" / "1.png")
    with pytest.raises(DataError, match=r"validation and .*val are both validation examples"):
        prepared(folder / "parts")
    (folder / "parts" / "val").rename(folder / "parts" / "test")
    with pytest.raises(DataError, match=r"parts/test and .*cat are both test examples"):
        prepared(folder / "parts", test_path=str(folder / "cat"))


def test_images_larger_together_than_is_read_are_scaled_one_by_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnrepro.data.sources.images._MOST_BYTES", 700)
    with pytest.raises(DataError, match="give a smaller size"):
        prepared(folder)
    _, told = prepared(folder, size=[3, 2], colour="grey")
    assert told["image_shape"] == [1, 3, 2]


def test_no_such_folder(tmp_path: Path) -> None:
    (tmp_path / "flowers").mkdir()
    with pytest.raises(DataError, match="did you mean"):
        prepared(tmp_path / "flower")


def test_a_file_in_place_of_a_folder(folder: Path) -> None:
    with pytest.raises(DataError, match="is a file, where a folder is wanted"):
        prepared(folder / "cat" / "0.png")
