"""The results folder as RO-Crate: valid by the community's validator, the same bytes every time."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import rocrate
import yaml
from requests import Response
from rocrate_validator import services
from rocrate_validator.utils import document_loader
from rocrate_validator.utils.http import HttpRequester

from nnrepro.crate import build
from nnrepro.crate.build import write_crate
from nnrepro.models.registry import catalogue
from nnrepro.study.config import load_study

PROVENANCE = {
    "data": {"dbpedia": {"source": "folder", "generated": False, "sha256": {"a.csv": "0a" * 32}}},
    "packages": {"keras": ["3.15.0", "3.15.1"]},
}
VARIANTS = (
    "protocol,experiment,variant,label,seeds,model,window,last200_mean_test_accuracy\n"
    "tan,text_models,char_cnn,char CNN,3,char_cnn,200,0.6702\n"
    "tan,dropout,char_cnn,char CNN with dropout,3,char_cnn,200,\n"
)
FILES = (
    "report/index.html",
    "report/report.pdf",
    "report/details.pdf",
    "report/details/index.html",
    "tables/runs.csv",
    "tables/text_models.csv",
    "figures/tan/curves/text_models/char_cnn.svg",
    "runs/tan/text_models/char_cnn/seed0/history.json",
    "provenance.json",
    "histories.json",
)


def described(
    repository: Path, root: Path, problems: Sequence[dict[str, Any]] = (), **changes: Any
) -> dict[str, Any]:
    """The metadata of a study whose results lie in `root`."""
    config = yaml.safe_load((repository / "config.yaml").read_text(encoding="utf-8"))
    config |= {"results": str(root), **changes}
    for name in FILES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"content of {name}", encoding="utf-8")
    (root / "tables/variants.csv").write_text(VARIANTS, encoding="utf-8")
    write_crate(
        load_study(config, catalogue()),
        snakefile=repository / "Snakefile",
        config=config,
        provenance=PROVENANCE,
        reading={"problems": problems},
        tables=[root / "tables" / f"{name}.csv" for name in ("runs", "text_models", "variants")],
        figures=[root / "figures/tan/curves"],
        snakemake_version="9.27.1",
    )
    content: dict[str, Any] = json.loads((root / "ro-crate-metadata.json").read_text())
    return content


@pytest.fixture
def offline_context(monkeypatch: pytest.MonkeyPatch) -> None:
    """Serve the JSON-LD context from the copy that `rocrate` ships, in place of the network.

    That copy is of version 1.3; where it differs from version 1.1, which the profiles build on,
    for a term of this crate, the address of 1.1 is put in.
    """
    shipped = Path(rocrate.__file__).parent / "data" / "ro-crate.jsonld"
    context = json.loads(shipped.read_text(encoding="utf-8"))
    context["@context"]["ComputationalWorkflow"] = "https://bioschemas.org/ComputationalWorkflow"

    answer = Response()
    answer.status_code = 200
    answer.headers["Content-Type"] = "application/ld+json"
    answer._content = json.dumps(context).encode()
    monkeypatch.setattr(HttpRequester, "get", lambda self, url, **options: answer, raising=False)
    document_loader.install_document_loader()


@pytest.mark.parametrize("profile", ["ro-crate-1.1", "workflow-run-crate-0.5"])
def test_the_crate_is_valid(
    repository: Path, tmp_path: Path, offline_context: None, profile: str
) -> None:
    """All that the profile and those that it builds on require."""
    described(repository, tmp_path / "results")
    result = services.validate(
        {
            "rocrate_uri": str(tmp_path / "results"),
            "profile_identifier": profile,
            "requirement_severity": "REQUIRED",
            "offline": True,
        }
    )
    assert [issue.message for issue in result.get_issues()] == []
    assert result.passed()


def test_the_same_results_elsewhere_give_the_same_bytes(repository: Path, tmp_path: Path) -> None:
    made = []
    for name in ("here", "there/deep"):
        described(repository, tmp_path / name)
        files = ("ro-crate-metadata.json", "README.md", "workflow/config.json")
        made.append([(tmp_path / name / file).read_bytes() for file in files])
    assert made[0] == made[1]


def test_every_file_is_there_with_its_sum(repository: Path, tmp_path: Path) -> None:
    metadata = described(repository, tmp_path)
    files = [item for item in metadata["@graph"] if "sha256" in item]
    assert {item["@id"] for item in files} >= {
        "report/index.html",
        "report/report.pdf",
        "tables/runs.csv",
        "workflow/Snakefile",
        "workflow/config.json",
    }
    for item in files:
        content = (tmp_path / item["@id"]).read_bytes()
        assert item["sha256"] == hashlib.sha256(content).hexdigest()


def test_one_action_made_the_report_of_data_and_configuration(
    repository: Path, tmp_path: Path
) -> None:
    graph = {item["@id"]: item for item in described(repository, tmp_path)["@graph"]}
    action = graph["#making-of-the-report"]
    assert action["instrument"] == {"@id": "workflow/Snakefile"}
    used = {item["@id"] for item in action["object"]}
    assert {"workflow/config.json", "runs/", "#data-dbpedia"} <= used
    assert {"report/report.pdf", "report/details/", "figures/tan/curves/"} <= {
        i["@id"] for i in action["result"]
    }
    assert graph["#data-dbpedia-1"]["value"] == "0a" * 32
    card = graph["#model-char_cnn"]["description"]
    assert "#model-char_cnn" in {item["@id"] for item in action["result"]}
    assert card.startswith("What it is: The character CNN: filters 20x256")
    best = (
        "Best in Text models (Tan report): char CNN: closing mean test accuracy 67.02 %, 3 seeds."
    )
    assert "Reads: characters." in card and card.replace("\N{NARROW NO-BREAK SPACE}", " ").endswith(
        best
    )
    assert graph["https://pypi.org/project/keras/3.15.1/"]["softwareVersion"] == "3.15.1"


def test_an_archive_is_named_and_not_claimed_as_part(repository: Path, tmp_path: Path) -> None:
    """Histories of an archive lie outside of the folder, and their place is nobody's business."""
    archive = tmp_path / "archive"
    (archive / "tan/text_models/char_cnn/seed0").mkdir(parents=True)
    (archive / "tan/text_models/char_cnn/seed0/history.json").write_text("{}")
    metadata = described(repository, tmp_path / "results", archive=str(archive))
    ids = {item["@id"] for item in metadata["@graph"]}
    assert "#archive" in ids and "runs/" not in ids
    assert str(tmp_path) not in json.dumps(metadata)
    assert str(tmp_path) not in (tmp_path / "results/workflow/config.json").read_text()


