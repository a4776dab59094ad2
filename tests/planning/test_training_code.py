"""A run's code is what its own model and all training import."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from nnrepro.imports import files_behind
from nnrepro.models.registry import catalogue
from nnrepro.planning import code
from nnrepro.planning.code import code_of, training_codes
from nnrepro.study.plugins import put_in_force

LEFT_OUT = [f"nnrepro/{name}" for name in code._LEFT_OUT if name.endswith(".py")]


@pytest.fixture
def scripts(repository: Path, tmp_path: Path) -> Path:
    """A copy of the scripts that a test may change."""
    folder = tmp_path / "scripts"
    shutil.copytree(repository / "scripts", folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def changed(scripts: Path, file: str) -> set[str]:
    """Models whose code a statement more in `file` changes."""
    return edited(scripts, file, "", "\n_MORE = 1\n")


def edited(scripts: Path, file: str, old: str, new: str) -> set[str]:
    """Models whose code another text in `file` changes, at its end without an old one."""
    before = training_codes(scripts, catalogue())
    path = scripts / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new) if old else text + new)
    after = training_codes(scripts, catalogue())
    return {name for name in catalogue() if before[name] != after[name]}


def test_changed_model_leaves_the_others_alone(scripts: Path) -> None:
    """Those of its own file, too, unless it is something that they share."""
    file = "nnrepro/models/text_rnn.py"
    assert changed(scripts, file) == set()
    assert edited(scripts, file, 'name="characters")', 'name="letters")') == {"char_rnn"}
    shared = edited(scripts, file, "x = dropout(task, rate", "x = dropout(task, rate / 2")
    assert shared == {"char_rnn", "word_rnn"}


@pytest.mark.parametrize(
    "file",
    [
        "nnrepro/training/fit.py",
        "nnrepro/training/backends/tensorflow.py",
        "nnrepro/data/dataset.py",
        "train_run.py",
    ],
)
def test_shared_code_concerns_every_model(scripts: Path, file: str) -> None:
    assert changed(scripts, file) == set(catalogue())


def test_a_layer_concerns_the_models_that_have_it(scripts: Path) -> None:
    assert changed(scripts, "nnrepro/models/layers/scan.py") == {"char_rnn", "word_rnn"}


def test_a_metric_concerns_the_runs_that_name_it(scripts: Path, make_run: Any) -> None:
    """Those that name none record what their task has by default."""
    runs = {name: make_run(**settings) for name, settings in NAMED.items()}
    file = scripts / "nnrepro/metrics/classification.py"

    def codes() -> dict[str, str]:
        found = training_codes(scripts, catalogue())
        return {name: code_of(run, found) for name, run in runs.items()}

    for metric, concerned in (("auc", {"both"}), ("accuracy", {"unnamed", "f1", "both"})):
        before, text = codes(), file.read_text()
        head = re.search(rf"^def {metric}\(.*:\n", text, re.M)
        assert head
        file.write_text(text.replace(head[0], f"{head[0]}    del y_none\n"))
        assert {name for name, code in codes().items() if code != before[name]} == concerned


NAMED: dict[str, dict[str, str]] = {
    "unnamed": {},
    "f1": {"metrics": "f1_macro"},
    "both": {"metrics": "f1_macro,auc"},
}


def test_a_loss_of_ones_own_concerns_the_runs_that_name_it(
    scripts: Path, tmp_path: Path, make_run: Any
) -> None:
    named, other = make_run(loss="mine"), make_run(loss="logits")
    file = tmp_path / "losses.py"
    own = """from nnrepro.metrics.losses import loss
@loss(task="classification")
def mine(y_true, y_pred):
    "Mine."
    return {} * y_pred[:, 0]
"""

    def codes() -> list[str]:
        put_in_force([str(file)])
        found = training_codes(scripts, catalogue())
        return [code_of(run, found) for run in (named, other)]

    try:
        file.write_text(own.format(2))
        before = codes()
        file.write_text(own.format(3))
        after = codes()
    finally:
        put_in_force(())
    assert before[0] != before[1] == after[1] != after[0] != before[0]


def test_new_module_of_training_is_not_forgotten(scripts: Path) -> None:
    """What training imports counts, named in a list or not."""
    (scripts / "nnrepro/training/warmth.py").write_text("DEGREES = 20\n")
    fit = scripts / "nnrepro/training/fit.py"
    fit.write_text(f"{fit.read_text()}\nfrom nnrepro.training.warmth import DEGREES\n")
    assert changed(scripts, "nnrepro/training/warmth.py") == set(catalogue())


@pytest.mark.parametrize("file", ["nnrepro/training/feature_maps.py", "job.py", *LEFT_OUT])
def test_code_without_effect_on_numbers_concerns_none(scripts: Path, file: str) -> None:
    assert changed(scripts, file) == set()


def test_new_model_leaves_the_others_alone(scripts: Path) -> None:
    before = training_codes(scripts, catalogue())
    (scripts / "nnrepro/models/mine.py").write_text("x = 1\n")
    assert training_codes(scripts, catalogue()) == before


def test_what_is_left_out_would_count(repository: Path) -> None:
    """The list holds nothing that neither training nor a model imports."""
    scripts = repository / "scripts"
    library = scripts / "nnrepro"
    models = (library / "models").glob("*.py")  # found at run time
    imported = files_behind(scripts / "train_run.py", *models, root=scripts)
    reached = {place for file in imported for place in (file, *file.parents)}
    assert {library / name for name in code._LEFT_OUT} <= reached
