"""The page on data names every source with all of its options."""

import re
from pathlib import Path

import pytest

from nnrepro.study.kinds import kinds
from nnrepro.study.options import SOURCES, SPLIT

HEADINGS = {"csv": "## A CSV file", "images": "## Images", "npz": "## Arrays"}


@pytest.mark.parametrize("name", kinds(SOURCES, ()))
def test_every_option_of_a_source_is_documented(name: str, repository: Path) -> None:
    page = (repository / "docs/data.md").read_text(encoding="utf-8")
    section = page.partition(HEADINGS[name])[2].partition("\n## ")[0]
    first = "".join(line.split("|")[1] for line in section.splitlines() if line.startswith("| "))
    assert set(re.findall(r"`(\w+)`", first)) == set(kinds(SOURCES, ())[name].options)


def test_every_key_of_a_split_is_documented(repository: Path) -> None:
    page = (repository / "docs/data.md").read_text(encoding="utf-8")
    assert all(f"| `{name}` |" in page for name in SPLIT)
