"""Results in the forms of other programs."""

import json
from pathlib import Path

import pandas as pd
import pytest

from nnrepro.api import Results, ResultsError, load
from nnrepro.cli import export as command
from nnrepro.export.formats.latex import tabular
from nnrepro.export.registry import ExportError, formats, needed
from nnrepro.study.folders import HISTORY
from nnrepro.tables.csvfile import read_csv


@pytest.fixture(scope="module")
def pair(repository: Path) -> Results:
    """A shipped archive of six runs."""
    return load(repository / "archives" / "tan_pair")


def test_every_format_says_what_it_is_and_reads_what_there_is() -> None:
    known = formats()
    assert {"csv", "latex", "parquet", "tensorboard", "mlflow"} <= set(known)
    assert {"keras", "savedmodel", "onnx"} == {name for name in known if known[name].of_a_run}
    for form in known.values():
        assert form.summary
        assert set(form.reads) <= {"runs", "variants", "curves", "tables", "model"}


def test_csv_reads_back_as_it_was(pair: Results, tmp_path: Path) -> None:
    written = pair.export("csv", tmp_path)
    assert {path.stem for path in written} == {"runs", "variants", "curves"}
    pd.testing.assert_frame_equal(read_csv(tmp_path / "runs.csv"), pair.runs)


def test_parquet_reads_back_with_its_types(pair: Results, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    pair.export("parquet", tmp_path)
    back = pd.read_parquet(tmp_path / "runs.parquet")
    pd.testing.assert_frame_equal(back, pair.runs)
    assert len(pd.read_parquet(tmp_path / "curves.parquet")) == len(pair.curves)


def test_latex_escapes_and_aligns() -> None:
    table = pd.DataFrame(
        {
            "label_1": ["50% & more", "a_b\\c"],
            "seeds": pd.array([3, None], dtype="Int64"),
            "accuracy": [0.123456, 1e-9],
            "best": pd.array([True, False], dtype="boolean"),
            "empty": [None, None],
        }
    )
    heading, first, second = (tabular(table).splitlines()[at] for at in (2, 4, 5))
    assert heading == r"label 1 & seeds & accuracy & best \\"
    assert first == r"50\% \& more & 3 & $0.1235$ & yes \\"
    assert second == r"a\_b\textbackslash c &  & $1 \cdot 10^{-9}$ & no \\"
    assert tabular(table).startswith("\\begin{tabular}{lrrr}")


def test_tensorboard_gets_every_epoch_of_a_curve(pair: Results, tmp_path: Path) -> None:
    import tensorflow as tf
    from tensorflow.core.util.event_pb2 import Event

    few = pair.curves[pair.curves["epoch"] <= 5]
    formats()["tensorboard"].write({"curves": lambda: few}, tmp_path)
    run = pair.run("optimizers/adam").id
    (file,) = (tmp_path / run / "test").iterdir()
    events = [Event.FromString(raw.numpy()) for raw in tf.data.TFRecordDataset(str(file))]
    assert events[0].file_version == "brain.Event:2"
    told = {(e.summary.value[0].tag, e.step): e.summary.value[0].simple_value for e in events[1:]}
    recorded = json.loads((pair.folder / run / HISTORY).read_text())["val_accuracy"]
    assert [told["accuracy", epoch] for epoch in range(1, 6)] == pytest.approx(recorded[:5])
    assert len(told) == 10


def test_mlflow_gets_settings_and_curves(pair: Results, tmp_path: Path) -> None:
    pytest.importorskip("mlflow")
    pytest.importorskip("alembic")
    from mlflow.tracking import MlflowClient

    few = pair.curves[pair.curves["epoch"] <= 3]
    form = formats()["mlflow"]
    for _ in range(2):  # again in its place, not beside it
        form.write({"runs": lambda: pair.runs, "curves": lambda: few}, tmp_path)
    client = MlflowClient(f"sqlite:///{tmp_path}/mlflow.db")
    names = {each.name: each.experiment_id for each in client.search_experiments()}
    assert {"tan/optimizers", "tan/channel_grid"} <= set(names)
    runs = client.search_runs([names["tan/optimizers"]])
    assert len(runs) == 5 and {"optimizer", "c1"} <= set(runs[0].data.params)
    assert len(client.get_metric_history(runs[0].info.run_id, "test_loss")) == 3


def test_what_is_not_installed_is_named_with_the_command() -> None:
    with pytest.raises(ExportError, match="pip install nothing-like-it"):
        needed("nothing_like_it", "nothing-like-it", "This")


def test_the_command_writes_and_tells_where(
    pair: Results, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import argparse

    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    words = [str(pair.folder), "--format", "csv", "--to", str(tmp_path)]
    assert command.run(parser.parse_args(words)) == 0
    assert str(tmp_path / "runs.csv") in capsys.readouterr().out


@pytest.mark.parametrize(
    ("form", "run", "told"),
    [
        ("parket", None, "did you mean 'parquet'"),
        ("keras", None, "name the run"),
        ("keras", "optimizers/adam", "an archive holds no networks"),
    ],
)
def test_what_cannot_be_written_is_told(
    pair: Results, tmp_path: Path, form: str, run: str | None, told: str
) -> None:
    with pytest.raises(ResultsError, match=told):
        pair.export(form, tmp_path, run)
