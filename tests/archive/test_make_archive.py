"""An archive holds finished runs, whole and unchanged, and never loses or mixes up any."""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from forked import forked_python

from nnrepro.archive.build import Outcome, make_archive
from nnrepro.archive.collect import CollectError, without_places
from nnrepro.archive.merge import ConflictError, Fate
from nnrepro.errors import NnreproError
from nnrepro.figures.sources import read_feature_maps
from nnrepro.files import read_stored
from nnrepro.measures.runs import read_runs
from nnrepro.models.registry import catalogue
from nnrepro.study.config import load_study
from nnrepro.study.folders import ArchivedRuns
from nnrepro.study.sources import read_configuration

RUN = "tan/text_models/char_cnn/seed0"
OTHER = "koh/text_models/word_cnn/seed1"


def put(results: Path, run_id: str, epochs: int = 3, level: float = 0.5, **changes: Any) -> Path:
    """A finished run as training leaves it."""
    folder = results / "runs" / run_id
    folder.mkdir(parents=True, exist_ok=True)
    keys = ("loss", "accuracy", "val_loss", "val_accuracy")
    text = json.dumps({key: [level] * epochs for key in keys}, indent=1) + "\n"
    (folder / "history.json").write_text(text)
    np.savez(folder / "predictions.npz", probabilities=np.eye(2), labels=np.arange(2))
    record = {
        "status": "completed",
        "epochs_completed": epochs,
        "device": {"name": "a processor", "backend": "jax"},
        "data": {"name": "dbpedia_words", "path": "/home/somebody/data", "sha256": {"a.csv": "00"}},
        "hostname": "machine",
        "files": {"history.json": sha256(text.encode()).hexdigest()},
    }
    (folder / "run.json").write_text(json.dumps(record | changes))
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Every file by its path."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_what_models_are_made_of_is_kept_as_far_as_runs_are(tmp_path: Path, archived: Any) -> None:
    """Of parameters that a selection might have chosen, those that it chose."""
    layers = [{"name": "c1", "kind": "Conv2D", "output": [81, None, 10], "parameters": 9}]
    combinations = [OTHER.rpartition("/")[0], RUN.rpartition("/")[0]]
    built = [
        {
            "model": "char_cnn",
            "settings": {"filters": filters},
            "trained": 9,
            "layers": layers,
            "combinations": combinations,
        }
        for filters in (5, 10)
    ]
    run = {"id": RUN, "model": "char_cnn", "settings": {"filters": 10}}
    put(tmp_path / "results", RUN, run=run, parameters=9)
    checked = tmp_path / "results/models_checked.json"
    checked.write_text(json.dumps({"backend": "jax", "architectures": built}))
    archived()
    kept = json.loads((tmp_path / "archive/architectures.json").read_text())
    assert kept == {"architectures": [built[1] | {"combinations": combinations[1:]}]}
    archived("archive", to="copy/archive")
    assert contents(tmp_path / "copy/archive") == contents(tmp_path / "archive")
    checked.write_text('{"architectures": [{}]}')
    with pytest.raises(NnreproError, match=r"models_checked\.json.* does not say what models"):
        archived()


def test_same_runs_give_same_bytes_whatever_their_order(tmp_path: Path, archived: Any) -> None:
    put(tmp_path / "results", RUN)
    put(tmp_path / "more", OTHER)
    archived("results", "more")
    archived("more", to="copy/archive")
    archived("results", to="copy/archive")
    assert contents(tmp_path / "archive") == contents(tmp_path / "copy" / "archive")
    assert not list(tmp_path.glob(".*"))


def test_what_is_archived_reads_back_as_it_was(tmp_path: Path, archived: Any) -> None:
    folder = put(tmp_path / "results", RUN)
    archived()
    runs = ArchivedRuns.of(tmp_path / "archive")
    assert read_stored(runs.folder(RUN) / "history.json") == (folder / "history.json").read_bytes()
    assert not runs.altered(RUN)
    assert set(runs.vouched(RUN)) == {"history.json", "run.json"}
    archived(predictions=True)
    assert set(ArchivedRuns.of(tmp_path / "archive").vouched(RUN)) == {
        "history.json",
        "run.json",
        "predictions.npz",
    }


