"""A CSV file becomes arrays that hold what it says, or one clear message with file and line."""

import gzip
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnrepro.data import registry, tokens
from nnrepro.data.dataset import load_dataset
from nnrepro.data.errors import DataError
from nnrepro.data.table import read_table

ROWS = [
    "height,width,colour,species,weight,sharp,round",
    *(
        f"{10 + i % 7},{i / 4},{('red', 'blue', 'green')[i % 3]},{('oak', 'ash')[i % 2]},"
        f"{100.5 + 3 * i},{i % 2},{i // 20}"
        for i in range(40)
    ),
]
SECTION: dict[str, Any] = {
    "source": "csv",
    "label": "species",
    "ignore": ["weight", "sharp", "round"],
}


def prepared(folder: Path, rows: list[str], **options: Any) -> tuple[dict[str, np.ndarray], Any]:
    """Arrays and description of a file with these lines."""
    file = folder / "plants.csv"
    file.write_bytes("\n".join([*rows, ""]).encode(options.pop("written", "utf-8")))
    section = {"source": "csv", "path": str(file), **options}
    (*_, made) = registry.prepared({"plants": section})
    out = folder / "plants.npz"
    made.prepare(section, out, out.with_suffix(".json"))
    return dict(np.load(out)), json.loads(out.with_suffix(".json").read_text())


def species(folder: Path, rows: list[str] | None = None, **options: Any) -> Any:
    """As `prepared`, for the species by height, width and colour."""
    return prepared(folder, rows or ROWS, **{**SECTION, **options})


def test_numbers_are_scaled_and_texts_are_categories_by_the_training_rows(tmp_path: Path) -> None:
    arrays, told = species(tmp_path)
    assert {name: len(own) for name, own in arrays.items() if name.endswith("x")} == {
        "train_x": 28,
        "validation_x": 6,
        "test_x": 6,
    }
    assert arrays["train_x"].shape[1] == 5 and arrays["train_x"].dtype == np.float32
    assert np.allclose(arrays["train_x"][:, :2].mean(axis=0), 0, atol=1e-6)
    assert np.allclose(arrays["train_x"][:, :2].std(axis=0), 1, atol=1e-6)
    assert set(np.unique(arrays["train_x"][:, 2:])) == {0, 1}
    assert (arrays["test_x"][:, 2:].sum(axis=1) == 1).all()
    assert told["classes"] == ["ash", "oak"] and told["num_classes"] == 2
    assert told["input"] == "table" and told["kind"] == "floats"
    names = [feature["name"] for feature in told["preparation"]["features"]]
    assert names == ["height", "width", "colour"]
    for part in ("train", "validation", "test"):
        assert len(set(np.bincount(arrays[f"{part}_y"]))) == 1  # as many of each class


def test_a_run_reads_all_of_it_and_the_validation_examples(tmp_path: Path) -> None:
    arrays, _ = species(tmp_path)
    dataset = load_dataset(tmp_path / "plants.npz", {"validation_examples": 0})
    assert dataset.task == "classification" and dataset.num_outputs == 2
    assert dataset.outputs == ("ash", "oak")
    assert np.array_equal(dataset.validation_x, arrays["validation_x"])
    assert dataset.evaluation_sets == {"test": slice(0, 6), "validation": slice(6, 12)}
    with pytest.raises(DataError, match="has 6 validation examples of its own; leave it out"):
        load_dataset(tmp_path / "plants.npz", {"validation_examples": 3})


def test_a_regression_keeps_its_units(tmp_path: Path) -> None:
    options = {"columns": ["height", "width"], "split": {"validation": 0, "test": 10}}
    arrays, told = prepared(tmp_path, ROWS, target="weight", **options)
    assert arrays["train_y"].shape == (30, 1) and arrays["test_y"].dtype == np.float32
    every = np.sort(np.concatenate([arrays["train_y"], arrays["test_y"]])[:, 0])
    assert every.tolist() == [100.5 + 3 * i for i in range(40)]
    assert (told["task"], told["num_outputs"], told["outputs"]) == ("regression", 1, ["weight"])
    assert "validation_x" not in arrays
    _, told = prepared(tmp_path, ROWS, target=["weight", "width"], columns=["height"])
    assert told["outputs"] == ["weight", "width"]


