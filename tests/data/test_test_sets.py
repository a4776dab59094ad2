"""What CIFAR-10 is tested on: either version of its files, a draw, a file that stands in."""

import json
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnrepro.data import cifar10, registry, shipped
from nnrepro.data.checksums import verify
from nnrepro.data.dataset import load_dataset
from nnrepro.data.errors import DataError
from nnrepro.data.pictures import through_jpeg
from nnrepro.data.soundness import remarks
from nnrepro.data.splits import drawn_first
from nnrepro.models.registry import catalogue
from nnrepro.study.config import load_study
from nnrepro.study.record import checked
from nnrepro.study.sources import read_source

Sums = Callable[[Path], dict[str, str]]


def records(folder: Path, name: str, arrays: Mapping[str, np.ndarray], split: str) -> None:
    """Write a split as a file of the binary version."""
    labels = arrays[f"{split}_y"].astype(np.uint8)[:, None]
    (folder / name).write_bytes(np.hstack((labels, arrays[f"{split}_x"])).tobytes())


@pytest.fixture
def arrays(image_folder: Path, sums: Sums) -> dict[str, np.ndarray]:
    """What the generated batch files hold."""
    return cifar10.read_folder(image_folder, sums(image_folder))[0]


@pytest.fixture
def binary_folder(tmp_path: Path, arrays: Mapping[str, np.ndarray]) -> Path:
    """The same images in files of the binary version, as in the official archive."""
    folder = tmp_path / "binary" / "cifar-10-batches-bin"
    folder.mkdir(parents=True)
    records(folder, "data_batch_1.bin", arrays, "train")
    records(folder, "data_batch_2.bin", arrays, "test")
    return folder


def test_both_versions_hold_the_same(
    binary_folder: Path, arrays: Mapping[str, np.ndarray], sums: Sums
) -> None:
    found, classes = cifar10.read_folder(
        binary_folder.parent, sums(binary_folder), test_file="data_batch_2.bin"
    )
    assert classes == [*cifar10.CLASSES]
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype
    names = [file.name for file in cifar10.source_files(binary_folder, test_file="data_batch_2")]
    assert names == ["data_batch_1.bin", "data_batch_2.bin"]


def test_a_truncated_and_a_damaged_binary_file_are_told(binary_folder: Path, sums: Sums) -> None:
    file = binary_folder / "data_batch_2.bin"
    whole = file.read_bytes()
    own = sums(binary_folder)
    with pytest.raises(DataError, match=r"data_batch_2\.bin is not the expected file"):
        cifar10.read_folder(
            binary_folder, {"data_batch_1.bin": own["data_batch_1.bin"]}, test_file=file.name
        )
    file.write_bytes(whole[:-100])
    with pytest.raises(DataError, match=r"19 of them and 2,973 bytes\. It is truncated"):
        cifar10.read_folder(binary_folder, sums(binary_folder), test_file=file.name)
    file.write_bytes(whole[: 3 * 3073] + b"\x0a" + whole[3 * 3073 + 1 :])
    with pytest.raises(DataError, match="record 4: its label is 10, outside 0 to 9"):
        cifar10.read_folder(binary_folder, sums(binary_folder), test_file=file.name)


def test_a_draw_has_so_many_of_each_class_in_random_order_and_leaves_the_rest() -> None:
    labels = np.random.RandomState(1).permutation(np.repeat(np.arange(10), 30))
    asked = {"examples": 50, "per_class": 5, "seed": 3}
    order = drawn_first(labels, asked, "here")
    assert sorted(order) == [*range(300)]
    assert np.bincount(labels[order[:50]]).tolist() == [5] * 10
    assert len(np.unique(labels[order[:10]])) > 4  # not sorted by class
    assert [*order[50:]] == sorted(order[50:])
    assert [*order] == [*drawn_first(labels, asked, "here")]
    assert set(order[:50]) != set(drawn_first(labels, {**asked, "seed": 4}, "here")[:50])
    # A plain draw is what RandomState gives, on any machine.
    assert drawn_first(np.zeros(8), {"examples": 3}, "here")[:3].tolist() == [6, 2, 1]
    with pytest.raises(DataError, match="asks for 31 examples of each class, and there are 30"):
        drawn_first(labels, {"examples": 310, "per_class": 31}, "here")
    with pytest.raises(DataError, match="asks for 301 examples of 300"):
        drawn_first(labels, {"examples": 301}, "here")


def test_the_sample_is_the_smaller_test_set_and_the_description_says_so(
    tmp_path: Path, binary_folder: Path, sums: Sums, arrays: Mapping[str, np.ndarray]
) -> None:
    sample = {"examples": 5, "seed": 2}
    section = {"source": "folder", "path": binary_folder, "sha256": sums(binary_folder)}
    section |= {"test_file": "data_batch_2.bin", "test_sample": sample}
    files = tmp_path / "cifar10.npz", tmp_path / "cifar10.json"
    shipped.prepare_cifar10(section, *files)
    told = json.loads(files[1].read_text())
    assert told["test"] == {"file": "data_batch_2.bin", "stands_in": True, "sample": sample}
    assert "pixels" not in told  # nobody but the user vouches for these files
    (remark,) = [own for own in remarks(told) if own.telling and "stand in" in own.message]
    assert "data_batch_2.bin" in remark.message
    data = {key: told[key] for key in ("name", "sha256", "test")}
    assert checked({"status": "completed", "data": data}, tmp_path)["data"] == data
    settings = {"layout": "flat", "test_examples": 5, "comparison_test_examples": 20}
    loaded = load_dataset(files[0], settings)
    order = drawn_first(arrays["test_y"], sample, "")
    assert loaded.test_y[:5].tolist() == arrays["test_y"][order[:5]].tolist()
    assert loaded.test_sizes == (5, 20)