def place_of_maps(results: Path) -> Path:
    """Where a figure's computed feature maps lie, in a folder that is made for them."""
    file = results / "feature_maps" / "tan" / "maps.npz"
    file.parent.mkdir(parents=True)
    return file


def test_feature_maps_are_archived_with_predictions_and_without_images(
    tmp_path: Path, archived: Any
) -> None:
    """Images are data, and may not be everybody's to pass on."""
    put(tmp_path / "results", RUN)
    computed = place_of_maps(tmp_path / "results")
    c1 = np.random.default_rng(0).random((2, 4, 4, 3)).astype(np.float32)
    told = {"classes": np.array(["cat", "ship"]), "words": np.array(["first convolution"])}
    np.savez_compressed(computed, images=np.ones((2, 6, 6, 3)), c1=c1, **told)
    archived()
    kept = tmp_path / "archive" / "feature_maps" / "tan" / "maps.npz"
    assert not kept.exists()
    archived(predictions=True)
    before = kept.read_bytes()
    maps = read_feature_maps(kept)
    assert maps.images is None and maps.classes == ("cat", "ship")
    np.testing.assert_array_equal(maps.layers["c1"], c1)
    archived("archive", predictions=True)
    assert kept.read_bytes() == before


def test_feature_maps_do_not_outlive_the_run_that_they_may_be_of(
    tmp_path: Path, archived: Any
) -> None:
    put(tmp_path / "results", RUN)
    computed = place_of_maps(tmp_path / "results")
    np.savez_compressed(computed, c1=np.ones((1, 4, 4, 3)), classes=["cat"], words=["convolution"])
    archived(predictions=True)
    kept = tmp_path / "archive" / "feature_maps" / "tan" / "maps.npz"
    put(tmp_path / "others", OTHER)
    archived("others")
    assert kept.exists()
    put(tmp_path / "anew", RUN, level=0.6)
    archived("anew", replace=True)
    assert not kept.exists()


def test_the_archives_study_is_the_one_that_was_run(tmp_path: Path, archived: Any) -> None:
    put(tmp_path / "results", RUN)
    archived()
    kept = yaml.safe_load((tmp_path / "archive" / "study.yaml").read_text())
    assert not {"archive", "results", "training"} & set(kept)
    assert len(load_study(kept, catalogue()).runs) == 90


def test_the_manifest_tells_how_each_group_was_made(tmp_path: Path, archived: Any) -> None:
    put(tmp_path / "results", RUN, 3)
    put(tmp_path / "results", "tan/text_models/char_cnn/seed1", 3)
    put(tmp_path / "results", "tan/text_models/word_cnn/seed0", 250)
    archived()
    told = json.loads((tmp_path / "archive" / "manifest.json").read_text())
    short, full = told["groups"]
    assert (short["part"], short["epochs"], short["runs"], short["seeds"]) == ("B", 3, 2, [0, 1])
    assert (short["full_length"], full["full_length"]) == (False, True)
    assert short["backends"] == ["jax"]
    assert short["data"]["dbpedia"]["sha256"] == {"a.csv": "00"}
    assert "'budget={\"epochs\": 3}'" in short["command"]
    assert "budget" not in full["command"]


