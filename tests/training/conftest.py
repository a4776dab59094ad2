"""Makes `small_runs` importable by the tests beside it, and trains each small run once."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from small_runs import small_data, small_run, train


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Gives the folder of a small run on small data, which is trained once and never changed."""
    folders: dict[str, Path] = {}

    def get(model: str, data: dict[str, Any] | None = None, **settings: Any) -> Path:
        key = repr((model, data, sorted(settings.items())))
        if key not in folders:
            run = small_run(model, **settings)
            given = small_data(run.input, **(data or {}))
            folders[key] = train(run, given, tmp_path_factory.mktemp(model))
        return folders[key]

    return get


@pytest.fixture
def copied(trained: Callable[..., Path], tmp_path: Path) -> Callable[..., Path]:
    """As `trained`, a copy that a test may change."""

    def get(*run: Any, **settings: Any) -> Path:
        return Path(shutil.copytree(trained(*run, **settings), tmp_path / "copied"))

    return get
