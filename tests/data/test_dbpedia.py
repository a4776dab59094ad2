"""DBpedia's CSV files are checked row by row, and the official files give the study's form."""

import csv
import io
import tarfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from nnrepro.data import dbpedia
from nnrepro.data.checksums import sha256_of
from nnrepro.data.dbpedia import parse
from nnrepro.data.errors import DataError

GOOD = b"7, A house stands here.,,\n"


def official(rows: int) -> bytes:
    """An official file of `rows` rows, sorted by label, with quotes, commas and semicolons."""
    table = io.StringIO()
    writer = csv.writer(table, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    for row in range(rows):
        label = 1 + row * 14 // rows
        writer.writerow([label, f'Title "{row}"', f' Row {row}, of label {label}; "aside", more.'])
    return table.getvalue().encode()


def official_folder(folder: Path) -> Path:
    """Write both official files to `folder`: 2,800 and 1,400 rows."""
    folder.mkdir(parents=True)
    (folder / "train.csv").write_bytes(official(2800))
    (folder / "test.csv").write_bytes(official(1400))
    return folder


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b", A house.,\n", "line 2: the label (column 1) is missing"),
        (b"   , A house.,\n", "line 2: the label (column 1) is missing"),
        (b"\n", "line 2: the label (column 1) is missing"),
        (b"0, A house.,\n", "line 2: the label 0 is outside 1 to 14"),
        (b"15, A house.,\n", "line 2: the label 15 is outside 1 to 14"),
        (b"-1, A house.,\n", "line 2: the label '-1' is not a whole number"),
        (b"1.0, A house.,\n", "line 2: the label '1.0' is not a whole number"),
        (b"house, 7,\n", "line 2: the label 'house' is not a whole number"),
        ("\u0667, A house.,\n".encode(), "is not a whole number"),
        (b"9" * 5000 + b", A house.,\n", "is not a whole number"),
        (b"7, caf\xe9.,\n", "line 2: byte 7 is not UTF-8"),
        (b"7,,\n", "line 2: the paragraph (column 2) is empty"),
        (b"7,   ,\n", "line 2: the paragraph (column 2) is empty"),
        (b"7\n", "line 2: the paragraph (column 2) is empty"),
        (b'7,"open\n', "line 3: malformed CSV"),
        (b"7," + b"x" * 200_000 + b"\n", "line 2: malformed CSV"),
    ],
)
def test_bad_row_is_refused_with_file_and_line(line: bytes, message: str) -> None:
    with pytest.raises(DataError) as caught:
        parse([GOOD, line, GOOD], "some/train.csv", official=False)
    assert str(caught.value).startswith("some/train.csv, line ")
    assert message in str(caught.value)


def test_bad_row_outside_the_sample_is_refused_too() -> None:
    lines = [b'1,"t","text"\n'] * 150
    lines[120] = b'15,"t","text"\n'
    with pytest.raises(DataError, match="line 121"):
        parse(lines, "train.csv", official=True)


def test_empty_file_is_refused() -> None:
    with pytest.raises(DataError, match="holds no rows"):
        parse([], "train.csv", official=False)


def test_paragraphs_are_kept_as_they_are() -> None:
    read = parse([GOOD, "14, Über uns: 東海.,,\r\n".encode()], "f", official=False)
    assert read.texts == [" A house stands here.", " Über uns: 東海."]
    assert read.labels.tolist() == [7, 14]
    assert read.labels.dtype == np.int32


def test_official_files_give_every_hundredth_row_in_the_studys_form(tmp_path: Path) -> None:
    folder = official_folder(tmp_path / "dbpedia_csv")
    own = {name: sha256_of(folder / name) for name in ("train.csv", "test.csv")}
    splits, classes = dbpedia.read_folder(tmp_path, own)
    train = splits["train"]
    assert sorted(train.texts, key=lambda text: int(text.split()[1])) == [
        f" Row {row} of label {1 + row // 200}" for row in range(0, 2800, 100)
    ]
    assert Counter(train.labels.tolist()) == dict.fromkeys(range(1, 15), 2)
    assert len(splits["test"].texts) == 14
    assert classes[1] == "Company"
    assert classes[14] == "WrittenWork"


