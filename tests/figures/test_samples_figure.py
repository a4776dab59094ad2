"""Sample examples of prepared data: pictures, texts, and what is neither."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnrepro.data.shown import Sample, samples
from nnrepro.figures.drawing import NothingToDraw
from nnrepro.figures.samples import draw
from nnrepro.figures.samples import samples as kind

Write = Callable[..., Path]


@pytest.fixture
def prepared(tmp_path: Path) -> Write:
    """Writes prepared arrays with their description."""

    def write(x: Any, y: Any, **meta: Any) -> Path:
        np.savez(tmp_path / "own.npz", test_x=np.array(x), test_y=np.array(y))
        (tmp_path / "own.json").write_text(json.dumps(meta))
        return tmp_path / "own.npz"

    return write


def test_the_first_example_of_each_class_is_taken(prepared: Write) -> None:
    """In the order of the classes, as many as are asked for; a text in its words."""
    told = {
        "kind": "ids",
        "vocabulary": ["<pad>", "a", "cat", "dog"],
        "classes": ["no", "yes", "?"],
    }
    file = prepared([[1, 2], [1, 3], [3, 0], [2, 2]], [1, 1, 0, 2], **told)
    assert samples(file, {}, 2) == [Sample("no", "dog"), Sample("yes", "a cat")]
    assert len(samples(file, {}, 9)) == 3


def test_images_are_shown_in_the_layout_that_a_run_reads(prepared: Write) -> None:
    """Colour planes are put together, or not, as the run does it."""
    file = prepared(np.arange(12)[None] * 20, [0], kind="image", image_shape=[3, 2, 2])
    shown = {name: samples(file, {"layout": name}, 1)[0].pixels for name in ("planes", "flat")}
    assert shown["planes"][0, 0].tolist() == pytest.approx([0, 80 / 255, 160 / 255])
    assert shown["flat"][0, 0].tolist() == pytest.approx([0, 20 / 255, 40 / 255])


@pytest.mark.parametrize(
    ("task", "y", "label"),
    [("multi_label", [[1, 0]], "red"), ("regression", [[1.5, 2.0]], "1.5, 2")],
)
def test_labels_and_targets_are_told(prepared: Write, task: str, y: Any, label: str) -> None:
    told = {"kind": "ids", "vocabulary": ["<pad>", "a"], "outputs": ["red", "blue"], "task": task}
    assert [one.label for one in samples(prepared([[1]], y, **told), {}, 5)] == [label]


def test_pictures_and_texts_are_drawn_with_their_labels(
    words: Callable, assert_legible: Callable
) -> None:
    image = np.zeros((4, 4, 3), dtype=np.float32)
    pictures = draw([Sample(f"class {n}", "", image) for n in range(7)], title="Images")
    assert len(pictures.axes) == 7
    texts = draw([Sample("yes", "a cat " * 200), Sample("no", "a dog")], title="Texts")
    assert not texts.axes
    for drawn, label in ((pictures, "class 6"), (texts, "yes"), (texts, "a dog")):
        assert label in [text for text, _ in words(drawn)]
        assert_legible(drawn)


def test_data_that_cannot_be_shown_are_said_to_be_so(finished: Callable, short: Any) -> None:
    figure = finished(short).asked("samples")[0]
    with pytest.raises(NothingToDraw, match="neither images nor"):
        list(kind(figure, lambda run, most: [Sample("yes", "")]))
