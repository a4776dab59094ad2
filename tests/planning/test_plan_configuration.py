"""The plan is made for the configuration that Snakemake would work with."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from nnrepro.planning.configuration import PlanError, merge, read_configuration


def test_sections_are_merged_and_lists_replaced() -> None:
    base = {"seeds": [0, 1], "settings": {"all": {"epochs": 5, "loss": "logits"}}, "name": "a"}
    overlay = {"seeds": [7], "settings": {"all": {"epochs": 2}}, "name": None}
    assert merge(base, overlay) == {
        "seeds": [7],
        "settings": {"all": {"epochs": 2, "loss": "logits"}},
        "name": None,
    }


def test_merging_leaves_the_base_as_it_was() -> None:
    base = {"a": {"b": {"c": 1}}}
    merge(base, {"a": {"b": {"c": 2}}})
    assert base == {"a": {"b": {"c": 1}}}


def test_a_section_replaces_a_value_and_a_value_a_section() -> None:
    assert merge({"budget": 3}, {"budget": {"epochs": 2}}) == {"budget": {"epochs": 2}}
    assert merge({"budget": {"epochs": 2}}, {"budget": 3}) == {"budget": 3}


def test_later_files_win_and_assignments_over_all(tmp_path: Path) -> None:
    for name, text in {"a": "x: 1\ny: {p: 1}", "b": "x: 2", "c": "y: {q: 2}"}.items():
        (tmp_path / name).write_text(text)
    files = [tmp_path / name for name in "abc"]
    assert read_configuration(files, ["y={p: 9}"]) == {"x": 2, "y": {"p": 9, "q": 2}}


@pytest.mark.parametrize("text", ["- a list", "a: [", "\x00"])
def test_a_file_that_is_no_configuration_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    with pytest.raises(PlanError, match=r"bad\.yaml"):
        read_configuration([tmp_path / "bad.yaml"])


@pytest.mark.parametrize("assignment", ["only", "=3", "only={"])
def test_an_assignment_that_cannot_be_read_is_named(assignment: str) -> None:
    with pytest.raises(PlanError, match="--config"):
        read_configuration([], [assignment])


def test_the_merge_is_that_of_snakemake(repository: Path, tmp_path: Path) -> None:
    """On the shipped overlays, compared with Snakemake's own function."""
    program = (
        "import json, sys, yaml\n"
        "from snakemake.utils import update_config\n"
        "config = {}\n"
        "for file in sys.argv[1:]: update_config(config, yaml.safe_load(open(file)))\n"
        "print(json.dumps(config))"
    )
    files = [repository / "config.yaml", *sorted((repository / "budgets").glob("*.yaml"))]
    command = [sys.executable, "-c", program, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert read_configuration(files) == json.loads(done.stdout)
