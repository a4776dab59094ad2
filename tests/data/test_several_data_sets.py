"""Several data sets in one study: each run reads its own, and none is ranked beside another's."""

from typing import Any

import pytest

from nnrepro.data.errors import DataError
from nnrepro.data.prepared import mixtures, preparations_read, prepared_arrays
from nnrepro.data.registry import origin
from nnrepro.models.registry import catalogue
from nnrepro.study.config import ConfigError, load_study
from nnrepro.study.identity import departures
from nnrepro.study.record import RunRecord

BASIC: dict[str, Any] = {"epochs": 5}
CONFIG: dict[str, Any] = {
    "name": "two",
    "data": {
        "north": {"source": "csv", "path": "north.csv", "label": "kind"},
        "south": {"source": "csv", "path": "south.csv", "label": "kind"},
    },
    "experiments": {
        "first": {"model": "mlp", "data": "north", "parameters": {**BASIC, "units": [4, 8]}},
        "second": {"model": "mlp", "data": "south", "parameters": BASIC},
    },
}


def study(**changes: Any) -> Any:
    """The study with other sections."""
    return load_study({**CONFIG, **changes}, catalogue())


def test_each_run_reads_the_data_set_of_its_experiment() -> None:
    two = study()
    files = prepared_arrays(two)
    assert {run.experiment: files[run.reads].name for run in two.runs} == {
        "first": "north.npz",
        "second": "south.npz",
    }
    assert not list(mixtures(two))


def test_one_that_is_not_said_or_not_declared_is_an_error() -> None:
    unsaid = {"first": {"model": "mlp", "parameters": BASIC}}
    with pytest.raises(
        DataError, match="the data sets 'north', 'south' all give the input 'table'"
    ):
        preparations_read(study(experiments=unsaid))
    misspelt = {"first": {**CONFIG["experiments"]["first"], "data": "nord"}}
    with pytest.raises(ConfigError, match=r"experiments\.first\.data: 'nord' is not declared; did"):
        study(experiments=misspelt)


def test_the_only_data_set_need_not_be_said_and_saying_it_trains_nothing_again() -> None:
    data = {"north": CONFIG["data"]["north"]}
    unsaid = study(data=data, experiments={"first": {"model": "mlp", "parameters": BASIC}})
    said = study(
        data=data, experiments={"first": {"model": "mlp", "data": "north", "parameters": BASIC}}
    )
    assert prepared_arrays(unsaid)["table"] == prepared_arrays(said)["north/table"]
    (before,), (after,) = unsaid.runs, said.runs
    assert before.for_training().to_dict() == after.for_training().to_dict()
    record: RunRecord = {
        "run": before.to_dict(),
        "status": "completed",
        "code": {"sha256": "0"},
        "device": {"backend": "tensorflow"},
        "data": {"name": "north"},
    }
    told = {"code_sha256": "0", "backend": "tensorflow", "data": {"name": "north"}}
    assert not departures(record, after, **told)
    assert departures(record, after, **{**told, "data": {"name": "south"}}) == ("data",)


def test_runs_on_different_data_sets_are_never_ranked_together() -> None:
    table = {"kind": "ranking", "metrics": ["max_test_accuracy"], "sort_by": "declared"}
    asked = {"title": "Both", "runs": ["first", "second"], "tables": {"all": table}}
    (problem,) = mixtures(study(questions={"1": asked}))
    assert problem.startswith("tables.all.runs: are of the data sets 'north', 'south', which are")
    images = {"source": "images", "path": "photos"}
    mixed = {
        "both": {
            "variants": {
                "rows": {"model": "mlp"},
                "photos": {"model": "image_cnn", "c1": 2, "c2": 2},
            },
            "parameters": BASIC,
        }
    }
    (problem,) = mixtures(
        study(data={"north": CONFIG["data"]["north"], "photos": images}, experiments=mixed)
    )
    assert problem.startswith("experiments.both: its variants read the data sets 'north', 'photos'")


IMAGES = {"source": "folder", "path": "images", "test_file": "data_batch_2.bin"}
PAIR: dict[str, Any] = {
    "name": "pair",
    "data": {"cifar10": IMAGES, "blurred": {"like": "cifar10", "pixels": "jpeg"}},
    "experiments": {
        name: {"model": "image_cnn", "data": own, "parameters": {**BASIC, "c1": 2, "c2": 2}}
        for name, own in (("sharp", "cifar10"), ("soft", "blurred"))
    },
    "parts": {"P": "Pixels"},
    "questions": {"P1": {"part": "P", "title": "Does it matter?", "text": "Does it?"}},
    "tables": {
        "both": {
            "question": "P1",
            "kind": "ranking",
            "title": "Both",
            "runs": ["sharp", "soft"],
            "metrics": ["last_window_mean_test_accuracy"],
            "sort_by": "last_window_mean_test_accuracy",
        }
    },
}


def test_the_same_images_with_other_pixels_are_a_data_set_that_stands_beside_the_first() -> None:
    pair = load_study(PAIR, catalogue())
    assert pair.data["blurred"] == {**IMAGES, "like": "cifar10", "pixels": "jpeg", "note": ""}
    files = prepared_arrays(pair)
    assert [files[run.reads].name for run in pair.runs] == ["cifar10.npz", "blurred.npz"]
    assert not list(mixtures(pair))
    asked = origin("blurred", pair.data["blurred"]).problems(pair.data["blurred"], {"test": 10_001})
    assert [problem.partition(":")[0] for problem in asked] == ["data.blurred"]


def test_other_test_images_make_it_another_data_set() -> None:
    data = {**PAIR["data"], "blurred": {"like": "cifar10", "test_file": "data_batch_3.bin"}}
    (problem,) = mixtures(load_study({**PAIR, "data": data}, catalogue()))
    assert problem.startswith("tables.both.runs: are of the data sets 'cifar10', 'blurred'")


@pytest.mark.parametrize(
    ("like", "words"),
    [
        ("cifar1", r"data\.blurred\.like: 'cifar1' is no .* did you mean 'cifar10'"),
        ("blurred", r"data\.blurred\.like: 'blurred' is like another itself"),
    ],
)
def test_a_data_set_is_like_one_that_is_there(like: str, words: str) -> None:
    data = {"cifar10": IMAGES, "blurred": {"like": like}}
    with pytest.raises(ConfigError, match=words):
        load_study({**PAIR, "data": data}, catalogue())
