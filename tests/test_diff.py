"""`nnrepro diff`: two studies beside each other."""

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from nnrepro.cli import diff

ADAM = "tan/optimizers/adam/seed0"


@pytest.fixture
def copy(repository: Path, tmp_path: Path) -> Path:
    """A copy of a shipped archive of six runs, of which nothing vouches for the files."""
    shutil.copytree(repository / "archives" / "tan_pair", tmp_path / "copy")
    (tmp_path / "copy" / "manifest.json").unlink()
    return tmp_path / "copy"


def called(*words: Path | str) -> int:
    parser = argparse.ArgumentParser()
    diff.add_arguments(parser)
    return diff.run(parser.parse_args([str(word) for word in words]))


def changed(file: Path, change: Any) -> None:
    """Change the JSON in a file in place; a history's record vouches for it no longer."""
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))


def unvouched(archive: Path) -> None:
    for file in archive.rglob("run.json"):
        changed(file, lambda record: record.pop("files", None))


def test_equal_studies_differ_in_nothing(
    repository: Path, copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert called(repository / "archives" / "tan_pair", copy) == diff.SAME
    assert "6 of 6 common runs have the same history" in capsys.readouterr().out


def test_settings_runs_and_results_that_differ_are_told(
    repository: Path, copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unvouched(copy)
    changed(copy / ADAM / "run.json", lambda r: r["run"]["settings"].update(learning_rate=0.5))
    changed(
        copy / ADAM / "history.json",
        lambda h: h.update(val_accuracy=[value / 2 for value in h["val_accuracy"]]),
    )
    shutil.rmtree(copy / "tan/optimizers/rmsprop")
    status = called(repository / "archives" / "tan_pair", copy, "--format", "json")
    found = json.loads(capsys.readouterr().out)
    assert status == diff.DIFFERENT and not found["same"]
    (setting,) = found["settings"]
    assert (setting["setting"], setting["b"], setting["of"]) == (
        *("learning_rate", "0.5"),
        "tan/optimizers/adam",
    )
    (lacking,) = found["runs"]
    assert lacking == {"only_in": "a", "variant": "tan/optimizers/rmsprop", "seeds": "0"}
    assert found["unlike"] == [ADAM] and found["common"] == 5
    (result,) = found["results"]
    assert result["variant"] == "tan/optimizers/adam"
    assert result["b"] == pytest.approx(result["a"] / 2)
    assert result["difference"] == pytest.approx(-result["a"] / 2)
    assert result["p"] == result["p_holm"] < 1e-6 and result["significant"]


def test_a_run_that_cannot_be_used_is_not_only_missing(
    repository: Path, copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its record vouches for another history: nobody should think that it was not trained."""
    changed(copy / ADAM / "history.json", lambda h: h.update(val_accuracy=h["accuracy"]))
    assert called(repository / "archives" / "tan_pair", copy) == diff.DIFFERENT
    told = capsys.readouterr()
    assert told.err.startswith(f"warning: b lacks {ADAM}: ") and "the checksum is not" in told.err
    assert "tan/optimizers/adam" in told.out


def test_results_on_other_data_are_never_compared(
    repository: Path, copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unvouched(copy)
    for file in copy.rglob("run.json"):
        changed(file, lambda r: r["data"].update(content_sha256="0", sha256={"x": "0"}))
    changed(copy / ADAM / "history.json", lambda h: h["loss"].__setitem__(0, 9.0))
    assert called(copy, repository / "archives" / "tan_pair") == diff.DIFFERENT
    told = capsys.readouterr().out
    assert told.count("different data") == 6 and "Results (" not in told


def test_two_configurations_are_compared_without_results(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = repository / "archives" / "tan_pair" / "study.yaml"
    other = tmp_path / "config.yaml"
    other.write_text(study.read_text().replace("backend: tensorflow", "backend: jax"))
    assert called(study, tmp_path) == diff.DIFFERENT
    told = capsys.readouterr().out.split()
    assert tuple(told[told.index("backend") :][:3]) == ("backend", "tensorflow", "jax")
    assert called(study, study) == diff.SAME


def test_what_a_study_leaves_open_is_no_difference_to_what_came_of_it(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pair = repository / "archives" / "tan_pair"
    assert called(pair / "study.yaml", pair) == diff.SAME
    assert "no difference" in capsys.readouterr().out


def test_trouble_is_told_with_its_status(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pair = repository / "archives" / "tan_pair"
    assert called(pair, repository / "archives" / "tan_pear") == diff.TROUBLE
    assert "did you mean 'tan_pair'" in capsys.readouterr().err


def test_an_unknown_metric_is_trouble(
    copy: Path, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unvouched(copy)
    changed(copy / ADAM / "history.json", lambda h: h["loss"].__setitem__(0, 9.0))
    pair = repository / "archives" / "tan_pair"
    assert called(pair, copy, "--metric", "max_tset_accuracy") == diff.TROUBLE
    assert "max_test_accuracy" in capsys.readouterr().err
