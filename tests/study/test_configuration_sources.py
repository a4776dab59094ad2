"""The configuration is what its sources say, in Snakemake's order, and knows where it stands."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from nnrepro.models.registry import catalogue
from nnrepro.study.config import ConfigError, load_study
from nnrepro.study.questions import unfolded
from nnrepro.study.sources import SourceError, merge, paths_moved, read_configuration


def test_sections_are_merged_and_lists_replaced() -> None:
    base = {"seeds": [0, 1], "settings": {"all": {"epochs": 5, "loss": "logits"}}, "name": "a"}
    overlay = {"seeds": [7], "settings": {"all": {"epochs": 2}}, "name": None}
    assert merge(base, overlay) == {
        "seeds": [7],
        "settings": {"all": {"epochs": 2, "loss": "logits"}},
        "name": None,
    }


def test_merging_leaves_the_base_as_it_was() -> None:
    base = {"a": {"b": {"c": 1}}}
    merge(base, {"a": {"b": {"c": 2}}})
    assert base == {"a": {"b": {"c": 1}}}


def test_a_section_replaces_a_value_and_a_value_a_section() -> None:
    assert merge({"budget": 3}, {"budget": {"epochs": 2}}) == {"budget": {"epochs": 2}}
    assert merge({"budget": {"epochs": 2}}, {"budget": 3}) == {"budget": 3}


def written(folder: Path, **texts: str) -> list[Path]:
    """Files with these texts, named by their keys."""
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text)
    return [folder / f"{name}.yaml" for name in texts]


def test_later_files_win_and_assignments_over_all(tmp_path: Path) -> None:
    files = written(tmp_path, a="x: 1\ny: {p: 1}", b="x: 2", c="y: {q: 2}")
    read = read_configuration(files, ["y={p: 9}"], on_study=False)
    assert read.values == {"x": 2, "y": {"p": 9, "q": 2}}


def test_null_laid_over_a_setting_of_the_study_takes_it_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that what stands around it holds; in the study itself null stays, to be told."""
    monkeypatch.chdir(tmp_path)
    study = "experiments: {a: {epochs: 5, seeds: null, variants: {x: {units: 3}}}}\nclaims: c.yaml"
    over = "experiments: {a: {epochs: null, variants: {x: null}}}\nclaims: null"
    files = written(tmp_path, config=study, first=over, second="name: s")
    values = read_configuration(files[1:]).values
    assert values["experiments"] == {"a": {"seeds": None, "variants": {"x": None}}}
    assert values["claims"] is None


def test_each_key_stands_where_it_was_last_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    files = written(tmp_path, config="x: 1\ny:\n  p: 1\n  q: [3, 4]", overlay="\ny: {p: 2}")
    places = read_configuration(files[1:], ["z={w: 1}"]).places
    assert places["x"] == "config.yaml, line 1"
    assert places["y.p"] == "overlay.yaml, line 2"
    assert places["y.q.1"] == "config.yaml, line 4"
    assert places["z.w"] == "--config z={w: 1}"


def test_a_mistake_in_an_overlay_is_told_with_its_file_and_line(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository)
    text = "seeds: [0, x]\nexperiments:\n  text_models:\n    parameters:\n      unit: [8]\n"
    overlay = written(tmp_path, mine=text)
    read = read_configuration(overlay, ["backend=pytorch", "budget={epoch: 1}"])
    with pytest.raises(ConfigError) as caught:
        load_study(read.values, catalogue(), read.places)
    backend, budget, seeds = sorted(caught.value.problems)
    assert backend.endswith("(--config backend=pytorch)")
    assert budget.startswith("budget.epoch: unknown key")
    assert budget.endswith("(--config budget={epoch: 1})")
    assert seeds == f"seeds.1: 'x' must be a whole number ({tmp_path}/mine.yaml, line 1)"
    read = read_configuration(overlay, ["seeds=[0]"])
    with pytest.raises(ConfigError) as caught:
        load_study(read.values, catalogue(), read.places)
    told = [p for p in caught.value.problems if p.startswith("experiments.")]
    assert told
    for problem in told:
        assert problem.startswith("experiments.text_models.parameters.unit: [8]: unknown setting")
        assert problem.endswith(f"({tmp_path}/mine.yaml, line 5)")


@pytest.mark.parametrize("text", ["- a list", "a: [", "\x00", "", "# a remark", "a: 1\na: 2"])
def test_a_file_that_is_no_configuration_is_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(SourceError, match=r"bad\.yaml"):
        read_configuration(written(tmp_path, bad=text), on_study=False)


@pytest.mark.parametrize("name", ["missing.yaml", "."])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError, match="cannot be read: "):
        read_configuration([tmp_path / name], on_study=False)


@pytest.mark.parametrize("assignment", ["only", "=3", "only={", "name=2024_11_26"])
def test_an_assignment_that_cannot_be_read_is_named(assignment: str) -> None:
    with pytest.raises(SourceError, match=f"--config {assignment}"):
        read_configuration([], [assignment], on_study=False)


def test_text_in_quotation_marks_is_text_on_the_command_line_too() -> None:
    read = read_configuration([], ['name="2024_11_26"', "seeds=[0, 1]"], on_study=False)
    assert read.values == {"name": "2024_11_26", "seeds": [0, 1]}


