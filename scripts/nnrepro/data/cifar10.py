"""CIFAR-10 (Krizhevsky 2009) from its official batch files, in the Python or the binary version.

The study trains on the first 10,000 training images, `data_batch_1`, and tests on `test_batch`, or
on what the configuration names in its place. An image is a row of 3,072 bytes: the red plane of
32 x 32, then green, then blue. A file of the binary version is a sequence of records, a byte with
the label before each row; the other version's are pickles.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nnrepro.data.archives import NoMember, open_archive
from nnrepro.data.checksums import read_verified
from nnrepro.data.errors import DataError
from nnrepro.data.official import Official, check_own_sums
from nnrepro.data.pickles import load_plain
from nnrepro.data.splits import drawn_first

FOLDER = "cifar-10-batches-py"
TRAIN_FILE, TEST_FILE, META_FILE = "data_batch_1", "test_batch", "batches.meta"
FILES = (TRAIN_FILE, TEST_FILE, META_FILE)
IMAGE_SHAPE = (3, 32, 32)
ROW = 3 * 32 * 32
CLASSES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
OPTIONS = ("test_file", "test_sample", "pixels")
"""What a section of the configuration may say of it beside where it is."""

_BINARY_FOLDER, _BINARY = "cifar-10-batches-bin", ".bin"
_COURSE_FILE = "test_batch_trim"
_STANDING_IN = tuple(f"data_batch_{number}" for number in range(2, 6))
_COURSE_REMEDY = "The course's file is the same in all years; fetch it again from where you had it"

# MD5 sums of the batch files: torchvision/datasets/cifar.py, and of the binary version the
# publisher's own files; of the archives: the publisher's page (MD5) and the file that Keras's
# keras.datasets.cifar10 fetches (SHA-256). Of the course's own file the name of its blob in Git.
_SUMS = {
    "data_batch_1": ("c99cafc152244af753f735de768cd75f", "5dd7e06a14cb22eb9f671a540d1b7c25"),
    "data_batch_2": ("d4bba439e000b95fd0a9bffe97cbabec", "5ea93a67294ea407fff1d09f752e9692"),
    "data_batch_3": ("54ebc095f3ab1f0389bbae665268c751", "942cd6a4bcdd0dd3c604fbe906cb4421"),
    "data_batch_4": ("634d18415352ddfa80567beed471001a", "ae636b3ba5c66a11e91e8cb52e771fcb"),
    "data_batch_5": ("482c414d41f54cd18b22e5b47cb7c3cb", "53f37980c15c3d472c316c40844f3f0d"),
    "test_batch": ("40351d587109b95175f43aff81a1287e", "803d5f7f4d78ea53de84dbe85f74fb6d"),
}
OFFICIAL = Official(
    url="https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
    archive="cifar-10-python.tar.gz",
    archive_sums=frozenset(
        {
            "md5:c58f30108f718f92721af3b95e74349a",
            "sha256:6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
            "md5:c32a1d4ab5d03f1284b67883e8d87530",  # the binary version
        }
    ),
    archive_bytes=170_498_071,
    files={
        **{name: frozenset({f"md5:{python}"}) for name, (python, _) in _SUMS.items()},
        **{f"{name}{_BINARY}": frozenset({f"md5:{binary}"}) for name, (_, binary) in _SUMS.items()},
        META_FILE: frozenset({"md5:5ff9c542aee3614f3951f8cda6e48888"}),
        _COURSE_FILE: frozenset({"git-blob:d140768f8ef7c67050662d2902911b1df0d6b337"}),
    },
    examples={"train": 10_000, "test": 10_000},
)

_MEMBER_LIMIT = 64 * 2**20  # an official batch has 31 MB

Arrays = dict[str, np.ndarray]
Sample = Mapping[str, Any]
"""Which test examples come first: `examples`, `per_class` and `seed` of a draw, or a `file`."""


class _Layout(NamedTuple):
    """One version of the batch files: how they end, and whether one names the classes."""

    suffix: str
    meta: bool

    def named(self, name: str) -> str:
        """A batch file's name in this version; one that has its own ending keeps it."""
        official = name in _SUMS
        return f"{name}{self.suffix}" if official else name

    def files(self, test_file: str, sample: Sample | None) -> list[str]:
        """The files that are read, the training batch and the test batch first."""
        files = [self.named(TRAIN_FILE), self.named(test_file)]
        files += [META_FILE] if self.meta else []
        return [*files, *([str(sample["file"])] if sample and "file" in sample else [])]