def test_rows_of_a_group_stay_together(tmp_path: Path) -> None:
    """The target tells the rows apart: four of each of ten plots."""
    rows = [f"{row},{'plot' if i == 0 else (i - 1) // 4}" for i, row in enumerate(ROWS)]
    asked = {"target": "weight", "columns": ["height", "width"], "group": "plot"}
    arrays, told = prepared(tmp_path, rows, **asked)
    sets = [arrays[f"{name}_y"].ravel() for name in ("train", "validation", "test")]
    plots = [{int((own - 100.5) / 3) // 4 for own in part} for part in sets]
    assert [len(part) for part in sets] == [24, 8, 8]
    assert [len(own) for own in plots] == [6, 2, 2] and len(set.union(*plots)) == 10
    features = told["preparation"]["features"]
    assert [feature["name"] for feature in features] == ["height", "width"]


def test_several_labels_are_zero_or_one(tmp_path: Path) -> None:
    arrays, told = prepared(tmp_path, ROWS, labels=["sharp", "round"], columns=["height", "width"])
    assert told["task"] == "multi_label" and told["outputs"] == ["sharp", "round"]
    assert arrays["train_y"].shape == (28, 2) and set(np.unique(arrays["train_y"])) == {0, 1}
    with pytest.raises(DataError, match=r"plants\.csv, line \d+: 'height' is '\d+'; labels are 0"):
        prepared(tmp_path, ROWS, labels=["height"], columns=["width"])


def test_a_file_of_its_own_to_test_on(tmp_path: Path) -> None:
    (tmp_path / "later.csv").write_text("\n".join([ROWS[0], *ROWS[31:], "9,9,white,oak,1,1,1"]))
    arrays, told = species(tmp_path, ROWS[:31], test_path=str(tmp_path / "later.csv"))
    assert len(arrays["test_y"]) == 11 and len(arrays["validation_y"]) == 4  # 15 % of 30, rounded
    assert not arrays["test_x"][-1, 2:].any(), "a colour that no training row has"
    assert told["counts"]["test_unknown_categories"] == 1
    assert set(told["sha256"]) == {"plants.csv", "later.csv"}


def test_texts_are_characters_and_words_of_the_training_texts(tmp_path: Path) -> None:
    rows = ["kind,words", *(f'{i % 2},"Ein Bär, {"x" * (i % 5)} {i}!"' for i in range(30))]
    section = {
        "source": "csv",
        "path": str(tmp_path / "texts.csv"),
        "label": "kind",
        "text": "words",
    }
    (tmp_path / "texts.csv").write_text("\n".join(rows), encoding="utf-8-sig")
    told = {}
    for made in registry.prepared({"texts": section}):
        out = tmp_path / f"{made.basename}.npz"
        made.prepare(section, out, out.with_suffix(".json"))
        told[made.input] = json.loads(out.with_suffix(".json").read_text()), np.load(out)["train_x"]
    assert set(told) == {"characters", "words"}
    described, x = told["words"]
    assert described["name"] == "texts_words"
    assert described["vocabulary"][:5] == ["<pad>", "<unk>", "!", ",", "bär"]
    assert x.shape == (22, described["preparation"]["length"]) and x.max() < len(
        described["vocabulary"]
    )
    assert "ä" in told["characters"][0]["vocabulary"]
    section |= {"length": 6, "vocabulary": 12}
    registry.prepared({"texts": section})[1].prepare(section, out, out.with_suffix(".json"))
    assert np.load(out)["train_x"].shape == (22, 6) and np.load(out)["train_x"].max() == 11


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("cafe\u0301 -s\u0323\u0307", ["caf\u00e9", "-", "\u1e69"]),
        ("\u0645\u06cc\u200c\u062e\u0648!", ["\u0645\u06cc\u200c\u062e\u0648", "!"]),
        ("\U0001f468\u200d\U0001f467 ok", ["\U0001f468", "\u200d", "\U0001f467", "ok"]),
    ],
)
def test_words_keep_the_marks_that_are_set_on_their_letters(text: str, words: list[str]) -> None:
    assert tokens.tokens(text, "words") == words


def test_texts_of_words_that_training_has_not_are_counted(tmp_path: Path) -> None:
    rows = ["kind,text", *(f"{i % 2},{chr(0x4E00 + i) * 9}" for i in range(30))]
    _, told = prepared(tmp_path, rows, label="kind", text="text")
    assert told["counts"]["train_mostly_unknown"] == 0
    assert told["counts"]["test_mostly_unknown"] == told["test_examples"]


def test_a_long_text_is_read(tmp_path: Path) -> None:
    rows = ["kind,text", *(f"{i % 2},{'word ' * 40_000 * (i == 7)}{i}" for i in range(30))]
    _, told = prepared(tmp_path, rows, label="kind", text="text")
    assert told["train_examples"] == 22


