"""The example of a table: its data are those of its script, and it runs as its page says."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from copied import Workflow, copy_example

from nnrepro.models.registry import catalogue
from nnrepro.study.config import load_study
from nnrepro.study.sources import read_configuration

SMALLER = """\
name: smaller
settings: {all: {epochs: 3}}
experiments: {line: null, search: {samples: 2}, final: {seeds: 1}}
"""


@pytest.fixture
def example(repository: Path, tmp_path: Path) -> Path:
    """A copy of the example."""
    return copy_example(repository, "table", tmp_path)


def test_the_table_is_what_the_script_writes(example: Path) -> None:
    before = (example / "reactions.csv").read_bytes()
    subprocess.run([sys.executable, "make_reactions.py"], cwd=example, check=True)
    assert (example / "reactions.csv").read_bytes() == before


def test_it_is_as_short_and_as_large_as_the_page_says(
    example: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(example)
    lines = (example / "config.yaml").read_text().splitlines()
    page = " ".join((repository / "docs/examples.md").read_text(encoding="utf-8").split())
    assert len(lines) <= 40 and f"`examples/table/`, {len(lines)} lines of configuration," in page
    study = load_study(read_configuration([]).values, catalogue())
    assert f"trains {len(study.runs)} runs: a straight line" in page
    assert study.selection_metric("main") == "last_window_mean_validation_mean_absolute_error"


@pytest.mark.slow
def test_a_smaller_one_runs_and_selects_by_validation(example: Path, repository: Path) -> None:
    (example / "smaller.yaml").write_text(SMALLER)
    table = "results/smaller/tables/runs.csv"
    called = ("-s", str(repository / "Snakefile"), "--configfile", "smaller.yaml")
    Workflow(example).snakemake(*called, "--", table)
    with (example / table).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    error = "last1_mean_validation_mean_absolute_error"
    best = min(rows[:2], key=lambda row: float(row[error]))
    decision = json.loads((example / "results/smaller/selection/main/search.json").read_text())
    assert decision["variant"] == best["variant"]
    assert rows[2]["experiment"] == "final" and rows[2]["units"] == best["units"]
    assert rows[2]["test_examples"] == "80"
