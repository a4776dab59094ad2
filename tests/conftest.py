"""Fixtures that every room's tests share."""

from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
REAL_DATA = REPOSITORY.parent / "shared" / "data"


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout under test."""
    return REPOSITORY


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with real CIFAR-10 batches and DBpedia CSV files; the test skips without it."""
    if not REAL_DATA.is_dir():
        pytest.skip("real data is not beside this checkout")
    return REAL_DATA
