"""docs/configuration.md tells of every key, and the defaults that there are."""

import re
from pathlib import Path

import pytest

from nnrepro.study.defaults import filled
from nnrepro.study.optimizers import OPTIMIZER_SETTINGS, SCHEDULE_SETTINGS
from nnrepro.study.sampling import DISTRIBUTIONS
from nnrepro.study.schema import experiment_keys, load_schema, normalised
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


def test_every_key_is_told(tables: dict[str, dict[str, str]]) -> None:
    assert set(tables["Keys"]) == set(load_schema()["properties"])
    assert set(tables["An experiment"]) == set(experiment_keys())
    assert set(tables["A search"]) == set(DISTRIBUTIONS)


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


def test_defaults_of_keys_are_those_that_hold(tables: dict[str, dict[str, str]]) -> None:
    short = {"name": "my_study", "experiments": {"one": {"model": "mlp"}}}
    full = filled(normalised(short, load_schema()), experiment_keys())
    told = {**tables["Keys"], **tables["An experiment"]}
    assert f"`{full['seeds']}`" == tables["Keys"]["seeds"]
    for name in ("backend", "allow_gaps"):
        assert f"`{str(full[name]).lower()}`" == told[name]
    for name in ("sampler", "search_seed"):
        assert f"`{full['experiments']['one'][name]}`" == told[name]