def option_problems(options: Mapping[str, Any]) -> list[str]:
    """How what a section says of the test examples does not go together, each with its key."""
    test_file = str(options.get("test_file", TEST_FILE))
    sample = options.get("test_sample") or {}
    if "file" in sample:
        beside = [name for name in sample if name != "file"]
        if beside:
            return [f"test_sample.{beside[0]}: a file is taken whole; leave this out, or the file"]
        if test_file.removesuffix(_BINARY) != TEST_FILE:
            return [
                f"test_sample.file: {sample['file']} holds images of {TEST_FILE}, and test_file is "
                f"{test_file}; leave one of them out"
            ]
    elif sample:
        if "examples" not in sample:
            return ["test_sample: the key 'examples' is missing; how many are drawn?"]
        examples = int(sample["examples"])
        per_class = sample.get("per_class")
        if per_class is not None and examples != per_class * len(CLASSES):
            return [
                f"test_sample.examples: {examples} are not {per_class} of each of the "
                f"{len(CLASSES)} classes; say {per_class * len(CLASSES)}, or leave per_class out"
            ]
    return []


def read_folder(
    folder: Path | str,
    sha256: Mapping[str, str] | None = None,
    *,
    test_file: str = TEST_FILE,
    test_sample: Sample | None = None,
) -> tuple[Arrays, list[str]]:
    """Read the batch files in `folder`, or in its subfolder as the official archives name it.

    A file that is not named in `sha256`, the user's own sums, must be the official one. The test
    examples are those of `test_file`, what `test_sample` says of them first. Gives arrays
    `train_x`, `test_x` (uint8 [n, 3072]), `train_y`, `test_y` (int32 [n]), and class names. Raises
    DataError where a file is missing, has another checksum, or does not hold a batch.
    """
    check_own_sums(sha256, {*OFFICIAL.files, OFFICIAL.archive})
    folder = batch_folder(Path(folder))

    def read(name: str) -> bytes:
        remedy = _COURSE_REMEDY if name == _COURSE_FILE else None
        return read_verified(folder / name, OFFICIAL.accepted(name, sha256), remedy)

    return _parse(read, str(folder), _layout_in(folder), test_file, test_sample)


def read_archive(
    path: Path | str,
    sha256: Mapping[str, str] | None = None,
    *,
    test_file: str = TEST_FILE,
    test_sample: Sample | None = None,
) -> tuple[Arrays, list[str]]:
    """Read the same from an official archive, whose checksum vouches for its members.

    Raises DataError where it has another one, lacks a member, or a member holds no batch.
    """
    path = Path(path)
    with open_archive(path, OFFICIAL.accepted_archive(path.name, sha256)) as open_member:
        folder, layout = FOLDER, _Layout("", meta=True)
        try:
            open_member(f"{FOLDER}/{TRAIN_FILE}", _MEMBER_LIMIT).close()
        except NoMember:
            try:
                open_member(f"{_BINARY_FOLDER}/{TRAIN_FILE}{_BINARY}", _MEMBER_LIMIT).close()
                folder, layout = _BINARY_FOLDER, _Layout(_BINARY, meta=False)
            except NoMember:
                pass  # what is missing of the Python version is told

        def read(name: str) -> bytes:
            with open_member(f"{folder}/{name}", _MEMBER_LIMIT) as member:
                return member.read()

        return _parse(read, str(path), layout, test_file, test_sample)


def batch_folder(folder: Path) -> Path:
    """The folder that holds the batch files: `folder` itself, or what the archives call it."""
    if not any((folder / f"{TRAIN_FILE}{suffix}").exists() for suffix in ("", _BINARY)):
        for name in (FOLDER, _BINARY_FOLDER):
            if (folder / name).is_dir():
                return folder / name
    return folder


