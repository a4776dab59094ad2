"""A folder of one's own takes the workflow as a module, from wherever and under whatever names."""

import json
import re
import shlex
import subprocess
from collections import Counter
from html import unescape
from pathlib import Path

import pandas as pd
import pytest
from copied import job_counts
from forked import forked_python
from pages import report_pages

from nnrepro.locks import take_lock

RENAMED = "use rule * from nnrepro as nn_*"


def call(*words: str, folder: Path, check: bool = True) -> str:
    """What a program says that is called in a folder; it must succeed, or must not."""
    done = subprocess.run(
        [forked_python(), "-m", *words], cwd=folder, capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert (done.returncode == 0) == check, said
    assert "Traceback" not in said, said
    return said


def dry_run(*words: str, folder: Path, check: bool = True) -> str:
    """What Snakemake says of what it would do."""
    return call("snakemake", "--cores", "1", "--dry-run", *words, folder=folder, check=check)


def planned(*words: str, folder: Path) -> Counter[str]:
    """How many jobs of each rule Snakemake would do."""
    return job_counts(dry_run(*words, folder=folder))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `nnrepro new` makes it, made smaller, with the study carried out in it."""
    folder = tmp_path_factory.mktemp("somewhere") / "digits"
    call("nnrepro", "new", "digits", folder=folder.parent)
    config = folder / "config.yaml"
    text = config.read_text()
    smaller = {"samples: 6": "samples: 2", "epochs: 30": "epochs: 2", "seeds: 5": "seeds: 1"}
    for old, new in smaller.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    config.write_text(text)
    call("snakemake", "--cores", "2", folder=folder)
    return folder


@pytest.mark.slow
def test_it_runs_to_its_report_and_names_no_place(own: Path) -> None:
    results = own / "results/digits"
    assert (results / "report/report.pdf").is_file()
    assert len([*results.glob("runs/main/*/*/seed0/history.json")]) == 3
    for file in results.rglob("*"):
        if file.suffix in (".json", ".csv", ".html", ".md", ".svg"):
            assert str(own.parent) not in file.read_text(encoding="utf-8"), file
    said = dry_run(folder=own)
    assert "Using workflow specific profile profiles/default" in said
    assert "Nothing to be done" in said


@pytest.mark.slow
def test_its_report_is_what_a_careful_colleague_would_make(own: Path) -> None:
    """Of a study that asks for nothing: searched, selected by validation, and nothing foreign."""
    results = own / "results/digits"
    decision = json.loads((results / "selection/main/search.json").read_text())
    final = json.loads((results / "runs/main/final/default/seed0/run.json").read_text())["run"]
    for name in ("units", "learning_rate"):
        assert final["settings"][name] == decision[name]
    runs = pd.read_csv(results / "tables/runs.csv").set_index("experiment")
    assert runs["final_test_accuracy"].notna().to_dict() == {"search": False, "final": True}
    assert runs["final_validation_accuracy"].notna().all()
    assert not runs["mean_test_accuracy"].notna().any()  # looked at once
    page = report_pages(results)
    words = re.sub(r"<(style|script)\b.*?</\1>|<[^>]+>", " ", page, flags=re.S)
    said = " ".join(unescape(words).split())
    assert "has a run here" not in said and "once, with the final weights, or never" in said
    for part in ("What is best?", "Variants ranked", "What each parameter does"):
        assert part in said, part
    assert "selected by held-out accuracy" in said.lower()
    assert not re.search(
        r"protocol|the reports|printed|published", said.partition("Runs one by")[0]
    )


@pytest.mark.slow
def test_rules_may_have_other_names_there(own: Path) -> None:
    plain = (own / "Snakefile").read_text()
    other = own / "renamed.smk"
    other.write_text(plain.replace("use rule * from nnrepro", RENAMED))
    assert RENAMED in other.read_text()
    jobs = planned("--snakefile", "renamed.smk", "--forcerun", "nn_tabulate_runs", folder=own)
    assert jobs["nn_tabulate_runs"] == 1
    assert not jobs["nn_train_run"]


@pytest.mark.slow
def test_it_runs_from_elsewhere_with_results_there_or_at_home(own: Path, tmp_path: Path) -> None:
    call_it = ("--snakefile", str(own / "Snakefile"))
    assert planned(*call_it, folder=tmp_path)["train_run"] == 3
    assert "Nothing to be done" in dry_run(*call_it, "--directory", str(own), folder=tmp_path)


@pytest.mark.slow
def test_its_configuration_alone_is_a_study_for_the_workflow_itself(
    own: Path, tmp_path: Path, repository: Path
) -> None:
    call_it = ("--snakefile", str(repository / "Snakefile"))
    call_it += ("--configfile", str(own / "config.yaml"))
    assert planned(*call_it, folder=tmp_path)["train_run"] == 3  # its table was found


@pytest.mark.slow
def test_overlays_and_the_command_line_change_it(own: Path) -> None:
    (own / "more.yaml").write_text("name: more\nexperiments: {search: {samples: 5}}")
    jobs = planned("--configfile", "more.yaml", "--config", "seeds=2", folder=own)
    assert jobs["train_run"] == 5 * 2 + 1


@pytest.mark.slow
def test_mistakes_are_told_with_file_and_line(own: Path) -> None:
    text = (own / "config.yaml").read_text()
    line = 1 + text.splitlines().index("    samples: 2")
    (own / "wrong.yaml").write_text("name: wrong\n\ntitle: [1]")
    (own / "config.yaml").write_text(text.replace("samples: 2", "samples: two"))
    try:
        call_it = ("--configfile", "wrong.yaml", "--config", "backend=pytorch")
        said = dry_run(*call_it, folder=own, check=False)
        (own / "config.yaml").write_text("name: one\nname: two\n")
        twice = dry_run(folder=own, check=False)
    finally:
        (own / "config.yaml").write_text(text)
    assert f"(config.yaml, line {line})" in said
    assert "(wrong.yaml, line 3)" in said
    assert "(--config backend=pytorch)" in said
    assert "error: config.yaml: line 2: the key 'name' stands twice" in twice


@pytest.mark.slow
def test_its_archive_gives_its_report_without_training(own: Path) -> None:
    call("nnrepro", "archive", "results/digits", "--to", "kept", folder=own)
    assert "path: digits.csv" in (own / "kept/study.yaml").read_text()
    jobs = planned("--config", "archive=kept", "results=results/again", folder=own)
    assert jobs["build_report"] == 1
    assert not jobs["train_run"] and not jobs["prepare_data"]


@pytest.mark.slow
def test_the_commands_that_its_archive_keeps_ask_for_the_runs_that_are_there(own: Path) -> None:
    """Whatever the study has become since, and by the paths of the study's own folder."""
    call("nnrepro", "archive", "results/digits", "--to", "old ones", folder=own)
    groups = json.loads((own / "old ones/manifest.json").read_text())["groups"]
    config = own / "config.yaml"
    text = config.read_text()
    config.write_text(text + "  later: {model: mlp, units: 3, epochs: 4}\nclaims: later.yaml\n")
    try:
        for group in groups:
            program, *words = shlex.split(group["command"])
            assert program == "snakemake" and words[:2] == ["--cores", "all"]
            assert "train_run" not in planned(*words[2:], folder=own)
            anew = planned("--forcerun", "train_run", *words[2:], folder=own)
            assert anew["train_run"] == {"search": 2, "final": 3}[group["experiment"]]
    finally:
        config.write_text(text)
    assert [group["experiment"] for group in groups] == ["final", "search"]


@pytest.mark.slow
def test_what_is_done_before_the_first_job_is_done_for_a_module_too(own: Path) -> None:
    lock = take_lock(own / "results/digits/locks/study.lock", "{holder}")
    try:
        again = ("--cores", "1", "--forcerun", "check_results")
        said = call("snakemake", *again, folder=own, check=False)
    finally:
        lock.release()
    assert "is at work on the study 'digits'" in said


@pytest.mark.slow
def test_its_runs_are_planned_as_done(own: Path) -> None:
    plan = json.loads(call("nnrepro", "plan", "--json", folder=own))
    assert plan["total"]["done"] == 3