def test_any_leading_part_of_the_derived_sample_holds_all_classes(tmp_path: Path) -> None:
    folder = official_folder(tmp_path / "dbpedia_csv")
    own = {name: sha256_of(folder / name) for name in ("train.csv", "test.csv")}
    splits, _ = dbpedia.read_folder(folder, own)
    assert splits["train"].labels.tolist() == [*range(1, 15)] * 2
    assert all(
        text.endswith(f"label {label}")
        for text, label in zip(splits["train"].texts, splits["train"].labels, strict=True)
    )


def test_official_archive_gives_the_same_sample(tmp_path: Path) -> None:
    folder = official_folder(tmp_path / "dbpedia_csv")
    path = tmp_path / "dbpedia_csv.tgz"
    with tarfile.open(path, "w:gz") as tar:
        tar.add(folder, "dbpedia_csv")
    own = {name: sha256_of(folder / name) for name in ("train.csv", "test.csv")}
    expected, _ = dbpedia.read_folder(folder, own)
    found, _ = dbpedia.read_archive(path, {path.name: sha256_of(path)})
    for split in ("train", "test"):
        assert found[split].texts == expected[split].texts
        assert found[split].labels.tolist() == expected[split].labels.tolist()
    with pytest.raises(DataError, match="42db5221"):
        dbpedia.read_archive(path)


def test_bad_row_in_the_archive_is_refused_with_member_and_line(tmp_path: Path) -> None:
    folder = official_folder(tmp_path / "dbpedia_csv")
    (folder / "test.csv").write_bytes(b'1,"t","text"\n,"t","text"\n')
    path = tmp_path / "dbpedia_csv.tgz"
    with tarfile.open(path, "w:gz") as tar:
        tar.add(folder, "dbpedia_csv")
    with pytest.raises(DataError, match=r"dbpedia_csv/test\.csv, line 2: the label"):
        dbpedia.read_archive(path, {path.name: sha256_of(path)})


def test_official_files_without_stated_sums_are_refused(tmp_path: Path) -> None:
    folder = official_folder(tmp_path / "dbpedia_csv")
    with pytest.raises(DataError, match=r"no checksum of train\.csv is published"):
        dbpedia.read_folder(folder)


def test_altered_study_file_is_refused(text_folder: Path) -> None:
    with pytest.raises(DataError, match="md5:8c54ed9705290b2c31ee66da56158a1c"):
        dbpedia.read_folder(text_folder)


def test_folder_without_either_pair_says_what_it_wants(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        dbpedia.read_folder(tmp_path)
    for part in (str(tmp_path), "train_medium.csv", "train.csv", dbpedia.OFFICIAL.url):
        assert part in str(caught.value)


def test_second_file_of_a_pair_is_named_when_missing(text_folder: Path, sums) -> None:
    own = sums(text_folder)
    (text_folder / "test_medium.csv").unlink()
    with pytest.raises(DataError, match=r"test_medium\.csv does not exist"):
        dbpedia.read_folder(text_folder, own)


def test_real_files_have_the_known_sums_and_counts(real_data: Path) -> None:
    splits, _ = dbpedia.read_folder(real_data / "dbpedia")
    assert Counter(splits["train"].labels.tolist()) == dict.fromkeys(range(1, 15), 400)
    assert Counter(splits["test"].labels.tolist()) == dict.fromkeys(range(1, 15), 50)
    assert splits["train"].texts[0].startswith(" Park Dinor is a historic diner")


def test_study_files_were_cut_at_semicolons(real_data: Path) -> None:
    """Why the derived sample is cut there: no paragraph of the study holds one."""
    splits, _ = dbpedia.read_folder(real_data / "dbpedia")
    assert not any(";" in text for each in splits.values() for text in each.texts)
