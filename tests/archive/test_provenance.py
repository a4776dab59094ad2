"""Provenance tells what the records tell, no more, whatever their state."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nnrepro.archive.provenance import provenance
from nnrepro.measures.runs import Problem, RunData, read_runs

RECORD: dict[str, Any] = {
    "status": "completed",
    "seconds": {"setup": 1.5, "training": 10.0, "evaluation": 0.25, "total": 11.75},
    "data": {
        "name": "cifar10",
        "source": "the official archive",
        "generated": False,
        "sha256": {"data_batch_1": "aa", "test_batch": "bb"},
    },
    "code": {"sha256": "c0de"},
    "packages": {"keras": "3.15.1", "numpy": "2.4.0"},
    "device": {"kind": "cpu", "name": "a processor"},
    "threads": 1,
    "python": "3.11.7",
    "platform": "Linux",
}
NOTHING: dict[str, Any] = {
    "data": {},
    "code": [],
    "packages": {},
    "python": [],
    "platform": [],
    "devices": [],
    "threads": [],
    "seconds": {},
    "processor": {},
}


@pytest.fixture
def recorded(make_data: Callable[..., RunData]) -> Callable[..., RunData]:
    """A run with `RECORD`, some entries of it replaced."""

    def make(variant: str = "a", **changes: Any) -> RunData:
        return replace(make_data([0.5] * 10, variant), record=RECORD | changes)

    return make


def test_equal_records_are_told_once(recorded: Callable) -> None:
    told = provenance([recorded("a"), recorded("b")], [], {}, {})
    assert told["code"] == ["c0de"]
    assert told["packages"] == {"keras": ["3.15.1"], "numpy": ["2.4.0"]}
    assert told["python"] == ["3.11.7"] and told["platform"] == ["Linux"]
    assert told["devices"] == ["a processor"] and told["threads"] == [1]


def test_the_most_that_runs_took_of_a_data_set_is_told_and_what_they_predict(
    recorded: Callable,
) -> None:
    few, more = (
        {"input": "image", "settings": {"train_examples": count, "test_examples": 20}}
        for count in (50, 80)
    )
    compared = {**more, "settings": {**more["settings"], "comparison_test_examples": 100}}
    described = {"cifar10": {"num_classes": 10}}
    told = provenance([recorded(run=few), recorded("b", run=compared)], [], described, {})
    found = told["data"]["cifar10"]
    assert found["inputs"] == ["image"] and found["examples"] == {"train": 80, "test": 100}
    assert found["predicted"] == ["one of 10 classes"]
    assert "examples" not in provenance([recorded()], [], {}, {})["data"]["cifar10"]


def test_seconds_are_summed_over_the_runs_that_tell_them(recorded: Callable) -> None:
    partly = recorded("b", seconds={"training": 2.0})
    told = provenance([recorded("a"), partly, recorded("c", seconds={})], [], {}, {})
    assert told["seconds"] == {"setup": 1.5, "training": 12.0, "evaluation": 0.25, "total": 11.75}


def test_processor_time_is_that_of_runs_on_a_cpu_and_the_others_are_counted(
    recorded: Callable,
) -> None:
    """A run on a GPU keeps its processor half idle, so that its time would tell little."""
    runs = [
        recorded("a", seconds={"cpu": 5.0}),
        recorded("b", seconds={"cpu": 7.5}),
        recorded("c", seconds={"cpu": 100.0}, device={"kind": "gpu", "name": "a card"}),
        recorded("d"),
    ]
    told = provenance(runs, [], {}, {})
    assert told["processor"] == {"seconds": 12.5, "runs": 2, "others": 2}
    assert provenance([recorded("d")], [], {}, {})["processor"] == {}


def test_several_versions_are_all_told_in_a_fixed_order(recorded: Callable) -> None:
    runs = [
        recorded("a"),
        recorded("b", packages={"keras": "3.12.0", "jax": "0.8.0"}, threads=4),
        recorded("c", code={"sha256": "beef"}, device={"kind": "gpu", "name": None}),
    ]
    told = provenance(runs, [], {}, {})
    assert told["packages"] == {
        "jax": ["0.8.0"],
        "keras": ["3.12.0", "3.15.1"],
        "numpy": ["2.4.0"],
    }
    assert told["code"] == ["beef", "c0de"]
    assert told["threads"] == [1, 4]
    assert told["devices"] == ["a processor", "gpu"]
    backwards = provenance(runs[::-1], [], {}, {})
    assert json.dumps(backwards) == json.dumps(told)


def test_runs_on_other_pixels_or_test_examples_are_all_told(recorded: Callable) -> None:
    """As are runs that do not tell it, where others do: an archive may grow by better data."""
    tested = {"file": "data_batch_2.bin", "stands_in": True}
    better = recorded("b", data=RECORD["data"] | {"pixels": "official", "test": tested})
    told = provenance([recorded("a"), better, better], [], {}, {})["data"]["cifar10"]
    assert (told["pixels"], told["test"]) == (["official", None], [tested, None])
    told = provenance([better], [], {}, {})["data"]["cifar10"]
    assert (told["pixels"], told["test"]) == (["official"], [tested])
    told = provenance([recorded("a")], [], {}, {})["data"]["cifar10"]
    assert not {"pixels", "test"} & set(told)


def test_without_records_nothing_is_told_but_the_count(make_data: Callable) -> None:
    told = provenance([make_data([0.5] * 10)], [], {}, {})
    assert told.pop("runs")["unknown"] == 1
    assert told == NOTHING


def test_records_that_tell_nothing_are_not_told_as_zero(make_data: Callable) -> None:
    bare = replace(make_data([0.5] * 10), record={"status": "completed"})
    told = provenance([bare], [], {}, {})
    assert told.pop("runs")["completed"] == 1
    assert told == NOTHING


def test_runs_are_counted_by_how_they_ended(
    recorded: Callable, make_data: Callable, make_run: Callable
) -> None:
    problems = [
        Problem(make_run("d"), "history.json", "there is no such file", "missing"),
        Problem(make_run("e"), "history.json", "not valid JSON", "damaged"),
        Problem(make_run("f"), "run.json", "no such word", "failed"),
        Problem(make_run("a"), "run.json", "other settings"),
    ]
    runs = [recorded("a"), recorded("b", status="diverged"), make_data([0.5] * 10, "c")]
    assert provenance(runs, problems, {}, {})["runs"] == {
        "completed": 1,
        "diverged": 1,
        "unknown": 1,
        "failed": 1,
        "damaged": 1,
        "missing": 1,
    }


def test_damaged_runs_on_disk_are_counted_and_their_records_not_believed(
    tmp_path: Path, make_run: Callable, write_run: Callable
) -> None:
    history = {key: [0.5, 0.5] for key in ("loss", "accuracy", "val_loss", "val_accuracy")}
    runs = [make_run(variant, epochs=2) for variant in ("sound", "torn", "gone", "no_record")]
    write_run(tmp_path, runs[0], {"history.json": history, "run.json": RECORD})
    write_run(
        tmp_path, runs[1], {"history.json": '{"loss": [0.5', "run.json": RECORD | {"threads": 8}}
    )
    write_run(tmp_path, runs[3], {"history.json": history, "run.json": "{"})
    told = provenance(*read_runs(runs, tmp_path), {}, {})
    assert told["runs"] == {
        "completed": 1,
        "diverged": 0,
        "unknown": 1,
        "failed": 0,
        "damaged": 1,
        "missing": 1,
    }
    assert told["threads"] == [1]


def test_the_two_texts_made_of_one_data_set_are_one_with_its_note() -> None:
    description = {"source": "official", "generated": False, "sha256": {"train.csv": "aa"}}
    prepared = {
        "dbpedia_characters": description,
        "dbpedia_words": description,
        "cifar10": {"source": "a folder", "generated": True, "sha256": {}},
    }
    told = provenance([], [], prepared, {"dbpedia": "a sample", "unused": "nothing"})
    assert told["data"] == {
        "cifar10": {"source": "a folder", "generated": True, "note": "", "sha256": {}},
        "dbpedia": {
            "source": "official",
            "generated": False,
            "note": "a sample",
            "sha256": {"train.csv": "aa"},
        },
    }


def test_an_archive_tells_its_data_by_the_records_of_its_runs(recorded: Callable) -> None:
    told = provenance([recorded("a"), recorded("b")], [], {}, {"cifar10": "a note"})
    assert told["data"] == {
        "cifar10": {
            "source": "the official archive",
            "generated": False,
            "note": "a note",
            "sha256": {"data_batch_1": "aa", "test_batch": "bb"},
        }
    }


def test_runs_of_other_data_than_the_prepared_show_in_source_and_sums(recorded: Callable) -> None:
    prepared = {"cifar10": {"source": "made up", "generated": True, "sha256": {"test_batch": "cc"}}}
    told = provenance([recorded()], [], prepared, {})["data"]["cifar10"]
    assert told["source"] == "made up or the official archive"
    assert told["generated"] is True
    assert told["sha256"] == {"data_batch_1": "aa", "test_batch": "bb or cc"}


def test_a_data_set_of_which_nothing_is_told_is_unknown_not_genuine() -> None:
    told = provenance([], [], {"my_own": {}}, {})
    assert told["data"]["my_own"] == {"source": None, "generated": None, "note": "", "sha256": {}}


def test_odd_data_is_told_once_from_records_and_from_prepared_arrays(recorded: Callable) -> None:
    """Of an archive, the records tell it; those that know of nothing leave no trace."""
    examined = {"train_examples": 50, "test_examples": 4, "counts": {"test_in_training": 4}}
    run = recorded("a", data={"name": "cifar10", "source": "folder"}, examined=examined)
    expected = [
        {
            "arrays": "cifar10",
            "message": "4 of the 4 test examples are training examples, too",
            "telling": True,
        }
    ]
    for prepared in ({}, {"cifar10": {"name": "cifar10", **examined}}):
        assert provenance([run, run], [], prepared, {})["data"]["cifar10"]["remarks"] == expected
    silent = recorded("b", data={"name": "cifar10", "source": "folder"})
    assert "remarks" not in provenance([silent], [], {}, {})["data"]["cifar10"]