def test_the_courses_file_comes_first_and_is_known_by_its_blob(
    tmp_path: Path, image_folder: Path, arrays: Mapping[str, np.ndarray], sums: Sums
) -> None:
    course = image_folder / "test_batch_trim"
    chosen = [7, 3, 11]
    batch = {
        b"data": arrays["test_x"][chosen],
        b"labels": [int(label) for label in arrays["test_y"][chosen]],
    }
    course.write_bytes(pickle.dumps(batch))
    own = {name: sum for name, sum in sums(image_folder).items() if name != course.name}
    with pytest.raises(DataError, match="git-blob:d140768f8ef7c67050662d2902911b1df0d6b337"):
        cifar10.read_folder(image_folder, own, test_sample={"file": course.name})
    own = sums(image_folder)
    found, _ = cifar10.read_folder(image_folder, own, test_sample={"file": course.name})
    order = [*chosen, *(index for index in range(20) if index not in chosen)]
    np.testing.assert_array_equal(found["test_x"], arrays["test_x"][order])
    np.testing.assert_array_equal(found["test_y"], arrays["test_y"][order])
    batch[b"data"] = batch[b"data"] // 2
    course.write_bytes(pickle.dumps(batch))
    with pytest.raises(DataError, match="3 of its 3 images are not in test_batch"):
        cifar10.read_folder(image_folder, sums(image_folder), test_sample={"file": course.name})
    alone, _ = cifar10.read_folder(image_folder, sums(image_folder), test_file=course.name)
    assert len(alone["test_y"]) == 3


def test_a_file_is_known_by_what_git_calls_it(tmp_path: Path) -> None:
    """The sum is that of `git hash-object`."""
    (tmp_path / "hello").write_text("hello\n")
    verify(tmp_path / "hello", {"git-blob:ce013625030ba8dba906f756967f9e9ca394464a"})
    with pytest.raises(DataError, match="git-blob:ce01"):
        verify(tmp_path / "hello", {"git-blob:0000"})


def test_jpeg_costs_fine_detail_alone() -> None:
    ramp = np.broadcast_to(np.linspace(0, 255, 32, dtype=np.uint8), (3, 32, 32)).reshape(1, -1)
    noise = np.random.RandomState(0).randint(0, 256, (2, 3072)).astype(np.uint8)
    assert np.abs(through_jpeg(ramp, (3, 32, 32)).astype(int) - ramp).max() < 8
    once = through_jpeg(noise, (3, 32, 32))
    assert once.shape == noise.shape and once.dtype == np.uint8
    assert np.abs(once.astype(int) - noise).mean() > 20
    np.testing.assert_array_equal(once, through_jpeg(noise, (3, 32, 32)))


def test_generated_images_go_through_jpeg_and_are_another_data_set(
    tmp_path: Path, image_folder: Path
) -> None:
    told = []
    for pixels in ("official", "jpeg"):
        section = {"source": "generated", "path": image_folder, "pixels": pixels}
        section["test_sample"] = {"examples": 5000}  # of made-up data none is drawn
        files = tmp_path / f"{pixels}.npz", tmp_path / f"{pixels}.json"
        shipped.prepare_cifar10(section, *files)
        told.append(json.loads(files[1].read_text()))
    assert "pixels" not in told[0] and told[1]["pixels"] == "jpeg"
    assert told[0]["content_sha256"] != told[1]["content_sha256"]
    assert all("test" not in one for one in told)


@pytest.mark.parametrize(
    ("dataset", "options", "words"),
    [
        (
            "cifar10",
            {"test_sampel": {}},
            "unknown key of this data set; did you mean 'test_sample'",
        ),
        ("dbpedia", {"pixels": "jpeg"}, "data.dbpedia.pixels: unknown key of this data set"),
        ("cifar10", {"test_sample": {"seed": 1}}, "the key 'examples' is missing"),
        (
            "cifar10",
            {"test_sample": {"examples": 200, "per_class": 200}},
            "test_sample.examples: 200 are not 200 of each of the 10 classes; say 2000",
        ),
        (
            "cifar10",
            {"test_sample": {"file": "test_batch_trim", "seed": 1}},
            "test_sample.seed: a file is taken whole",
        ),
        (
            "cifar10",
            {"test_sample": {"file": "test_batch_trim"}, "test_file": "data_batch_2"},
            "test_sample.file: test_batch_trim holds images of test_batch",
        ),
    ],
)
def test_what_a_section_cannot_say_is_told(
    dataset: str, options: dict[str, Any], words: str
) -> None:
    section = {"source": "folder", "path": "x", **options}
    problems = registry.origin(dataset, section).problems(section, {})
    assert any(words in problem for problem in problems), problems


def test_nobody_who_says_nothing_of_it_has_it_said(repository: Path) -> None:
    """A default that the schema filled in would stand in every section of files."""
    study = load_study(read_source(repository / "config.yaml").values, catalogue())
    for name, section in study.data.items():
        assert not registry.origin(name, section).problems(section, {}), name
    assert not {"test_file", "pixels"} & {*study.data["cifar10"], *study.data["dbpedia"]}
