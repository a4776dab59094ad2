"""CIFAR-10 is read from official files only, or from files whose checksum the user states."""

import io
import pickle
import tarfile
from pathlib import Path

import numpy as np
import pytest

from nnrepro.data import cifar10
from nnrepro.data.checksums import sha256_of
from nnrepro.data.errors import DataError


def archive_of(folder: Path, path: Path) -> Path:
    """Pack the batch files of `folder` as the official archive does."""
    with tarfile.open(path, "w:gz") as tar:
        for name in cifar10.FILES:
            tar.add(folder / name, f"{cifar10.FOLDER}/{name}")
    return path


def test_unofficial_file_is_refused_before_it_is_unpickled(tmp_path: Path) -> None:
    """The files are no pickles at all, so unpickling would give another error."""
    for name in cifar10.FILES:
        (tmp_path / name).write_bytes(b"not a pickle")
    with pytest.raises(DataError) as caught:
        cifar10.read_folder(tmp_path)
    assert "expected: md5:" in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_altered_file_is_refused_although_others_are_right(image_folder: Path, sums) -> None:
    own = sums(image_folder)
    content = bytearray((image_folder / "test_batch").read_bytes())
    content[-1000] ^= 1
    (image_folder / "test_batch").write_bytes(content)
    with pytest.raises(DataError, match="test_batch") as caught:
        cifar10.read_folder(image_folder, own)
    assert own["test_batch"] in str(caught.value)


def test_files_with_stated_sums_are_read(image_folder: Path, sums) -> None:
    arrays, classes = cifar10.read_folder(image_folder, sums(image_folder))
    assert {name: array.shape for name, array in arrays.items()} == {
        "train_x": (30, 3072),
        "train_y": (30,),
        "test_x": (20, 3072),
        "test_y": (20,),
    }
    assert arrays["train_x"].dtype == np.uint8
    assert len(classes) == 10


def test_stating_one_sum_does_not_free_the_other_files(image_folder: Path, sums) -> None:
    own = {"batches.meta": sums(image_folder)["batches.meta"]}
    with pytest.raises(DataError, match="data_batch_1"):
        cifar10.read_folder(image_folder, own)


def test_parent_folder_is_accepted(tmp_path: Path, image_folder: Path, sums) -> None:
    own = sums(image_folder)
    image_folder.rename(tmp_path / cifar10.FOLDER)
    arrays, _ = cifar10.read_folder(tmp_path, own)
    assert len(arrays["train_y"]) == 30


def test_missing_file_is_named(image_folder: Path, sums) -> None:
    own = sums(image_folder)
    (image_folder / "test_batch").unlink()
    with pytest.raises(DataError, match=r"test_batch does not exist"):
        cifar10.read_folder(image_folder, own)


def test_misspelt_name_in_the_sums_is_reported(image_folder: Path) -> None:
    with pytest.raises(DataError, match="did you mean 'data_batch_1'"):
        cifar10.read_folder(image_folder, {"data_batch1": "0" * 64})


def test_malformed_sum_is_reported(image_folder: Path) -> None:
    with pytest.raises(DataError, match="64 hex digits"):
        cifar10.read_folder(image_folder, {"test_batch": "40351d587109b95175f43aff81a1287e"})


ROWS = np.zeros((2, 3072), np.uint8)


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        ([], "no uint8 array"),
        ({b"labels": [0, 1]}, "no uint8 array"),
        ({b"data": ROWS[:, :100], b"labels": [0, 1]}, "no uint8 array"),
        ({b"data": ROWS}, "no list of integers"),
        ({b"data": ROWS, b"labels": [0, b"x"]}, "no list of integers"),
        ({b"data": ROWS, b"labels": [0]}, "2 images but 1 labels"),
        ({b"data": ROWS, b"labels": [0, 10]}, "outside 0 to 9"),
        ({b"data": ROWS, b"labels": [-1, 0]}, "outside 0 to 9"),
    ],
)
def test_batch_of_another_layout_is_refused(
    image_folder: Path, sums, batch: object, message: str
) -> None:
    (image_folder / "test_batch").write_bytes(pickle.dumps(batch))
    with pytest.raises(DataError, match=message) as caught:
        cifar10.read_folder(image_folder, sums(image_folder))
    assert "test_batch" in str(caught.value)


def test_archive_gives_what_the_folder_gives(tmp_path: Path, image_folder: Path, sums) -> None:
    path = archive_of(image_folder, tmp_path / cifar10.OFFICIAL.archive)
    arrays, classes = cifar10.read_archive(path, {path.name: sha256_of(path)})
    expected, expected_classes = cifar10.read_folder(image_folder, sums(image_folder))
    assert classes == expected_classes
    for name, array in expected.items():
        np.testing.assert_array_equal(arrays[name], array)


def test_archive_may_have_another_name(tmp_path: Path, image_folder: Path) -> None:
    path = archive_of(image_folder, tmp_path / "mine.tar.gz")
    arrays, _ = cifar10.read_archive(path, {"mine.tar.gz": sha256_of(path)})
    assert len(arrays["train_y"]) == 30
    with pytest.raises(DataError, match="did you mean"):
        cifar10.read_archive(path, {"mein.tar.gz": sha256_of(path)})


def test_unofficial_archive_is_refused(tmp_path: Path, image_folder: Path) -> None:
    path = archive_of(image_folder, tmp_path / cifar10.OFFICIAL.archive)
    with pytest.raises(DataError, match="md5:c58f30108f718f92721af3b95e74349a"):
        cifar10.read_archive(path)


@pytest.mark.parametrize("kind", ["missing", "link", "folder", "large"])
def test_archive_member_that_is_no_plain_file_is_refused(
    tmp_path: Path, image_folder: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    path = tmp_path / cifar10.OFFICIAL.archive
    member = f"{cifar10.FOLDER}/{cifar10.META_FILE}"
    with tarfile.open(path, "w:gz") as tar:
        info = tarfile.TarInfo(member if kind != "missing" else f"../{member}")
        info.type = {"link": tarfile.SYMTYPE, "folder": tarfile.DIRTYPE}.get(kind, tarfile.REGTYPE)
        info.linkname = str(image_folder / cifar10.META_FILE) if kind == "link" else ""
        info.size = 2000 if kind == "large" else 0
        tar.addfile(info, io.BytesIO(bytes(info.size)))
    monkeypatch.setattr(cifar10, "_MEMBER_LIMIT", 1000)
    with pytest.raises(DataError, match=r"holds no file|not a regular file|more than the 1000"):
        cifar10.read_archive(path, {path.name: sha256_of(path)})


def test_truncated_archive_with_its_own_sum_is_a_data_error(
    tmp_path: Path, image_folder: Path
) -> None:
    path = archive_of(image_folder, tmp_path / cifar10.OFFICIAL.archive)
    path.write_bytes(path.read_bytes()[:-5000])
    with pytest.raises(DataError, match="not a readable tar"):
        cifar10.read_archive(path, {path.name: sha256_of(path)})


def test_real_batches_are_read(real_data: Path, sums) -> None:
    """Python 2 pickles with 10,000 images; the first labels are a frog and two trucks."""
    folder = real_data / "cifar-10-batches-py"
    with pytest.raises(DataError, match="unofficial"):
        cifar10.read_folder(folder)
    arrays, classes = cifar10.read_folder(folder, sums(folder))
    assert [classes[label] for label in arrays["train_y"][:3]] == ["frog", "truck", "truck"]
    assert np.bincount(arrays["test_y"]).tolist() == [1000] * 10
    assert arrays["train_x"].shape == arrays["test_x"].shape == (10_000, 3072)
