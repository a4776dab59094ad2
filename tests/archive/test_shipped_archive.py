"""The archive that comes with the project is whole, small, and of the shipped study."""

import hashlib
import json
import re
from pathlib import Path

import yaml

from nnrepro.analysis import read_history
from nnrepro.models import catalogue
from nnrepro.study import load_study

LARGEST = 30_000_000


def test_files_are_those_of_the_manifest(repository: Path) -> None:
    archive = repository / "archive"
    listed = json.loads((archive / "manifest.json").read_text())["files"]
    found = {
        path.relative_to(archive).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in archive.glob("*/*/*/*/*")
    }
    assert found == {name: told["sha256"] for name, told in listed.items()}
    assert sum(path.stat().st_size for path in archive.rglob("*") if path.is_file()) < LARGEST


def test_every_run_is_of_the_shipped_study_and_as_long_as_its_record_says(repository: Path) -> None:
    archive = repository / "archive"
    config = yaml.safe_load((repository / "config.yaml").read_text(encoding="utf-8"))
    config["seeds"] = list(range(10))
    runs = {run.id for run in load_study(config, catalogue()).runs}
    histories = sorted(archive.glob("*/*/*/*/history.json"))
    assert histories
    for path in histories:
        record = json.loads((path.parent / "run.json").read_text())
        assert path.parent.relative_to(archive).as_posix() in runs
        diverged = record["status"] == "diverged"
        assert read_history(path, allow_nonfinite=diverged).epochs == record["epochs_completed"]


def test_nothing_in_it_names_a_place_on_a_machine(repository: Path) -> None:
    """No absolute path, wherever it leads."""
    absolute = re.compile(r"(?<![\w./:-])/[\w.-]+/")
    assert absolute.search('{"path": "/home/me/data"}') and absolute.search("path: /tmp/x")
    for path in (repository / "archive").rglob("*"):
        if path.is_file():
            found = absolute.search(path.read_text(encoding="utf-8"))
            assert found is None, f"{path}: {found}"