def test_the_command_of_a_group_gives_each_experiment_its_own_seeds(tmp_path: Path) -> None:
    """What is selected from is trained with other seeds, or the selection would be another one."""
    config = {
        "name": "own",
        "data": {"d": {"source": "csv", "path": "d.csv", "label": "y"}},
        "seeds": [3, 4],
        "experiments": {
            "widths": {"model": "mlp", "units": [4, 8], "epochs": 3},
            "best": {"select": "widths", "seeds": [0, 7], "epochs": 3},
        },
    }
    for run in (study := load_study(config, catalogue())).runs:
        put(tmp_path / "results", run.id)
    make_archive([tmp_path / "results"], tmp_path / "kept", study=study, config=config)
    groups = json.loads((tmp_path / "kept/manifest.json").read_text())["groups"]
    for group in groups:
        words = shlex.split(group["command"])
        settings = words[words.index("--config") + 1 : words.index("--")]
        overlay = tmp_path / "study.yaml"
        overlay.write_text(yaml.safe_dump(config))
        asked = load_study(read_configuration([], settings, study=[overlay]).values, catalogue())
        assert {run.id for run in asked.runs} == {
            run.id for run in study.runs if run.experiment in (group["experiment"], "widths")
        }


def test_runs_of_a_renamed_experiment_are_counted_and_have_no_command(
    tmp_path: Path, archived: Any
) -> None:
    """The study cannot make them again; what was trained is kept all the same."""
    put(tmp_path / "results", "tan/text_models/char_cnn/seed0")
    put(tmp_path / "results", "tan/texts/char_cnn/seed0")
    outcome = archived()
    groups = json.loads((tmp_path / "archive" / "manifest.json").read_text())["groups"]
    commands = {group["experiment"]: group["command"] for group in groups}
    assert commands["texts"] is None
    assert "text_models" in commands["text_models"]
    assert (outcome.runs, outcome.undeclared) == (2, 1)


def test_seeds_that_the_study_does_not_ask_for_are_counted(tmp_path: Path, archived: Any) -> None:
    """They count in an archive's report, but for those that are on record as other runs."""
    for seed, data in ((0, "new"), (77, "new"), (78, "old"), (79, "old")):
        told = {"name": "dbpedia_characters", "content_sha256": data}
        put(tmp_path / "results", f"tan/text_models/char_cnn/seed{seed}", data=told)
    outcome = archived()
    assert (outcome.runs, outcome.undeclared) == (4, 0)
    assert (outcome.further, outcome.strangers) == (1, 2)


def test_a_run_that_ended_itself_is_of_the_group_with_as_many_epochs_asked_for(
    tmp_path: Path, archived: Any
) -> None:
    """Its command asks for all of them: a shorter training would have another schedule."""
    for seed, epochs in enumerate((9, 12, 250)):
        run = {"settings": {"epochs": 250, "early_stopping": 4}}
        put(tmp_path / "results", f"tan/text_models/char_cnn/seed{seed}", epochs, run=run)
    archived()
    (group,) = json.loads((tmp_path / "archive" / "manifest.json").read_text())["groups"]
    assert (group["epochs"], group["full_length"], group["runs"]) == (250, True, 3)
    assert "budget" not in group["command"]


@pytest.mark.parametrize(
    ("devices", "told"),
    [
        (["jax gpu", "jax gpu"], "'backend=\"jax\"' 'training={\"gpus\": 1}'"),
        (["jax gpu", "jax cpu"], "'backend=\"jax\"'"),
        (["jax gpu", "tensorflow gpu"], "'training={\"gpus\": 1}'"),
        (["jax gpu", "tensorflow cpu"], ""),
        (["tensorflow cpu", "tensorflow cpu"], ""),
    ],
)
def test_the_command_of_a_group_names_backend_and_device_where_all_runs_had_them(
    tmp_path: Path, archived: Any, devices: list[str], told: str
) -> None:
    """The study's own backend, and the processor, go without saying."""
    for seed, device in enumerate(devices):
        backend, kind = device.split()
        run_id = f"tan/text_models/char_cnn/seed{seed}"
        put(tmp_path / "results", run_id, 250, device={"backend": backend, "kind": kind})
    archived()
    (group,) = json.loads((tmp_path / "archive" / "manifest.json").read_text())["groups"]
    config = group["command"].partition(" --config ")[2].removesuffix(" -- training")
    assert re.sub(r"^'seeds=[^']+' 'only=[^']+' ?", "", config) == told


