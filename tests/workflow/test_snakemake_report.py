"""Snakemake's own report shows titles as they were written, whatever they hold."""

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from histories import write_history

from nnrepro.study.sources import read_source

pytestmark = pytest.mark.slow

RUN = "tan/text_models/char_cnn/seed0"
TITLES = (
    "Accuracy {mean, sd}",
    "{wildcards.protocol} {{ 7 * 7 }} {% raw %} {protocol",
    'Backslash \\ at "quotes" and 100 %s of `it`_ *here |there| $x',
    ".. include:: config.yaml",
)


def write_study(folder: Path, project: Path, tables: tuple[str, ...], **changes: Any) -> None:
    """An archive of one run, whose study asks for tables of these titles and one figure."""
    write_history(folder, RUN, epochs=4)
    config = read_source(project / "config.yaml").values
    for section in ("claims", "published", "supplements"):
        del config[section]
    config["protocols"]["tan"]["title"] = TITLES[0]
    config["experiments"]["text_models"]["title"] = TITLES[1]
    config["only"] = {
        "protocols": ["tan"],
        "experiments": ["text_models"],
        "variants": ["text_models/char_cnn"],
    }
    table = config["tables"]["text_models"]
    config["tables"] = {f"t{i}": {**table, "title": title} for i, title in enumerate(tables)}
    config["figures"] = {"text_models": config["figures"]["text_models"] | {"title": TITLES[2]}}
    text = yaml.safe_dump({**config, **changes})
    (folder / "study.yaml").write_text(text, encoding="utf-8")


def test_titles_stand_in_snakemakes_report_as_they_were_written(workflow: Any) -> None:
    folder = workflow.folder
    write_study(folder / "mine", folder, TITLES, title=TITLES[1], supplements={"more": "other"})
    write_study(folder / "other", folder, TITLES[:1], title=TITLES[0])
    archive = ("--config", "archive=mine", "results=out")
    workflow.snakemake(*archive)
    workflow.snakemake(*archive, "--report", "report.html")
    page = (folder / "report.html").read_text(encoding="utf-8").replace("\\u2060", "")
    for title in TITLES:
        assert f'"table": {json.dumps(title)}' in page
        assert f"{title} (4 of" in html.unescape("".join(_captions(page)))
    assert f"{TITLES[0]}: Tables" in page
    assert "system-message" not in page


def _captions(page: str) -> list[str]:
    """The captions of a report's files, which are HTML inside JSON, without their tags."""
    found = re.findall(r'"caption": ("(?:[^"\\]|\\.)*")', page)
    return [re.sub(r"<[^>]*>", "", json.loads(text)) for text in found]
