"""A study's report with the questions of another, archived study."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from copied import Workflow
from histories import write_history
from pages import report_pages

from nnrepro.study.sources import read_source

pytestmark = pytest.mark.slow

ARCHIVE = ("--config", "archive=mine", "results=out")
BESIDE = "tan/text_models/word_cnn/seed0"
TITLE = "What words are worth"
PRINTED = "protocol,metric,value,runs\ntan,last50_mean_test_accuracy,0.617,text_models/word_cnn\n"


def write_study(project: Path, archive: str, variants: list[str], **changes: Any) -> None:
    """An archive's own study: some text models of one protocol, one table and two figures."""
    config = read_source(project / "config.yaml").values
    for section in ("claims", "supplements"):
        del config[section]
    config["published"] = {"results": "printed.csv"}
    config["figures"]["overview"] |= {"question": "B5", "runs": ["text_models"]}
    names = [f"text_models/{variant}" for variant in variants]
    config["only"] = {"protocols": ["tan"], "experiments": ["text_models"], "variants": names}
    config["tables"] = {"text_models": config["tables"]["text_models"]}
    config["figures"] = {name: config["figures"][name] for name in ("overview", "text_models")}
    for variant in variants:
        write_history(project / archive, f"tan/text_models/{variant}/seed0", epochs=8)
    text = yaml.safe_dump({**config, **changes})
    (project / archive / "study.yaml").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def _made(
    copy_to: Callable[[Path], Workflow], tmp_path_factory: pytest.TempPathFactory
) -> Workflow:
    """Two archives in the project's folder, the second a supplement of the first; the report."""
    workflow = copy_to(tmp_path_factory.mktemp("made") / "project")
    (workflow.folder / "printed.csv").write_text(PRINTED, encoding="utf-8")
    write_study(workflow.folder, "mine", ["char_cnn"], supplements={"beside": "words"})
    write_study(workflow.folder, "words", ["char_cnn", "word_cnn"], title=TITLE, claims="no.yaml")
    workflow.snakemake(*ARCHIVE)
    return workflow


@pytest.fixture
def project(_made: Workflow, tmp_path: Path) -> Workflow:
    """The same, for a test to change."""
    folder = tmp_path / "project"
    shutil.copytree(_made.folder, folder, symlinks=True)
    return Workflow(folder)


def test_its_questions_are_in_the_report_and_its_own_report_is_a_target(project: Workflow) -> None:
    out = project.folder / "out"
    assert TITLE in report_pages(out)
    assert "word_cnn" not in (out / "tables" / "text_models.csv").read_text()
    beside = out / "supplements" / "beside"
    assert "word_cnn" in (beside / "tables" / "text_models.csv").read_text()
    overview = (beside / "figures" / "tan" / "overview" / "overview.svg").read_text(
        encoding="utf-8"
    )
    assert "0.617" in overview
    assert not (beside / "report").exists()
    described = json.loads((out / "ro-crate-metadata.json").read_text())["@graph"]
    assert "supplements/beside/tables/text_models.csv" in {item["@id"] for item in described}
    assert not project.planned(*ARCHIVE)

    shutil.rmtree(project.folder / "words" / BESIDE)
    write_history(project.folder / "words", BESIDE, epochs=9)
    again = project.planned(*ARCHIVE)
    assert again["beside_tabulate_runs"] == again["build_report"] == 1
    assert "tabulate_runs" not in again

    project.snakemake(*ARCHIVE, "--", "beside_all")
    assert TITLE in (beside / "report" / "index.html").read_text(encoding="utf-8")


def test_damage_in_it_fails_with_the_report_made(project: Workflow) -> None:
    (project.folder / "out" / "report" / "index.html").unlink()
    (project.folder / "words" / BESIDE / "history.json").write_text('{"loss": [NaN]}')
    done = project.snakemake(*ARCHIVE, check=False)
    assert done.returncode != 0
    assert f"supplements/beside/{BESIDE}" in done.stdout + done.stderr
    assert (project.folder / "out" / "report" / "index.html").exists()
    project.snakemake(*ARCHIVE, "allow_gaps=true")


def test_an_archive_that_is_not_there_stops_before_any_job(project: Workflow) -> None:
    shutil.rmtree(project.folder / "words")
    shutil.rmtree(project.folder / "out")
    done = project.snakemake(*ARCHIVE, check=False)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "supplements.beside: words/study.yaml cannot be read" in said
    assert "Traceback" not in said
    assert not (project.folder / "out").exists()