def test_a_note_on_the_data_goes_with_the_runs_that_it_is_about(
    tmp_path: Path, archived: Any
) -> None:
    """Runs from elsewhere keep theirs, and those of another data set have none."""
    note = {"dbpedia": "a sample of ours"}
    images = {"name": "cifar10", "sha256": {"data_batch_1": "00"}}
    put(tmp_path / "results", RUN)
    put(tmp_path / "results", "tan/channel_grid/c1-10_c2-20/seed0", data=images)
    put(tmp_path / "theirs", OTHER)
    archived(notes=note)
    archived("archive", "theirs", to="both", notes={"dbpedia": "a sample of theirs"})
    told = json.loads((tmp_path / "both" / "manifest.json").read_text())["groups"]
    notes = {(g["protocol"], name): data["note"] for g in told for name, data in g["data"].items()}
    assert notes == {
        ("tan", "dbpedia"): "a sample of ours",
        ("tan", "cifar10"): "",
        ("koh", "dbpedia"): "a sample of theirs",
    }


def test_a_note_in_the_configuration_is_kept_with_each_run(
    tmp_path: Path, repository: Path
) -> None:
    put(tmp_path / "results", RUN)
    config = yaml.safe_load((repository / "config.yaml").read_text(encoding="utf-8"))
    config["data"]["dbpedia"]["note"] = "a sample of ours"
    study = load_study(config, catalogue())
    make_archive([tmp_path / "results"], tmp_path / "archive", study=study, config=config)
    record = json.loads((tmp_path / "archive" / RUN / "run.json").read_text())
    assert record["data"]["note"] == "a sample of ours"


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("cifar=once", "no data set 'cifar'; did you mean 'cifar10'?"),
        ("cifar10", "not of the form DATASET=TEXT"),
        ("cifar10= ", "not of the form DATASET=TEXT"),
    ],
)
def test_a_note_on_nothing_is_refused(
    repository: Path, tmp_path: Path, asked: str, words: str
) -> None:
    put(tmp_path / "results", RUN)
    options = ["--to", tmp_path / "archive", "--data-note", asked]
    call = subprocess.run(
        [forked_python(), "-m", "nnrepro", "archive", tmp_path / "results", *options],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )
    assert call.returncode
    assert words in call.stderr
    assert not (tmp_path / "archive").exists()


def test_no_path_and_no_host_gets_into_the_archive(tmp_path: Path, archived: Any) -> None:
    put(tmp_path / "results", RUN)
    archived()
    everything = b"".join(contents(tmp_path / "archive").values())
    assert b"/home/somebody" not in everything
    assert b'machine"' not in everything
    assert str(tmp_path).encode() not in everything
    assert without_places({"a": ["C:\\x\\y", "~/z", "linux/x"], "host": 1}) == {
        "a": ["y", "z", "linux/x"]
    }


def test_the_longer_history_wins_and_takes_its_whole_folder(tmp_path: Path, archived: Any) -> None:
    put(tmp_path / "results", RUN, 3)
    archived(predictions=True)
    put(tmp_path / "results", RUN, 9)
    assert len(archived().merged[Fate.LONGER]) == 1
    runs = ArchivedRuns.of(tmp_path / "archive")
    assert len(json.loads(read_stored(runs.folder(RUN) / "history.json"))["loss"]) == 9
    assert not (runs.folder(RUN) / "predictions.npz").exists()
    put(tmp_path / "results", RUN, 4)
    before = contents(tmp_path / "archive")
    assert [placed.run.run_id for placed in archived().merged[Fate.SHORTER]] == [RUN]
    assert contents(tmp_path / "archive") == before