def test_without_a_study_in_the_folder_the_way_out_is_told(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError) as caught:
        read_configuration([repository / "budgets/smoke.yaml"])
    assert f"no config.yaml in {tmp_path}" in str(caught.value)
    assert f"--directory {repository}" in str(caught.value)
    assert "with the keys data and experiments" in str(caught.value)


def test_without_a_study_in_the_folder_the_first_overlay_may_be_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    files = written(tmp_path, whole="name: mine\ndata: {}\nexperiments: {}", more="name: more")
    assert read_configuration(files).values == {"name": "more", "data": {}, "experiments": {}}
    assert read_configuration(files).file == files[0]
    written(tmp_path, config="title: below")
    assert read_configuration(files).values["title"] == "below"


def test_paths_are_meant_from_the_file_that_says_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("study", "study/overlays", "here"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "here")
    study = """
plugins: [models.py, /opt/plots.py]
published: {results: printed/numbers.csv, inconsistencies: 3}
claims: ~/claims.yaml
supplements: {other: ../archives/other}
results: results/mine
data:
  digits: {source: csv, path: digits.csv, test_path: later.csv, label: path}
"""
    (base,) = written(tmp_path / "study", config=study)
    (overlay,) = written(tmp_path / "study/overlays", other="data: {digits: {path: other.csv}}")
    read = read_configuration([overlay], ["archive=kept"], study=[base])
    assert read.values == {
        "plugins": ["../study/models.py", "/opt/plots.py"],
        "published": {"results": "../study/printed/numbers.csv", "inconsistencies": 3},
        "claims": "~/claims.yaml",
        "supplements": {"other": "../archives/other"},
        "results": "results/mine",
        "archive": "kept",
        "data": {
            "digits": {
                "source": "csv",
                "path": "../study/overlays/other.csv",
                "test_path": "../study/later.csv",
                "label": "path",
            }
        },
    }
    assert read.places["data.digits.path"].startswith(f"{overlay}, line ")
    back = paths_moved(read.values, Path(), read.folder)
    assert back["plugins"] == ["models.py", "/opt/plots.py"]
    assert back["data"]["digits"]["path"] == "overlays/other.csv"
    monkeypatch.chdir(tmp_path / "study")
    assert read_configuration([]).values["plugins"] == ["models.py", "/opt/plots.py"]


def test_an_archive_brings_its_own_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the place of the study's own file, and with paths that are meant as if it stood there."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old").mkdir()
    written(tmp_path, config="name: mine")
    written(tmp_path / "old", study="{name: theirs, claims: claims.yaml}")
    assert read_configuration([]).values == {"name": "mine"}
    read = read_configuration([], ["archive=old"])
    assert read.values == {"name": "theirs", "archive": "old", "claims": "claims.yaml"}
    assert read.file == Path("old/study.yaml")
    assert read_configuration([], ["archive=7"]).file == Path("config.yaml")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    read = read_configuration([], ["archive=../old"], study=[tmp_path / "config.yaml"])
    assert read.values["claims"] == "../claims.yaml"


def test_the_study_of_an_archive_is_one_by_itself_as_a_file_of_the_command_line_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the place of the study's own file, not laid over it: nothing of that one mixes in."""
    monkeypatch.chdir(tmp_path)
    written(tmp_path, config="name: mine\ntitle: Mine\ndata: {x: {path: x.csv}}")
    kept = [Path(name) / "study.yaml" for name in ("old", "older")]
    for file in kept:
        file.parent.mkdir()
        (file.parent / "manifest.json").write_text("{}")
        file.write_text("name: theirs\ndata: {y: {path: data/y.csv}}\npublished: {results: p.csv}")
    theirs = {"data": {"y": {"path": "data/y.csv"}}, "published": {"results": "p.csv"}}
    (overlay,) = written(tmp_path, over="name: shorter")
    for files in ([overlay, kept[0]], [kept[0], overlay]):
        read = read_configuration(files, ["seeds=3"])
        assert read.values == {"name": "shorter", "seeds": 3, **theirs}
    assert read_configuration(kept[:1], ["archive=old"]).values["archive"] == "old"
    with pytest.raises(SourceError, match="are studies of two archives; name one of them"):
        read_configuration(kept)
    Path("config.yaml").unlink()
    assert read_configuration(kept[:1]).values == {"name": "theirs", **theirs}
    Path("old/manifest.json").unlink()  # any other file is an overlay, whatever its name
    with pytest.raises(SourceError, match=r"there is no config\.yaml"):
        read_configuration(kept[:1])


def test_the_merge_is_that_of_snakemake(repository: Path, tmp_path: Path) -> None:
    """On the shipped overlays, compared with Snakemake's own function."""
    program = (
        "import json, sys, yaml\n"
        "from snakemake.utils import update_config\n"
        "config = {}\n"
        "for file in sys.argv[1:]: update_config(config, yaml.safe_load(open(file)))\n"
        "print(json.dumps(config))"
    )
    files = [repository / "config.yaml", *sorted((repository / "budgets").glob("*.yaml"))]
    command = [sys.executable, "-c", program, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    merged = unfolded(json.loads(done.stdout))
    assert read_configuration(files, on_study=False).values == merged
