"""What fails costs itself alone: the report says what and why, and so does the exit status."""

import json
import os
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from forked import forked_python
from pages import report_pages

pytestmark = pytest.mark.slow

STUDY = Path(__file__).with_name("failing_study.yaml")
MODEL = '''"""A bag of words that may know too few: the others are no rows of its table."""

from typing import Annotated

from nnrepro.models.registry import Range, Task, register


@register(input="words")
def narrow_bag(task: Task, *, words: Annotated[int, Range(1)] = 2) -> "keras.Model":
    """The mean of learned vectors, and a dense layer."""
    import keras

    inputs = keras.Input(task.input_shape, dtype="int32")
    x = keras.layers.Embedding(words, 4)(inputs)
    x = keras.layers.GlobalAveragePooling1D()(x)
    return keras.Model(inputs, keras.layers.Dense(task.num_classes)(x))
'''
NARROW = "mine/known/words-2/seed3"
WIDE = "mine/known/words-5000/seed3"
DEPENDENT = "mine/after/wide/seed3"
UNDRAWABLE = "no room for it"


def words(results: Path) -> str:
    """What a reader of the report sees."""
    html = report_pages(results)
    text = re.sub(r"<(style|script|title)\b.*?</\1>|<[^>]+>", " ", html, flags=re.S)
    return " ".join(unescape(text).split())


@pytest.fixture
def failing(workflow: Any) -> Any:
    """The study, its model, and a kind of table and a figure that cannot be made."""
    shutil.copy2(STUDY, workflow.folder / "config.yaml")
    (workflow.folder / "scripts/nnrepro/models/narrow_bag.py").write_text(MODEL)
    figures = workflow.folder / "scripts/nnrepro/figures/comparison.py"
    figures.write_text(
        figures.read_text()
        + "\n\n_drawn = _compared\n\n\n"
        + "def _compared(own, *arguments, **options):\n"
        + f"    if own[0].name == 'together':\n        raise ValueError('{UNDRAWABLE}')\n"
        + "    return _drawn(own, *arguments, **options)\n"
    )
    tables = workflow.folder / "scripts/nnrepro/tables/tests.py"
    tables.write_text(
        tables.read_text()
        + "\n\nfrom functools import wraps\n\n\n"
        + "@wraps(tests)\ndef _fail(*arguments, **options):\n"
        + "    raise IndexError('no row')\n\n\ntests = _fail\n"
    )
    return workflow


def test_a_study_of_which_nearly_everything_fails_has_its_report(
    failing: Any, tmp_path: Path
) -> None:
    done = failing.snakemake(check=False)
    said = done.stdout + done.stderr
    results = failing.folder / "results/failing"

    # The exit status, with everything that failed and why.
    assert done.returncode != 0
    assert re.search(rf"- {NARROW}: InvalidArgumentError: .* is not in \[0, 2\)", said)
    assert re.search(rf"- {DEPENDENT}: not trained, as nothing was selected from 'step'", said)
    assert f"- figures/mine/comparison/together: ValueError: {UNDRAWABLE}" in said
    assert "- tables/steps: IndexError: no row" in said
    assert said.count("Error in rule") == 1 and "Error in rule check_results" in said

    # The report, in both forms, with the same in its place.
    text = words(results)
    assert (results / "report/report.pdf").read_bytes().startswith(b"%PDF")
    for told in (
        "2 runs have failed",
        f"{NARROW} : InvalidArgumentError",
        f"{DEPENDENT} : not trained",
        f"This figure could not be made: ValueError: {UNDRAWABLE}",
        "This table could not be made: IndexError: no row",
        "Nothing was selected from “Steps”",
    ):
        assert told in text
    assert "Selected variant" not in text

    # The rest.
    drawn = {path.stem for path in (results / "figures").rglob("*.svg")}
    assert {"everything", "apart", "words-5000"} <= drawn and "together" not in drawn
    assert "5000 words,1" in (results / "tables/words.csv").read_text()
    decision = json.loads((results / "selection/mine/step.json").read_text())
    assert decision["variant"] is None and "diverged" in decision["reason"]
    described = json.loads((results / "ro-crate-metadata.json").read_text())
    parts = {entity["@id"] for entity in described["@graph"]}
    assert "tables/words.csv" in parts and "tables/steps.csv" not in parts

    # What failed is neither archived nor planned as done.
    archive = tmp_path / "archive"
    command = [forked_python(), "-m", "nnrepro", "archive", str(results), "--to", str(archive)]
    environment = {**os.environ, "PYTHONPATH": str(failing.folder / "scripts")}
    done = subprocess.run(
        command,
        cwd=failing.folder,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert (archive / WIDE).is_dir() and not (archive / NARROW).exists()
    planned = subprocess.run(
        [forked_python(), "-m", "nnrepro", "plan", "--json"],
        cwd=failing.folder,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    states = {run["id"]: run for run in json.loads(planned.stdout)["runs"]}
    assert states[NARROW]["reasons"] == states[DEPENDENT]["reasons"] == ["failed"]

    # Its archive gives its report, too.
    out = tmp_path / "out"
    again = failing.snakemake("--config", f"archive={archive}", f"results={out}", check=False)
    assert again.returncode != 0
    assert "mine/step: nothing selected: " in again.stdout + again.stderr
    assert "Nothing was selected from “Steps”" in words(out)


def history(value: float) -> dict[str, list[float]]:
    return {"loss": [value], "accuracy": [0.0], "val_loss": [value], "val_accuracy": [1.0]}


@pytest.mark.parametrize("loss", [1e308, None], ids=["1e308", "all failed"])
def test_odd_numbers_and_no_numbers_at_all_have_a_report(
    workflow: Any, tmp_path: Path, loss: float | None
) -> None:
    """A single run with the largest of losses; nothing but failed runs."""
    shutil.copy2(STUDY, workflow.folder / "config.yaml")
    (workflow.folder / "scripts/nnrepro/models/narrow_bag.py").write_text(MODEL)
    archive, out = tmp_path / "archive", tmp_path / "out"
    for run_id in (NARROW, WIDE, DEPENDENT) if loss is None else (WIDE,):
        folder = archive / run_id
        folder.mkdir(parents=True)
        record = {"status": "failed", "error": "no such word"}
        content = {"failed": "no such word"} if loss is None else history(loss)
        (folder / "history.json").write_text(json.dumps(content))
        if loss is None:
            (folder / "run.json").write_text(json.dumps(record))
    done = workflow.snakemake("--config", f"archive={archive}", f"results={out}", check=False)
    text = words(out)
    assert "All runs" in text
    assert (out / "report/report.pdf").read_bytes().startswith(b"%PDF")
    said = done.stdout + done.stderr
    if loss is None:
        assert done.returncode != 0 and f"- {NARROW}: no such word" in said
        assert "3 runs have failed" in text
    else:
        assert "build_report: " not in said  # no part of the page itself failed
        assert "5000 words" in text
