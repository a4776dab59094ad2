"""Odd but valid JSON in the files of a run costs that run at most, and nothing waits or crashes."""

import copy
import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnrepro.files import write_json
from nnrepro.measures.runs import read_runs
from nnrepro.models.registry import catalogue
from nnrepro.study.config import load_study
from nnrepro.study.folders import ArchivedRuns, ArchiveError, epochs_in
from nnrepro.study.run import Run
from nnrepro.study.study import Study

CURVES = {key: [0.5, 0.25] for key in ("loss", "accuracy", "val_loss", "val_accuracy")}
SIDE = {key: [0.5, 0.25] for key in ("val_loss", "val_accuracy")}
FILES: dict[str, Any] = {
    "history.json": CURVES,
    "history_comparison.json": SIDE,
    "history_validation.json": SIDE,
    "history_folds.json": {"folds": 2, "examples": [4, 4], "correct": [[2, 2], [1, 1]]},
}
ODD: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.sampled_from([10**400, -(2**63), 2**64]),
        st.floats(),
        st.text(max_size=3),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["loss", "folds", "sha256", "files"]), inner, max_size=2),
    ),
    max_leaves=5,
)
ONCE = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def study(repository: Path) -> Study:
    return load_study(yaml.safe_load((repository / "config.yaml").read_text()), catalogue())


@pytest.fixture(scope="module")
def runs(study: Study) -> list[Run]:
    """Two runs; of the first everything is recorded that can be."""
    everything = {"comparison_test_examples": 8, "validation_examples": 8, "test_folds": 2}
    first, second = study.runs[:2]
    return [first.as_done(everything), second]


def put(root: Path, runs: list[Run]) -> Path:
    """Both runs in a folder; the folder of the first."""
    for run in runs:
        for name, content in FILES.items():
            write_json(root / run.id / name, content)
    return root / runs[0].id


@ONCE
@given(data=st.data(), name=st.sampled_from(list(FILES)), odd=ODD)
def test_an_odd_value_costs_its_run_at_most(
    data: st.DataObject, name: str, odd: Any, tmp_path: Path, runs: list[Run]
) -> None:
    folder = put(tmp_path, runs)
    content = copy.deepcopy(FILES[name])
    place = data.draw(st.sampled_from(["", *content]))
    inside = content.get(place)
    if not place:
        content = odd
    elif isinstance(inside, list) and data.draw(st.booleans()):
        inside[0] = odd
    else:
        content[place] = odd
    (folder / name).write_text(json.dumps(content), encoding="utf-8")
    found, problems = read_runs(runs, tmp_path)
    assert runs[1].id in {item.run.id for item in found}
    assert {problem.run_id for problem in problems} <= {runs[0].id}
    assert epochs_in(folder) >= 0


@pytest.mark.parametrize("name", [*FILES, "run.json", "predictions.npz"])
def test_a_pipe_in_place_of_a_file_costs_its_run_at_most(
    name: str, tmp_path: Path, runs: list[Run]
) -> None:
    folder = put(tmp_path, runs)
    (folder / name).unlink(missing_ok=True)
    os.mkfifo(folder / name)
    found, problems = read_runs(runs, tmp_path)
    assert runs[1].id in {item.run.id for item in found}
    if name != "predictions.npz":
        assert any("named pipe" in problem.message for problem in problems)


@ONCE
@given(data=st.data(), odd=ODD)
def test_an_odd_manifest_is_named_or_vouches_for_what_it_says(
    data: st.DataObject, odd: Any, tmp_path: Path, runs: list[Run]
) -> None:
    put(tmp_path, runs)
    entry = {"sha256": "00", "bytes": 1}
    manifest: Any = {"format": 1, "groups": [], "files": {f"{runs[0].id}/history.json": entry}}
    place = data.draw(st.sampled_from(["", "files", "entry", "sha256"]))
    if not place:
        manifest = odd
    elif place == "files":
        manifest["files"] = odd
    elif place == "entry":
        manifest["files"][f"{runs[0].id}/history.json"] = odd
    else:
        entry["sha256"] = odd
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    try:
        folders = ArchivedRuns.of(tmp_path)
    except ArchiveError as error:
        assert "manifest.json" in str(error)
        return
    found, _ = read_runs(runs, folders)
    assert runs[1].id in {item.run.id for item in found}
    assert runs[1].id in folders.listed
