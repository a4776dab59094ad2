"""A run's code is that of its own model and of what all training shares."""

import shutil
from pathlib import Path

import pytest

from nnrepro.imports import files_behind
from nnrepro.models import catalogue
from nnrepro.planning.code import training_codes


@pytest.fixture
def scripts(repository: Path, tmp_path: Path) -> Path:
    """A copy of the scripts that a test may change."""
    folder = tmp_path / "scripts"
    shutil.copytree(repository / "scripts", folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def changed(scripts: Path, file: str) -> set[str]:
    """Models whose code a statement more in `file` changes."""
    before = training_codes(scripts, catalogue())
    path = scripts / file
    path.write_text(path.read_text() + "\n_MORE = 1\n")
    after = training_codes(scripts, catalogue())
    return {name for name in before if before[name] != after[name]}


def test_changed_model_leaves_the_others_alone(scripts: Path) -> None:
    assert changed(scripts, "nnrepro/models/text_rnn.py") == {"char_rnn", "word_rnn"}


@pytest.mark.parametrize(
    "file",
    [
        "nnrepro/training/fit.py",
        "nnrepro/training/backends/tensorflow.py",
        "nnrepro/models/layers/recurrent.py",
        "nnrepro/data/dataset.py",
        "train_run.py",
    ],
)
def test_shared_code_concerns_every_model(scripts: Path, file: str) -> None:
    assert changed(scripts, file) == set(catalogue())


@pytest.mark.parametrize(
    "file",
    [
        "nnrepro/training/progress.py",
        "nnrepro/training/slots.py",
        "nnrepro/training/feature_maps.py",
        "nnrepro/analysis/metrics.py",
        "nnrepro/plots/style.py",
        "job.py",
    ],
)
def test_code_without_effect_on_numbers_concerns_none(scripts: Path, file: str) -> None:
    assert changed(scripts, file) == set()


def test_new_model_leaves_the_others_alone(scripts: Path) -> None:
    before = training_codes(scripts, catalogue())
    (scripts / "nnrepro/models/mine.py").write_text("x = 1\n")
    assert training_codes(scripts, catalogue()) == before


OF_NO_EFFECT = {
    *("errors.py", "failures.py", "files.py", "fingerprint.py", "locks.py", "temporaries.py"),
    "yamlfile.py",
    *("data/checksums.py", "data/content.py", "data/errors.py", "data/soundness.py"),
    *("study/folders.py", "study/identity.py", "study/paths.py", "study/record.py"),
    *("study/run.py", "study/settings.py", "study/study.py"),
    *("training/errors.py", "training/failed.py", "training/finished.py", "training/gpus.py"),
    *("training/interruption.py", "training/job.py", "training/progress.py"),
    *("training/provenance.py", "training/slots.py", "training/stages.py"),
}
"""Files that training imports and that decide none of its numbers."""


def test_every_file_that_training_imports_counts_or_is_known_to_have_no_effect(
    scripts: Path,
) -> None:
    """So that a new module is not forgotten."""
    library = scripts / "nnrepro"
    for file in files_behind(scripts / "train_run.py", scripts):
        if library in file.parents and str(file.relative_to(library)) not in OF_NO_EFFECT:
            relative = str(file.relative_to(scripts))
            assert changed(scripts, relative), f"{relative} decides numbers, or belongs to the list"
