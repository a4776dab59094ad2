"""An archive keeps a study's own Python files, and none of them runs unless its reader names it."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from nnrepro.api import load
from nnrepro.cli import main
from nnrepro.models.registry import catalogue
from nnrepro.study.config import load_study
from nnrepro.study.folders import ArchiveError
from nnrepro.study.plugins import put_in_force
from nnrepro.study.sources import read_configuration

CONFIG = """\
name: own
plugins: [code/models.py, code/plots.py]
data:
  points: {source: csv, path: points.csv, label: side}
experiments:
  one: {model: line, epochs: 2, seeds: 2}
questions:
  how_many: {title: How many are there?}
tables:
  lengths: {kind: lengths, question: how_many, runs: [one]}
"""
MODELS = """\
import helping

open("ran", "a").close()
from nnrepro.models.registry import Task, register


@register(input="table")
def line(task: Task, *, units: int = helping.UNITS) -> "keras.Model":
    \"\"\"A line.\"\"\"
"""
PLOTS = """\
from nnrepro.study.kinds import table


@table
def lengths(variants: "pd.DataFrame") -> "pd.DataFrame":
    \"\"\"How many variants there are.\"\"\"
    return variants[["variant"]]
"""


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with nothing but the archive `kept`; the study that it was made of is gone."""
    home, away = tmp_path / "home", tmp_path / "away"
    (home / "code").mkdir(parents=True)
    away.mkdir()
    files = {"config.yaml": CONFIG, "points.csv": "x,side\n1,a\n2,b\n"}
    files |= {"code/models.py": MODELS, "code/plots.py": PLOTS, "code/helping.py": "UNITS = 3\n"}
    for name, text in files.items():
        (home / name).write_text(text)
    for seed in (0, 1):
        run = home / "results/runs/main/one/one" / f"seed{seed}"
        run.mkdir(parents=True)
        keys = ("loss", "accuracy", "val_loss", "val_accuracy")
        (run / "history.json").write_text(json.dumps({key: [0.5, 0.6] for key in keys}))
        (run / "run.json").write_text(json.dumps({"status": "completed", "epochs_completed": 2}))
    monkeypatch.chdir(home)
    assert main(["archive", "results", "--to", str(away / "kept")]) == 0
    put_in_force([])
    shutil.rmtree(home)
    monkeypatch.chdir(away)
    yield away
    put_in_force([])


def test_the_files_are_kept_with_what_they_import(elsewhere: Path) -> None:
    kept = sorted(path.name for path in (elsewhere / "kept/plugins").iterdir())
    assert kept == ["helping.py", "models.py", "plots.py"]


def test_none_runs_unless_it_is_named(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    named = "[kept/plugins/models.py, kept/plugins/plots.py]"
    with pytest.raises(ArchiveError) as told:
        read_configuration([], ["archive=kept"])
    assert f"--config archive=kept 'plugins={named}'" in str(told.value)
    with pytest.raises(ArchiveError) as told:
        read_configuration([Path("kept/study.yaml")])
    assert f"--configfile kept/study.yaml --config 'plugins={named}'" in str(told.value)
    with pytest.raises(
        ArchiveError, match=r"load\(\"kept\", plugins=\[\"kept/plugins/models.py\", "
    ):
        load("kept")
    words = "--plugins kept/plugins/models.py kept/plugins/plots.py"
    assert main(["diff", "kept", "kept"]) == 2 and words in capsys.readouterr().err
    (elsewhere / "kept/plugins/plots.py").unlink()
    with pytest.raises(ArchiveError, match="does not hold all of them"):
        read_configuration([], ["archive=kept"])
    assert not (elsewhere / "ran").exists()


def test_named_ones_are_those_of_the_study(elsewhere: Path) -> None:
    files = ["kept/plugins/models.py", "kept/plugins/plots.py"]
    read = read_configuration([], ["archive=kept", f"plugins=[{', '.join(files)}]"])
    study = load_study(read.values, catalogue(), read.places)
    assert [run.settings["units"] for run in study.runs] == [3, 3]
    assert study.tables["lengths"].kind == "lengths"
    assert len(load("kept", plugins=files).runs) == 2
    assert main(["diff", "kept", "kept", "--plugins", *files]) == 0
    assert main(["export", "kept", "--format", "csv", "--to", "tables", "--plugins", *files]) == 0
    (elsewhere / "config.yaml").write_text(f"plugins: [{', '.join(files)}]\n")
    assert read_configuration([], ["archive=kept"]).values["plugins"] == files