def test_the_date_can_be_set_and_is_never_that_of_today(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert described(repository, tmp_path)["@graph"][0]["datePublished"] == build.RELEASED
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert described(repository, tmp_path)["@graph"][0]["datePublished"] == "1970-01-02"


def test_runs_of_other_settings_are_told_beside_the_configuration(
    repository: Path, tmp_path: Path
) -> None:
    """One line in the README and with the configuration; nothing where every run is as it says."""
    plain = described(repository, tmp_path / "plain")
    assert "other settings" not in (tmp_path / "plain/README.md").read_text()
    assert "other settings" not in json.dumps(plain)
    problems = [
        {"run": "tan/a/b/seed0", "file": "run.json", "message": "other", "status": None},
        {"run": "tan/a/b/seed1", "file": "history.json", "message": "lost", "status": "missing"},
    ]
    metadata = described(repository, tmp_path / "other", problems)
    assert "records of 1 of the runs" in (tmp_path / "other/README.md").read_text()
    (told,) = (item for item in metadata["@graph"] if item["@id"] == "workflow/config.json")
    assert "records of 1 of the runs" in told["name"]


def test_a_data_set_has_the_licence_and_the_citation_that_the_configuration_names(
    repository: Path, tmp_path: Path
) -> None:
    config = yaml.safe_load((repository / "config.yaml").read_text(encoding="utf-8"))
    declared = config["data"]["dbpedia"]
    graph = {item["@id"]: item for item in described(repository, tmp_path)["@graph"]}
    data = graph["#data-dbpedia"]
    assert data["citation"] == declared["citation"]
    assert graph[data["license"]["@id"]]["name"] == declared["licence"]


def test_what_an_earlier_form_of_the_study_left_is_no_part_of_it(
    repository: Path, tmp_path: Path
) -> None:
    """A narrower `only` or a table taken out of the configuration leaves its file lying there."""
    for name in ("tables/grid.csv", "figures/koh/heatmap/grid.svg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("old", encoding="utf-8")
    content = described(repository, tmp_path)
    parts = {entity["@id"] for entity in content["@graph"]}
    assert {"tables/runs.csv", "figures/tan/curves/"} <= parts
    assert not {"tables/grid.csv", "figures/koh/heatmap/"} & parts
    left = (tmp_path / "README.md").read_text().splitlines()[-1]
    assert left.startswith("Left by an earlier form of the study")
    assert left.endswith("`figures/koh/heatmap`, `tables/grid.csv`.")