def source_files(
    folder: Path | str,
    *,
    test_file: str = TEST_FILE,
    test_sample: Sample | None = None,
    pixels: str = "official",
) -> list[Path]:
    """The files that `read_folder` reads from `folder`, whatever becomes of their pixels."""
    folder = batch_folder(Path(folder))
    return [folder / name for name in _layout_in(folder).files(test_file, test_sample)]


def told_of_test(test_file: str, test_sample: Sample | None, names: list[str]) -> dict[str, Any]:
    """What a description tells of test examples: the file, whether it stands in, what was drawn.

    `names` are those of the files that were read.
    """
    base = test_file.removesuffix(_BINARY)
    files = [name for name in names if name.removesuffix(_BINARY) == base]
    return {
        "file": files[0] if files else test_file,
        "stands_in": base in _STANDING_IN,
        **({"sample": dict(test_sample)} if test_sample else {}),
    }


def _layout_in(folder: Path) -> _Layout:
    """The version that lies in a folder: the Python one, unless only the other's is there."""
    if not (folder / TRAIN_FILE).exists() and (folder / f"{TRAIN_FILE}{_BINARY}").exists():
        return _Layout(_BINARY, meta=False)
    return _Layout("", meta=True)


def _parse(
    read: Callable[[str], bytes],
    where: str,
    layout: _Layout,
    test_file: str,
    sample: Sample | None,
) -> tuple[Arrays, list[str]]:
    classes = [*CLASSES]
    if layout.meta:
        classes = _class_names(load_plain(read(META_FILE), f"{where}/{META_FILE}"), where)

    def batch(name: str) -> tuple[np.ndarray, np.ndarray]:
        label = f"{where}/{name}"
        if name.endswith(_BINARY):
            return _records(read(name), label, len(classes))
        return _batch(load_plain(read(name), label), label, len(classes))

    train, tested = layout.named(TRAIN_FILE), layout.named(test_file)
    (train_x, train_y), (test_x, test_y) = batch(train), batch(tested)
    if sample and "file" in sample:
        first_x, first_y = batch(str(sample["file"]))
        rest = _others(test_x, first_x, f"{where}/{sample['file']}", tested)
        test_x = np.concatenate((first_x, test_x[rest]))
        test_y = np.concatenate((first_y, test_y[rest]))
    elif sample:
        order = drawn_first(test_y, sample, f"{where}/{tested}: test_sample")
        test_x, test_y = test_x[order], test_y[order]
    return {"train_x": train_x, "train_y": train_y, "test_x": test_x, "test_y": test_y}, classes


def _others(all_x: np.ndarray, some_x: np.ndarray, label: str, name: str) -> np.ndarray:
    """Which of all images are not among some of them, in their order; int [n].

    Raises DataError where some are not among all.
    """
    left = {row.tobytes() for row in some_x}
    known = {row.tobytes() for row in all_x}
    if foreign := left - known:
        raise DataError(
            f"{label}: {len(foreign)} of its {len(some_x)} images are not in {name}. Take it by "
            "itself, as test_file."
        )
    return np.array([i for i, row in enumerate(all_x) if row.tobytes() not in left], dtype=np.intp)


def _class_names(content: Any, where: str) -> list[str]:
    names = content.get(b"label_names") if isinstance(content, dict) else None
    if not isinstance(names, list) or not names or not all(isinstance(n, bytes) for n in names):
        raise DataError(f"{where}/{META_FILE} holds no list of class names `label_names`.")
    return [name.decode("utf-8", errors="replace") for name in names]


def _records(content: bytes, label: str, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows and labels of a file of the binary version."""
    whole, left = divmod(len(content), 1 + ROW)
    if left or not whole:
        raise DataError(
            f"{label} has {len(content):,} bytes, which are not whole records of {1 + ROW:,}: "
            f"{whole:,} of them and {left:,} bytes. It is truncated, or no batch of the binary "
            "version."
        )
    records = np.frombuffer(content, np.uint8).reshape(whole, 1 + ROW)
    labels = records[:, 0]
    if labels.max() >= classes:
        first = int(np.argmax(labels >= classes))
        raise DataError(
            f"{label}, record {first + 1:,}: its label is {labels[first]}, outside 0 to "
            f"{classes - 1}. It is damaged, or no batch of the binary version."
        )
    return np.ascontiguousarray(records[:, 1:]), labels.astype(np.int32)


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
