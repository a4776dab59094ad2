"""What a section of `data` prepares: shipped data sets, sources, functions of one's own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nnrepro.data import registry
from nnrepro.data.errors import DataError
from nnrepro.data.registry import prepares
from nnrepro.files import write_json
from nnrepro.study.options import Place

ENOUGH = {"train": 20, "test": 10}
FOLDER = {"source": "folder", "path": "x"}

pytestmark = pytest.mark.usefixtures("own_definitions")


def test_shipped_data_sets_and_their_inputs() -> None:
    assert registry.datasets() == ("cifar10", "dbpedia")
    inputs = {
        each.input: each for each in registry.prepared({"cifar10": FOLDER, "dbpedia": FOLDER})
    }
    assert {name: each.basename for name, each in inputs.items()} == {
        "image": "cifar10",
        "characters": "dbpedia_characters",
        "words": "dbpedia_words",
    }
    assert {name: each.dataset for name, each in inputs.items()} == {
        "image": "cifar10",
        "characters": "dbpedia",
        "words": "dbpedia",
    }


@pytest.mark.parametrize("dataset", ["cifar10", "dbpedia"])
def test_origin_names_generator_files_and_archive(tmp_path: Path, dataset: str) -> None:
    origin = registry.origin(dataset, FOLDER)
    for source in ("folder", "archive", "download", "generated"):
        assert not origin.problems({"source": source, "path": "x", "generate": ENOUGH}, ENOUGH)
    origin.generate(tmp_path, train=14, test=14)
    assert len(origin.files(tmp_path)) >= 2
    assert all(path.is_file() for path in origin.files(tmp_path))
    assert origin.official.archive in {"cifar-10-python.tar.gz", "dbpedia_csv.tgz"}


def test_of_two_data_sets_for_one_input_one_is_named() -> None:
    prepares("image", dataset="shapes")(lambda source, out_npz, out_json: None)
    found = registry.prepared({"cifar10": FOLDER, "shapes": {"source": "shapes"}})
    assert registry.chosen(found, "image", "shapes").basename == "shapes"
    with pytest.raises(DataError, match="'cifar10', 'shapes' all give the input 'image'; say with"):
        registry.chosen(found, "image")
    with pytest.raises(DataError, match=r"'shape' does not give .* did you mean 'shapes'"):
        registry.chosen(found, "image", "shape")
    with pytest.raises(DataError, match="no data set gives the input 'words'"):
        registry.chosen(found, "words")


def test_unknown_data_set_or_source_gets_the_nearest_spelling() -> None:
    with pytest.raises(DataError, match="did you mean 'cifar10'"):
        registry.prepared({"cifar-10": FOLDER})
    with pytest.raises(DataError, match="did you mean 'dbpedia'"):
        registry.origin("dbpeda", FOLDER)
    with pytest.raises(DataError, match=r"data\.own\.source: 'cvs' is unknown; did you mean 'csv'"):
        registry.prepared({"own": {"source": "cvs", "path": "x"}})


def test_a_function_of_ones_own_takes_options(tmp_path: Path) -> None:
    seen = []

    @prepares("table", dataset="spirals")
    def spirals(
        source: dict[str, Any], out_npz: Path, out_json: Path, *, path: Place, turns: float = 2.0
    ) -> None:
        seen.append((path, turns))
        write_json(out_json, {"train_examples": 2, "validation_examples": 1})

    (tmp_path / "a").write_text("x")
    section = {"source": "spirals", "path": str(tmp_path), "turns": 3.0, "note": "drawn"}
    (made,) = registry.prepared({"wild": section})
    assert (made.input, made.dataset, made.basename) == ("table", "wild", "wild")
    with pytest.raises(DataError, match="gives validation examples, and its section asks for none"):
        made.prepare(section, tmp_path / "wild.npz", tmp_path / "wild.json")
    asked = {**section, "split": {"validation": 0.2}}
    made.prepare(asked, tmp_path / "wild.npz", tmp_path / "wild.json")
    assert seen == [(str(tmp_path), 3.0)] * 2
    origin = registry.origin("wild", section)
    assert not origin.problems(section, ENOUGH)
    assert tmp_path / "a" in origin.source_files(section)
    (problem,) = origin.problems({**section, "turn": 1}, ENOUGH)
    assert "data.wild.turn: unknown key; did you mean 'turns'?" in problem
    (problem,) = origin.problems({"source": "spirals", "turns": "x"}, ENOUGH)[:1]
    assert "data.wild: the key 'path' is missing" in problem
    assert any(
        "data.wild.turns: 'x' must be a number" in p
        for p in origin.problems({**section, "turns": "x"}, ENOUGH)
    )


def test_one_input_of_a_data_set_has_one_function() -> None:
    def mine(source: Any, out_npz: Path, out_json: Path) -> None: ...
    def other(source: Any, out_npz: Path, out_json: Path) -> None: ...

    prepares("words", dataset="mine")(mine)
    with pytest.raises(DataError, match="mine, for models of words, is prepared by mine already"):
        prepares("words", dataset="mine")(other)
    prepares("characters", dataset="mine")(other)
    found = registry.prepared({"texts": {"source": "mine"}})
    assert {each.basename for each in found} == {"texts_words", "texts_characters"}


def test_reading_the_registry_imports_nothing_heavy(printed: Callable[[str], str]) -> None:
    """The workflow reads it each time that it is parsed."""
    code = (
        "import sys; from nnrepro.data import registry; "
        "registry.prepared({'a': {'source': 'csv', 'path': 'x'}}); "
        "print([name for name in ('keras', 'tensorflow', 'nltk', 'pandas') if name in sys.modules])"
    )
    assert printed(code).strip() == "[]"


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"source": "folder"}, "data.cifar10.path: missing"),
        ({"source": "archive"}, "data.cifar10.path: missing"),
        ({"source": "generated"}, "data.cifar10.generate.train: missing"),
        ({"source": "generated", "generate": {"train": 20}}, "data.cifar10.generate.test: missing"),
        (
            {"source": "generated", "generate": {"train": 20, "test": 9}},
            "data.cifar10.generate.test: 9 examples are too few, as runs ask for 10",
        ),
    ],
)
def test_section_that_cannot_serve_the_runs_is_named(
    section: dict[str, object], words: str
) -> None:
    problems = registry.origin("cifar10", FOLDER).problems(section, ENOUGH)
    assert any(words in problem for problem in problems)


@pytest.mark.parametrize("source", ["download", "archive", "folder"])
@pytest.mark.parametrize(
    ("dataset", "train", "test"), [("cifar10", 10_000, 10_000), ("dbpedia", 5_600, 700)]
)
def test_more_examples_than_the_official_files_hold_are_refused(
    dataset: str, train: int, test: int, source: str
) -> None:
    origin, section = registry.origin(dataset, FOLDER), {"source": source, "path": "x"}
    assert not origin.problems(section, {"train": train, "test": test})
    few, many = origin.problems(section, {"train": train + 1, "test": test + 1})
    assert f"data.{dataset}: holds {train} train examples, and runs ask for {train + 1}" in few
    assert f"holds {test} test examples" in many
    own = {**section, "sha256": {next(iter(origin.official.files)): "0" * 64}}
    assert not origin.problems(own, {"train": train + 1, "test": test + 1})


def test_a_sum_of_a_file_that_is_none_of_the_data_sets_is_refused() -> None:
    """Before an archive is downloaded, not after."""
    section = {"source": "download", "sha256": {"data_batch_6": "0" * 64}}
    (problem,) = registry.origin("cifar10", FOLDER).problems(section, ENOUGH)
    assert "data.cifar10.sha256: sha256 names 'data_batch_6', which is no file" in problem
    assert "did you mean 'data_batch_" in problem


def test_a_file_that_nothing_vouches_for_is_refused(tmp_path: Path) -> None:
    for name in ("train.csv", "test.csv"):
        (tmp_path / name).write_text("1,a,b")
    section = {"source": "folder", "path": str(tmp_path)}
    (problem,) = registry.origin("dbpedia", FOLDER).place_problems(section)
    assert "data.dbpedia.path: no checksum of train.csv is published" in problem
    sums = dict.fromkeys(("train.csv", "test.csv"), "0" * 64)
    assert not registry.origin("dbpedia", FOLDER).place_problems({**section, "sha256": sums})


def test_prepared_files_are_those_of_a_data_set() -> None:
    names = ["texts", "texts_of_mine"]
    assert registry.dataset_of("dbpedia_words", names) == "dbpedia"
    assert (
        registry.dataset_of("texts", names) == registry.dataset_of("texts_words", names) == "texts"
    )
    assert registry.dataset_of("texts_of_mine_words", names) == "texts_of_mine"
    assert registry.dataset_of("others", names) == "others"
