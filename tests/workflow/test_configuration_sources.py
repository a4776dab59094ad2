"""What Snakemake is called with means what its author wrote, or is told without a traceback."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import yaml
from forked import forked_python

from nnrepro.yamlfile import dump_yaml

TINY = {
    "name": "tiny",
    **dict.fromkeys(("supplements", "claims", "published")),
    "data": {
        name: {"source": "generated", "generate": {"train": 112, "test": 56, "seed": 2}}
        for name in ("cifar10", "dbpedia")
    },
    "budget": {"epochs": 1, "train_examples": 112, "test_examples": 56},
    "only": {"protocols": ["koh"], "variants": ["text_models/char_rnn_gru"]},
}
TINY["only"]["experiments"] = ["text_models"]  # type: ignore[index]

# In place of training: keeps the configuration that a job sees.
SCRIPT = """
import json
from pathlib import Path

for file in snakemake.output:
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    Path(file).write_text(json.dumps(snakemake.config))
"""


def dry_run(folder: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    """The exit status of a dry run in a folder, and all that it said."""
    done = subprocess.run(
        [forked_python(), "-m", "snakemake", "--cores", "1", "--dry-run", *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    said = done.stdout + done.stderr
    assert "Traceback" not in said, said
    return done.returncode, said


def overlays_checked(folder: Path, name: str) -> tuple[int, str]:
    """As `dry_run` of an overlay, by what `profiles/default` calls before Snakemake reads it."""
    script = folder / "scripts/check_overlays.py"
    done = subprocess.run(
        [forked_python(), str(script), "--configfile", name],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stderr


def test_an_overlay_that_cannot_be_read_is_named_with_its_line(workflow: Any) -> None:
    bomb = ["a0: &a0 {x: 1, y: 2}"]
    bomb += [f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 9)}]}}" for i in range(1, 40)]
    contents = {
        "name: x\ntitle: Grün".encode("latin-1"): "line 2: the byte 0xFC is no UTF-8",
        b"name: x\ntraining:\n\tthreads: 2": "line 3: a tab stands where YAML wants spaces",
        b"# nothing": " holds no keys; write some",
        "\n".join(bomb).encode(): "line 6: holds more than",
    }
    for content, words in contents.items():
        (workflow.folder / "mine.yaml").write_bytes(content)
        status, said = overlays_checked(workflow.folder, "mine.yaml")
        assert status != 0
        assert "mine.yaml" in said and words in said, said
    status, said = overlays_checked(workflow.folder, "no.yaml")
    assert status != 0
    assert "error: no.yaml" in said and "cannot be read: No" in said
    (workflow.folder / "mine.yaml").write_text("__use_yte__: true\nname: ?5")
    os.mkfifo(workflow.folder / "pipe.yaml")
    for name, words in {
        "mine.yaml": "__use_yte__: unknown key",
        "pipe.yaml": "no regular file",
    }.items():
        status, said = dry_run(workflow.folder, "--configfile", name)
        assert status != 0
        assert name in said and words in said, said


def test_jobs_on_a_cluster_see_the_words_that_the_author_wrote(workflow: Any) -> None:
    words = {"title": "1e3", "about": "007", "label": "10_20"}
    variants = {"char_rnn_gru": {"label": words["label"]}}
    overlay = {**TINY, "title": words["title"], "experiments": {"text_models": {}}}
    overlay["experiments"]["text_models"]["variants"] = variants
    text = dump_yaml(overlay) + "training: {checkpoint_seconds: 1e-3}\n"
    (workflow.folder / "mine.yaml").write_text(text)
    (workflow.folder / "scripts/train_run.py").write_text(SCRIPT)
    history = "results/tiny/runs/koh/text_models/char_rnn_gru/seed3/history.json"
    workflow.snakemake(
        *(history, "--profile", "profiles/submit", "--latency-wait", "5"),
        *("--seconds-between-status-checks", "1", "--configfile", "mine.yaml"),
        *("--config", 'about="007"', "seeds=[3]"),
    )
    seen = json.loads((workflow.folder / history).read_text())
    assert {key: seen[key] for key in ("title", "about")} == {"title": "1e3", "about": "007"}
    assert seen["experiments"]["text_models"]["variants"]["char_rnn_gru"]["label"] == "10_20"
    assert seen["training"]["checkpoint_seconds"] == 0.001
    assert seen["seeds"] == [3]


def test_what_the_study_does_not_have_has_no_rule(workflow: Any) -> None:
    (workflow.folder / "mine.yaml").write_text(yaml.safe_dump(TINY))
    run = "results/tiny/runs/koh/text_models/char_rnn_gru"
    for target in (
        f"{run}/seed7/history.json",
        "results/tiny/feature_maps/koh/curves.npz",
        "results/tiny/generated/nothing",
    ):
        status, said = dry_run(workflow.folder, target, "--configfile", "mine.yaml")
        assert status != 0
        assert f"No rule to produce {target}" in said
    target = f"{run[:-3]}grv/seed0/history.json"
    status, said = dry_run(workflow.folder, target, "--configfile", "mine.yaml")
    assert status != 0
    wrong, right = (f"'koh/text_models/char_rnn_{name}'" for name in ("grv", "gru"))
    assert f"The study has no combination {wrong}; did you mean {right}?" in said
    target = f"{run}/seed0/history.json"
    assert dry_run(workflow.folder, target, "--configfile", "mine.yaml")[0] == 0


def test_elsewhere_the_way_back_to_the_project_is_told(workflow: Any, tmp_path: Path) -> None:
    (workflow.folder / "mine.yaml").write_text(yaml.safe_dump(TINY))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    call = ("--snakefile", str(workflow.folder / "Snakefile"))
    call += ("--configfile", str(workflow.folder / "mine.yaml"))
    status, said = dry_run(elsewhere, *call)
    assert status != 0
    assert f"there is no config.yaml in {elsewhere}" in said
    assert f"--directory {workflow.folder}" in said
    assert dry_run(elsewhere, *call, "--directory", str(workflow.folder))[0] == 0
    (elsewhere / "bad.yaml").write_text("a: 1\na: 2")
    status, said = dry_run(elsewhere, *call[:2], "--configfile", "bad.yaml")
    assert status != 0
    assert "error: bad.yaml: line 2: the key 'a' stands twice" in said


def test_another_workflow_can_take_this_one_as_a_module(workflow: Any, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    module = (
        f'module nn:\n    snakefile: "{workflow.folder / "Snakefile"}"\n    config: config\n\n'
        "use rule * from nn as nn_*\n"
    )
    (other / "Snakefile").write_text(module)
    status, said = dry_run(other)
    assert status != 0
    assert "a module has its configuration from the workflow that takes it" in said
    assert f"write {other / 'config.yaml'}" in said
    shipped = yaml.safe_load((workflow.folder / "config.yaml").read_text())
    shipped["experiments"]["text_models"].pop("parameters", None)
    (other / "base.yaml").write_text(yaml.safe_dump(shipped))
    (other / "tiny.yaml").write_text(yaml.safe_dump(TINY))
    status, said = dry_run(other, "--configfile", "base.yaml", "tiny.yaml")
    assert status == 0, said
    assert "nn_train_run" in said


def test_python_without_docstrings_reads_the_study(workflow: Any) -> None:
    (workflow.folder / "mine.yaml").write_text(yaml.safe_dump(TINY))
    status, said = dry_run(workflow.folder, "--configfile", "mine.yaml", PYTHONOPTIMIZE="2")
    assert status == 0, said


def test_a_name_of_digits_on_the_command_line_is_told_how_to_be_text(workflow: Any) -> None:
    (workflow.folder / "mine.yaml").write_text(yaml.safe_dump(TINY))
    call = ("--configfile", "mine.yaml", "--config")
    status, said = dry_run(workflow.folder, *call, "name=2024_11_26")
    assert status != 0
    assert "--config name=2024_11_26: 2024_11_26 is the number 20241126 to some readers" in said
    assert "--config 'name=\"...\"'" in said
    status, said = dry_run(workflow.folder, *call, 'name="2024_11_26"')
    assert status == 0
    assert "results/2024_11_26/" in said
