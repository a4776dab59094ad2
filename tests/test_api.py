"""Results as data frames: `nnrepro.load`."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import nnrepro
from nnrepro.api import Results, ResultsError
from nnrepro.crate.build import CONFIGURATION


@pytest.fixture(scope="module")
def pair(repository: Path) -> Results:
    """A shipped archive of six runs."""
    loaded = nnrepro.load(repository / "archives" / "tan_pair")
    assert isinstance(loaded, Results)
    return loaded


def test_importing_the_library_loads_neither_pandas_nor_keras(
    printed: Callable[[str], str],
) -> None:
    code = (
        "import sys, nnrepro; print(sorted({'pandas', 'keras', 'tensorflow', 'scipy'} & "
        "set(sys.modules)))"
    )
    assert printed(code) == "[]\n"


def test_an_archive_gives_typed_tables(pair: Results) -> None:
    runs, variants = pair.runs, pair.variants
    assert len(runs) == len(pair.study.runs) == 6
    assert runs["seed"].dtype == "Int64" and runs["max_test_accuracy"].dtype == "float64"
    assert len(variants) == 6 and {"max_test_accuracy", "seeds"} <= set(variants)
    assert "6 of 6 runs" in repr(pair)
    assert pair.problems == []


def test_selected_parameters_are_those_that_the_runs_were_made_with(pair: Results) -> None:
    optimizers = pair.runs[pair.runs["experiment"] == "optimizers"]
    assert set(optimizers["c1"]) == {90} and set(optimizers["c2"]) == {40}


def test_curves_are_long_and_hold_every_epoch_of_the_histories(pair: Results) -> None:
    run = pair.run("optimizers/adam")
    curves = pair.curves[pair.curves["run_id"] == run.id]
    recorded = json.loads((pair.folder / run.id / "history.json").read_text())
    for of, metric, key in (("train", "loss", "loss"), ("test", "accuracy", "val_accuracy")):
        part = curves[(curves["set"] == of) & (curves["metric"] == metric)]
        assert [*part["value"]] == recorded[key]
        assert [*part["epoch"]] == [*range(1, len(recorded[key]) + 1)]


def test_results_tell_the_same_as_the_archive_of_them(pair: Results, tmp_path: Path) -> None:
    """The configuration comes with them, or is named; without either it is asked for."""
    for run in pair.study.runs:
        shutil.copytree(pair.folder / run.id, tmp_path / "runs" / run.id)
    with pytest.raises(ResultsError, match=r"config="):
        nnrepro.load(tmp_path)
    study = pair.folder / "study.yaml"
    pd.testing.assert_frame_equal(nnrepro.load(tmp_path, config=study).runs, pair.runs)
    target = tmp_path / CONFIGURATION
    target.parent.mkdir()
    target.write_text(study.read_text())
    pd.testing.assert_frame_equal(nnrepro.load(tmp_path).variants, pair.variants)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("tan/optimizers/adm/seed0", "did you mean 'tan/optimizers/adam/seed0'"),
        ("optimizers", "means 5 runs"),
        ("*/seed7", "means no run"),
    ],
)
def test_a_run_is_named_without_doubt(pair: Results, name: str, told: str) -> None:
    with pytest.raises(ResultsError, match=told):
        pair.run(name)


def test_a_folder_that_is_not_there_is_named_with_the_nearest(repository: Path) -> None:
    with pytest.raises(ResultsError, match="did you mean 'tan_pair'"):
        nnrepro.load(repository / "archives" / "tan_pear")


def test_what_named_variants_decide_is_told_of_bare_histories(tmp_path: Path) -> None:
    study = {
        "name": "named",
        "data": {"t": {"source": "csv", "path": "t.csv", "label": "y"}},
        "experiments": {
            "sizes": {
                "model": "mlp",
                "epochs": 2,
                "variants": {"small": {"units": 4}, "large": {"units": 8, "layers": 3}},
            },
            "final": {"select": "sizes"},
        },
    }
    (tmp_path / "study.yaml").write_text(json.dumps(study))
    reached = {"sizes/small": 0.6, "sizes/large": 0.8, "final/default": 0.7}
    for name, accuracy in reached.items():
        folder = tmp_path / "main" / name / "seed0"
        folder.mkdir(parents=True)
        curves = {"loss": [1.0] * 2, "val_loss": [1.0] * 2}
        curves |= {"accuracy": [accuracy] * 2, "val_accuracy": [accuracy] * 2}
        (folder / "history.json").write_text(json.dumps(curves))
        held_out = {key: own for key, own in curves.items() if key.startswith("val_")}
        (folder / "history_validation.json").write_text(json.dumps(held_out))
    runs = nnrepro.load(tmp_path).runs.set_index("experiment")
    assert runs.loc["final", ["units", "layers"]].tolist() == [8, 3]
