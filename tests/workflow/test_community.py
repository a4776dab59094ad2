"""What a community looks for in a repository says what is true of this one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

import nnrepro


def test_the_version_is_the_librarys_wherever_it_is_named(repository: Path) -> None:
    citation = yaml.safe_load((repository / "CITATION.cff").read_text())
    assert citation["version"] == nnrepro.__version__
    assert f"\n## {nnrepro.__version__}\n" in (repository / "CHANGELOG.md").read_text()


def test_the_catalog_is_told_of_ways_to_deploy_that_there_are(repository: Path) -> None:
    told = yaml.safe_load((repository / ".snakemake-workflow-catalog.yml").read_text())
    ways = told["usage"]["software-stack-deployment"]
    rules = "\n".join(path.read_text() for path in (repository / "rules").glob("*.smk"))
    assert ways["conda"] == ("conda:" in rules)
    assert ways["apptainer"] == ("\ncontainer: " in rules)
    assert (repository / "workflow/Snakefile").is_file()
    assert (repository / "config/README.md").is_file()


def test_continuous_integration_has_every_python_that_is_supported(repository: Path) -> None:
    ci = yaml.safe_load((repository / ".github/workflows/ci.yml").read_text())
    pythons = ci["jobs"]["linux"]["strategy"]["matrix"]["python"]
    asked = (repository / "scripts/setup.sh").read_text()
    lowest, highest = pythons[0].split("."), pythons[-1].split(".")
    assert f"({', '.join(lowest)}) <= sys.version_info[:2] <= ({', '.join(highest)})" in asked
    steps = ci["jobs"]["linux"]["steps"]
    assert [step["run"] for step in steps if "run" in step] == ["bash .ci/run"]


@pytest.mark.parametrize("form", ["problem.yml", "wish.yml"])
def test_forms_ask_something(form: str, repository: Path) -> None:
    asked = yaml.safe_load((repository / ".github/ISSUE_TEMPLATE" / form).read_text())
    assert asked["name"] and asked["description"]
    names = [item["id"] for item in asked["body"]]
    assert len(names) == len(set(names)) >= 2
    assert all(item["attributes"]["label"] for item in asked["body"])


def whole_studies(repository: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Files that need no other."""
    for place in ("config.yaml", "examples/*/config.yaml", "budgets/*", "studies/*"):
        for file in repository.glob(place):
            study = yaml.safe_load(file.read_text())
            sets = list(study.get("data", {}).values())
            if (
                "experiments" in study
                and sets
                and all({"source", "like"} & {*each} for each in sets)
            ):
                yield file, study


def test_an_editor_finds_the_schema_by_a_studys_first_line_and_nothing_wrong_by_it(
    repository: Path,
) -> None:
    """As the YAML language server does, without what the library knows beyond the schema."""
    schema = repository / "schemas/config.schema.yaml"
    validator = jsonschema.Draft202012Validator(yaml.safe_load(schema.read_text()))
    studies = [*whole_studies(repository)]
    assert len(studies) >= 5
    for file, study in studies:
        first = file.read_text().partition("\n")[0]
        told = first.removeprefix("# yaml-language-server: $schema=")
        assert told != first and (file.parent / told).samefile(schema), file
        wrong = [error.message for error in validator.iter_errors(study)]
        assert wrong == [], file
