"""The example of images: its data are those of its script, and it runs as its page says."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from copied import Workflow, copy_example

from nnrepro.models.registry import catalogue
from nnrepro.study.config import load_study
from nnrepro.study.sources import read_configuration

SMALLER = """\
name: smaller
experiments: {networks: {epochs: 1, seeds: 1, schedule: cosine}}
"""


@pytest.fixture
def example(repository: Path, tmp_path: Path) -> Path:
    """A copy of the example."""
    return copy_example(repository, "images", tmp_path)


def test_the_images_are_those_that_the_script_draws(example: Path) -> None:
    with np.load(example / "shapes.npz") as stored:
        before = {name: stored[name] for name in stored.files}
    subprocess.run([sys.executable, "make_shapes.py"], cwd=example, check=True)
    with np.load(example / "shapes.npz") as stored:
        assert {*before} == {*stored.files}
        assert all((before[name] == stored[name]).all() for name in before)


def test_it_is_as_short_and_as_large_as_the_page_says(
    example: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(example)
    lines = [
        len((example / name).read_text().splitlines()) for name in ("config.yaml", "models.py")
    ]
    page = " ".join((repository / "docs/examples.md").read_text(encoding="utf-8").split())
    assert lines[0] <= 40 and lines[1] <= 60
    told = "`examples/images/`, {} lines of configuration and {} of Python,".format(*lines)
    assert told in page
    study = load_study(read_configuration([]).values, catalogue())
    assert f"trains {len(study.runs)} runs: a plain CNN" in page
    scheduled = [run.settings["schedule"] for run in study.runs]
    assert {*scheduled} == {"constant", "cosine"}


@pytest.mark.slow
def test_a_smaller_one_runs(example: Path, repository: Path) -> None:
    (example / "smaller.yaml").write_text(SMALLER)
    table = "results/smaller/tables/runs.csv"
    called = ("-s", str(repository / "Snakefile"), "--configfile", "smaller.yaml")
    Workflow(example).snakemake(*called, "--", table)
    rows = pd.read_csv(example / table)
    assert rows["model"].tolist() == ["image_cnn", "residual"]
    assert rows["status"].tolist() == ["completed", "completed"]
    assert rows["test_examples"].tolist() == [240, 240]
