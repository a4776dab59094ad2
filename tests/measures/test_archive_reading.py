"""An archive with gaps is read as far as it is sound, and every gap is named."""

import json
from hashlib import sha256

import pytest

from nnrepro.measures.runs import read_runs

HISTORY = {
    "loss": [2.0, 1.0],
    "accuracy": [0.2, 0.4],
    "val_loss": [2.0, 1.5],
    "val_accuracy": [0.2, 0.3],
}
LARGER = {"val_loss": [2.0, 1.5], "val_accuracy": [0.25, 0.35]}


def _record(run, **changes):
    return {"run": run.to_dict(), "status": "completed", "epochs_completed": 2} | changes


def test_output_follows_the_order_asked_for_and_names_what_lacks(tmp_path, make_run, write_run):
    runs = [make_run(name) for name in ("c", "a", "b")]
    write_run(tmp_path, runs[0], {"history.json": HISTORY})
    write_run(tmp_path, runs[2], {"history.json": HISTORY})
    data, problems = read_runs(runs, tmp_path)
    assert [item.run.id for item in data] == [runs[0].id, runs[2].id]
    assert [(p.run_id, p.file, p.status) for p in problems] == [
        (runs[1].id, "history.json", "missing")
    ]


def test_without_a_record_the_status_is_unknown_and_that_is_no_problem(
    tmp_path, make_run, write_run
):
    run = make_run()
    write_run(tmp_path, run, {"history.json": HISTORY})
    data, problems = read_runs([run], tmp_path)
    assert (data[0].status, data[0].record, problems) == ("unknown", None, [])


def test_a_damaged_history_excludes_the_run(tmp_path, make_run, write_run):
    run = make_run()
    write_run(tmp_path, run, {"history.json": HISTORY | {"loss": [1.0]}})
    data, problems = read_runs([run], tmp_path)
    assert data == []
    assert problems[0].status == "damaged"
    assert problems[0].excludes


@pytest.mark.parametrize("content", ["{", {"status": "running"}, {}])
def test_a_damaged_record_is_named_and_the_run_kept(tmp_path, make_run, write_run, content):
    run = make_run()
    write_run(tmp_path, run, {"history.json": HISTORY, "run.json": content})
    data, problems = read_runs([run], tmp_path)
    assert data[0].status == "unknown"
    assert [(p.file, p.excludes) for p in problems] == [("run.json", False)]


def test_null_is_accepted_from_a_run_recorded_as_diverged_only(tmp_path, make_run, write_run):
    run = make_run()
    holey = HISTORY | {"val_loss": [2.0, None]}
    write_run(tmp_path, run, {"history.json": holey, "run.json": _record(run, status="diverged")})
    data, problems = read_runs([run], tmp_path)
    assert data[0].status == "diverged"
    assert problems == []
    write_run(tmp_path, run, {"run.json": _record(run)})
    assert read_runs([run], tmp_path)[1][0].status == "damaged"


def test_the_larger_test_set_is_read_where_the_run_has_one(tmp_path, make_run, write_run):
    run = make_run(comparison_test_examples=10000)
    write_run(tmp_path, run, {"history.json": HISTORY, "history_comparison.json": LARGER})
    data, problems = read_runs([run], tmp_path)
    assert data[0].comparison.val_accuracy.tolist() == [0.25, 0.35]
    assert problems == []


@pytest.mark.parametrize("larger", [None, {"val_loss": [1.0], "val_accuracy": [0.5]}, "nonsense"])
def test_a_lacking_or_wrong_larger_test_set_leaves_the_run(tmp_path, make_run, write_run, larger):
    run = make_run(comparison_test_examples=10000)
    files = {"history.json": HISTORY}
    write_run(
        tmp_path, run, files if larger is None else files | {"history_comparison.json": larger}
    )
    data, problems = read_runs([run], tmp_path)
    assert data[0].comparison is None
    assert [(p.file, p.excludes) for p in problems] == [("history_comparison.json", False)]


def test_a_record_of_other_settings_is_reported(tmp_path, make_run, write_run):
    run = make_run()
    record = _record(make_run(learning_rate=0.01, epochs=99, window=77))
    write_run(tmp_path, run, {"history.json": HISTORY, "run.json": record})
    (problem,) = read_runs([run], tmp_path)[1]
    assert "learning_rate = 0.01 where the study asks for 0.001" in problem.message
    assert "epochs" not in problem.message
    assert "window" not in problem.message


def test_runs_on_data_that_have_become_others_are_named(tmp_path, make_run, write_run):
    """Seeds that an earlier form of the study left would pass for further ones of the variant."""
    runs = [make_run(seed=seed) for seed in range(4)]
    sums = ("old", "new", "new", None)
    for run, content in zip(runs, sums, strict=True):
        data = {"name": "d", "source": "csv", "generated": False, "sha256": {"d.csv": "same"}}
        if content:
            data["content_sha256"] = {"old": "0" * 64, "new": "f" * 64}[content]
        files = {"history.json": HISTORY, "run.json": _record(run, data=data)}
        write_run(tmp_path, run, files)
    data, problems = read_runs(runs, tmp_path)
    assert len(data) == 4
    assert [(p.run_id, p.status) for p in problems] == [(runs[0].id, None)]
    told = "other data of the name 'd' than 3 of 4 runs"
    assert told in problems[0].message and runs[1].id in problems[0].message


def test_a_record_that_disagrees_on_the_epochs_is_reported(tmp_path, make_run, write_run):
    run = make_run()
    write_run(
        tmp_path, run, {"history.json": HISTORY, "run.json": _record(run, epochs_completed=7)}
    )
    data, problems = read_runs([run], tmp_path)
    assert data[0].history.epochs == 2
    assert "says 7 epochs, the history has 2" in problems[0].message


@pytest.mark.parametrize("file", ["history.json", "history_comparison.json"])
def test_a_history_with_a_flipped_bit_is_named_although_it_still_makes_sense(
    tmp_path, make_run, write_run, file
):
    """The record tells what the training wrote; without one, a history is as good as it reads."""
    run = make_run(comparison_test_examples=10000)
    histories = {"history.json": HISTORY, "history_comparison.json": LARGER}
    write_run(tmp_path, run, histories)
    folder = tmp_path / run.id
    sums = {name: sha256((folder / name).read_bytes()).hexdigest() for name in histories}
    write_run(tmp_path, run, {"run.json": _record(run, files={**sums, "final.weights.h5": "-"})})
    assert read_runs([run], tmp_path)[1] == []
    content = bytearray((folder / file).read_bytes())
    content[content.index(b"5")] ^= 1  # 4 in its place
    (folder / file).write_bytes(content)
    data, (problem,) = read_runs([run], tmp_path)
    assert data == [] and problem.status == "damaged" and problem.file == file
    assert "the checksum is not the one in run.json; damaged or changed: remove" in problem.message
    (folder / "run.json").unlink()
    assert read_runs([run], tmp_path)[1] == []


def test_reading_changes_nothing_on_disk(tmp_path, make_run, write_run):
    run = make_run()
    write_run(tmp_path, run, {"history.json": HISTORY})
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    read_runs([run, make_run("absent")], tmp_path)
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before
    assert json.loads((tmp_path / run.id / "history.json").read_text()) == HISTORY
