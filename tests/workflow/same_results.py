"""What two results folders of one study have in common: everything but what the clock decides."""

import json
import shutil
from pathlib import Path
from typing import Any

import yaml

from nnrepro.study.questions import unfolded

TIMES = ("seconds", "setup_stages")
KEPT = {"tables": ("grid_ranking", "text_models"), "figures": ("text_models", "variants")}


def ask_for_less(project: Path) -> None:
    """Leave two tables and two figures of the study of a copy of the project, to save time."""
    path = project / "config.yaml"
    config = unfolded(yaml.safe_load(path.read_text(encoding="utf-8")))
    config = {key: value for key, value in config.items() if key not in ("claims", "published")}
    for section, names in KEPT.items():
        config[section] = {name: config[section][name] for name in names}
    path.write_text(yaml.safe_dump(config), encoding="utf-8")


def products(results: Path) -> dict[str, bytes]:
    """All that a reader gets, by path."""
    kinds = ("tables/**/*.csv", "figures/**/*.*", "report/*", "selection/**/*.json", "data/*")
    files = sorted(file for kind in kinds for file in results.glob(kind) if file.is_file())
    return {file.relative_to(results).as_posix(): file.read_bytes() for file in files}


def trained(results: Path) -> dict[str, bytes]:
    """Everything of the runs but their records, by path."""
    return {
        file.relative_to(results).as_posix(): file.read_bytes()
        for file in sorted(results.glob("runs/*/*/*/*/*"))
        if file.name != "run.json"
    }


def take_times(results: Path, reference: Path, ignored: tuple[str, ...] = TIMES) -> None:
    """Give the runs the records and logs of another folder, after comparing the records.

    Of them all but `ignored` must be equal. Tables, figures and report of both can then be compared
    to the byte.
    """
    records = sorted(reference.glob("runs/*/*/*/*/run.json"))
    assert records
    for theirs in records:
        own = results / theirs.relative_to(reference)
        assert _without(own, ignored) == _without(theirs, ignored)
        shutil.copyfile(theirs, own)
        log = f"logs/train_run/{theirs.parent.relative_to(reference / 'runs')}.log"
        shutil.copyfile(reference / log, results / log)


def _without(record: Path, ignored: tuple[str, ...]) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(record.read_text(encoding="utf-8"))
    return {key: value for key, value in content.items() if key not in ignored}
