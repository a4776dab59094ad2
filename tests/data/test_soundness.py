"""What is odd about data is counted and told, and training that is pointless is refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnrepro.data.checksums import sha256_of
from nnrepro.data.dataset import load_dataset
from nnrepro.data.errors import DataError
from nnrepro.data.prepare import write_prepared
from nnrepro.data.shipped import prepare_dbpedia_characters, prepare_dbpedia_words
from nnrepro.data.soundness import classes_alike, remarks

Pairs = list[tuple[int, int]]


def prepared(folder: Path, train: Pairs, test: Pairs, kind: str = "ids") -> dict[str, Any]:
    """Write examples, each a number and its label; return their description."""
    arrays = {}
    for split, pairs in (("train", train), ("test", test)):
        x = np.array([[7, value] for value, _ in pairs])
        arrays[f"{split}_x"] = x.astype(np.float32) if kind == "floats" else x
        arrays[f"{split}_y"] = np.array([label for _, label in pairs])
    meta = {
        "name": "own",
        "input": "table",
        "kind": kind,
        "num_classes": 4,
        "vocabulary_size": 10,
        "generated": False,
        "source": "folder",
        "sha256": {},
    }
    write_prepared(folder / "own.npz", folder / "own.json", arrays, meta)
    return json.loads((folder / "own.json").read_text())


def told(description: dict[str, Any]) -> list[str]:
    return [remark.message for remark in remarks(description)]


examples = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3)), min_size=1, max_size=12)


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(train=examples, test=examples)
def test_counts_are_those_of_a_count_by_hand(tmp_path: Path, train: Pairs, test: Pairs) -> None:
    values = [value for value, _ in train]
    labels = {label for _, label in train}
    if len(train) > 1 and (len(set(values)) == 1 or len(labels) == 1):
        with pytest.raises(DataError, match=r"are the same|of class"):
            prepared(tmp_path, train, test)
        return
    counts = prepared(tmp_path, train, test)["counts"]
    assert counts == {
        "train_repeated": len(values) - len(set(values)),
        "test_repeated": len(test) - len({value for value, _ in test}),
        "train_contradicted": sum(
            any(other == value and another != label for other, another in train)
            for value, label in train
        ),
        "test_in_training": sum(value in values for value, _ in test),
        "test_of_unseen_classes": sum(label not in labels for _, label in test),
        "test_missing_classes": len(labels - {label for _, label in test}),
    }


def test_what_is_odd_is_said_in_words(tmp_path: Path) -> None:
    train = [(1, 0), (2, 1), (2, 0), (3, 1)]
    description = prepared(tmp_path, train, [(1, 2), (9, 2)], kind="floats")
    assert told(description) == [
        "1 of the 2 test examples are training examples, too",
        "1 of the 4 training examples repeat an earlier one",
        "2 of the 4 training examples have the same content as one of another class",
        "2 of the 2 test examples are of a class without any training example",
        "classes with training examples of which none of the 2 test examples is: 2",
        "features alike in all 4 training examples: 1",
    ]


def test_sound_data_and_data_of_which_nothing_is_known_get_no_remark(tmp_path: Path) -> None:
    description = prepared(tmp_path, [(1, 0), (2, 1)], [(3, 1), (4, 0)])
    assert told(description) == []
    del description["counts"]
    assert told(description) == []


def test_classes_of_almost_the_same_name_are_counted() -> None:
    names = ["Caf\u00e9", "cafe\u0301", "tea"]
    assert classes_alike(names) == names[:2]
    sizes = {"train_examples": 1000, "test_examples": 10}
    (remark,) = remarks({"counts": {"train_classes_alike": 2}, **sizes})
    assert remark.telling and remark.message.endswith("alone: 2")


def test_one_in_a_thousand_is_told_and_bears_on_nothing() -> None:
    sizes = {"train_examples": 1000, "test_examples": 10}
    (remark,) = remarks({"counts": {"train_repeated": 1}, **sizes})
    assert not remark.telling
    (remark,) = remarks({"counts": {"train_repeated": 10}, **sizes})
    assert remark.telling


@pytest.mark.parametrize("counts", [None, [], {"train_repeated": "1"}, {"other": 3}])
def test_odd_counts_in_a_record_are_no_remarks(counts: Any) -> None:
    assert remarks({"counts": counts, "train_examples": 5, "test_examples": None}) == []


@pytest.mark.parametrize("kind", ["ids", "floats"])
def test_one_class_or_one_example_is_refused(tmp_path: Path, kind: str) -> None:
    with pytest.raises(DataError, match="'own': all 3 training examples are of class 2, so that"):
        prepared(tmp_path, [(1, 2), (2, 2), (3, 2)], [(1, 0)], kind)
    with pytest.raises(DataError, match="'own': all 3 training examples are the same"):
        prepared(tmp_path, [(1, 2), (1, 0), (1, 2)], [(1, 0)], kind)
    assert not list(tmp_path.iterdir())


def test_one_class_among_those_that_a_run_reads_is_refused(tmp_path: Path) -> None:
    """Data sorted by class, of which only the first are taken."""
    prepared(tmp_path, [(1, 0), (2, 0), (3, 0), (4, 1)], [(5, 0), (6, 1)])
    asked = {"train_examples": 4, "test_examples": 2}
    assert len(load_dataset(tmp_path / "own.npz", asked).train_y) == 4
    with pytest.raises(DataError, match=r"all 3 .* are of class 0, .* sorted"):
        load_dataset(tmp_path / "own.npz", {**asked, "train_examples": 3})


CHINESE = "\u5317\u4eac\u662f\u4e2d\u56fd\u7684\u9996\u90fd"


def text_folder(folder: Path, train: list[str], test: list[str], mark: bytes = b"") -> dict:
    """Write the study's two files and return the section that names them."""
    folder.mkdir(exist_ok=True)
    for name, texts in (("train_medium.csv", train), ("test_medium.csv", test)):
        rows = (f"{1 + at % 14},{text}\n" for at, text in enumerate(texts))
        (folder / name).write_bytes(mark + "".join(rows).encode())
    sums = {path.name: sha256_of(path) for path in folder.iterdir()}
    return {"source": "folder", "path": folder, "sha256": sums}


