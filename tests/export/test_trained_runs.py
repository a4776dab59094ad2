"""The networks of a study that was trained: loaded, asked and exported."""

import csv
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nnrepro import api
from nnrepro.api import Results, ResultsError, load
from nnrepro.cli import main
from nnrepro.crate.build import CONFIGURATION
from nnrepro.data.dataset import load_dataset
from nnrepro.data.errors import DataError
from nnrepro.data.prepared import preparations_read, prepared_arrays
from nnrepro.export.models import answers
from nnrepro.files import read_json, write_json
from nnrepro.models.registry import catalogue
from nnrepro.study.config import load_study
from nnrepro.training.job import train_unless_finished

KINDS = ("oak", "elm", "yew")
ROWS = 90


def write_rows(file: Path) -> pd.DataFrame:
    """Leaves of three kinds: two measures, a colour, and a note whose words tell the kind."""
    generator = np.random.default_rng(5)
    kinds = np.arange(ROWS) % len(KINDS)
    length = kinds + generator.normal(0, 0.2, ROWS)
    rows = pd.DataFrame(
        {
            "length": np.round(10 * length, 3),
            "width": np.round(generator.normal(0, 1, ROWS), 3),
            "colour": [("green", "brown")[at] for at in generator.integers(0, 2, ROWS)],
            "note": [f"a leaf of {KINDS[kind]} wood" for kind in kinds],
            "kind": [KINDS[kind] for kind in kinds],
        }
    )
    rows.to_csv(file, index=False)
    return rows


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Results, pd.DataFrame]:
    """The results of a study of two small networks, trained without Snakemake, and its rows."""
    folder = tmp_path_factory.mktemp("study")
    rows = write_rows(folder / "leaves.csv")
    rows.to_csv(folder / "blaetter.csv", index=False, sep=";", decimal=",")
    split = {"test": 30}
    here = str(folder / "leaves.csv")
    config: dict[str, Any] = {
        "name": "leaves",
        "data": {
            "leaves": {"source": "csv", "path": here, "label": "kind", "split": split}
            | {"columns": ["length", "width", "colour"]},
            "notes": {"source": "csv", "path": here, "label": "kind", "text": "note"}
            | {"split": split, "length": 12},
            "sizes": {"source": "csv", "path": str(folder / "blaetter.csv"), "split": split}
            | {"separator": ";", "decimal": ",", "target": "length", "columns": ["width", "kind"]},
        },
        "experiments": {
            "measured": {"model": "mlp", "data": "leaves", "epochs": 15, "learning_rate": 0.02},
            "sized": {"model": "mlp", "data": "sizes", "epochs": 15, "learning_rate": 0.02},
            "written": {
                **{"model": "word_rnn", "epochs": 1},
                "parameters": {"mask_padding": True, "units": 4},
            },
        },
    }
    results = folder / "results" / "leaves"
    study = load_study({**config, "results": str(results)}, catalogue())
    arrays = prepared_arrays(study)
    for reads, preparation in preparations_read(study).items():
        source = config["data"][preparation.dataset]
        arrays[reads].parent.mkdir(parents=True, exist_ok=True)
        preparation.prepare(source, arrays[reads], arrays[reads].with_suffix(".json"))
    for run in study.runs:
        train_unless_finished(
            [run.for_training()],
            study,
            arrays[run.reads],
            "c0de",
            backend=study.backend,
            threads=1,
            slots=lambda: None,
            log=lambda line: None,
        )
    write_json(results / CONFIGURATION, config)
    return load(results), rows


def test_a_network_gives_the_predictions_of_its_training(
    trained: tuple[Results, pd.DataFrame],
) -> None:
    results, _ = trained
    for run in results.study.runs:
        network = results.model(run.id)
        kinds = {type(layer).__module__.partition(".")[0] for layer in network.layers}
        assert kinds == {"keras"}
        data = load_dataset(prepared_arrays(results.study)[run.reads], run.settings)
        outputs = network.predict(data.test_x, verbose=0)
        kept = np.load(results.paths.run(run.id, "predictions"))
        if "outputs" in kept:
            np.testing.assert_allclose(outputs, kept["outputs"], rtol=1e-4)
        else:
            powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
            shares = powers / powers.sum(axis=1, keepdims=True)
            np.testing.assert_allclose(shares, kept["probabilities"], atol=1e-3)


def test_raw_rows_are_answered_by_name(trained: tuple[Results, pd.DataFrame]) -> None:
    """Preparation is included, other columns are not looked at, and the index stays."""
    results, rows = trained
    asked = rows.drop(columns="kind").set_index(pd.Index(range(100, 100 + ROWS)))
    answered = results.predict("measured", asked)
    assert [*answered.columns] == ["class", *(f"probability_{kind}" for kind in sorted(KINDS))]
    assert [*answered.index] == [*asked.index]
    assert (answered["class"].to_numpy() == rows["kind"].to_numpy()).mean() > 0.8
    np.testing.assert_allclose(answered.filter(like="probability").sum(axis=1), 1, atol=1e-9)


