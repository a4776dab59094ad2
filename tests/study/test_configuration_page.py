"""The configuration's page and the reference tell of every key, and the defaults there are."""

import re
from pathlib import Path

import pytest

from nnrepro.keys_page import PAGE, keys_page
from nnrepro.metrics.registry import catalogue
from nnrepro.study.kinds import ROOMS, kinds
from nnrepro.study.optimizers import OPTIMIZER_SETTINGS, OPTIMIZERS, SCHEDULE_SETTINGS
from nnrepro.study.options import SOURCES, SPLIT
from nnrepro.study.sampling import DISTRIBUTIONS
from nnrepro.study.schema import experiment_keys, load_schema
from nnrepro.study.settings import CLOSING, SETTINGS


@pytest.fixture(scope="module")
def tables(repository: Path) -> dict[str, dict[str, str]]:
    """The last cell of each row by the names in its first, by the heading of the section."""
    text = (repository / "docs/configuration.md").read_text(encoding="utf-8")
    found: dict[str, dict[str, str]] = {}
    for section in text.split("\n## ")[1:]:
        heading = section.partition("\n")[0]
        rows = re.findall(r"^\| (`.*?) \|.*?([^|]+) \|$", section, re.MULTILINE)
        names = {name: last.strip() for cell, last in rows for name in re.findall(r"`(\w+)", cell)}
        found[heading] = names
    return found


def test_the_page_of_keys_is_what_the_schema_and_the_registries_say() -> None:
    """Otherwise: `.venv/bin/python scripts/write_schema.py`."""
    page = PAGE.read_text(encoding="utf-8")
    assert page == keys_page()
    told = re.findall(r"^\| `([\w.]+)` \|", page, re.MULTILINE)
    names = {*load_schema()["properties"], *experiment_keys(), *OPTIMIZERS}
    names |= {*DISTRIBUTIONS, *catalogue()}
    assert names | {name for room in ROOMS for name in kinds(room, ())} <= {*told}
    for name, source in kinds(SOURCES, ()).items():
        section = page.partition(f"\n## Keys of data of source {name}\n")[2].partition("\n## ")[0]
        said = dict(re.findall(r"^\| `([\w.]+)` \| (.+?) \| .*\|$", section, re.MULTILINE))
        assert {*said} == {*source.options, *(f"split.{key}" for key in SPLIT)}
    assert "| `seeds` | One run per seed; seeds, or how many there are, from 0. | `[0]` |" in page


def test_every_setting_and_its_default_is_told(tables: dict[str, dict[str, str]]) -> None:
    elsewhere = {*OPTIMIZER_SETTINGS, *SCHEDULE_SETTINGS, "metrics"} - {"optimizer"}
    told = tables["Settings and their defaults"]
    assert set(told) - {"learning_rate"} == set(SETTINGS) - elsewhere
    for name, parameter in SETTINGS.items():
        if name in told and parameter.default is not None:
            assert told[name].startswith(f"`{parameter.default}`"), name
        elif name in told:
            assert not told[name].startswith("`"), name
    assert all("a tenth of the epochs" in told[name] for name in CLOSING)