def test_missing_values_are_told_and_dropped_or_filled_where_that_is_asked(tmp_path: Path) -> None:
    rows = [*ROWS, ",3,red,oak,1,0,0", "4,NA,,ash,1,0,0"]
    with pytest.raises(DataError) as error:
        species(tmp_path, rows)
    assert "'height' in 1 (line 42), 'width' in 1 (line 43), 'colour' in 1 (line 43)" in str(
        error.value
    )
    arrays, told = species(tmp_path, rows, missing="drop")
    assert told["counts"]["train_dropped"] == 2
    assert sum(len(arrays[f"{part}_y"]) for part in ("train", "validation", "test")) == 40
    arrays, told = species(tmp_path, rows, missing="mean")
    assert sum(len(arrays[f"{part}_y"]) for part in ("train", "validation", "test")) == 42
    assert told["preparation"]["features"][0]["fill"] == told["preparation"]["features"][0]["mean"]
    arrays, told = species(tmp_path, [*ROWS, "1,3,NA,,1,0,0", "1,3,NA,oak,1,0,0"], missing="mean")
    assert told["counts"]["train_dropped"] == 1, "nothing is learned without an answer"
    assert not any("unknown_categories" in count for count in told["counts"])


def test_rows_names_are_no_column_and_decimals_may_have_commas(tmp_path: Path) -> None:
    plain, _ = species(tmp_path, ROWS)
    named = [f'"",{ROWS[0]}', *(f'"row {i}",{row}' for i, row in enumerate(ROWS[1:]))]
    commas = [row.replace(",", ";").replace(".", ",") for row in ROWS]
    for rows, options in ((named, {}), (commas, {"separator": ";", "decimal": ","})):
        arrays, _ = species(tmp_path, rows, **options)
        assert all(np.array_equal(arrays[name], plain[name]) for name in plain)


HOSTILE = {
    "header alone": (ROWS[:1], {}, "holds no rows below a line that names"),
    "empty": ([], {}, "holds no rows below a line that names"),
    "short row": (
        [*ROWS, "1,2,red"],
        {},
        "plants.csv, line 42: 3 values, where the first line names 7",
    ),
    "open quotation": ([*ROWS, '1,"2'], {}, "plants.csv, line 4[23]: malformed CSV"),
    "two alike": (["a,a", "1,2"], {}, "two columns are called 'a'; rename one"),
    "no name": ([f"{ROWS[0]},", *(f"{r},1" for r in ROWS[1:])], {}, "column 8 has no name"),
    "point among commas": (
        [*(r.replace(",", ";").replace(".", ",") for r in ROWS), "1;1.234;red;oak;1;0;0"],
        {"separator": ";", "decimal": ","},
        "line 42: 'width' is '1.234', where decimals are to have commas",
    ),
    "decimal commas": (
        [r.replace(",", ";").replace(".", ",") for r in ROWS],
        {"separator": ";", "ignore": ["weight"]},
        "'width' has decimal commas .* give decimal: ','",
    ),
    "thousands": (
        ["cost,species", *(f'"{i},500",{i % 2}' for i in range(1, 41))],
        {"label": "species", "ignore": []},
        "holds '1,500', whose comma may be that of decimals or part thousands",
    ),
    "counted": (
        [f"id,{ROWS[0]}", *(f"{i},{r}" for i, r in enumerate(ROWS[1:]))],
        {},
        "'id' only numbers",
    ),
    "no header": (
        ROWS[1:],
        {"label": "oak"},
        "two columns are called '0'; rename one, or name the columns in the first",
    ),
    "numbers first": (["1,2", "3,4"], {}, "must name the columns"),
    "semicolons": ([r.replace(",", ";") for r in ROWS], {}, "give separator: ';'"),
    "no such label": (ROWS, {"label": "specie"}, "has no column 'specie'; did you mean 'species'"),
    "many classes": (
        ROWS,
        {"label": "width", "ignore": []},
        "40 different values .* give target: width",
    ),
    "mixture": ([*ROWS, "tall,3,red,oak,1,0,0"], {}, "'height' holds numbers and 'tall'; correct"),
    "zero byte": ([*ROWS, "1\0,3,red,oak,1,0,0"], {}, "line 42: holds a zero byte; it is no text"),
    "encoding": (
        [*ROWS, "1,3,röt,oak,1,0,0"],
        {"written": "latin-1"},
        "line 42: byte 6 is not utf-8",
    ),
    "long line": ([*ROWS, "x" * 2**21], {}, "line 42: longer than"),
    "huge field": (
        [*ROWS, f'"{"x" * 700_000}\n{"x" * 700_000}",3,red,oak,1,0,0'],
        {},
        "line 43: malformed CSV: field",
    ),
    "no test": (ROWS, {"split": {"test": 0}}, "has no examples to test on; give a share"),
    "all for tests": (ROWS, {"split": {"test": 0.9}}, "leaves too few to train on; ask for fewer"),
    "target of words": (
        ROWS,
        {"label": None, "target": "colour"},
        "line 2: 'colour' is 'red', which is no",
    ),
}