def test_a_different_history_of_the_same_length_is_never_replaced_silently(
    tmp_path: Path, archived: Any
) -> None:
    put(tmp_path / "results", RUN, level=0.5)
    archived()
    before = contents(tmp_path / "archive")
    put(tmp_path / "results", RUN, level=0.6)
    put(tmp_path / "results", OTHER)
    with pytest.raises(ConflictError, match=f"{RUN}.*REPLACE=1"):
        archived()
    assert contents(tmp_path / "archive") == before
    assert len(archived(replace=True).merged[Fate.REPLACED]) == 1


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("history.json", '{"loss": [NaN]}'),
        ("history.json", "{"),
        ("run.json", '{"status": "running"}'),
        ("run.json", "["),
    ],
)
def test_damaged_runs_are_refused_by_name_and_nothing_is_written(
    tmp_path: Path, archived: Any, file: str, text: str
) -> None:
    put(tmp_path / "results", OTHER)
    (put(tmp_path / "results", RUN) / file).write_text(text)
    with pytest.raises(CollectError, match=RUN):
        archived()
    assert not (tmp_path / "archive").exists()


def test_a_history_that_its_record_does_not_vouch_for_is_refused(
    tmp_path: Path, archived: Any
) -> None:
    folder = put(tmp_path / "results", RUN)
    text = (folder / "history.json").read_text()
    (folder / "history.json").write_text(text.replace("0.5", "0.6", 1))
    with pytest.raises(CollectError, match="checksum"):
        archived()


def test_unfinished_runs_stay_behind(tmp_path: Path, archived: Any) -> None:
    put(tmp_path / "results", OTHER)
    (put(tmp_path / "results", RUN) / "run.json").unlink()
    outcome = archived()
    assert (outcome.unfinished, outcome.runs) == ([RUN], 1)


def test_a_changed_archive_is_noticed_and_mended_by_the_run_itself(
    tmp_path: Path, archived: Any, repository: Path
) -> None:
    put(tmp_path / "results", RUN)
    put(tmp_path / "more", OTHER)
    archived("results", "more")
    before = contents(tmp_path / "archive")
    record = tmp_path / "archive" / RUN / "run.json"
    record.write_text(record.read_text().replace("completed", "diverged"))
    config = yaml.safe_load((repository / "config.yaml").read_text(encoding="utf-8"))
    run = load_study(config, catalogue()).run(RUN)
    (problem,) = read_runs([run], ArchivedRuns.of(tmp_path / "archive"))[1]
    assert (problem.status, problem.file) == ("damaged", "run.json")
    assert "checksum" in problem.message
    with pytest.raises(ConflictError, match=r"run\.json"):
        archived("more")
    archived("results")
    assert contents(tmp_path / "archive") == before


def test_files_of_others_and_further_budgets_stay(tmp_path: Path, archived: Any) -> None:
    put(tmp_path / "results", RUN, 3)
    archived()
    (tmp_path / "archive" / "README.md").write_text("mine")
    shutil.copytree(tmp_path / "archive" / RUN, tmp_path / "archive" / "cpu" / RUN)
    put(tmp_path / "results", RUN, 9)
    archived()
    assert (tmp_path / "archive" / "README.md").read_text() == "mine"
    assert len(ArchivedRuns.of(tmp_path / "archive").others(RUN)) == 1


def test_an_archive_moved_away_by_a_killed_call_comes_back(tmp_path: Path, archived: Any) -> None:
    put(tmp_path / "results", RUN)
    archived()
    (tmp_path / "archive").rename(tmp_path / ".archive.old")
    put(tmp_path / "more", OTHER)
    assert archived("more").runs == 2


def test_a_run_that_failed_is_left_out_as_unfinished(
    archived: Callable[..., Outcome], tmp_path: Path
) -> None:
    """It takes none of the others with it."""
    put(tmp_path / "results", RUN)
    put(tmp_path / "results", OTHER, status="failed", error="no such word")
    outcome = archived()
    assert outcome.unfinished == [OTHER] and outcome.runs == 1
