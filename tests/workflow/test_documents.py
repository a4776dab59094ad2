"""Every block of code and every command of the README and the documentation works as it stands."""

import doctest
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from copied import Workflow, copy_example
from documents import Block, blocks, commands, documents, unfenced
from forked import forked_python
from pages import report_pages
from stand_in import ELSEWHERE, NO_DRY_RUN

from nnrepro.claims.loading import load_claims
from nnrepro.files import read_json
from nnrepro.models.registry import catalogue
from nnrepro.published.inconsistencies import load_inconsistencies
from nnrepro.published.numbers import load_published
from nnrepro.study.config import load_study
from nnrepro.study.sources import read_configuration
from nnrepro.study.study import Study
from nnrepro.yamlfile import read_yaml

REPOSITORY = Path(__file__).parents[2]
PAGES = documents(REPOSITORY)
BLOCKS = [block for page in PAGES for block in blocks(page)]
PLACEHOLDERS = {"<this repository>": "address", "<folder>": "wheels", "<name>": "tan_pair"}
"""What a reader puts in, and what a test does."""

IRIS = "sepal_length,petal_length,petal_width,species\n" + "".join(
    f"{5 + row % 7 / 10},{1.4 + row % 3 + row % 5 / 10},{0.2 + row % 3},{'abc'[row % 3]}\n"
    for row in range(60)
)
"""A table as the page on studies of one's own begins with."""

OF_EXAMPLE = "extending.md"
"""The page whose blocks are parts of the files of an example."""

SMALLER = """\
name: smaller
settings: {all: {epochs: 2}}
experiments: {two_spirals: {seeds: 1, variants: {mlp: null}}}
"""


def of_language(*languages: str) -> list[Block]:
    return [block for block in BLOCKS if block.language in languages]


def places(found: list[Block]) -> list[str]:
    return [block.place for block in found]


def test_every_block_has_a_language_that_is_tried() -> None:
    tried = {"sh", "bash", "yaml", "pycon", "python", "text"}
    assert [block.place for block in BLOCKS if block.language not in tried] == []
    assert [(page.name, unfenced(page)) for page in PAGES if unfenced(page)] == []
    for block in of_language("text"):
        assert not re.search(r"^\s*(make|snakemake|python|\.venv/bin/\S+) ", block.text, re.M)


# ---------------------------------------------------------------------------------------- sessions
SESSIONS = of_language("pycon")


@pytest.mark.parametrize("block", SESSIONS, ids=places(SESSIONS))
def test_python_answers_as_is_told(
    block: Block, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository)
    session = doctest.DocTestParser().get_doctest(block.text, {}, block.place, block.place, 0)
    assert session.examples
    assert doctest.DocTestRunner().run(session).failed == 0


# ---------------------------------------------------------------------------------------- commands
SCRIPTS = [*of_language("sh", "bash"), *(command for page in PAGES for command in commands(page))]
TYPED = {block.text: block for block in SCRIPTS}


