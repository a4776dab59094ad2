"""Done, stale and missing are told apart as training itself does."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nnrepro.planning.status import Asked, Status, retrained, status_of
from nnrepro.study.paths import StudyPaths
from nnrepro.study.run import Run
from nnrepro.study.study import Study
from nnrepro.training.failed import write_failure

from .conftest import CODES

OTHER_CODES = dict.fromkeys(CODES, "d" * 64)
PREPARED = {"name": "data", "sha256": {"file": "1"}, "classes": ["a"]}
DECISION = {"variant": "c1-10_c2-20", "c1": 10, "c2": 20}


@pytest.fixture
def study(
    small_study: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Study:
    """The study; its results are in an empty working directory."""
    monkeypatch.chdir(tmp_path)
    return small_study()


def status(study: Study, run: Run, **changes: Any) -> Status:
    asked = Asked(CODES, "tensorflow", {run.input: PREPARED}, {})
    return status_of(run, StudyPaths.of(study), replace(asked, **changes))


def test_missing_then_done(study: Study, finish: Any) -> None:
    run = study.runs[0]
    assert status(study, run) == Status("missing")
    finish(study, run)
    assert status(study, run) == Status("done")


def test_labels_windows_and_budget_origins_make_nothing_stale(study: Study, finish: Any) -> None:
    run = study.runs[0]
    finish(study, run)
    other = replace(run, label="other", protocol_settings={"epochs": 5000})
    other = replace(other, settings={**other.settings, "window": 7})
    assert status(study, other) == Status("done")


def test_what_differs_is_named(study: Study, finish: Any) -> None:
    run = study.runs[0]
    finish(study, run)
    faster = replace(run, settings={**run.settings, "learning_rate": 0.5})
    other_data = {run.input: {**PREPARED, "sha256": {"file": "9"}}}
    assert status(study, faster).reasons == ("settings",)
    assert status(study, run, codes=OTHER_CODES).reasons == ("code",)
    assert status(study, run, data=other_data).reasons == ("data",)
    assert status(study, run, backend="jax").reasons == ("backend",)
    everything = status(study, faster, codes=OTHER_CODES, data=other_data)
    assert everything == Status("stale", ("settings", "code", "data"))


def test_data_that_is_not_prepared_is_not_held_against_a_run(study: Study, finish: Any) -> None:
    finish(study, study.runs[0])
    assert status(study, study.runs[0], data={}) == Status("done")


def test_lost_file_makes_a_run_stale(study: Study, finish: Any) -> None:
    path = finish(study, study.runs[0])
    (path.parent / "history.json").unlink()
    assert status(study, study.runs[0]) == Status("stale", ("files",))


@pytest.mark.parametrize("text", ["{", "[]"])
def test_damaged_record_makes_a_run_stale(study: Study, finish: Any, text: str) -> None:
    finish(study, study.runs[0]).write_text(text)
    assert status(study, study.runs[0]) == Status("stale", ("damaged",))


def test_record_that_lacks_sections_is_stale_and_no_error(study: Study, finish: Any) -> None:
    path = finish(study, study.runs[0])
    path.write_text(json.dumps({"status": "completed"}))
    assert status(study, study.runs[0]).reasons == ("settings", "code", "data", "backend")


def test_record_of_another_run_is_stale(study: Study, finish: Any) -> None:
    """As where folders were copied over one another."""
    first, second = study.runs[:2]
    record = finish(study, first)
    finish(study, second).write_bytes(record.read_bytes())
    assert status(study, second).reasons == ("settings",)


def test_sum_of_the_prepared_content_counts_where_it_is_known_on_both_sides(
    study: Study, finish: Any
) -> None:
    run = study.runs[0]
    path = finish(study, run)
    summed = {run.input: {**PREPARED, "content_sha256": "1"}}
    assert status(study, run, data=summed) == Status("done")
    record = json.loads(path.read_text())
    record["data"]["content_sha256"] = "2"
    path.write_text(json.dumps(record))
    assert status(study, run, data=summed).reasons == ("data",)
    assert status(study, run) == Status("done")


def test_runs_to_train_again_are_told_with_what_differs(study: Study, finish: Any) -> None:
    """A line for those that differ alike; those that are missing, or wait, are no part of it."""
    first, second, third = study.runs[:3]
    for run in (first, second):
        finish(study, replace(run, settings={**run.settings, "learning_rate": 0.5}))
    finish(study, third)
    asked = Asked(CODES, "tensorflow", {first.input: PREPARED}, {})
    found, lines = retrained(study.runs, StudyPaths.of(study), asked)
    assert set(found) == {first.id, second.id}
    (line,) = lines
    asked_for = first.settings["learning_rate"]
    assert f"learning_rate = 0.5 where the study asks for {asked_for}" in line
    assert first.id in line and second.id in line


def test_run_follows_the_selection(study: Study, finish: Any) -> None:
    run = study.runs_of("tan", "optimizers")[0]
    finish(study, run.resolved(DECISION))
    decided = {("tan", "channel_grid"): DECISION}
    another = {("tan", "channel_grid"): {**DECISION, "variant": "c1-90_c2-20", "c1": 90}}
    assert status(study, run, decisions=decided) == Status("done")
    assert status(study, run, decisions=another).reasons == ("settings",)
    assert status(study, run).reasons == ("selection",)


def test_a_run_that_failed_is_to_be_trained(study: Study) -> None:
    run = study.runs[0]
    write_failure(StudyPaths.of(study).runs.folder(run.id), run.for_training(), "no such word")
    assert status(study, run) == Status("stale", ("failed",))