@pytest.mark.parametrize("prepare", [prepare_dbpedia_characters, prepare_dbpedia_words])
def test_texts_that_cleaning_empties_are_counted_or_refused(tmp_path: Path, prepare: Any) -> None:
    good = [f"A village number {at} in a valley." for at in range(4)]
    files = (tmp_path / "texts.npz", tmp_path / "texts.json")
    section = text_folder(tmp_path / "raw", [*good, CHINESE, f"Paris {CHINESE}"], [*good, CHINESE])
    prepare(section, *files)
    description = json.loads(files[1].read_text())
    assert told(description)[:3] == [
        "cleaning leaves nothing of 1 of the 6 training texts",
        "cleaning leaves nothing of 1 of the 5 test texts",
        "cleaning drops more than half of the characters of 1 of the 6 training texts",
    ]
    for train, test, kind in (([CHINESE] * 3, good, "training"), (good, [CHINESE] * 3, "test")):
        with pytest.raises(DataError, match=f"'texts': cleaning leaves nothing of any .* 3 {kind}"):
            prepare(text_folder(tmp_path / "raw", train, test), *files)


def test_a_byte_order_mark_is_no_part_of_the_first_label(tmp_path: Path) -> None:
    texts = [f"A village number {at} in a valley." for at in range(4)]
    found = []
    for mark in (b"", b"\xef\xbb\xbf"):
        files = (tmp_path / "texts.npz", tmp_path / "texts.json")
        prepare_dbpedia_words(text_folder(tmp_path / "raw", texts, texts[::-1], mark), *files)
        found.append(files[0].read_bytes())
    assert found[0] == found[1]