@pytest.fixture(scope="session")
def stage(copy_to: Any, repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project in whose environment every program has a stand-in."""
    folder = Path(copy_to(tmp_path_factory.mktemp("stage") / "project").folder)
    shutil.copy2(repository / "Makefile", folder)
    for name in ("requirements.lock", "pyproject.toml", "archive", "benchmarks", "tests"):
        (folder / name).symlink_to(repository / name)
    for name in ("theirs", "FOLDER"):
        (folder / name).symlink_to("archives/tan_pair")
    (folder / "nnrepro").symlink_to(".")
    (folder / "iris.csv").write_text(IRIS)
    for words in (["digits"], ["flowers", "--data", "iris.csv", "--label", "species"]):
        subprocess.run([forked_python(), "-m", "nnrepro", "new", *words], cwd=folder, check=True)
    for venv in (".venv", *(f".venv-{name}" for name in ("bench", "export", "audit", "docs"))):
        programs = folder / venv / "bin"
        programs.mkdir(parents=True)
        for name in ("python", "snakemake", "nnrepro", *ELSEWHERE):
            program = programs / name
            stand_in = Path(__file__).with_name("stand_in.py")
            program.write_text(f'#!/bin/sh\nexec "{forked_python()}" "{stand_in}" {name} "$@"\n')
            program.chmod(0o755)
        (programs / "activate").write_text("")
        (folder / venv / ".requirements.lock").write_text("")
    return folder


def typed(stage: Path, script: str) -> str:
    """What a shell says to a script of the documents, which must succeed."""
    for placeholder, word in PLACEHOLDERS.items():
        script = script.replace(placeholder, word)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=stage,
        env={
            **os.environ,
            "PATH": f"{stage}/.venv/bin{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(stage / "scripts"),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, f"{script}\n{said}"
    return said


@pytest.mark.slow
@pytest.mark.parametrize("script", TYPED, ids=[block.place for block in TYPED.values()])
def test_command_is_one_that_can_be_typed(stage: Path, script: str) -> None:
    typed(stage, script)


@pytest.mark.parametrize(
    "script",
    [
        "snakemake --cores all --no-such-option",
        "snakemake --cores all --configfile missing.yaml",
        "snakemake --cores all no_such_rule",
        "snakemake --no-such-option --report page.html",
        "make no-such-target",
        "make plan ARGS=--no-such-option",
        "python scripts/no_such_script.py",
        "nnrepro plan the study",
        "nnrepro no-such-command",
        "python -m benchmarks --no-such-option",
        "pip download --requirement no_such.lock",
        "no-such-program",
    ],
)
def test_a_command_that_is_wrong_is_noticed(stage: Path, script: str) -> None:
    with pytest.raises(AssertionError):
        typed(stage, script)


def test_what_stands_in_for_a_program_says_why() -> None:
    assert all(reason for reason in (*ELSEWHERE.values(), *NO_DRY_RUN.values()))


# ------------------------------------------------------------------------------------ configuration
YAML = [block for block in of_language("yaml") if not block.place.startswith(OF_EXAMPLE)]


@pytest.fixture
def study(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    """The shipped study."""
    monkeypatch.chdir(repository)
    return load_study(read_configuration([]).values, catalogue())


@pytest.mark.parametrize("block", YAML, ids=places(YAML))
def test_configuration_is_one_that_can_be_used(block: Block, study: Study, tmp_path: Path) -> None:
    """An overlay on config.yaml, a whole study, a file of claims or one of inconsistencies."""
    file = tmp_path / "block.yaml"
    file.write_text(block.text, encoding="utf-8")
    content = read_yaml(file)
    if isinstance(content, list):
        assert load_inconsistencies(file, load_published(study.published["results"], study))
    elif isinstance(content.get("claims"), list):
        assert load_claims(file, study).claims
    else:
        whole = {"name", "data", "experiments"} <= content.keys()
        load_study(read_configuration([file], on_study=not whole).values, catalogue())


# --------------------------------------------------------------------------------------- additions
ADDED = [block for block in of_language("yaml", "python") if block not in YAML]


@pytest.mark.parametrize("block", ADDED, ids=places(ADDED))
def test_what_a_page_tells_to_add_is_in_its_example(block: Block, repository: Path) -> None:
    """Python begins with the name of its file."""
    name, text = "config.yaml", block.text
    if block.language == "python":
        first, _, text = text.partition("\n")
        name = first.removeprefix("# ")
    assert text in (repository / "examples/plugins" / name).read_text(encoding="utf-8")


@pytest.mark.slow
def test_what_is_added_is_in_the_report(repository: Path, tmp_path: Path) -> None:
    """A model, data, a loss, a metric, a table and a figure that the library does not have."""
    example = copy_example(repository, "plugins", tmp_path)
    (example / "smaller.yaml").write_text(SMALLER, encoding="utf-8")
    called = ("-s", str(repository / "Snakefile"), "--configfile", "smaller.yaml")
    Workflow(example).snakemake(*called)
    results = example / "results/smaller"
    page = report_pages(results)
    for title in ("Do sines tell", "Better on what was seen", "Every run"):
        assert title in page
    assert "Dots of every run" in page and "A dot is a run." in page
    assert "Train less test accuracy" in page
    for history in (results / "runs").rglob("history.json"):
        assert all(0 <= value <= 1 for value in read_json(history)["val_worst_recall"])
    assert "sines" in (results / "tables/gaps.csv").read_text(encoding="utf-8")
    records = [read_json(record) for record in (results / "runs").rglob("run.json")]
    losses = {each["run"]["variant"]: each["run"]["settings"].get("loss") for each in records}
    assert losses["focal"] == "focal" != losses["sines"]
    assert (results / "figures/main/dots/all_runs.svg").is_file()
    assert (results / "report/report.pdf").is_file()


def test_the_layout_that_is_told_is_the_one_that_is_there(repository: Path) -> None:
    (block,) = [block for block in of_language("text") if "architecture" in block.place]
    parents: list[str] = []
    for line in block.text.splitlines():
        depth = (len(line) - len(line.lstrip())) // 4
        names = line.split("  ")[2 * depth].strip() if depth else line.partition("  ")[0]
        parents[depth:] = [names]
        for name in names.split(", "):
            path = "".join([*parents[:depth], name])
            assert list(repository.glob(path)), path
