"""CIFAR-10 (Krizhevsky 2009) from its official Python batch files.

The study trains on the first 10,000 training images, `data_batch_1`, and tests on `test_batch`. An
image is a row of 3,072 bytes: the red plane of 32 x 32, then green, then blue.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nnrepro.data.archives import open_archive
from nnrepro.data.checksums import read_verified
from nnrepro.data.errors import DataError
from nnrepro.data.official import Official, check_own_sums
from nnrepro.data.pickles import load_plain

FOLDER = "cifar-10-batches-py"
TRAIN_FILE, TEST_FILE, META_FILE = "data_batch_1", "test_batch", "batches.meta"
FILES = (TRAIN_FILE, TEST_FILE, META_FILE)
IMAGE_SHAPE = (3, 32, 32)
ROW = 3 * 32 * 32

# Sums of the batch files: torchvision/datasets/cifar.py; of the archive: the publisher's page (MD5)
# and the file that Keras's keras.datasets.cifar10 fetches (SHA-256).
OFFICIAL = Official(
    url="https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
    archive="cifar-10-python.tar.gz",
    archive_sums=frozenset(
        {
            "md5:c58f30108f718f92721af3b95e74349a",
            "sha256:6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
        }
    ),
    archive_bytes=170_498_071,
    files={
        TRAIN_FILE: frozenset({"md5:c99cafc152244af753f735de768cd75f"}),
        TEST_FILE: frozenset({"md5:40351d587109b95175f43aff81a1287e"}),
        META_FILE: frozenset({"md5:5ff9c542aee3614f3951f8cda6e48888"}),
    },
    examples={"train": 10_000, "test": 10_000},
)

_MEMBER_LIMIT = 64 * 2**20  # an official batch has 31 MB

Arrays = dict[str, np.ndarray]


def read_folder(
    folder: Path | str, sha256: Mapping[str, str] | None = None
) -> tuple[Arrays, list[str]]:
    """Read the batch files in `folder` (or in its subfolder `cifar-10-batches-py`).

    A file that is not named in `sha256`, the user's own sums, must be the official one. Gives
    arrays `train_x`, `test_x` (uint8 [n, 3072]), `train_y`, `test_y` (int32 [n]), and class names.
    Raises DataError where a file is missing, has another checksum, or does not hold a batch.
    """
    check_own_sums(sha256, {*OFFICIAL.files, OFFICIAL.archive})
    folder = batch_folder(Path(folder))

    def read(name: str) -> bytes:
        return read_verified(folder / name, OFFICIAL.accepted(name, sha256))

    return _parse(read, str(folder))


def read_archive(
    path: Path | str, sha256: Mapping[str, str] | None = None
) -> tuple[Arrays, list[str]]:
    """Read the same from the official archive, whose checksum vouches for its members.

    Raises DataError where it has another one, lacks a member, or a member holds no batch.
    """
    path = Path(path)
    with open_archive(path, OFFICIAL.accepted_archive(path.name, sha256)) as open_member:

        def read(name: str) -> bytes:
            with open_member(f"{FOLDER}/{name}", _MEMBER_LIMIT) as member:
                return member.read()

        return _parse(read, str(path))


def batch_folder(folder: Path) -> Path:
    """The folder that holds the batch files: `folder` itself or its `cifar-10-batches-py`."""
    nested = folder / FOLDER
    return nested if nested.is_dir() and not (folder / TRAIN_FILE).exists() else folder


def source_files(folder: Path | str) -> list[Path]:
    """The files that `read_folder` reads from `folder`."""
    return [batch_folder(Path(folder)) / name for name in FILES]


def _parse(read: Callable[[str], bytes], where: str) -> tuple[Arrays, list[str]]:
    classes = _class_names(load_plain(read(META_FILE), f"{where}/{META_FILE}"), where)
    arrays: Arrays = {}
    for split, name in (("train", TRAIN_FILE), ("test", TEST_FILE)):
        label = f"{where}/{name}"
        x, y = _batch(load_plain(read(name), label), label, len(classes))
        arrays[f"{split}_x"], arrays[f"{split}_y"] = x, y
    return arrays, classes


def _class_names(content: Any, where: str) -> list[str]:
    names = content.get(b"label_names") if isinstance(content, dict) else None
    if not isinstance(names, list) or not names or not all(isinstance(n, bytes) for n in names):
        raise DataError(f"{where}/{META_FILE} holds no list of class names `label_names`.")
    return [name.decode("utf-8", errors="replace") for name in names]


def _batch(content: Any, label: str, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Check one batch's layout; return its rows and labels."""
    content = content if isinstance(content, dict) else {}
    rows, labels = content.get(b"data"), content.get(b"labels")
    if not (isinstance(rows, np.ndarray) and rows.dtype == np.uint8 and rows.shape[1:] == (ROW,)):
        raise DataError(f"{label} holds no uint8 array `data` of rows of {ROW} bytes.")
    if not isinstance(labels, list) or not all(type(value) is int for value in labels):
        raise DataError(f"{label} holds no list of integers `labels`.")
    if len(labels) != len(rows):
        raise DataError(f"{label} has {len(rows)} images but {len(labels)} labels.")
    if labels and not 0 <= min(labels) <= max(labels) < classes:
        raise DataError(f"{label} has a label outside 0 to {classes - 1}.")
    return rows, np.asarray(labels, dtype=np.int32)
