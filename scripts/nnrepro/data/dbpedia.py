"""DBpedia-14 paragraphs (Zhang, Zhao and LeCun 2015) in the study's 1 % sample.

Two sources give the sample. The study's own files, `train_medium.csv` and `test_medium.csv`, have
the label in column 1 and the paragraph, without its commas, in column 2. Without them, an
equivalent sample is derived from the official `train.csv` and `test.csv` (columns label, title,
content): rows 1, 101, 201 and so on, the content up to its first semicolon and without its commas.
The study's files were cut at semicolons too: no paragraph of theirs holds one, and what followed
stands in their further columns, which the study does not read. The derived sample is dealt out one
label after another, so that any leading part of it holds all classes, however the official files
are ordered.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from nnrepro.data.archives import open_archive
from nnrepro.data.checksums import open_verified
from nnrepro.data.errors import DataError
from nnrepro.data.official import Official, check_own_sums

LABELS = (
    *("Company", "EducationalInstitution", "Artist", "Athlete", "OfficeHolder"),
    *("MeanOfTransportation", "Building", "NaturalPlace", "Village", "Animal", "Plant", "Album"),
    *("Film", "WrittenWork"),
)
#: Class names by label: labels run from 1, and the study's 15-way softmax leaves 0 unused.
CLASSES = ("(unused)", *LABELS)

STUDY_FILES = {"train": "train_medium.csv", "test": "test_medium.csv"}
OFFICIAL_FILES = {"train": "train.csv", "test": "test.csv"}
FOLDER = "dbpedia_csv"
EVERY = 100

# The archive exists in two compressions of the same files. SHA-256: the fast.ai copy, as recorded
# in huggingface/datasets, datasets/dbpedia_14/dataset_infos.json. MD5: the author's own on Google
# Drive, as recorded in pytorch/text, torchtext/datasets/dbpedia.py. No sums of the single files are
# published.
OFFICIAL = Official(
    url="https://s3.amazonaws.com/fast-ai-nlp/dbpedia_csv.tgz",
    archive="dbpedia_csv.tgz",
    archive_sums=frozenset(
        {
            "sha256:42db5221ddedddb673a4cabcc5f3a7d869714c878bcfe4ba94b29d14aa38e417",
            "md5:dca7b1ae12b1091090db52aa7ec5ca64",
        }
    ),
    archive_bytes=68_341_743,
    files={
        STUDY_FILES["train"]: frozenset({"md5:8c54ed9705290b2c31ee66da56158a1c"}),
        STUDY_FILES["test"]: frozenset({"md5:38ce4a43bf27c163ae95bc302fb16e5c"}),
        **dict.fromkeys(OFFICIAL_FILES.values(), frozenset()),
    },
    examples={"train": 5_600, "test": 700},
)

_MEMBER_LIMIT = 2**30  # the official train.csv has about 174 MB


@dataclass(frozen=True)
class Paragraphs:
    """Labelled paragraphs: `texts` as read, `labels` int32 [n] from 1 to 14."""

    texts: list[str]
    labels: np.ndarray


Splits = dict[str, Paragraphs]


def read_folder(
    folder: Path | str, sha256: Mapping[str, str] | None = None
) -> tuple[Splits, list[str]]:
    """Read the study's two files in `folder`, or else the official two (there or in `dbpedia_csv`).

    The user's own sums, by file name, are needed for the official `train.csv` and `test.csv`
    outside their archive, as no sums of them are published. Gives paragraphs by split, `train` and
    `test`, and class names by label. Raises DataError where a file is missing, has another
    checksum, or a row of it is malformed.
    """
    check_own_sums(sha256, {*OFFICIAL.files, OFFICIAL.archive})
    paths, official = _find(Path(folder))
    splits: Splits = {}
    for split, path in paths.items():
        with open_verified(path, OFFICIAL.accepted(path.name, sha256)) as handle:
            splits[split] = parse(handle, str(path), official=official)
    return splits, list(CLASSES)


def source_files(folder: Path | str) -> list[Path]:
    """The files that `read_folder` reads from `folder`; raises DataError where there are none."""
    return list(_find(Path(folder))[0].values())


def read_archive(
    path: Path | str, sha256: Mapping[str, str] | None = None
) -> tuple[Splits, list[str]]:
    """Derive the sample from the official archive (`dbpedia_csv.tgz` or `dbpedia_csv.tar.gz`).

    Raises DataError where it has another checksum, lacks a member, or a row of it is malformed.
    """
    path = Path(path)
    splits: Splits = {}
    with open_archive(path, OFFICIAL.accepted_archive(path.name, sha256)) as open_member:
        for split, name in OFFICIAL_FILES.items():
            member = f"{FOLDER}/{name}"
            with open_member(member, _MEMBER_LIMIT) as lines:
                splits[split] = parse(lines, f"{path}:{member}", official=True)
    return splits, list(CLASSES)


def parse(lines: Iterable[bytes], name: str, *, official: bool) -> Paragraphs:
    """Parse the lines of one CSV file; every row is checked, those left out of the sample too.

    Of an official file every 100th row is taken, and its paragraph brought to the study's form.
    Raises DataError, with file and line number, for bad UTF-8, a missing or outlandish label, a
    missing or empty paragraph, or malformed quoting.
    """
    rows = _rows(lines, name, text_column=2 if official else 1)
    if official:
        kept = islice(rows, 0, None, EVERY)
        pairs = _deal([(label, _study_form(text)) for label, text in kept])
    else:
        pairs = list(rows)
    if not pairs:
        raise DataError(f"{name} holds no rows.")
    labels = np.asarray([label for label, _ in pairs], dtype=np.int32)
    return Paragraphs([text for _, text in pairs], labels)


def _find(folder: Path) -> tuple[dict[str, Path], bool]:
    """The files by split, and whether they are the official ones."""
    for base, names in (
        (folder, STUDY_FILES),
        (folder, OFFICIAL_FILES),
        (folder / FOLDER, OFFICIAL_FILES),
    ):
        paths = {split: base / name for split, name in names.items()}
        if any(path.exists() for path in paths.values()):
            return paths, names is OFFICIAL_FILES
    raise DataError(
        f"{folder} holds neither {' and '.join(STUDY_FILES.values())} nor the official "
        f"{' and '.join(OFFICIAL_FILES.values())} (there or in {FOLDER}). Put one pair there, or "
        f"use the archive from {OFFICIAL.url}."
    )


def _rows(lines: Iterable[bytes], name: str, text_column: int) -> Iterator[tuple[int, str]]:
    reader = csv.reader(_decoded(lines, name), strict=True)
    try:
        for row in reader:
            where = f"{name}, line {reader.line_num}"
            label = _label(row[0] if row else "", where)
            text = row[text_column] if len(row) > text_column else ""
            if not text.strip():
                raise DataError(f"{where}: the paragraph (column {text_column + 1}) is empty.")
            yield label, text
    except csv.Error as error:
        raise DataError(f"{name}, line {reader.line_num}: malformed CSV: {error}.") from error


def _decoded(lines: Iterable[bytes], name: str) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise DataError(
                f"{name}, line {number}: byte {error.start + 1} is not UTF-8. "
                "Save the file as UTF-8 or fetch it again."
            ) from error


def _label(field: str, where: str) -> int:
    if not field.strip():
        raise DataError(f"{where}: the label (column 1) is missing.")
    if not re.fullmatch(r"[0-9]{1,9}", field):
        raise DataError(f"{where}: the label {field[:20]!r} is not a whole number.")
    if not 1 <= int(field) <= len(LABELS):
        raise DataError(f"{where}: the label {field} is outside 1 to {len(LABELS)}.")
    return int(field)


def _study_form(text: str) -> str:
    return text.partition(";")[0].replace(",", "")


def _deal(pairs: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Order `pairs` by their rank within their label, then by label."""
    seen: Counter[int] = Counter()
    ranks = []
    for label, _ in pairs:
        ranks.append((seen[label], label))
        seen[label] += 1
    return [pairs[i] for i in sorted(range(len(pairs)), key=ranks.__getitem__)]
