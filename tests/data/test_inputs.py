"""Raw inputs are prepared as the examples were that a model was trained on."""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import PIL.Image
import pytest

from nnrepro.data import generated, registry, shipped
from nnrepro.data.checksums import read_sums
from nnrepro.data.dataset import load_dataset
from nnrepro.data.dbpedia import read_folder
from nnrepro.data.errors import DataError
from nnrepro.data.inputs import InputsWarning, prepare_inputs
from nnrepro.data.shown import in_words

ROWS = pd.DataFrame(
    {
        "size": [float(i % 9) for i in range(24)],
        "colour": [("red", "blue")[i % 2] for i in range(24)],
        "words": [f"Ein Satz, {i}." for i in range(24)],
        "kind": [i % 3 for i in range(24)],
    }
)


def prepared(folder: Path, section: dict[str, Any]) -> list[tuple[dict[str, Any], Any]]:
    """Descriptions and data sets, as a run reads them, of what a section gives."""
    found = []
    for made in registry.prepared({"own": section}):
        out = folder / f"{made.basename}.npz"
        made.prepare(section, out, out.with_suffix(".json"))
        dataset = load_dataset(out, {"layout": "planes"})
        found.append((json.loads(out.with_suffix(".json").read_text()), dataset))
    return found


def everything(dataset: Any) -> set[bytes]:
    """All examples of a data set."""
    sets = (dataset.train_x, dataset.test_x, dataset.validation_x)
    return {own.tobytes() for x in sets for own in x}


def test_rows_of_a_table(tmp_path: Path) -> None:
    ROWS.to_csv(tmp_path / "own.csv", index=False)
    section = {
        "source": "csv",
        "path": str(tmp_path / "own.csv"),
        "label": "kind",
        "ignore": ["words"],
    }
    ((told, dataset),) = prepared(tmp_path, section)
    x = prepare_inputs(told, ROWS)
    assert {own.tobytes() for own in x} == everything(dataset)
    assert np.array_equal(prepare_inputs(told, ROWS.to_dict("records")), x)
    assert np.array_equal(prepare_inputs(told, ROWS.to_dict("list")), x)
    assert [in_words(told, own) for own in x[:3]] == [
        "size 0, colour red",
        "size 1, colour blue",
        "size 2, colour red",
    ]
    with pytest.raises(DataError, match="the column 'colour' is missing"):
        prepare_inputs(told, ROWS[["size"]])
    for gap in (None, pd.NA):
        with pytest.raises(DataError, match="'size' has no value in row 2"):
            prepare_inputs(told, ROWS.assign(size=pd.Series([1.0, gap] * 12, dtype=object)))


def test_a_category_that_training_has_not_is_told(tmp_path: Path) -> None:
    """Be it that another program has read it otherwise: `true` as True, 017 as 17."""
    rows = ROWS.assign(colour=["true", "false"] * 12, code=["017", "018"] * 12)
    rows.to_csv(tmp_path / "own.csv", index=False)
    section = {"source": "csv", "path": str(tmp_path / "own.csv"), "label": "kind"}
    section |= {"ignore": ["words"], "categories": ["code"]}
    ((told, _),) = prepared(tmp_path, section)
    assert len(prepare_inputs(told, rows)) == 24
    with pytest.warns(InputsWarning) as caught:
        prepare_inputs(told, pd.read_csv(tmp_path / "own.csv"))
    assert [str(each.message) for each in caught] == [
        "the inputs: 'colour' is 'True', 'False' in 24 of 24 rows, which it is in no training row, "
        "where it is 'false', 'true'; the network takes it for none of these",
        "the inputs: 'code' is '17', '18' in 24 of 24 rows, which it is in no training row, where "
        "it is '017', '018'; the network takes it for none of these",
    ]


