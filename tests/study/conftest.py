"""The shipped configuration, to be changed by each test."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from nnrepro.models.registry import catalogue
from nnrepro.study.config import load_study
from nnrepro.study.sources import read_source
from nnrepro.study.study import Study


@pytest.fixture(scope="session")
def shipped(repository: Path) -> dict[str, Any]:
    """config.yaml as it is; do not change it."""
    return read_source(repository / "config.yaml").values


@pytest.fixture
def config(shipped: dict[str, Any]) -> dict[str, Any]:
    """A copy of config.yaml that a test may change.

    YAML anchors make sections one object; a round trip through text makes them separate.
    """
    return copy.deepcopy(yaml.safe_load(yaml.dump(shipped, Dumper=_NoAliases)))


class _NoAliases(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


@pytest.fixture(scope="session")
def study(shipped: dict[str, Any]) -> Study:
    """The shipped study."""
    return load_study(shipped, catalogue())
