"""Archives of the shipped study."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from nnrepro.archive.build import Outcome, make_archive
from nnrepro.models.registry import catalogue
from nnrepro.study.config import load_study


@pytest.fixture
def archived(repository: Path, tmp_path: Path) -> Callable[..., Outcome]:
    """A function that archives the folder `results`, or the folders named, into `archive`."""
    config = yaml.safe_load((repository / "config.yaml").read_text(encoding="utf-8"))
    study = load_study(config, catalogue())

    def make(*sources: str | Path, to: str = "archive", **options: Any) -> Outcome:
        return make_archive(
            [tmp_path / name for name in sources or ("results",)],
            tmp_path / to,
            study=study,
            config={**config, "results": "/somewhere", "archive": "x"},
            **options,
        )

    return make
