"""With an archive, a study has the runs that are there, at the seeds found, the longest of each."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from nnrepro.files import packed
from nnrepro.models.registry import catalogue
from nnrepro.study.config import load_study
from nnrepro.study.extent import Extent
from nnrepro.study.folders import ArchivedRuns, ArchiveError
from nnrepro.study.paths import StudyPaths
from nnrepro.study.study import Study

RUN = "tan/text_models/char_cnn/seed0"


def put(archive: Path, run_id: str, epochs: int = 3, *, gz: bool = False) -> Path:
    """A history of constant curves."""
    folder = archive / run_id
    folder.mkdir(parents=True, exist_ok=True)
    keys = ("loss", "accuracy", "val_loss", "val_accuracy")
    content = json.dumps({key: [0.5] * epochs for key in keys}).encode()
    name = "history.json.gz" if gz else "history.json"
    (folder / name).write_bytes(packed(content) if gz else content)
    return folder


@pytest.fixture
def study_of(repository: Path) -> Any:
    """A function that gives the shipped study with an archive in place of training."""
    config = yaml.safe_load((repository / "config.yaml").read_text(encoding="utf-8"))

    def make(archive: Path, **changes: Any) -> Study:
        return load_study({**config, **changes, "archive": str(archive)}, catalogue())

    return make


def test_seeds_are_those_found(tmp_path: Path, study_of: Any) -> None:
    put(tmp_path, RUN)
    put(tmp_path, "tan/text_models/char_cnn/seed3")
    study = study_of(tmp_path)
    assert study.seeds == (0, 3)
    assert len(study.runs) == 91
    assert [r.seed for r in study.runs_of("tan") if r.variant == "char_cnn"] == [0, 3]


def test_runs_at_seeds_asked_for_are_missed_where_the_archive_has_that_seed(
    tmp_path: Path, study_of: Any
) -> None:
    put(tmp_path, RUN)
    put(tmp_path, "koh/text_models/char_cnn/seed1")
    study = study_of(tmp_path, seeds=[0, 1, 2])
    assert {run.seed for run in study.runs} == {0, 1}
    assert len(study.runs) == 180


def test_an_archive_with_other_seeds_only_is_not_asked_for_those_of_the_configuration(
    tmp_path: Path, study_of: Any
) -> None:
    put(tmp_path, "tan/text_models/char_cnn/seed7")
    seeds = [r.seed for r in study_of(tmp_path).runs_of("tan") if r.variant == "char_cnn"]
    assert seeds == [7]


def record(archive: Path, seed: int, data: str | None = None, **settings: Any) -> None:
    """A run of the character CNN with a record of its data and settings."""
    folder = put(archive, f"tan/text_models/char_cnn/seed{seed}")
    told = {"learning_rate": 0.1, "epochs": 250, **settings}
    run = {"model": "char_cnn", "settings": {k: v for k, v in told.items() if v is not None}}
    content = {"status": "completed", "run": run}
    if data:
        content["data"] = {"name": "dbpedia", "content_sha256": data}
    (folder / "run.json").write_text(json.dumps(content))


def test_further_seeds_count_where_they_are_of_the_same_data_and_settings(
    tmp_path: Path, study_of: Any
) -> None:
    """Runs that an earlier form of the study left are no seeds of what it asks for now."""
    record(tmp_path, 0, "new", validation_examples=0)
    for seed in (1, 2, 3):
        record(tmp_path, seed, "old")
    record(tmp_path, 4, "new", validation_examples=None)  # as earlier versions tell none
    record(tmp_path, 5, "new", learning_rate=0.2)
    record(tmp_path, 6, "new", early_stopping="val_loss")
    record(tmp_path, 7, "new", epochs=40)
    record(tmp_path, 8, "new", epochs=400)  # of which the first 250 are compared
    record(tmp_path, 9)
    put(tmp_path, "tan/text_models/char_cnn/seed10")
    study = study_of(tmp_path)
    assert [r.seed for r in study.runs if r.id in ArchivedRuns.of(tmp_path).placed] == [
        0,
        4,
        8,
        9,
        10,
    ]
    told = {run_id.rpartition("seed")[2]: why for run_id, why in study.strangers.items()}
    assert told.keys() == {"1", "2", "3", "5", "6", "7"}
    assert told["2"] == f"trained and judged on other data than {RUN}"
    assert "learning_rate = 0.2 where" in told["5"] and "has 0.1" in told["5"]
    assert "epochs = 40 where" in told["7"]


def test_of_the_seeds_asked_for_those_on_the_data_of_most_count(
    tmp_path: Path, study_of: Any
) -> None:
    for seed, data in enumerate(("old", "new", "new", "old", "old")):
        record(tmp_path, seed, data, learning_rate=0.1 + seed)
    study = study_of(tmp_path, seeds=[0, 1, 2])
    assert [r.seed for r in study.runs_of("tan") if r.variant == "char_cnn"] == [1, 2]
    assert {run_id[-1] for run_id in study.strangers} == {"0", "3", "4"}


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"run": 3}', '{"run": {"settings": 3}}', '{"data": 1}']
)
def test_a_damaged_record_is_held_against_no_run(tmp_path: Path, study_of: Any, text: str) -> None:
    record(tmp_path, 0, "new")
    record(tmp_path, 1, "new")
    (tmp_path / "tan/text_models/char_cnn/seed1/run.json").write_text(text)
    study = study_of(tmp_path)
    assert study.strangers == {} and study.seeds == (0, 1)


def test_a_run_that_the_manifest_lists_is_asked_for(tmp_path: Path, study_of: Any) -> None:
    put(tmp_path, RUN)
    lost = "tan/text_models/char_cnn/seed2"
    files = {f"{lost}/history.json": {"sha256": "0" * 64, "bytes": 1}}
    (tmp_path / "manifest.json").write_text(json.dumps({"files": files}))
    assert lost in {run.id for run in study_of(tmp_path).runs}


def test_the_longest_history_is_used_and_the_others_are_known(tmp_path: Path) -> None:
    put(tmp_path, RUN, 3)
    long = put(tmp_path / "gpu" / "later", RUN, 9, gz=True)
    even = put(tmp_path / "again", RUN, 9)
    broken = put(tmp_path / "broken", RUN)
    (broken / "history.json").write_text("{")
    runs = ArchivedRuns.of(tmp_path)
    assert runs.folder(RUN) == even  # of equal length, the one with the shorter path
    assert runs.others(RUN) == (long, tmp_path / RUN, broken)
    assert runs.has(RUN) and not runs.has("tan/text_models/word_cnn/seed0")


@pytest.mark.parametrize("content", [None, {}, {"notes.txt": "x"}])
def test_an_archive_without_any_history_is_refused(tmp_path: Path, content: Any) -> None:
    archive = tmp_path / "archive"
    if content is not None:
        archive.mkdir()
        for name, text in content.items():
            (archive / name).write_text(text)
    with pytest.raises(ArchiveError, match=r"archive: .*archive"):
        ArchivedRuns.of(archive)


@pytest.mark.parametrize("text", ["{", "[]", '{"files": []}', '{"files": {"a": 1}}'])
def test_a_damaged_manifest_is_named(tmp_path: Path, text: str) -> None:
    put(tmp_path, RUN)
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(ArchiveError, match=r"manifest\.json"):
        ArchivedRuns.of(tmp_path)


def test_only_files_that_differ_from_the_manifest_are_altered(tmp_path: Path) -> None:
    folder = put(tmp_path, RUN, gz=True)
    (folder / "run.json").write_text("{}")
    sums = {
        f"{RUN}/run.json": {"sha256": "0" * 64},
        f"{RUN}/gone.npz": {"sha256": "0" * 64},
    }
    (tmp_path / "manifest.json").write_text(json.dumps({"files": sums}))
    assert ArchivedRuns.of(tmp_path).altered(RUN) == [folder / "run.json"]


def test_results_and_archive_decide_the_paths(tmp_path: Path, study_of: Any) -> None:
    put(tmp_path, RUN, gz=True)
    paths = StudyPaths.of(study_of(tmp_path, results="elsewhere/mine"))
    assert paths.report == Path("elsewhere/mine/report/index.html")
    assert paths.run(RUN, "history") == tmp_path / RUN / "history.json"


def test_stamps_tell_the_epochs_that_there_are(tmp_path: Path, study_of: Any) -> None:
    study = study_of(put(tmp_path, RUN).parents[3])
    runs = study.runs_of("tan", "text_models")
    extent = Extent.by_epochs(study, {RUN: 3})
    assert extent.stamp(runs) == "3 of 250 epochs, 1 seed"
    assert extent.is_cut(runs)
    assert extent.stamp(study.runs_of("koh")) == "no runs"
    whole = Extent.by_epochs(study, {RUN: 250})
    assert (whole.stamp(runs), whole.is_cut(runs)) == ("250 epochs, 1 seed", False)
    assert Extent.by_epochs(study, {RUN: 400}).stamp(runs) == "400 epochs, 1 seed"
