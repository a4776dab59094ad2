"""A study of somebody's own: its report is about that study, and of nothing else."""

import re
import shutil
from html import unescape
from pathlib import Path

import pytest
import yaml
from pages import report_pages

import nnrepro

pytestmark = pytest.mark.slow

STUDY = Path(__file__).with_name("own_study.yaml")
SHIPPED = re.compile(r"\b(tan|koh|students|student reports?|cifar|part [ab]|channel grid)\b", re.I)


def words(html: str) -> str:
    """What a reader sees, without the page's own style and script."""
    text = re.sub(r"<(style|script|title)\b.*?</\1>|<[^>]+>", " ", html, flags=re.S)
    return " ".join(unescape(text).split())


def test_its_report_speaks_of_it_alone_when_trained_and_from_bare_histories(
    workflow, tmp_path
) -> None:
    """From runs, then from their histories alone: the same findings, the rest said unknown."""
    study = yaml.safe_load(STUDY.read_text(encoding="utf-8"))
    study["protocols"].pop("hurried")
    (workflow.folder / "config.yaml").write_text(yaml.safe_dump(study, sort_keys=False))
    workflow.snakemake()
    results = workflow.folder / "results/widths"
    trained = words(report_pages(results))
    assert (results / "report/report.pdf").read_bytes().startswith(b"%PDF")

    read = nnrepro.load(results)
    assert len(read.runs) == 6 and set(read.curves["set"]) == {"train", "test"}
    (saved,) = (results / "runs").rglob("model.keras")
    assert saved.parent.parts[-4:-1] == ("patient", "brakes", "clipped")

    archive = tmp_path / "histories"
    for history in (results / "runs").rglob("history.json"):
        place = archive / history.relative_to(results / "runs")
        place.parent.mkdir(parents=True)
        shutil.copy2(history, place)
    shutil.rmtree(results)
    workflow.snakemake("--config", f"archive={archive}", f"results={tmp_path / 'out'}")
    archived = words(report_pages(tmp_path / "out"))

    titles = [study["title"], study["about"], *study["parts"].values()]
    titles += [section["title"] for section in study["questions"].values()]
    titles += [section["title"] for section in study["experiments"].values()]
    titles += [section["title"] for section in study["tables"].values()]
    titles += [section["title"] for section in study["figures"].values()]
    for said in (trained, archived):
        assert [title for title in titles if title not in said] == []
        assert SHIPPED.findall(said) == []
        for absent in ("Claims", "Published", "published", "Inconsistencies", "the reports"):
            assert absent not in said
        assert "4 variants" in said and "missing" not in said.partition("All runs")[0]
    assert "made up for a demonstration" in trained
    assert "Python unknown" in archived and "No energy is estimated" in archived