def test_numbers_are_answered_in_their_own_units(trained: tuple[Results, pd.DataFrame]) -> None:
    results, rows = trained
    answered = results.predict("sized", rows)
    assert [*answered.columns] == ["length"]
    assert np.abs(answered["length"] - rows["length"]).mean() < rows["length"].std() / 2
    told = results.curves[results.curves["experiment"] == "sized"]
    assert "mean_absolute_error" in set(told["metric"])


def test_labels_are_answered_one_by_one() -> None:
    described = {"task": "multi_label", "outputs": ["red", "round"]}
    answered = answers(np.array([[0.0, -800.0], [800.0, 0.0]]), described)
    assert answered.to_dict("list") == {
        "probability_red": [0.5, 1.0],
        "probability_round": [0.0, 0.5],
    }


def test_a_network_that_diverged_answers_nothing(
    trained: tuple[Results, pd.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not the first of the classes; an example without an answer has none."""
    results, rows = trained
    nothing = np.full((2, 2), np.nan)
    with monkeypatch.context() as patched:
        patched.setattr(api, "outputs_of", lambda *_: nothing)
        with pytest.raises(ResultsError, match="answers nothing but NaN"):
            results.predict("measured", rows)
    answered = answers(np.array([[0, np.nan], [0, 1]]), {"classes": ["oak", "elm"]})
    assert answered["class"].isna().tolist() == [True, False]


def test_texts_are_answered_like_rows(trained: tuple[Results, pd.DataFrame]) -> None:
    results, rows = trained
    texts = results.predict("written", [*rows["note"][:4]])
    table = results.predict("written", rows[:4])
    pd.testing.assert_frame_equal(texts, table)


def test_a_missing_column_is_named(trained: tuple[Results, pd.DataFrame]) -> None:
    results, rows = trained
    with pytest.raises(DataError, match="width"):
        results.predict("measured", rows.drop(columns="width"))


def test_the_command_predicts_from_a_file(
    trained: tuple[Results, pd.DataFrame], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results, rows = trained
    rows.drop(columns="kind").to_csv(tmp_path / "new.csv", index=False)
    words = ["predict", str(results.folder), "--run", "measured", "--input"]
    assert main([*words, str(tmp_path / "new.csv")]) == 0
    answered = [*csv.DictReader(capsys.readouterr().out.splitlines())]
    same = results.predict("measured", rows)
    assert [row["class"] for row in answered] == [*same["class"]]


def test_the_command_reads_a_file_that_is_written_as_the_training_was(
    trained: tuple[Results, pd.DataFrame], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And says of which categories the network knows nothing."""
    results, rows = trained
    asked = rows.assign(kind=["beech", *rows["kind"][1:]])[["kind", "width", "colour"]]
    asked.to_csv(tmp_path / "neu.csv", index=False, sep=";", decimal=",")
    words = ["predict", str(results.folder), "--run", "sized", "--input"]
    assert main([*words, str(tmp_path / "neu.csv")]) == 0
    said = capsys.readouterr()
    answered = [float(row["length"]) for row in csv.DictReader(said.out.splitlines())]
    np.testing.assert_allclose(answered[1:], results.predict("sized", rows)["length"][1:])
    assert said.err.startswith("warning: the inputs: 'kind' is 'beech' in 1 of 90 rows")


def test_data_that_have_become_others_answer_nothing(
    trained: tuple[Results, pd.DataFrame],
) -> None:
    """Their means, categories and units are not those that the weights were trained with."""
    results, rows = trained
    described = prepared_arrays(results.study)[results.run("measured").reads].with_suffix(".json")
    content = described.read_bytes()
    try:
        write_json(described, {**read_json(described), "content_sha256": "0" * 64})
        with pytest.raises(ResultsError, match="has become other data than it was trained on"):
            load(results.folder).predict("measured", rows)
    finally:
        described.write_bytes(content)


def test_a_backend_is_taken_into_use_without_a_word() -> None:
    """Whatever TensorFlow has to say of the machine."""
    script = (
        "import sys; from nnrepro.export.models import use_backend\n"
        "use_backend('tensorflow'); print('keras' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_the_command_writes_the_network_of_a_run(
    trained: tuple[Results, pd.DataFrame], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results, _ = trained
    words = ["export", str(results.folder), "--format", "keras", "--run", "written", "--to"]
    assert main([*words, str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'model.keras'}\n"


def test_without_weights_it_is_said_what_is_missing(
    trained: tuple[Results, pd.DataFrame],
) -> None:
    results, _ = trained
    weights = results.paths.run(results.study.runs[0].id, "weights")
    content = weights.read_bytes()
    try:
        weights.unlink()
        with pytest.raises(ResultsError, match=r"neither model\.keras nor final\.weights\.h5"):
            load(results.folder).model("measured")
    finally:
        weights.write_bytes(content)


def test_the_record_of_a_run_is_what_its_network_is_built_by(
    trained: tuple[Results, pd.DataFrame],
) -> None:
    results, _ = trained
    run = results.run("written")
    assert run.settings["units"] == 4
    assert read_json(results.paths.run(run.id, "record"))["run"]["settings"]["units"] == 4