@pytest.mark.parametrize(("rows", "options", "words"), HOSTILE.values(), ids=HOSTILE)
def test_what_cannot_be_read_is_one_message(
    tmp_path: Path, rows: list[str], options: dict[str, Any], words: str
) -> None:
    with pytest.raises(DataError, match=words):
        species(tmp_path, rows or [""], **options)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("a,b\n1,2\n".encode("utf-16"), "is UTF-16; save it as UTF-8"),
        (b"PK\3\4\x14\0", "is an archive, such as Excel writes; save the table as CSV"),
        (gzip.compress(b"a,b\n1,2\n"), "is compressed; unpack it"),
    ],
    ids=["UTF-16", "Excel", "gzip"],
)
def test_a_file_of_another_kind_is_told_by_how_it_begins(
    tmp_path: Path, content: bytes, told: str
) -> None:
    (tmp_path / "table.csv").write_bytes(content)
    with pytest.raises(DataError, match=told):
        read_table(tmp_path / "table.csv")


def test_decimal_commas_are_refused(tmp_path: Path) -> None:
    rows = ["a;b", *(f"{i},5;{i % 2}" for i in range(20))]
    with pytest.raises(DataError, match="column 'a' has decimal commas"):
        prepared(tmp_path, rows, label="b", separator=";")


def test_options_that_do_not_go_together_are_told_before() -> None:
    def told(**options: Any) -> str:
        section = {"source": "csv", "path": "x.csv", **options}
        return " ".join(registry.origin("d", section).problems(section, {}))

    assert not told(label="a")
    assert "path: '.' is a folder, where a file is wanted" in told(label="a", path=".")
    assert "data.d: does not say what to predict; give one of 'label'" in told()
    assert "gives label and target; give one" in told(label="a", target="b")
    assert "columns: says nothing where a text is read" in told(label="a", text="b", columns=["c"])
    assert "length: says nothing where no text is read" in told(label="a", length=3)
    share = told(label="a", split={"validation": 1.5})
    assert "data.d: split.validation: 1.5 is neither a share below 1 nor a whole number" in share
    untested = told(label="a", split={"test": 0})
    assert "data.d: split.test: is 0; give a share to test on, or a place" in untested
    assert not told(label="a", split={"test": 0}, test_path="y.csv")
    assert "separator: 'tab' must be one character" in told(label="a", separator="tab")


finite = st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 3))


@settings(deadline=None, max_examples=25)
@given(values=st.lists(st.tuples(finite, st.sampled_from("xyz")), min_size=12, max_size=30))
def test_every_value_comes_back(
    tmp_path_factory: pytest.TempPathFactory, values: list[tuple[float, str]]
) -> None:
    """From the arrays and the description alone, whatever the numbers and names are."""
    labels = ["p", "q"] * len(values)
    rows = ["n,c,y", *(f"{n!r},{c},{y}" for (n, c), y in zip(values, labels, strict=False))]
    split = {"validation": 0, "test": 2}
    try:
        arrays, told = prepared(
            tmp_path_factory.mktemp("csv"),
            rows,
            label="y",
            categories=["c"],
            columns=["n", "c"],
            split=split,
        )
    except DataError as error:  # nothing to learn from: all alike
        assert "are the same" in str(error)
        return
    number, category = told["preparation"]["features"]
    x = np.concatenate([arrays["train_x"], arrays["test_x"]]).astype(float)
    back = sorted(x[:, 0] * number["scale"] + number["mean"])
    largest = max(1.0, *(abs(n) for n, _ in values))
    assert np.allclose(back, sorted(n for n, _ in values), atol=1e-5 * largest)
    hot = x[:, 1:].sum(axis=0)
    for name, count in zip(category["categories"], hot, strict=True):
        assert count == sum(c == name for _, c in values)
    assert math.isclose(len(x), len(values))
