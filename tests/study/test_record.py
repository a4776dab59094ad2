"""A record of a run is what it should be in every entry, or no record at all."""

import json
from pathlib import Path
from typing import Any

import pytest

from nnrepro.study.record import RecordError, checked, is_of_another, read_record
from nnrepro.study.run import Run

PLACE = Path("run.json")


def record(**changes: Any) -> dict[str, Any]:
    """A record as training writes it, some entries replaced."""
    whole = {
        "run": {
            "id": "tan/grid/a/seed0",
            "protocol": "tan",
            "experiment": "grid",
            "variant": "a",
            "seed": 0,
            "label": "a",
            "model": "image_cnn",
            "input": "image",
            "settings": {"learning_rate": 0.1, "epochs": 2, "augment": "none", "mask": True},
            "protocol_settings": {},
            "selects_from": None,
            "selected_parameters": ["c1"],
        },
        "status": "completed",
        "diverged_at_epoch": None,
        "epochs_completed": 2,
        "parameters": 10,
        "seconds": {"setup": 1.5, "training": 2},
        "setup_stages": {"start": 0.5},
        "data": {"name": "x", "source": "folder", "generated": False, "sha256": {"a.csv": "0a"}},
        "code": {"sha256": "c0de"},
        "packages": {"keras": "3.15.0"},
        "device": {"kind": "cpu", "name": "A (R) CPU", "backend": "jax", "cpus": 2, "slots": []},
        "earlier": [{"epochs": 1, "packages": {"keras": "3.14"}, "device": {"name": "B"}}],
        "threads": 1,
        "python": "3.11.7",
        "platform": "Linux",
        "files": {"history.json": "0b"},
    }
    return {**whole, **changes}


def test_a_whole_record_and_one_that_tells_little_are_accepted() -> None:
    assert checked(record(), PLACE) == record()
    assert checked({"status": "diverged", "further": {"x": [1, None]}}, PLACE)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"status": "running"}, '"status"'),
        ({"status": None}, '"status"'),
        ({"epochs_completed": 0}, '"epochs_completed"'),
        ({"epochs_completed": True}, '"epochs_completed"'),
        ({"epochs_completed": 2.0}, '"epochs_completed"'),
        ({"seconds": {"training": -1}}, '"training"'),
        ({"seconds": {"training": 1e300}}, '"training"'),
        ({"seconds": [1]}, '"seconds"'),
        ({"packages": {"keras": 3}}, '"keras"'),
        ({"packages": {"https://e.org/": "1"}}, "e.org"),
        ({"device": {"name": "x" * 501}}, "501 characters"),
        ({"device": {"name": "a\0b"}}, "control"),
        ({"earlier": [{"epochs": 1}, None]}, '"2"'),
        ({"run": {"settings": {"learning_rate": "fast"}}}, "learning_rate"),
        ({"run": {"settings": {"c1": None}}}, '"c1"'),
        ({"run": {"settings": {"epochs": 10**400}}}, "too large"),
        ({"further": "\ud800"}, "Unicode"),
        ({"further": 10**30}, "too large"),
    ],
)
def test_an_odd_entry_is_named(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(RecordError) as refused:
        checked(record(**changes), PLACE)
    assert told in str(refused.value)
    assert "run.json" in str(refused.value)


@pytest.mark.parametrize(
    "text", ["", "[]", "7", '{"status": "completed", "x": NaN}', "[" * 10_000, '{"x": 1e999}']
)
def test_what_is_no_record_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(RecordError, match=r"run\.json"):
        read_record(tmp_path / "run.json")
    with pytest.raises(FileNotFoundError):
        read_record(tmp_path / "other.json")


def test_nesting_is_limited() -> None:
    deep: Any = 0
    for _ in range(50):
        deep = [deep]
    with pytest.raises(RecordError, match="nested"):
        checked(record(further=deep), PLACE)


def test_a_record_tells_whose_it_is() -> None:
    run = Run("tan", "grid", "a", 0, "label", "image_cnn", "image", {})
    assert not is_of_another(run, checked(record(), PLACE))
    assert not is_of_another(run, {"status": "completed"})
    for change in ({"seed": 1}, {"variant": "b"}, {"protocol": "koh"}, {"experiment": "x"}):
        other = json.loads(json.dumps(record()))
        other["run"].update(change)
        assert is_of_another(run, checked(other, PLACE))
