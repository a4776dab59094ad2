"""The example of texts: its data are those of its script, it runs, and each model is its own."""

import csv
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
experiments: {order: {epochs: 2, seeds: 1}, width: null, final: null}
"""
TABLE = "results/smaller/tables/runs.csv"
BAG, ENCODER = (f"main/order/{name}/seed0" for name in ("bag", "encoder"))


@pytest.fixture
def example(repository: Path, tmp_path: Path) -> Path:
    """A copy of the example."""
    return copy_example(repository, "texts", tmp_path / "example")


def test_the_texts_are_what_the_script_writes(example: Path) -> None:
    before = (example / "texts.csv").read_bytes()
    subprocess.run([sys.executable, "make_texts.py"], cwd=example, check=True)
    assert (example / "texts.csv").read_bytes() == before


def test_it_is_as_short_and_as_large_as_the_page_says(
    example: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(example)
    page = " ".join((repository / "docs/examples.md").read_text(encoding="utf-8").split())
    lengths = []
    for name, most in (("config.yaml", 40), ("models.py", 60)):
        lengths.append(len((example / name).read_text(encoding="utf-8").splitlines()))
        assert lengths[-1] <= most
    told = "`examples/texts/`, {} lines of configuration and {} of Python,".format(*lengths)
    assert told in page
    study = load_study(read_configuration([]).values, catalogue())
    assert f"order does. It trains {len(study.runs)} runs." in page


@pytest.mark.slow
def test_it_runs_and_an_edit_of_a_model_trains_that_model_again(
    example: Path, repository: Path
) -> None:
    """Not the other one of its file; text beside the code trains nothing."""
    (example / "smaller.yaml").write_text(SMALLER, encoding="utf-8")
    workflow = Workflow(example)
    called = ["-s", str(repository / "Snakefile"), "--configfile", "smaller.yaml", "--", TABLE]
    workflow.snakemake(*called)
    with (example / TABLE).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["variant"] for row in rows] == ["bag", "encoder"]
    assert all(0 <= float(row["last1_mean_validation_f1_macro"]) <= 1 for row in rows)
    assert not (example / "__pycache__").exists()

    models = (example / "models.py").read_text(encoding="utf-8")
    words = models.replace("A bag of words:", "Words in a bag:") + "\nUNUSED = 1\n"
    bag = words.index("def bag(")
    edits = {
        words[:bag] + words[bag:].replace("Pooling1D()", "Pooling1D(name='mean')", 1): {BAG},
        words.replace("return words + self.table", "return words * self.table"): {ENCODER},
    }
    for text, trained in edits.items():
        assert text != words
        (example / "models.py").write_text(text, encoding="utf-8")
        assert workflow.planned_runs(*called) == trained