def test_texts(tmp_path: Path) -> None:
    ROWS.to_csv(tmp_path / "own.csv", index=False)
    section = {"source": "csv", "path": str(tmp_path / "own.csv"), "label": "kind", "text": "words"}
    for told, dataset in prepared(tmp_path, section):
        x = prepare_inputs(told, ROWS["words"].tolist())
        assert {own.tobytes() for own in x} == everything(dataset)
        assert np.array_equal(prepare_inputs(told, ROWS), x)
        seen = in_words(told, x[3])
        assert seen in ("ein satz , 3 .", "ein satz, 3.") or "<unk>" in seen
        with pytest.warns(InputsWarning, match="1 of 2 texts have none of the .*: 'ÿ þ';"):
            assert prepare_inputs(told, ["ÿ þ", "Ein þ"]).tolist()[0][0] == 1
    with pytest.raises(DataError, match="give a list of texts"):
        prepare_inputs(told, "one text")


def test_images_by_path_or_by_array(tmp_path: Path) -> None:
    for number in range(16):
        file = tmp_path / "all" / "ab"[number % 2] / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        PIL.Image.fromarray(np.full((5, 4, 3), number * 9, np.uint8)).save(file)
    ((told, dataset),) = prepared(tmp_path, {"source": "images", "path": str(tmp_path / "all")})
    files = sorted((tmp_path / "all").glob("*/*"))
    x = prepare_inputs(told, files)
    assert x.shape == (16, 5, 4, 3) and {own.tobytes() for own in x} == everything(dataset)
    pixels = np.array([np.asarray(PIL.Image.open(file)) for file in files])
    assert np.array_equal(prepare_inputs(told, pixels), x)
    with pytest.raises(DataError, match="images are uint8"):
        prepare_inputs(told, pixels / 255)
    with pytest.raises(DataError, match="there are none"):
        prepare_inputs(told, [])


def test_images_of_another_form_are_told_where_all_had_one(tmp_path: Path) -> None:
    for number in range(16):
        file = tmp_path / "all" / "ab"[number % 2] / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        PIL.Image.fromarray(np.full((5, 4), number * 9, np.uint8)).save(file)
    section = {"source": "images", "path": str(tmp_path / "all")}
    others = np.zeros((2, 4, 5, 3), np.uint8)
    ((told, _),) = prepared(tmp_path, section)
    with pytest.warns(InputsWarning, match="2 of 2 images .*: 4 x 5 pixels in colour; .* of grey"):
        assert prepare_inputs(told, others).shape == (2, 5, 4, 1)
    ((told, _),) = prepared(tmp_path, section | {"size": [5, 4]})
    with warnings.catch_warnings(action="error"):
        assert prepare_inputs(told, others).shape == (2, 5, 4, 1)


def test_arrays(tmp_path: Path) -> None:
    x = np.arange(60.0).reshape(30, 2)
    np.savez(tmp_path / "own.npz", x=x, y=np.arange(30) % 2)
    (tmp_path / "out").mkdir()
    section = {"source": "npz", "path": str(tmp_path / "own.npz")}
    ((told, dataset),) = prepared(tmp_path / "out", section)
    assert {own.tobytes() for own in prepare_inputs(told, x)} == everything(dataset)
    with pytest.raises(DataError, match=r"the shape \[3\], where those .* have \[2\]"):
        prepare_inputs(told, np.zeros((1, 3)))


@pytest.mark.parametrize("level", ["characters", "words"])
def test_texts_of_the_study(tmp_path: Path, level: str) -> None:
    raw = tmp_path / "raw"
    generated.write_dbpedia(raw, train=28, test=14, seed=1)
    prepare = {
        "characters": shipped.prepare_dbpedia_characters,
        "words": shipped.prepare_dbpedia_words,
    }[level]
    prepare({"source": "generated", "path": raw}, tmp_path / "d.npz", tmp_path / "d.json")
    told = json.loads((tmp_path / "d.json").read_text())
    splits, _ = read_folder(raw, read_sums(raw))
    assert np.array_equal(
        prepare_inputs(told, splits["test"].texts), np.load(tmp_path / "d.npz")["test_x"]
    )


def test_data_that_do_not_say_how_they_were_made() -> None:
    with pytest.raises(DataError, match="data set 'own' does not say how its examples were made"):
        prepare_inputs({"name": "own", "kind": "floats"}, [1])
